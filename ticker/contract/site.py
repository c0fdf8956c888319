"""The site: its editions, sections, places and known sources, from one TOML file read at the start.

Both sides read the same file: the desk to attribute and to validate, the node to refuse a filter that names
something which does not exist. Names carry their languages; a source's label is looked up in the item's.
"""

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Final

import msgspec

from ticker.contract.item import Direction, Role, Text
from ticker.contract.sentences import RefusedError
from ticker.contract.text import clean_language
from ticker.shared.process.plain_file import PlainFileError, read_plain_text

CANARY_EDITION: Final = "canary"
DEFAULT_SITE: Final = Path(__file__).with_name("site.toml")


class Edition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A service that runs its own ticker: default language and direction of its lines, and its own name."""

    language: str
    direction: Direction
    name: str


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A known source: what it is to a story, and its label by language."""

    role: Role
    names: dict[str, str]

    def label(self, language: str) -> str:
        """Its name in `language` (also by the primary subtag), else in English, else whichever comes first."""
        return self.names[self.language(language)]

    def language(self, wanted: str) -> str:
        """The language of the label that `label` gives for `wanted`."""
        for tag in (wanted, wanted.split("-", 1)[0], "en"):
            if tag in self.names:
                return tag
        return next(iter(self.names))


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """What one brand publishes: everything that a name in a request is checked against."""

    editions: dict[str, Edition]
    sections: dict[str, dict[str, str]] = {}
    places: dict[str, dict[str, str]] = {}
    sources: dict[str, Source] = {}
    languages: tuple[str, ...] = ()

    def language_tags(self) -> frozenset[str]:
        """The languages lines may be filtered by: those said, and the editions' own."""
        return frozenset(self.languages) | {edition.language for edition in self.editions.values()}

    def find_source(self, name: str) -> str | None:
        """The id of the source called `name` (an id, or a label in any language, whatever its case), or None."""
        return self._ids.get(_folded(name))

    @cached_property
    def _ids(self) -> Mapping[str, str]:
        # Folded for each look-up anew, the names of 15 sources take 30 µs.
        ids: dict[str, str] = {}
        for source_id, source in self.sources.items():
            for known in (source_id, *source.names.values()):
                ids.setdefault(_folded(known), source_id)
        return ids

    def source_name(self, source_id: str, language: str) -> Text:
        """A registered source's label as text in the language that was found for it."""
        source = self.sources[source_id]
        found = source.language(language)
        return Text(source.names[found], found, direction_of(found))


class SiteError(Exception):
    """The site file cannot be used; the message is one line that says where and why."""


def load_site(path: Path | None) -> Site:
    """The site in `path`, or the demonstration site; raises `SiteError`."""
    chosen = path or DEFAULT_SITE
    try:
        content: Mapping[str, object] = tomllib.loads(read_plain_text(chosen))
        site = msgspec.convert(content, Site)
    except FileNotFoundError:
        raise SiteError(f"There is no site file {chosen}: name a TOML file with FLASHWIRE_SITE.") from None
    except PlainFileError as error:
        raise SiteError(
            f"The site file {chosen} cannot be read: {error}. Name a TOML file with FLASHWIRE_SITE."
        ) from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise SiteError(f"The site file {chosen} is not usable: {error}") from None
    if not site.editions:
        raise SiteError(f"The site file {chosen} names no edition.")
    if CANARY_EDITION in site.editions:
        raise SiteError(f"The site file {chosen} may not call an edition {CANARY_EDITION}: that name is for doctor.")
    nameless = [source_id for source_id, source in site.sources.items() if not source.names]
    if nameless:
        raise SiteError(f"The site file {chosen} gives no name for {', '.join(nameless)}.")
    try:
        for tag in site.language_tags():
            clean_language(tag)
    except RefusedError:
        raise SiteError(
            f"The site file {chosen} names the language {tag!r}; write a tag such as en, ar or es."
        ) from None
    return site


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name.strip()).casefold()


_RTL: Final = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "dv", "sd", "ug", "yi", "syr"})


def direction_of(language: str) -> Direction:
    """The direction to propose for a registered name; items themselves always say theirs."""
    return "rtl" if language.split("-", 1)[0].lower() in _RTL else "ltr"
