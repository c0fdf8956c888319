"""What the options page offers for `<breaking-ticker>`: a control for every attribute and custom property."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec
from markupsafe import escape
from starlette.datastructures import QueryParams

from ticker.contract.site import Site
from ticker.core.joins import BACKLOG_LIMIT
from ticker.http.pages import LAYOUTS

ATTRIBUTE_PREFIX: Final = "a-"
"""Of a form field that sets an attribute: `lang` without it is the language of the page."""
_PROPERTY_PREFIX: Final = "p-"
PROPERTIES: Final[Mapping[str, str]] = {
    "ink": "#14171c",
    "soft": "#505762",
    "paper": "#ffffff",
    "rule": "#dcdad4",
    "accent": "light-dark(#00437a, #86b8ff)",
    "fill": "#00437a",
    "size": "18px",
    "font": "Georgia, serif",
    "height": "24rem",
}
"""Custom properties without `--ticker-`, each with an example of a value."""
_ROWS_LIMIT: Final = 100
_FASTEST: Final = 1000
_LONGEST_SECONDS: Final = 86_400
_LONGEST_MINUTES: Final = 60


class Option(msgspec.Struct, frozen=True):
    """The control of one attribute."""

    name: str
    kind: Literal["text", "number", "choice", "several"]
    choices: dict[str, str] = {}
    """The label of each value."""
    least: int = 0
    most: int = 0
    default: int = 10

    @property
    def field(self) -> str:
        """The name of its form field."""
        return ATTRIBUTE_PREFIX + self.name


def element_options(site: Site, strings: Mapping[str, Mapping[str, str]], language: str) -> list[Option]:
    """The controls for the names of a site, in the order of docs/theming.md."""
    sentences = strings[language]
    layouts = {name: name for name in LAYOUTS}
    return [
        Option("src", "text"),
        Option("edition", "several", {name: edition.name for name, edition in site.editions.items()}),
        Option("section", "several", labels(site.sections, language)),
        Option("place", "several", labels(site.places, language)),
        Option("story", "text"),
        Option("urgency", "choice", {str(number): sentences[f"u{number}"] for number in (1, 2, 3)}),
        Option("backlog", "number", least=0, most=BACKLOG_LIMIT),
        Option("layout", "choice", layouts),
        Option("show", "number", least=1, most=_ROWS_LIMIT),
        Option("speed", "number", least=1, most=_FASTEST, default=80),
        Option("label", "text"),
        Option("tombstone", "number", most=_LONGEST_SECONDS, default=60),
        Option("keep", "number", most=_LONGEST_MINUTES, default=_LONGEST_MINUTES),
        Option("lang", "choice", {tag: sentences["name"] for tag, sentences in strings.items()}),
        Option("dir", "choice", {direction: direction for direction in ("ltr", "rtl", "auto")}),
        Option("aria-label", "text"),
    ]


def labels(names: Mapping[str, Mapping[str, str]], language: str) -> dict[str, str]:
    """The label of each name of a site in `language`, else in English, else in its first one."""
    return {
        name: label.get(language) or label.get("en") or next(iter(label.values()), name)
        for name, label in names.items()
    }


def chosen_attributes(parameters: QueryParams, options: list[Option], defaults: Mapping[str, str]) -> dict[str, str]:
    """The attributes that a form set; `defaults` where it was not sent. Several values have commas between them."""
    if not any(option.field in parameters for option in options):
        return dict(defaults)
    values = {option.name: ",".join(filter(None, parameters.getlist(option.field))) for option in options}
    return {name: value for name, value in values.items() if value}


def chosen_properties(parameters: QueryParams) -> dict[str, str]:
    """The custom properties that a form set, without those that could end the rule they are in."""
    values = {name: parameters.get(_PROPERTY_PREFIX + name, "").strip() for name in PROPERTIES}
    return {name: value for name, value in values.items() if value and not set(value) & set("{}<>;")}


def element_snippet(script: str, attributes: Mapping[str, str], properties: Mapping[str, str]) -> str:
    """The HTML that puts the element into a page, as web/developers/element-snippet.js makes it too."""
    pairs = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
    lines = [
        f'<script type="module" src="{escape(script)}"></script>',
        f"<breaking-ticker{pairs}></breaking-ticker>",
    ]
    if properties:
        rules = [f"  --ticker-{name}: {value};" for name, value in properties.items()]
        lines += ["<style>", "breaking-ticker {", *rules, "}", "</style>"]
    return "\n".join(lines)
