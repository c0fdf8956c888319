"""Browser files, read and gzipped once at start, each under a strong entity tag.

Only these files can be requested, whatever a path says. `web/dist` is sent as it is checked in; `make web` builds it.
"""

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ticker.shared.http.negotiate import matches, takes_gzip

WEB: Final = Path(__file__).parents[2] / "web"
_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    # A source map (ECMA-426); browsers load it only for their developer tools.
    ".map": "application/json",
}


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


def load(folder: str) -> dict[str, Asset]:
    """Every file of web/`folder` that a browser loads, by its name."""
    paths = (path for path in sorted((WEB / folder).iterdir()) if path.suffix in _TYPES)
    return {path.name: _asset(path.name, path.read_bytes()) for path in paths}


def _asset(name: str, plain: bytes) -> Asset:
    # Without a time in it, so that every node sends the same bytes.
    packed = gzip.compress(plain, 9, mtime=0)
    etag = f'"{hashlib.blake2s(plain, digest_size=12).hexdigest()}"'
    return Asset(plain, packed, _TYPES[Path(name).suffix], etag)
