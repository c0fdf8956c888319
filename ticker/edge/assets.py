"""The browser's files, read once at the start, gzipped, under strong entity tags; it does not know what they do.

What is not among them cannot be asked for, whatever a path says. Comments stay behind: the widget is half
comment and type, and every reader of every page would pay for them.
"""

import gzip
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

WEB: Final = Path(__file__).parents[2] / "web"
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Only comments that begin a line and end one: nothing here has to understand a string or a pattern.
_BLOCK: Final = re.compile(r"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*$\n?", re.MULTILINE | re.DOTALL)
_LINE: Final = re.compile(r"^[ \t]*//.*$\n?", re.MULTILINE)
_INDENT: Final = re.compile(r"^[ \t]+", re.MULTILINE)


class Asset(msgspec.Struct, frozen=True):
    """One file as it is sent: plain and gzipped, with its media type and its tag."""

    plain: bytes
    packed: bytes
    media_type: str
    etag: str

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """200 with the file, or 304 where the client holds it already."""
        told = {**headers, "ETag": self.etag, "Vary": "Accept-Encoding"}
        held = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
        if held & {self.etag, "*"}:
            return Response(status_code=304, headers=told)
        if "gzip" in request.headers.get("accept-encoding", ""):
            # A tag names one representation, so the packed one is told as a weak relative of the plain one.
            told |= {"Content-Encoding": "gzip", "ETag": f"W/{self.etag}"}
            return Response(self.packed, headers=told, media_type=self.media_type)
        return Response(self.plain, headers=told, media_type=self.media_type)


def lean(source: str) -> str:
    """A module without the comments that stand on lines of their own, and without indentation."""
    return _INDENT.sub("", _LINE.sub("", _BLOCK.sub("", source)))


def load(folder: str) -> dict[str, Asset]:
    """Every file of web/`folder` that a browser loads, by its name."""
    return {
        path.name: _asset(path)
        for path in sorted((WEB / folder).iterdir())
        if path.suffix in _TYPES and not path.name.endswith(".d.ts")
    }


def _asset(path: Path) -> Asset:
    text = path.read_text("utf-8")
    plain = (lean(text) if path.suffix == ".js" else text).encode()
    # Without a time in it, so that every node sends the same bytes.
    packed = gzip.compress(plain, 9, mtime=0)
    return Asset(plain, packed, _TYPES[path.suffix], f'"{hashlib.blake2s(plain, digest_size=12).hexdigest()}"')
