"""Loads the signing keys from a setting, or from a file of mode 600 that is created on the first run.

Both have the same form: `<id>:<base64 of at least 32 bytes>`, several separated by commas or line breaks. The first
key signs, all verify.
"""

import base64
import binascii
import os
import secrets
from pathlib import Path
from typing import Final

from ticker.contract.entry import Keyring
from ticker.shared.process.plain_file import PlainFileError, read_plain_text

KEY_FILE: Final = "signing.key"
_MINIMUM_BYTES: Final = 32


class KeyringError(Exception):
    """The keys cannot be used; the message is one line that says what to do."""


def parse_keyring(text: str, brand: str) -> Keyring:
    """Returns the keyring in `text`; raises `KeyringError`."""
    keys: dict[str, bytes] = {}
    for part in text.replace("\n", ",").split(","):
        if not part.strip():
            continue
        key_id, _, encoded = part.strip().partition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not (key_id.isascii() and key_id.isalnum()) or len(key) < _MINIMUM_BYTES:
            raise KeyringError(
                "Write each signing key as <id>:<base64 of 32 bytes>, for example k1:$(openssl rand -base64 32)."
            )
        # To replace a key under its name would make every older entry unreadable.
        if keys.setdefault(key_id, key) != key:
            raise KeyringError(f"Two different signing keys are called {key_id}; give each its own id.")
    if not keys:
        raise KeyringError("Give at least one signing key as <id>:<base64>.")
    return Keyring(next(iter(keys)), keys, brand)


def load_keyring(setting: str | None, data: Path, brand: str, *, create: bool) -> Keyring:
    """Returns the keys from `setting`, else from `data`/signing.key, which is created if `create` is true.

    Raises `KeyringError`, also for a key file that other users can read.
    """
    if setting:
        try:
            return parse_keyring(setting, brand)
        except KeyringError as error:
            raise KeyringError(f"FLASHWIRE_SIGNING_KEYS cannot be used. {error}") from None
    path = data / KEY_FILE
    if create:
        try:
            # A broken link is reported below; it cannot be replaced here.
            if not (path.exists() or path.is_symlink()):
                _create(path)
        except OSError as error:
            raise KeyringError(
                f"The signing key {path} cannot be made ({type(error).__name__}): give a directory that can be written."
            ) from None
    try:
        text = read_plain_text(path)
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise KeyringError(
            f"No signing key: set FLASHWIRE_SIGNING_KEYS to the desk's keys, or copy its {KEY_FILE} to {path}."
        ) from None
    except (OSError, PlainFileError) as error:
        raise KeyringError(
            f"The signing key {path} cannot be read: {error}. Restore it from your backup, as a plain file of mode 600."
        ) from None
    if mode & 0o077:
        raise KeyringError(f"The signing key {path} can be read by others; run: chmod 600 {path}")
    try:
        return parse_keyring(text, brand)
    except KeyringError as error:
        raise KeyringError(f"The file {path} cannot be used; restore it from your backup. {error}") from None


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    line = f"k{secrets.token_hex(3)}:{base64.b64encode(secrets.token_bytes(32)).decode()}\n"
    # Written to another name and linked, so that two processes that start at once use the same key.
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, line.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(temporary, path)
        _sync(path.parent)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()


def _sync(folder: Path) -> None:
    # Without this, a power cut could remove the key file, and the stream could not be verified any more.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
