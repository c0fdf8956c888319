"""A running service of real processes, for tests that compare descriptions with real answers."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.running import Running

FLASHWIRE = Path(sys.executable).with_name("flashwire")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`flashwire run` on free ports, with the token of a chief."""
    folder = tmp_path_factory.mktemp("run")
    inherited = {name: value for name, value in os.environ.items() if not re.match("FLASHWIRE_|REDIS_", name)}
    settings = {"FLASHWIRE_HEARTBEAT_SECONDS": "0.5", "FLASHWIRE_DRAIN_SECONDS": "0.5"}
    command = [str(FLASHWIRE), "run", "--ticker-port", "0", "--desk-port", "0"]
    with (
        (folder / "errors").open("w") as errors,
        subprocess.Popen(
            command, cwd=folder, env=inherited | settings, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            assert process.stdout is not None
            output = ""
            for line in process.stdout:
                output += line
                if "Ctrl+C" in line:
                    break
            addresses = dict(re.findall(r"^\s+(Ticker|Desk)\s+(http://\S+)", output, re.MULTILINE))
            assert len(addresses) == 2, output + (folder / "errors").read_text()
            token = subprocess.run(
                [str(FLASHWIRE), "token", "create", "docs", "--role", "chief", "--unlimited"],
                cwd=folder, env=inherited, capture_output=True, text=True, timeout=30, check=True,
            ).stdout.strip()  # fmt: skip
            yield Running(process, addresses["Ticker"], addresses["Desk"], token)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
