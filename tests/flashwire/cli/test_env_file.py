"""A `.env` with odd contents: read as it was meant, or refused in one line by every command."""

import os
from pathlib import Path

import pytest
import typer

from flashwire.cli.run_settings import RunSettings
from flashwire.cli.settings import check_names, read_env_file
from publisher.settings import DeskSettings
from tests.support.odd_files import ODD_FILES, at_once


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("BRAND", "TOKEN", "DATA"):
        monkeypatch.delenv(f"FLASHWIRE_{name}", raising=False)


def check() -> None:
    check_names((RunSettings, DeskSettings), ("TOKEN",))


@pytest.mark.parametrize(
    "content",
    [
        b"FLASHWIRE_BRAND=mine\r\nFLASHWIRE_TOKEN=fw_x\r\n",
        b"# ours\n\nexport FLASHWIRE_BRAND='mine'  # the brand\nFLASHWIRE_TOKEN=\"fw_x\"",
        b"flashwire_brand=mine\nflashwire_token=fw_x\nOTHER_PROGRAM\nother: 'program\n",
        b"\xef\xbb\xbfFLASHWIRE_BRAND=mine\nFLASHWIRE_TOKEN=fw_x\n",
        b"\xef\xbb\xbfFLASHWIRE_TOKEN=fw_x\r\n  export\tFLASHWIRE_BRAND = mine \r\n",
        b"FLASHWIRE_BRAND=yours\nFLASHWIRE_TOKEN=fw_y\nFLASHWIRE_BRAND=mine\nFLASHWIRE_TOKEN=fw_x",
        b"flashwire_brand=yours\nFlashwire_Token=fw_y\nFLASHWIRE_BRAND=mine\nFLASHWIRE_TOKEN=fw_x",
        b"FLASHWIRE_BRAND=mine\rFLASHWIRE_TOKEN=fw_x\r",
    ],
)
def test_values_are_read_as_they_are_meant(content: bytes) -> None:
    Path(".env").write_bytes(content)
    check()
    assert RunSettings().brand == DeskSettings().brand == "mine"
    try:
        read_env_file(("TOKEN",))
        assert os.environ["FLASHWIRE_TOKEN"] == "fw_x"
    finally:
        os.environ.pop("FLASHWIRE_TOKEN", None)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"FLASHWIRE_DATA=x\nFLASHWIRE_BRAND mine\n", "Line 2"),
        (b"FLASHWIRE_TOKEN=fw\x00x\n", "Line 1"),
        (b"FLASHWIRE_BRAND='mine\n", "Line 1"),
        ("FLASHWIRE_BRAND=mine".encode("utf-16"), "cannot be read"),
        (b"FLASHWIRE_BRAND=caf\xe9\n", "not text in UTF-8"),
    ],
)
def test_an_unreadable_line_is_reported(content: bytes, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(".env").write_bytes(content)
    with pytest.raises(typer.Exit) as refused:
        check()
    message = capsys.readouterr().err
    assert refused.value.exit_code == 2 and message.count("\n") == 1 and sentence in message and ".env" in message


def test_a_folder_of_that_name_is_ignored() -> None:
    Path(".env").mkdir()
    check()
    assert RunSettings().brand == "news"


def test_the_null_device_means_no_file() -> None:
    Path(".env").symlink_to(os.devnull)
    check()
    assert RunSettings().brand == "news"


@pytest.mark.parametrize("make", sorted(ODD_FILES.keys() - {"directory"}))
def test_a_file_that_is_not_a_plain_file_is_refused(make: str, capsys: pytest.CaptureFixture[str]) -> None:
    reason = ODD_FILES[make](Path(".env"))
    with at_once(), pytest.raises(typer.Exit) as refused:
        check()
    message = capsys.readouterr().err
    assert refused.value.exit_code == 2 and message.count("\n") == 1
    assert ".env cannot be read" in message and reason in message and "plain file" in message
