"""Files of settings that are not plain readable files: each is refused in one line, and none is waited for."""

import os
from pathlib import Path

import pytest

from tests.support.odd_files import ODD_FILES, at_once
from ticker.contract.keys import KEY_FILE, KeyringError, load_keyring
from ticker.contract.site import SiteError, load_site
from ticker.shared.process.plain_file import PlainFileError, read_plain, read_plain_text
from ticker.stream.address import read_address


@pytest.mark.parametrize("kind", ODD_FILES)
def test_a_site_file_that_is_not_a_plain_file_is_refused(tmp_path: Path, kind: str) -> None:
    reason = ODD_FILES[kind](tmp_path / "site.toml")
    with at_once(), pytest.raises(SiteError) as caught:
        load_site(tmp_path / "site.toml")
    message = str(caught.value)
    assert reason in message and "site.toml" in message and "FLASHWIRE_SITE" in message and "\n" not in message


@pytest.mark.parametrize("create", [True, False])
@pytest.mark.parametrize("kind", ODD_FILES)
def test_a_key_file_that_is_not_a_plain_file_is_refused(tmp_path: Path, kind: str, *, create: bool) -> None:
    reason = ODD_FILES[kind](tmp_path / KEY_FILE)
    previous = os.lstat(tmp_path / KEY_FILE)
    with at_once(), pytest.raises(KeyringError) as caught:
        load_keyring(None, tmp_path, "news", create=create)
    message = str(caught.value)
    assert reason in message and KEY_FILE in message and "backup" in message and "\n" not in message
    assert os.path.samestat(previous, os.lstat(tmp_path / KEY_FILE)), "nothing was put in its place"
    assert sorted(path.name for path in tmp_path.iterdir()) == [KEY_FILE]


@pytest.mark.parametrize("option", ["ssl_ca_certs", "ssl_certfile", "ssl_keyfile"])
@pytest.mark.parametrize("kind", sorted(ODD_FILES))
def test_a_file_for_tls_that_is_not_a_plain_file_is_refused(tmp_path: Path, kind: str, option: str) -> None:
    reason = ODD_FILES[kind](tmp_path / "pem")
    with at_once(), pytest.raises(ValueError, match=option) as caught:
        read_address(f"rediss://:hunter2@one?{option}={tmp_path}/pem")
    message = str(caught.value)
    assert "hunter2" not in message and "\n" not in message
    assert reason in message or kind == "binary"


def test_a_plain_file_is_read_completely(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_bytes(b"\xef\xbb\xbfa\r\n")
    link.symlink_to(file)
    assert read_plain(link) == b"\xef\xbb\xbfa\r\n" and read_plain_text(link) == "a\r\n"
    assert read_plain(Path(os.devnull)) == b""
    with pytest.raises(FileNotFoundError):
        read_plain(tmp_path / "other")
    with pytest.raises(PlainFileError, match="Not a directory"):
        read_plain(file / "below")
    with pytest.raises(PlainFileError, match="name"):
        read_plain(tmp_path / "a\0b")
