"""Files of the store that cannot be loaded: how that is known, and what to do about it."""

import contextlib
import os
import re
import shlex
from pathlib import Path
from typing import Final

FOLDER: Final = "appendonlydir"
MANIFEST: Final = f"{FOLDER}/appendonly.aof.manifest"
# Of Redis before 7, which had one file and no list.
_SINGLE: Final = "appendonly.aof"
# What the server says about files that it will refuse every time (aof.c, rdb.c of Redis 6.2 to Valkey 9).
_DAMAGE: Final = re.compile(
    r"Bad file format|manifest file|empty AOF manifest|Found (a )?(duplicate|non-monotonic)|Unknown AOF file type|"
    r"Unable to obtain the AOF file|AOF file .* doesn't exist|Unrecoverable error|Unexpected end of file|"
    r"truncated file is not the last|Error reading the (append only|RDB)|Unknown command .* reading the append only|"
    r"Wrong signature|Can't handle RDB format|Internal error in RDB|Wrong RDB checksum|Unknown base/incr",
    re.IGNORECASE,
)
# The one form that the checker mends, and where it names the file: it cuts the last file, and no other.
_MENDED: Final = re.compile(r"Bad file format reading the append only file(?: (\S+))?$")
_CUT: Final = "truncated file is not the last"
# The server's own advice, which is good for the last file alone.
_ADVICE: Final = ": make a backup"
_LISTED: Final = re.compile(r"^file (\S+) ", re.MULTILINE)


def damage_in(warnings: list[str]) -> str | None:
    """What a server that ended said of files that cannot be loaded, or None."""
    # A file that its user may not read is whole.
    found = [line for line in warnings if _DAMAGE.search(line) and "Permission denied" not in line]
    return found[-1].partition(_ADVICE)[0].strip() if found else None


def keep_from_loading(data: Path, damage: str) -> None:
    """Sets the list of files aside where the server itself has cut one of them: the next start would load the rest."""
    if _CUT in damage:
        with contextlib.suppress(OSError):
            (data / MANIFEST).rename(data / f"{MANIFEST}.damaged")


def missing_list(data: Path) -> str | None:
    """What to say where the list of files is gone and files are there: the server would begin an empty store."""
    try:
        if (data / MANIFEST).exists() or not any(file.stat().st_size for file in (data / FOLDER).glob("*.aof")):
            return None
    except OSError:
        # The server says more of it.
        return None
    return f"{MANIFEST}, the list of its files, is missing"


def remedy(program: Path, data: Path, damage: str) -> str:
    """What to do about `damage`, in one sentence."""
    copied = data / (_SINGLE if _is_single(data) else FOLDER)
    if _can_be_mended(data / MANIFEST, damage):
        return f"Copy {copied} to a safe place, then mend it with: {repair_command(program, data)}"
    return f"Copy {copied} to a safe place, then put a backup in its place: no command repairs this."


def _is_single(data: Path) -> bool:
    return (data / _SINGLE).exists() and not (data / FOLDER).exists()


def _can_be_mended(manifest: Path, damage: str) -> bool:
    found = _MENDED.search(damage)
    if found is None or found[1] is None:
        return found is not None
    try:
        return _LISTED.findall(manifest.read_text("utf-8", "replace"))[-1:] == [found[1]]
    except OSError:
        return False


def repair_command(program: Path, data: Path) -> str:
    """A shell command that cuts a damaged append-only file back to its last whole command.

    The server program is its own checker when it is called by that name.
    """
    name = "valkey-check-aof" if "valkey" in program.name else "redis-check-aof"
    path = data / (_SINGLE if _is_single(data) else MANIFEST)
    words = f"exec -a {name} {_quoted(program)} --fix {_quoted(path)}"
    return f"bash -c {shlex.quote(words)}"


def _quoted(path: Path) -> str:
    """`path` as a word of bash, in characters that every terminal shows and that can be copied from there."""
    text = str(path)
    if text.isascii() and text.isprintable():
        return shlex.quote(text)
    plain = set(range(0x20, 0x7F)) - set(b"'\\")
    return "$'" + "".join(chr(byte) if byte in plain else f"\\x{byte:02x}" for byte in os.fsencode(path)) + "'"
