"""The body of a reference page: made once for each language, in a thread, because a long one takes 50 ms."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import jinja2
import msgspec
from markupsafe import Markup

from ticker.shared.http.assets import WEB
from ticker.shared.http.openapi import Json
from ticker.shared.http.reference.schema_text import Labels
from ticker.shared.http.reference.view import View

FOLDER: Final = WEB / "developers"


class ReferencePage:
    """One description as HTML; `describe` returns it, and `make_view` what the page shows of it."""

    def __init__(
        self, describe: Callable[[], Json], make_view: Callable[[Json, Labels], View], strings: Mapping[str, Labels]
    ) -> None:
        self._describe = describe
        self._make_view = make_view
        self._strings = strings
        self._bodies: dict[str, Markup] = {}

    async def body(self, language: str) -> Markup:
        """The HTML in `language`, which only chooses the words around the description."""
        if language not in self._bodies:
            self._bodies[language] = await asyncio.to_thread(self._render, language)
        return self._bodies[language]

    def _render(self, language: str) -> Markup:
        labels = self._strings[language]
        view = self._make_view(self._describe(), labels)
        return Markup(templates().get_template("reference-body.html").render(view=view, t=labels))


def templates() -> jinja2.Environment:
    """The templates of pages for developers."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )


def developer_strings() -> dict[str, dict[str, str]]:
    """The sentences of those pages by language."""
    return msgspec.json.decode((FOLDER / "strings.json").read_bytes(), type=dict[str, dict[str, str]])
