"""Which folder and which `.env` a command works with."""

import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from publisher.records.database import open_database
from publisher.records.sqlite import FILE
from publisher.records.tokens import Tokens

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.deep
def test_no_token_is_made_in_a_folder_without_a_desk(flashwire: Command, folder: Path) -> None:
    for arguments in (["create", "ed"], ["create", "ed", "--data", "nowhere"], ["list"], ["revoke", "ed"]):
        refused = flashwire("token", *arguments)
        assert refused.returncode == 1 and not refused.stdout
        assert refused.stderr.count("\n") == 1 and "--data" in refused.stderr and str(folder) in refused.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.deep
@pytest.mark.parametrize("arguments", [["run"], ["token", "create", "ed"], ["token", "list"], ["doctor"], ["rekey"]])
def test_a_directory_that_cannot_be_used_is_reported_in_one_line(
    flashwire: Command, folder: Path, arguments: list[str]
) -> None:
    (folder / "loop").symlink_to("loop")
    for data in ("x" * 300, "loop"):
        refused = flashwire(*arguments, "--data", data)
        assert refused.returncode == 2 and refused.stderr.count("\n") == 1, refused.stderr
        assert "Traceback" not in refused.stderr and not refused.stdout


@pytest.mark.deep
@pytest.mark.parametrize("by", ["option", "variable", "file"])
def test_a_first_token_is_made_in_a_folder_that_is_named(flashwire: Command, folder: Path, by: str) -> None:
    (folder / "desk").mkdir()
    arguments, variables = ["token", "create", "ed"], {}
    if by == "option":
        arguments += ["--data", "desk"]
    elif by == "variable":
        variables = {"FLASHWIRE_DATA": "desk"}
    else:
        (folder / ".env").write_text("FLASHWIRE_DATA=desk\n")
    outcome = flashwire(*arguments, **variables)
    assert outcome.returncode == 0, outcome.stderr
    assert (folder / "desk" / FILE).exists()
    assert Tokens(open_database(folder / "desk")).holder(outcome.stdout.strip()) is not None


@pytest.mark.deep
def test_every_client_reads_env(flashwire: Command, folder: Path) -> None:
    (folder / ".env").write_text(
        'FLASHWIRE_TOKEN="fw_x"\nFLASHWIRE_DESK_URL=http://127.0.0.1:1\nFLASHWIRE_TICKER_URL=http://127.0.0.1:2\n'
    )
    # What the environment says goes before it.
    doctor = flashwire("doctor", FLASHWIRE_TICKER_URL="http://127.0.0.1:3")
    assert "http://127.0.0.1:1" in doctor.stdout and "http://127.0.0.1:3" in doctor.stdout
    assert "http://127.0.0.1:2" not in doctor.stdout
    (folder / ".env").write_text("FLASHWIRE_TOKEN=fw_x\nFLASHWIRE_DESK_URL=nonsense://\n")
    post = flashwire("post", "Civil Defence: x")
    assert post.returncode == 2 and "FLASHWIRE_DESK_URL" in post.stderr


@pytest.mark.deep
def test_the_running_release_is_named_and_not_the_one_on_disk() -> None:
    program = """
from importlib import metadata
from ticker.shared.process import version
import ticker.http.health, ticker.http.openapi, publisher.api.operating as desk
metadata.version = lambda name: "9.9.9"
names = {version.RUNNING, ticker.http.health.RUNNING, ticker.http.openapi.RUNNING, desk.RUNNING}
print(*names)
"""
    process = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=30)
    assert process.stdout.strip() == metadata.version("flashwire")
