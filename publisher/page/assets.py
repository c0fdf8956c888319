"""The page's files, read once at the start; it does not know what they say.

They are few and small, so they are kept in memory: what is not among them cannot be asked for, whatever a
path says, and the entity tag is of the content itself, which survives an installation that sets all times alike.
"""

import hashlib
import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

WEB: Final = Path(__file__).parents[2] / "web"
# Python's own table lacks or differs in some of these between systems (it reads the system's registry).
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
}


class Asset(msgspec.Struct, frozen=True):
    """One file: its bytes, media type and strong entity tag."""

    content: bytes
    media_type: str
    etag: str


def asset(content: bytes, name: str) -> Asset:
    """`content` as it is served under a name like `name`."""
    suffix = Path(name).suffix
    media_type = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(content, media_type, f'"{hashlib.blake2s(content, digest_size=12).hexdigest()}"')


def load(folder: Path) -> Mapping[str, Asset]:
    """Every file below `folder` by its path in it, with `/` between the parts; empty where there is no such folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith(".d.ts"))
    return {path.relative_to(folder).as_posix(): asset(path.read_bytes(), path.name) for path in files}
