"""The pages and files of a node for browsers: demo page, widget, embed page, oEmbed.

Text reaches a page only through jinja2's autoescape, and no page has inline script or style, so that its content
security policy can forbid both.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

import jinja2
import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ticker.contract.item import Item
from ticker.contract.problem import MEDIA_TYPE, FieldError, make_problem
from ticker.contract.sentences import LANGUAGES
from ticker.contract.site import Site, direction_of
from ticker.http.public_url import page_path, public_address
from ticker.settings import TickerSettings
from ticker.shared.http.assets import WEB, Asset, load_assets
from ticker.shared.http.negotiate import preferred_language

SnapshotItems = Callable[[str, int], Sequence[Item]]
"""Returns the current items of an edition, up to a number, as a snapshot has them."""

# Any page may load the widget's modules, which needs CORS. Files that only the node's own pages load have none.
_ANYWHERE: Final = {"Access-Control-Allow-Origin": "*"}
# A few minutes: a page must not mix modules of two releases for long.
_FILE_CACHE: Final = "public, max-age=300, stale-while-revalidate=3600"
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {live}; "
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; frame-ancestors {frames}"
)
_LAYOUTS: Final = ("line", "list")
_SINGLE: Final = ("edition", "lang", "layout")
_PASSED: Final = ("section", "place", "urgency", "backlog")
FALLBACK_COUNT: Final = 10
_EMBED_SIZES: Final = {"line": (640, 120), "list": (400, 480)}


def page_routes(site: Site, settings: TickerSettings, snapshot_items: SnapshotItems) -> list[BaseRoute]:
    """`/`, `/embed`, `/oembed`, `/widget/…`, `/demo/…` and `/shared/…`."""
    pages = _Pages(site, settings, snapshot_items)
    return [
        Route("/", pages.demo),
        Route("/embed", pages.embed),
        Route("/oembed", pages.oembed),
        *(
            Route(f"/{path}/{{name}}", partial(pages.file, _public_files(folder), headers))
            for path, folder, headers in (("widget", "dist", _ANYWHERE), ("demo", "demo", {}), ("shared", "shared", {}))
        ),
    ]


def _public_files(folder: str) -> dict[str, Asset]:
    """The files of web/`folder` by name, without the templates of pages."""
    return {name: asset for name, asset in load_assets(WEB / folder).items() if not name.endswith(".html")}


class _Pages:
    def __init__(self, site: Site, settings: TickerSettings, snapshot_items: SnapshotItems) -> None:
        self._site = site
        self._settings = settings
        self._items = snapshot_items
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(WEB / "demo"), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self._strings: dict[str, dict[str, str]] = msgspec.json.decode((WEB / "demo" / "strings.json").read_bytes())

    async def demo(self, request: Request) -> Response:
        tag = request.query_params.get("lang")
        accepted = request.headers.get("accept-language", "")
        language = _language_of(tag) if tag else preferred_language(accepted, LANGUAGES)
        editions = {
            name: (edition, list(self._items(name, FALLBACK_COUNT))) for name, edition in self._site.editions.items()
        }
        # The first line is in the reader's language if there is such an edition.
        first = next((n for n, e in self._site.editions.items() if e.language == language), next(iter(editions)))
        return self._page(
            request, "index.html", language, frames="'self'", editions=editions, first=first, languages=self._strings
        )

    async def embed(self, request: Request) -> Response:
        parameters = request.query_params
        edition = parameters.get("edition") or next(iter(self._site.editions))
        layout = parameters.get("layout", "list")
        if edition not in self._site.editions:
            return _refused(
                400, "edition", f"There is no such edition; choose one of: {', '.join(self._site.editions)}."
            )
        if layout not in _LAYOUTS:
            return _refused(400, "layout", "The layout is line or list.")
        language = parameters.get("lang") or self._site.editions[edition].language
        return self._page(
            request,
            "embed.html",
            _language_of(language),
            frames="*",
            edition=edition,
            layout=layout,
            passed={name: ",".join(parameters.getlist(name)) for name in _PASSED if name in parameters},
            items=self._items(edition, FALLBACK_COUNT) if not any(name in parameters for name in _PASSED) else (),
        )

    async def oembed(self, request: Request) -> Response:
        reply = self._description(request)
        # A page of another origin may read the reason of a refusal.
        reply.headers.update(_ANYWHERE)
        return reply

    def _description(self, request: Request) -> Response:
        parameters = request.query_params
        if parameters.get("format", "json") != "json":
            return _refused(501, "format", "Only format=json is offered.")
        if "url" not in parameters:
            return _refused(400, "url", "Give the address of a ticker page as url=….")
        try:
            url = urlsplit(parameters["url"])
            sizes = [int(parameters.get(name, "100000")) for name in ("maxwidth", "maxheight")]
        except ValueError:
            return _refused(400, "url", "Give a full address as url=…, and maxwidth and maxheight in whole pixels.")
        address = public_address(self._settings, request)
        if address is None:
            return _bad_host()
        named = [pair for pair in parse_qsl(url.query) if pair[0] in (*_SINGLE, *_PASSED)]
        single = dict(pair for pair in named if pair[0] in _SINGLE)
        edition = single.setdefault("edition", next(iter(self._site.editions)))
        layout = single.get("layout", "list")
        path = page_path(address, url)
        if path not in ("/", "/embed") or edition not in self._site.editions or layout not in _LAYOUTS:
            return _refused(404, "url", "This address is not a ticker of this service.")
        width, height = (max(200, min(*pair)) for pair in zip(sizes, _EMBED_SIZES[layout], strict=True))
        # A filter may be repeated. Of other parameters, the page takes the last value.
        query = [*single.items(), *(pair for pair in named if pair[0] in _PASSED)]
        title = f"{self._settings.brand} · {self._site.editions[edition].name}"
        html = self._templates.get_template("frame.html").render(
            src=f"{address}/embed?{urlencode(query)}", title=title, width=width, height=height
        )
        body: dict[str, str | int] = {
            "version": "1.0",
            "type": "rich",
            "provider_name": self._settings.brand,
            "provider_url": f"{address}/",
        }
        body |= {"title": title, "html": html.strip(), "width": width, "height": height, "cache_age": 3600}
        return Response(msgspec.json.encode(body), media_type="application/json")

    async def file(self, files: dict[str, Asset], headers: Mapping[str, str], request: Request) -> Response:
        asset = files.get(request.path_params["name"])
        if asset is None:
            return _refused(404, "path", "There is no such file.")
        return asset.reply(request, {**headers, "Cache-Control": _FILE_CACHE})

    # Any: a template takes what it names
    def _page(self, request: Request, template: str, language: str, *, frames: str, **context: Any) -> Response:
        address = public_address(self._settings, request)
        if address is None:
            return _bad_host()
        page = f"{address}{request.url.path}"
        html = self._templates.get_template(template).render(
            language=language,
            direction=direction_of(language),
            t=self._strings[language],
            brand=self._settings.brand,
            desk_url=self._settings.desk_url,
            origin=address,
            this=f"{page}?{request.url.query}" if request.url.query else page,
            **context,
        )
        # In CSP level 2, 'self' does not include ws:.
        scheme, _, rest = address.partition("://")
        live = f"{scheme.replace('http', 'ws', 1)}://{rest.partition('/')[0]}"
        headers = {
            "Content-Security-Policy": _POLICY.format(live=live, frames=frames),
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
            "Vary": "Accept-Language",
        }
        return Response(html, headers=headers, media_type="text/html; charset=utf-8")


def _language_of(tag: str) -> str:
    """The page language for a language tag, without its case and region (BCP 47); English for any other."""
    language = tag.lower().partition("-")[0]
    return language if language in LANGUAGES else "en"


def _bad_host() -> Response:
    return _refused(400, "Host", "Send a Host header that is a host name, with a port where needed.")


def _refused(status: int, field: str, sentence: str) -> Response:
    slug = {400: "bad-parameter", 404: "not-found", 501: "not-offered"}[status]
    problem = make_problem(slug, status, sentence, (FieldError(field, sentence),))
    return Response(problem.body(), status, {"X-Content-Type-Options": "nosniff"}, MEDIA_TYPE)
