"""The browser's files, read once at the start, gzipped, under strong entity tags; it does not know what they do.

What is not among them cannot be asked for, whatever a path says. The widget leaves in one piece and made short: it
is half comment and type, its modules would cost a page a dozen requests, and a cache could join modules of two
releases. Each module can still be had by itself as it was written, for whoever wants to read it.
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

from ticker.edge.lean import lean
from ticker.edge.negotiate import matches, takes_gzip

WEB: Final = Path(__file__).parents[2] / "web"
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_IMPORT: Final = re.compile(r'^import .* from "\./([\w-]+\.js)";$\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=const|class|function|async)", re.MULTILINE)
# What other pages load; all else is loaded by it.
ENTRY: Final = "breaking-ticker.js"


class Asset(msgspec.Struct, frozen=True):
    """One file as it is sent: plain and gzipped, with its media type and its tag."""

    plain: bytes
    packed: bytes
    media_type: str
    etag: str

    def answer(self, request: Request, headers: Mapping[str, str]) -> Response:
        """200 with the file, or 304 where the client holds it already."""
        told = {**headers, "ETag": self.etag, "Vary": "Accept-Encoding"}
        packed = takes_gzip(", ".join(request.headers.getlist("accept-encoding")).encode("latin-1"))
        if packed:
            # A tag names one representation, so the packed one is told as a weak relative of the plain one.
            told["ETag"] = f"W/{self.etag}"
        if matches(", ".join(request.headers.getlist("if-none-match")), self.etag):
            return Response(status_code=304, headers=told)
        if packed:
            return Response(self.packed, headers=told | {"Content-Encoding": "gzip"}, media_type=self.media_type)
        return Response(self.plain, headers=told, media_type=self.media_type)


def joined(entry: str, sources: Mapping[str, str]) -> str:
    """The module `entry` with all that it imports, each once and before who needs it.

    It asks of the modules what their tests hold them to: imports on one line, no name twice at the top. What is
    imported on demand stays apart.
    """
    order: list[str] = []

    def visit(name: str) -> None:
        if name not in order:
            for wanted in _IMPORT.findall(sources[name]):
                visit(wanted)
            order.append(name)

    visit(entry)
    return "".join(_EXPORT.sub("", _IMPORT.sub("", sources[name])) for name in order)


def load(folder: str) -> dict[str, Asset]:
    """Every file of web/`folder` that a browser loads, by its name; the widget's entry joined with its modules."""
    paths = [p for p in sorted((WEB / folder).iterdir()) if p.suffix in _TYPES and not p.name.endswith(".d.ts")]
    texts = {path.name: path.read_text("utf-8") for path in paths}
    if ENTRY in texts:
        texts[ENTRY] = lean(joined(ENTRY, texts))
    return {name: _asset(name, text.encode()) for name, text in texts.items()}


def _asset(name: str, plain: bytes) -> Asset:
    # Without a time in it, so that every node sends the same bytes.
    packed = gzip.compress(plain, 9, mtime=0)
    etag = f'"{hashlib.blake2s(plain, digest_size=12).hexdigest()}"'
    return Asset(plain, packed, _TYPES[Path(name).suffix], etag)
