"""The routes of the desk page, next to those of the API.

Every client gets the same files, and they have no secret: only the API checks who is signed in.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ticker.shared.http.assets import WEB, Asset, load_assets
from ticker.shared.http.headers import SECURITY_HEADERS

PAGE: Final = "index.html"


def desk_routes(ticker_url: str) -> list[BaseRoute]:
    """`/`, `/desk/…`, `/client/…` and `/shared/…`; browsers reach the ticker at the origin of `ticker_url`."""
    folders = {folder: load_assets(WEB / folder) for folder in ("desk", "client", "shared")}
    headers = page_headers(ticker_url)

    async def page(request: Request) -> Response:
        return folders["desk"][PAGE].reply(request, headers)

    def route(folder: str) -> Route:
        async def file(request: Request) -> Response:
            return _asset_at(folders[folder], request).reply(request, headers)

        return Route(f"/{folder}/{{path:path}}", file, methods=["GET"])

    return [Route("/", page, methods=["GET"]), *map(route, folders)]


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
