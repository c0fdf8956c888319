"""Reads the append-only files of the embedded server, while it does not run."""

import mmap
from pathlib import Path
from typing import Final

from flashwire.valkey.damage import FOLDER
from ticker.contract.keys import KEY_FILE, KeyringError

# A base file without entries has some hundred bytes. A larger one is binary and cannot be searched.
_EMPTY_BASE_BYTES: Final = 1024


def check_first_key(data: Path, brand: str, signing_keys: str | None) -> None:
    """Raises `KeyringError` if the signing key is missing although the files in `data` have entries of `brand`."""
    path = data / KEY_FILE
    if signing_keys or path.exists() or not has_entries(data, brand):
        return
    raise KeyringError(
        f"The signing key {path} is missing, and the stream in {data / FOLDER} has entries. Restore the key from your "
        f"backup, or set FLASHWIRE_SIGNING_KEYS to it; to begin a new stream, move {data / FOLDER} away."
    )


def has_entries(data: Path, brand: str) -> bool:
    """Whether the files in `data` may have entries of `brand`; raises `KeyringError` if they cannot be read."""
    name = f"flashwire:{{{brand}}}:items".encode()
    try:
        for file in sorted((data / FOLDER).glob("*.aof")):
            size = file.stat().st_size
            if ".base." in file.name and size > _EMPTY_BASE_BYTES:
                return True
            if size and _contains(file, name):
                return True
    except OSError as error:
        raise KeyringError(f"The log in {data / FOLDER} cannot be read ({type(error).__name__}).") from None
    return False


def _contains(file: Path, name: bytes) -> bool:
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(name) >= 0
