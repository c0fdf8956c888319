"""The desk's pages, each rendered once at the start from its template and the frame that all pages share."""

from pathlib import Path
from typing import Final

import jinja2
import msgspec

from publisher.core.roles import Role
from ticker.shared.http.assets import Asset, make_asset


class Page(msgspec.Struct, frozen=True):
    """One page of the desk: its path, the key of its name, its template in web/desk, and who may use it."""

    path: str
    name: str
    template: str
    role: Role = "reporter"
    """The lowest role that gets a link to the page; the API decides what the page may do."""
    is_in_navigation: bool = True


PAGES: Final = (
    Page("", "nav.wire", "index.html"),
    Page("handover", "nav.handover", "handover/handover.html"),
    Page("at", "nav.at", "at/at.html"),
    Page("audit", "nav.audit", "audit/audit.html", "chief"),
    Page("sources", "nav.sources", "sources/sources.html"),
    Page("people", "nav.people", "people/people.html", "chief"),
    Page("account", "nav.account", "account/account.html", is_in_navigation=False),
)


def render_pages(folder: Path, *, rehearsal: bool = False) -> dict[str, Asset]:
    """Every page by its path; links are relative, so that a proxy may serve the desk below any path."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    links = [page for page in PAGES if page.is_in_navigation]
    return {
        page.path: make_asset(
            page.template,
            templates.get_template(page.template).render(links=links, page=page, rehearsal=rehearsal).encode(),
        )
        for page in PAGES
    }
