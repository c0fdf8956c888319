"""What every page of a node shares: templates, strings, security headers, and refusals.

Text reaches a page only through jinja2's autoescape, and no page has inline script or style, so that its content
security policy can forbid both.
"""

from typing import Any, Final

import jinja2
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ticker.contract.problem import MEDIA_TYPE, FieldError, make_problem
from ticker.contract.sentences import LANGUAGES
from ticker.contract.site import direction_of
from ticker.http.public_url import public_address
from ticker.settings import TickerSettings
from ticker.shared.http.assets import WEB

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {live}; "
    "base-uri 'none'; form-action {forms}; require-trusted-types-for 'script'; frame-ancestors {frames}"
)
CACHED: Final = {"Cache-Control": "public, max-age=1, must-revalidate"}
"""For pages with items: as for JSON, a withdrawn item leaves caches after a second."""
_FOLDERS: Final = (WEB / "demo", WEB / "pages", WEB / "developers")


class PageFrame:
    """The templates of a node's pages and their strings in every language."""

    def __init__(self, settings: TickerSettings) -> None:
        self._settings = settings
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(_FOLDERS), autoescape=True, trim_blocks=True, lstrip_blocks=True
        )
        self.strings: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
        for folder in _FOLDERS:
            for language, strings in msgspec.json.decode((folder / "strings.json").read_bytes()).items():
                self.strings[language] |= strings

    def text(self, template: str, **context: Any) -> str:  # Any: a template takes what it names
        """What `template` makes of `context`."""
        return self._templates.get_template(template).render(**context)

    # Any: a template takes what it names
    def page(
        self,
        request: Request,
        template: str,
        language: str,
        *,
        frames: str,
        forms: str = "'none'",
        status: int = 200,
        **context: Any,
    ) -> Response:
        """The page of `template` in `language`; pages of `frames` may have it in a frame, its forms go to `forms`."""
        address = public_address(self._settings, request)
        if address is None:
            return bad_host()
        page = f"{address}{request.url.path}"
        html = self.text(
            template,
            language=language,
            direction=direction_of(language),
            t=self.strings[language],
            brand=self._settings.brand,
            rehearsal=self._settings.rehearsal,
            desk_url=self._settings.desk_url,
            origin=address,
            this=f"{page}?{request.url.query}" if request.url.query else page,
            **context,
        )
        # In CSP level 2, 'self' does not include ws:.
        scheme, _, rest = address.partition("://")
        live = f"{scheme.replace('http', 'ws', 1)}://{rest.partition('/')[0]}"
        headers = {
            "Content-Security-Policy": _POLICY.format(live=live, frames=frames, forms=forms),
            "Referrer-Policy": "strict-origin-when-cross-origin",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-cache",
            "Vary": "Accept-Language",
        }
        return Response(html, status, headers, media_type="text/html; charset=utf-8")


def language_of(tag: str) -> str:
    """The page language for a language tag, without its case and region (BCP 47); English for any other."""
    language = tag.lower().partition("-")[0]
    return language if language in LANGUAGES else "en"


def bad_host() -> Response:
    """The answer to a request whose Host is no host name."""
    return refused(400, "Host", "Send a Host header that is a host name, with a port where needed.")


def refused(status: int, field: str, sentence: str) -> Response:
    """A problem about one parameter, or about the path."""
    slug = {400: "bad-parameter", 404: "not-found", 501: "not-offered"}[status]
    problem = make_problem(slug, status, sentence, (FieldError(field, sentence),))
    return Response(problem.body(), status, {"X-Content-Type-Options": "nosniff"}, MEDIA_TYPE)
