"""What tests of commands hold of a service that runs outside of them."""

import subprocess
import sys
from pathlib import Path

import psutil

# The installed command's own words, so that tests need no path to it.
FLASHWIRE = (sys.executable, "-c", "from flashwire.cli.main import main; main()")


class Running:
    """A `flashwire run` and what it printed."""

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
        """Every process that it started, itself left out."""
        found: list[psutil.Process] = psutil.Process(self.process.pid).children(recursive=True)
        return found

    def errors(self) -> str:
        return (self.folder / "errors").read_text()


def runs(process: psutil.Process) -> bool:
    """Whether a process of ours still runs."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
