"""Recognizes append-only files that the server cannot load, and says how to repair them."""

import contextlib
import os
import re
import shlex
from pathlib import Path
from typing import Final

FOLDER: Final = "appendonlydir"
MANIFEST: Final = f"{FOLDER}/appendonly.aof.manifest"
# The only file of Redis before 7, which had no manifest.
_SINGLE: Final = "appendonly.aof"
# Log messages about files that the server refuses every time (aof.c, rdb.c of Redis 6.2 to Valkey 9).
_DAMAGE: Final = re.compile(
    r"Bad file format|manifest file|empty AOF manifest|Found (a )?(duplicate|non-monotonic)|Unknown AOF file type|"
    r"Unable to obtain the AOF file|AOF file .* doesn't exist|Unrecoverable error|Unexpected end of file|"
    r"truncated file is not the last|Error reading the (append only|RDB)|Unknown command .* reading the append only|"
    r"Wrong signature|Can't handle RDB format|Internal error in RDB|Wrong RDB checksum|Unknown base/incr",
    re.IGNORECASE,
)
# The only damage that the checker repairs, with the name of the file: it truncates the last file and no other.
_REPAIRABLE: Final = re.compile(r"Bad file format reading the append only file(?: (\S+))?$")
_CUT: Final = "truncated file is not the last"
# The server's own advice, which is right for the last file only.
_ADVICE: Final = ": make a backup"
_LISTED: Final = re.compile(r"^file (\S+) ", re.MULTILINE)


def damage_in(warnings: list[str]) -> str | None:
    """The last of `warnings`, a server's log, that is about files that cannot be loaded; None without one."""
    # A file that this user may not read is not damaged.
    matches = [line for line in warnings if _DAMAGE.search(line) and "Permission denied" not in line]
    return matches[-1].partition(_ADVICE)[0].strip() if matches else None


def prevent_loading(data: Path, damage: str) -> None:
    """Renames the manifest if the server has truncated a file: the next start would load the rest and lose items."""
    if _CUT in damage:
        with contextlib.suppress(OSError):
            (data / MANIFEST).rename(data / f"{MANIFEST}.damaged")


def missing_manifest(data: Path) -> str | None:
    """A sentence if the manifest is missing although files exist, from which the server would start an empty store."""
    try:
        if (data / MANIFEST).exists() or not any(file.stat().st_size for file in (data / FOLDER).glob("*.aof")):
            return None
    except OSError:
        # The server reports this itself.
        return None
    return f"{MANIFEST}, the list of its files, is missing"


def remedy(program: Path, data: Path, damage: str) -> str:
    """What a person must do about `damage`, in one sentence."""
    files = data / (_SINGLE if _is_single(data) else FOLDER)
    if _is_repairable(data / MANIFEST, damage):
        return f"Copy {files} to a safe place, then repair it with: {repair_command(program, data)}"
    return f"Copy {files} to a safe place, then put a backup in its place: no command repairs this."


def _is_single(data: Path) -> bool:
    return (data / _SINGLE).exists() and not (data / FOLDER).exists()


def _is_repairable(manifest: Path, damage: str) -> bool:
    match = _REPAIRABLE.search(damage)
    if match is None or match[1] is None:
        return match is not None
    try:
        return _LISTED.findall(manifest.read_text("utf-8", "replace"))[-1:] == [match[1]]
    except OSError:
        return False


def repair_command(program: Path, data: Path) -> str:
    """A shell command that truncates a damaged append-only file after its last complete command.

    The server program is also the checker, if it is called by that name.
    """
    name = "valkey-check-aof" if "valkey" in program.name else "redis-check-aof"
    path = data / (_SINGLE if _is_single(data) else MANIFEST)
    script = f"exec -a {name} {_quoted(program)} --fix {_quoted(path)}"
    return f"bash -c {shlex.quote(script)}"


def _quoted(path: Path) -> str:
    """`path` as a word of bash, in ASCII, so that it can be copied from any terminal."""
    text = str(path)
    if text.isascii() and text.isprintable():
        return shlex.quote(text)
    plain = set(range(0x20, 0x7F)) - set(b"'\\")
    return "$'" + "".join(chr(byte) if byte in plain else f"\\x{byte:02x}" for byte in os.fsencode(path)) + "'"
