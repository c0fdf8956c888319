"""Files that browsers load, read and gzipped once at the start, each under a strong entity tag.

Only files that were read at the start can be requested, whatever a path says. The entity tag is of the content, so it
survives an installation that gives all files the same time.
"""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ticker.shared.http.conditional import entity_tag, is_current
from ticker.shared.http.negotiate import takes_gzip


def web_folder() -> Path:
    """The folder of the browser files: ticker/web where the wheel is installed, web/ in a checkout."""
    installed = Path(__file__).parents[2] / "web"
    return installed if installed.is_dir() else Path(__file__).parents[3] / "web"


WEB: Final = web_folder()
# Python's own table differs between systems, since it reads the system's registry.
_MEDIA_TYPES: Final = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".svg": "image/svg+xml",
    # A source map (ECMA-426); browsers load it only for their developer tools.
    ".map": "application/json",
}


# Further files that a folder may offer to people and tools; a browser loads none of them by itself.
DESCRIPTIONS: Final = {".json": "application/json", ".ts": "text/plain; charset=utf-8"}


class Asset(msgspec.Struct, frozen=True):
    """One file: its bytes as they are and gzipped, its media type and its strong entity tag."""

    plain: bytes
    gzipped: bytes
    media_type: str
    etag: str

    def reply(self, request: Request, headers: Mapping[str, str]) -> Response:
        """200 with the file, or 304 if the client has it already; gzipped if the client prefers that."""
        use_gzip = takes_gzip(", ".join(request.headers.getlist("accept-encoding")).encode("latin-1"))
        # A strong tag names one representation (RFC 9110, 8.8.3), so the gzipped one has a weak tag.
        etag = f"W/{self.etag}" if use_gzip else self.etag
        all_headers = {**headers, "ETag": etag, "Vary": "Accept-Encoding"}
        if is_current(request, self.etag):
            return Response(status_code=304, headers=all_headers)
        if use_gzip:
            all_headers["Content-Encoding"] = "gzip"
            return Response(self.gzipped, headers=all_headers, media_type=self.media_type)
        return Response(self.plain, headers=all_headers, media_type=self.media_type)


def make_asset(name: str, content: bytes, media_types: Mapping[str, str] = _MEDIA_TYPES) -> Asset:
    """`content` as it is served under `name`; raises `KeyError` for a suffix that is not served."""
    # Without a time in it, so that all nodes send the same bytes.
    return Asset(content, gzip.compress(content, 9, mtime=0), media_types[Path(name).suffix], entity_tag(content))


def load_assets(folder: Path, descriptions: Mapping[str, str] = {}) -> dict[str, Asset]:
    """Every file below `folder` that browsers load, by its path in it with `/` between the parts.

    `descriptions` are the media types of further suffixes.
    """
    types = {**_MEDIA_TYPES, **descriptions}
    paths = (path for path in sorted(folder.rglob("*")) if path.suffix in types and path.is_file())
    return {path.relative_to(folder).as_posix(): make_asset(path.name, path.read_bytes(), types) for path in paths}
