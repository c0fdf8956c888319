"""The pages and files of a node for pages that embed the ticker: demo page, widget, embed page, oEmbed."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ticker.contract.item import Item
from ticker.contract.sentences import LANGUAGES
from ticker.contract.site import Site
from ticker.http.page_frame import PageFrame, bad_host, language_of, refused
from ticker.http.public_url import page_path, public_address
from ticker.http.widget_files import FILE_CACHE, WidgetFiles
from ticker.settings import TickerSettings
from ticker.shared.http.assets import WEB, Asset, load_assets
from ticker.shared.http.negotiate import preferred_language

SnapshotItems = Callable[[str, int], Sequence[Item]]
"""Returns the current items of an edition, up to a number, as a snapshot has them."""

# Any page may load the widget's modules, which needs CORS. Files that only the node's own pages load have none.
_ANYWHERE: Final = {"Access-Control-Allow-Origin": "*"}
# The widget reads in a file's timing whether its host speaks HTTP/2.
_WIDGET: Final = {**_ANYWHERE, "Timing-Allow-Origin": "*"}
_FOLDERS: Final = ("demo", "developers", "pages", "shared")
_SINGLE: Final = ("edition", "lang", "layout")
_PASSED: Final = ("section", "place", "story", "urgency", "backlog")
_LOOKS: Final = ("show", "speed", "label", "tombstone", "keep")
# A link must not put a sentence of its author above a newsroom's items.
_LABEL_LIMIT: Final = 40
FALLBACK_COUNT: Final = 10
SERVED_ROWS: Final = {"line": 1, "list": FALLBACK_COUNT, "card": 3, "crawl": 1}
"""By layout, as many rows of the server as the element shows: a page does not move when the script runs."""
LAYOUTS: Final = tuple(SERVED_ROWS)
_EMBED_SIZES: Final = {"line": (640, 200), "list": (400, 480), "card": (400, 360), "crawl": (1280, 48)}


def page_routes(
    site: Site, settings: TickerSettings, snapshot_items: SnapshotItems, frame: PageFrame
) -> list[BaseRoute]:
    """`/`, `/embed`, `/oembed`, `/widget/…`, `/demo/…`, `/developers/…`, `/pages/…` and `/shared/…`."""
    pages = _Pages(site, settings, snapshot_items, frame)
    return [
        Route("/", pages.demo),
        Route("/embed", pages.embed),
        Route("/oembed", pages.oembed),
        Route("/widget/{name}", pages.widget.file),
        *(Route(f"/{folder}/{{name}}", partial(pages.file, _public_files(folder))) for folder in _FOLDERS),
    ]


def _public_files(folder: str) -> dict[str, Asset]:
    """The files of web/`folder` by name, without the templates of pages."""
    return {name: asset for name, asset in load_assets(WEB / folder).items() if not name.endswith(".html")}


class _Pages:
    def __init__(self, site: Site, settings: TickerSettings, snapshot_items: SnapshotItems, frame: PageFrame) -> None:
        self._site = site
        self._settings = settings
        self._items = snapshot_items
        self._frame = frame
        self.widget: Final = WidgetFiles(WEB / "dist", _WIDGET)

    async def demo(self, request: Request) -> Response:
        tag = request.query_params.get("lang")
        accepted = request.headers.get("accept-language", "")
        language = language_of(tag) if tag else preferred_language(accepted, LANGUAGES)
        editions = {
            name: (edition, list(self._items(name, FALLBACK_COUNT))) for name, edition in self._site.editions.items()
        }
        # The first line is in the reader's language if there is such an edition.
        first = next((n for n, e in self._site.editions.items() if e.language == language), next(iter(editions)))
        return self._frame.page(
            request,
            "index.html",
            language,
            frames="'self'",
            editions=editions,
            first=first,
            languages=self._frame.strings,
            release=self.widget.manifest.release,
        )

    async def embed(self, request: Request) -> Response:
        parameters = request.query_params
        edition = parameters.get("edition") or next(iter(self._site.editions))
        layout = parameters.get("layout", "list")
        if edition not in self._site.editions:
            return refused(
                400, "edition", f"There is no such edition; choose one of: {', '.join(self._site.editions)}."
            )
        if layout not in LAYOUTS:
            return refused(400, "layout", f"The layout is one of: {', '.join(LAYOUTS)}.")
        if len(parameters.get("label", "")) > _LABEL_LIMIT:
            return refused(400, "label", f"The label has at most {_LABEL_LIMIT} characters.")
        language = parameters.get("lang") or self._site.editions[edition].language
        return self._frame.page(
            request,
            "embed.html",
            language_of(language),
            frames="*",
            edition=edition,
            layout=layout,
            release=self.widget.manifest.release,
            passed={name: ",".join(parameters.getlist(name)) for name in (*_PASSED, *_LOOKS) if name in parameters},
            items=self._items(edition, SERVED_ROWS[layout]) if not any(name in parameters for name in _PASSED) else (),
        )

    async def oembed(self, request: Request) -> Response:
        reply = self._description(request)
        # A page of another origin may read the reason of a refusal.
        reply.headers.update(_ANYWHERE)
        return reply

    def _description(self, request: Request) -> Response:
        parameters = request.query_params
        if parameters.get("format", "json") != "json":
            return refused(501, "format", "Only format=json is offered.")
        if "url" not in parameters:
            return refused(400, "url", "Give the address of a ticker page as url=….")
        try:
            url = urlsplit(parameters["url"])
            sizes = [int(parameters.get(name, "100000")) for name in ("maxwidth", "maxheight")]
        except ValueError:
            return refused(400, "url", "Give a full address as url=…, and maxwidth and maxheight in whole pixels.")
        address = public_address(self._settings, request)
        if address is None:
            return bad_host()
        named = [pair for pair in parse_qsl(url.query) if pair[0] in (*_SINGLE, *_PASSED, *_LOOKS)]
        single = dict(pair for pair in named if pair[0] in _SINGLE)
        edition = single.setdefault("edition", next(iter(self._site.editions)))
        layout = single.get("layout", "list")
        path = page_path(address, url)
        if path not in ("/", "/embed") or edition not in self._site.editions or layout not in LAYOUTS:
            return refused(404, "url", "This address is not a ticker of this service.")
        own_sizes = _EMBED_SIZES[layout]
        # A consumer's bounds must be respected (oEmbed 1.0, 2.2); a bound of 0 is none.
        width, height = (min(own, most) if most > 0 else own for own, most in zip(own_sizes, sizes, strict=True))
        # A filter may be repeated. Of other parameters, the page takes the last value.
        query = [*single.items(), *(pair for pair in named if pair[0] not in _SINGLE)]
        title = f"{self._settings.brand} · {self._site.editions[edition].name}"
        html = self._frame.text(
            "frame.html", src=f"{address}/embed?{urlencode(query)}", title=title, width=width, height=height
        )
        body: dict[str, str | int] = {
            "version": "1.0",
            "type": "rich",
            "provider_name": self._settings.brand,
            "provider_url": f"{address}/",
        }
        body |= {"title": title, "html": html.strip(), "width": width, "height": height, "cache_age": 3600}
        return Response(msgspec.json.encode(body), media_type="application/json")

    async def file(self, files: dict[str, Asset], request: Request) -> Response:
        asset = files.get(request.path_params["name"])
        if asset is None:
            return refused(404, "path", "There is no such file.")
        return asset.reply(request, {"Cache-Control": FILE_CACHE})
