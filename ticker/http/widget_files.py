"""The widget's files, each under two names: its own with a short cache, and that of its release, cached for a year.

1. The widget loads its parts by the names of its release, so a cache never mixes two releases.
2. A name of another release is redirected to the file's own name: while nodes are updated one after the other, a page
   of a new node may ask an old one. Integrity, where a page sets it, still refuses other content.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ticker.http.page_frame import refused
from ticker.shared.http.assets import DESCRIPTIONS, load_assets

# A few minutes, because pages must get a new release soon.
FILE_CACHE: Final = "public, max-age=300, stale-while-revalidate=3600"
_RELEASE_CACHE: Final = "public, max-age=31536000, immutable"
_MANIFEST: Final = "manifest.json"
_RELEASED: Final = re.compile(r"(.+)-([0-9a-f]{8})(\.js)")


class Manifest(msgspec.Struct, frozen=True):
    """What the build says of its files: the name of the release, and the integrity of each script."""

    release: str
    integrity: dict[str, str]


class WidgetFiles:
    """The files of a folder that has a manifest, for any page of any site."""

    def __init__(self, folder: Path, headers: Mapping[str, str]) -> None:
        self._files = load_assets(folder, DESCRIPTIONS)
        self._headers = headers
        self.manifest: Final = msgspec.json.decode(self._files[_MANIFEST].plain, type=Manifest)

    async def file(self, request: Request) -> Response:
        name: str = request.path_params["name"]
        cache = FILE_CACHE
        if name not in self._files and (released := _RELEASED.fullmatch(name)):
            stem, release, suffix = released.groups()
            name = stem + suffix
            if name in self._files and release != self.manifest.release:
                return Response(
                    status_code=307, headers={**self._headers, "Location": name, "Cache-Control": "no-store"}
                )
            cache = _RELEASE_CACHE
        asset = self._files.get(name)
        if asset is None:
            return refused(404, "path", "There is no such file.")
        return asset.reply(request, {**self._headers, "Cache-Control": cache})
