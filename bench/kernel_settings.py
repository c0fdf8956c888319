"""Raises the kernel's limits for very many sockets, says what it changed, and puts every value back."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bench.contender import ContenderError

_ROOT: Final = Path("/proc/sys")
# Files of the machine beside the sockets, and pages of TCP's buffers for a reader, both ends together.
_FILES: Final = 100_000
_PAGES: Final = 2


def needed(readers: int) -> dict[str, tuple[int, ...]]:
    """Returns the least value of each setting for `readers` connections over loopback, both ends on this machine."""
    most = readers * _PAGES
    return {
        "fs/file-max": (2 * readers + _FILES,),
        "net/core/somaxconn": (4096,),
        # Below the first value TCP is unlimited, and above the third it drops what arrives.
        "net/ipv4/tcp_mem": (most // 2, most * 3 // 4, most),
    }


@contextlib.contextmanager
def raised(settings: dict[str, tuple[int, ...]], say: Callable[[str], None]) -> Iterator[list[str]]:
    """Raises what is lower than in `settings`, and puts it back on exit; yields a line for each.

    Raises `ContenderError` with the commands to run if this process may not.
    """
    changed: list[tuple[Path, str]] = []
    lines: list[str] = []
    try:
        for name, least in settings.items():
            path = _ROOT / name
            now = path.read_text().split()
            wanted = [str(max(int(value), bound)) for value, bound in zip(now, least, strict=True)]
            if wanted == now:
                continue
            key, value = name.replace("/", "."), " ".join(wanted)
            try:
                path.write_text(value)
            except OSError:
                raise ContenderError(f'the kernel allows too little; set it: sysctl -w {key}="{value}"') from None
            changed.append((path, " ".join(now)))
            lines.append(f"{key} was {' '.join(now)}, {value} while it ran")
            say(lines[-1])
        yield lines
    finally:
        for path, before in reversed(changed):
            path.write_text(before)
            say(f"{path.relative_to(_ROOT).as_posix().replace('/', '.')} is {before} again")
