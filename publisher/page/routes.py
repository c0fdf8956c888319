"""The routes of the desk's pages, next to those of the API.

Every client gets the same files, and they have no secret: only the API checks the session.
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from publisher.page.linked import link
from publisher.page.reference import reference_route
from publisher.page.templates import render_pages
from ticker.shared.http.assets import WEB, Asset, load_assets, make_asset
from ticker.shared.http.headers import SECURITY_HEADERS

_SCRIPT: Final = re.compile(r'<script type="module" src="([^"]+)">')


def desk_routes(ticker_url: str, *, rehearsal: bool = False) -> list[BaseRoute]:
    """The pages and their files; browsers reach the ticker at the origin of `ticker_url`.

    The pages of a rehearsal say so, and have another colour and other verbs.
    """
    folders = {folder: load_assets(WEB / folder) for folder in ("desk", "client", "shared")}
    folders["desk"] = {name: asset for name, asset in folders["desk"].items() if not name.endswith(".html")}
    headers = page_headers(ticker_url)
    pages = render_pages(WEB / "desk", rehearsal=rehearsal)
    entries = {f"/{name}" for page in pages.values() for name in _SCRIPT.findall(page.plain.decode())}
    linked: dict[str, Asset] = {}

    def file_route(folder: str) -> Route:
        async def file(request: Request) -> Response:
            path = request.scope["path"]
            if path in entries and path not in linked:
                linked[path] = await asyncio.to_thread(_link, path, folders)
            asset = linked.get(path) or _asset_at(folders[folder], request)
            return asset.reply(request, headers)

        return Route(f"/{folder}/{{path:path}}", file, methods=["GET"])

    def page_route(path: str, asset: Asset) -> Route:
        async def page(request: Request) -> Response:
            return asset.reply(request, headers)

        return Route(f"/{path}", page, methods=["GET"])

    return [
        *(page_route(path, asset) for path, asset in pages.items()),
        reference_route(headers, rehearsal=rehearsal),
        *map(file_route, folders),
    ]


def page_headers(ticker_url: str) -> dict[str, str]:
    """The headers of the page: no inline script or style, no frame, and connections to desk and ticker only."""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self'",
        "connect-src": " ".join(["'self'", *_origins(ticker_url)]),
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
    }
    return {
        **SECURITY_HEADERS,
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Cross-Origin-Opener-Policy": "same-origin",
        # Browsers store the files but validate them each time: an editor must never use yesterday's page.
        "Cache-Control": "no-cache",
    }


def _link(path: str, folders: Mapping[str, Mapping[str, Asset]]) -> Asset:
    """The script at `path` with the modules that it imports."""
    modules = {
        f"/{folder}/{name}": asset.plain.decode()
        for folder, files in folders.items()
        for name, asset in files.items()
        if name.endswith(".js")
    }
    return make_asset(path, link(path, modules).encode())


def _origins(ticker_url: str) -> list[str]:
    """The ticker's origin for fetch and for WebSocket; CSP level 3 does not treat them as the same."""
    parts = urlsplit(ticker_url)
    secure = parts.scheme == "https"
    return [f"{parts.scheme}://{parts.netloc}", f"{'wss' if secure else 'ws'}://{parts.netloc}"]


def _asset_at(files: Mapping[str, Asset], request: Request) -> Asset:
    asset = files.get(request.path_params["path"])
    if asset is None:
        raise HTTPException(404)
    return asset
