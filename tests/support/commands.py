"""A `flashwire run` in another process, for tests of commands."""

import subprocess
import sys
from pathlib import Path

import psutil

# The installed command without its path.
FLASHWIRE = (sys.executable, "-c", "from flashwire.cli.main import main; main()")


class Running:
    """A running service and the lines that it printed."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path, lines: list[str]) -> None:
        self.process = process
        self.folder = folder
        self.lines = lines

    @property
    def ticker(self) -> str:
        return self.address("Ticker")

    @property
    def desk(self) -> str:
        return self.address("Desk")

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def address(self, name: str) -> str:
        return next(line.split()[1] for line in self.lines if line.split()[:1] == [name])

    def family(self) -> list[psutil.Process]:
        """Every process that it started."""
        children: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return children

    def errors(self) -> str:
        return (self.folder / "errors").read_text()


def runs(process: psutil.Process) -> bool:
    """Whether `process` runs; a zombie does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
