"""`GET /api`: the desk's OpenAPI description as a page that needs no script and no session."""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from publisher.api.openapi import document
from ticker.contract.sentences import LANGUAGES
from ticker.contract.site import direction_of
from ticker.shared.http.negotiate import preferred_language
from ticker.shared.http.reference.page import ReferencePage, developer_strings, templates
from ticker.shared.http.reference.view import openapi_view
from ticker.shared.process.version import RUNNING

_LINKS: Final = {"desk": "./", "api": "api"}


def reference_route(headers: Mapping[str, str], *, rehearsal: bool) -> Route:
    """The page; `headers` are those of every page of the desk."""
    strings = developer_strings()
    reference = ReferencePage(lambda: document(RUNNING), openapi_view, strings)
    template = templates().get_template("reference.html")

    async def api(request: Request) -> Response:
        tag = request.query_params.get("lang", "")
        accepted = request.headers.get("accept-language", "")
        language = tag if tag in LANGUAGES else preferred_language(accepted, LANGUAGES)
        html = template.render(
            body=await reference.body(language),
            t=strings[language],
            language=language,
            direction=direction_of(language),
            page="api",
            lead="api_lead",
            description="openapi.json",
            brand="Flashwire",
            icon="desk/icon.svg",
            root="",
            links=_LINKS,
            rehearsal=rehearsal,
        )
        return Response(html, headers={**headers, "Vary": "Accept-Language"}, media_type="text/html; charset=utf-8")

    return Route("/api", api, methods=["GET"])
