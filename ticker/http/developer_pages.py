"""Pages for developers: the interface as OpenAPI and AsyncAPI describe it, the playground, the element's options."""

from collections.abc import Mapping
from string import Template
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ticker.contract.sentences import LANGUAGES
from ticker.http import asyncapi, openapi
from ticker.http.element_options import (
    PROPERTIES,
    chosen_attributes,
    chosen_properties,
    element_options,
    element_snippet,
    labels,
)
from ticker.http.page_frame import PageFrame, bad_host, language_of
from ticker.http.public_url import public_address
from ticker.node.node import Node
from ticker.shared.http.conditional import conditional
from ticker.shared.http.negotiate import preferred_language
from ticker.shared.http.reference.page import FOLDER, ReferencePage
from ticker.shared.http.reference.view import asyncapi_view, openapi_view
from ticker.shared.process.version import RUNNING

LINKS: Final[Mapping[str, str]] = {
    "home": "./",
    "api": "api",
    "messages": "api/messages",
    "playground": "playground",
    "options": "options",
}
"""The pages of the navigation, each by the name of its sentence."""
_CACHED: Final = {"Cache-Control": "public, max-age=300"}


def developer_routes(node: Node, frame: PageFrame) -> list[BaseRoute]:
    """`/api`, `/api/messages`, `/playground`, `/options` and `/llms.txt`."""
    pages = _DeveloperPages(node, frame)
    return [
        Route("/api", pages.api),
        Route("/api/messages", pages.messages),
        Route("/playground", pages.playground),
        Route("/options", pages.options),
        Route("/llms.txt", pages.llms),
    ]


class _DeveloperPages:
    def __init__(self, node: Node, frame: PageFrame) -> None:
        self._node = node
        self._frame = frame
        self._api = ReferencePage(openapi.document, openapi_view, frame.strings)
        self._messages = ReferencePage(lambda: asyncapi.document(RUNNING, asyncapi.LOCAL), asyncapi_view, frame.strings)
        self._llms = Template((FOLDER / "llms.txt").read_text("utf-8"))

    async def api(self, request: Request) -> Response:
        """Every request of this side and its answers."""
        return await self._reference(request, "api", self._api, "openapi.json")

    async def messages(self, request: Request) -> Response:
        """The messages of a live connection."""
        return await self._reference(request, "messages", self._messages, "asyncapi.json")

    async def playground(self, request: Request) -> Response:
        """Shows live messages of a filter and a transport, and the same as a command or a program."""
        site, language = self._node.site, page_language(request)
        filters = {
            "edition": {name: edition.name for name, edition in site.editions.items()},
            "section": labels(site.sections, language),
            "place": labels(site.places, language),
        }
        return self._page(request, "playground.html", "playground", filters=filters)

    async def options(self, request: Request) -> Response:
        """Shows what each attribute of the element does; without script the form is sent."""
        address = public_address(self._node.settings, request)
        if address is None:
            return bad_host()
        options = element_options(self._node.site, self._frame.strings, page_language(request))
        defaults = {"src": f"{address}/v1/live", "edition": next(iter(self._node.site.editions)), "layout": "list"}
        chosen = chosen_attributes(request.query_params, options, defaults)
        styles = chosen_properties(request.query_params)
        return self._page(
            request,
            "options.html",
            "options",
            forms="'self'",
            attributes=options,
            properties=PROPERTIES,
            chosen=chosen,
            styles=styles,
            snippet=element_snippet(f"{address}/widget/breaking-ticker.js", chosen, styles),
        )

    async def llms(self, request: Request) -> Response:
        """The interface in a few lines of Markdown, for programs that read text."""
        settings, editions = self._node.settings, list(self._node.site.editions)
        address = public_address(settings, request)
        if address is None:
            return bad_host()
        text = self._llms.substitute(
            brand=settings.brand,
            kind=self._frame.strings["en"]["rehearsal"] if settings.rehearsal else "live breaking news",
            origin=address,
            editions=", ".join(f"`{name}`" for name in editions),
            edition=editions[0],
        )
        return conditional(request, text.encode(), _CACHED, "text/plain; charset=utf-8")

    async def _reference(self, request: Request, page: str, reference: ReferencePage, description: str) -> Response:
        body = await reference.body(page_language(request))
        return self._page(request, "reference.html", page, body=body, lead=f"{page}_lead", description=description)

    # Any: a template takes what it names
    def _page(self, request: Request, template: str, page: str, *, forms: str = "'none'", **context: Any) -> Response:
        return self._frame.page(
            request,
            template,
            page_language(request),
            frames="'none'",
            forms=forms,
            page=page,
            links=LINKS,
            icon="demo/icon.svg",
            root="../" * (request.url.path.count("/") - 1),
            **context,
        )


def page_language(request: Request) -> str:
    """The language that the address names, else the one that the browser prefers."""
    tag = request.query_params.get("lang")
    return language_of(tag) if tag else preferred_language(request.headers.get("accept-language", ""), LANGUAGES)
