"""Signing keys: made once, kept from others, shared by all, and refused rather than guessed at."""

import base64
import os
import threading
from pathlib import Path

import pytest

from ticker.contract.entry import Keyring
from ticker.contract.keys import KEY_FILE, KeyringError, load_keyring, parse_keyring

A, B = base64.b64encode(b"a" * 32).decode(), base64.b64encode(b"b" * 48).decode()


def complaint(text: str) -> str:
    with pytest.raises(KeyringError) as caught:
        parse_keyring(text, "news")
    return str(caught.value)


def test_the_first_key_signs_and_all_verify() -> None:
    expected = Keyring("k2", {"k2": b"b" * 48, "k1": b"a" * 32}, "news")
    assert parse_keyring(f"k2:{B},k1:{A}", "news") == expected
    assert parse_keyring(f"\n k2:{B} \r\n\r\n,k1:{A}\n,", "news") == expected
    assert parse_keyring(f"k2:{B},k1:{A}", "news").signer == "k2"


NO_KEYS = ["k1", "k1:", A, f":{A}", f"k-1:{A}", f"k.1:{A}", f"κ1:{A}", f"k1 {A}", f"k1:{A[:-4]}", f"k1:{A[:-1]}"]
NO_KEYS += ["k1:" + "=" * 44, "k1:" + base64.b64encode(b"a" * 31).decode(), f"k1:{A}:{A}", f"k1:é{A}", f"k1:{A},k2"]
NO_KEYS += [f"k1:-_{A[2:]}", f"k1:{A} x"]


@pytest.mark.parametrize("text", NO_KEYS)
def test_a_key_of_another_form_is_refused_and_not_quoted(text: str) -> None:
    message = complaint(text)
    assert "<id>:<base64" in message and A[:-4] not in message and "\n" not in message


@pytest.mark.parametrize("text", ["", ",", "\n\n", "  "])
def test_an_empty_keyring_is_refused(text: str) -> None:
    assert complaint(text) == "Give at least one signing key as <id>:<base64>."


def test_one_id_cannot_name_two_keys() -> None:
    assert "k1" in complaint(f"k1:{A},k1:{B}")
    assert parse_keyring(f"k1:{A},k1:{A}", "news").keys == {"k1": b"a" * 32}


def test_the_setting_takes_precedence_over_the_file(tmp_path: Path) -> None:
    file_keyring = load_keyring(None, tmp_path, "news", create=True)
    assert load_keyring(f"k1:{A}", tmp_path, "news", create=True).signer == "k1"
    assert load_keyring("", tmp_path, "news", create=False) == file_keyring


def test_the_first_run_creates_a_key_that_only_its_owner_can_read(tmp_path: Path) -> None:
    data = tmp_path / "not" / "there"
    keyring = load_keyring(None, data, "news", create=True)
    assert (data / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert len(keyring.keys[keyring.signer]) == 32 and keyring.brand == "news"
    assert [path.name for path in data.iterdir()] == [KEY_FILE]
    assert load_keyring(None, data, "news", create=True) == load_keyring(None, data, "news", create=False) == keyring


def test_two_data_directories_get_two_keys(tmp_path: Path) -> None:
    first, second = (load_keyring(None, tmp_path / name, "news", create=True) for name in "ab")
    assert first.signer != second.signer and set(first.keys.values()).isdisjoint(second.keys.values())


def test_processes_that_start_together_use_one_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Each creator has found no key before any of them links its own.
    together, link = threading.Barrier(8), os.link

    def late_link(source: Path, target: Path) -> None:
        together.wait(10)
        link(source, target)

    monkeypatch.setattr(os, "link", late_link)
    keyrings: list[Keyring] = []
    creators = [
        threading.Thread(target=lambda: keyrings.append(load_keyring(None, tmp_path, "news", create=True)))
        for _ in range(8)
    ]
    for creator in creators:
        creator.start()
    for creator in creators:
        creator.join(10)
    assert len(keyrings) == 8 and all(keyring == keyrings[0] for keyring in keyrings)
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]


def test_a_node_creates_no_key_and_reports_where_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(KeyringError, match="FLASHWIRE_SIGNING_KEYS"):
        load_keyring(None, tmp_path, "news", create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o601])
def test_a_key_that_others_can_read_is_refused_with_the_command_that_fixes_it(tmp_path: Path, mode: int) -> None:
    load_keyring(None, tmp_path, "news", create=True)
    (tmp_path / KEY_FILE).chmod(mode)
    with pytest.raises(KeyringError, match="chmod 600"):
        load_keyring(None, tmp_path, "news", create=True)


def test_a_key_file_that_is_a_directory_or_binary_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "folder" / KEY_FILE).mkdir(parents=True)
    (tmp_path / "binary").mkdir()
    (tmp_path / "binary" / KEY_FILE).write_bytes(b"\xff\x00")
    for name in ("folder", "binary"):
        with pytest.raises(KeyringError, match="cannot be read"):
            load_keyring(None, tmp_path / name, "news", create=True)


def test_a_data_path_that_is_no_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(KeyringError, match="cannot be made"):
        load_keyring(None, tmp_path / "data", "news", create=True)
    with pytest.raises(KeyringError, match="cannot be read"):
        load_keyring(None, tmp_path / "data", "news", create=False)


def test_a_failed_creation_leaves_no_key_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(source: Path, target: Path) -> None:
        raise PermissionError("links are not known here")

    monkeypatch.setattr(os, "link", no_link)
    with pytest.raises(KeyringError, match="cannot be made"):
        load_keyring(None, tmp_path, "news", create=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "k1:", f"k1:{A}\nk1:{B}\n"])
def test_a_damaged_key_file_is_named_and_not_replaced(tmp_path: Path, text: str) -> None:
    path = tmp_path / KEY_FILE
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(KeyringError, match="restore it from your backup") as caught:
        load_keyring(None, tmp_path, "news", create=True)
    assert str(path) in str(caught.value) and path.read_text() == text and A not in str(caught.value)
