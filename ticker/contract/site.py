"""The site: its editions, sections, places and known sources, from one TOML file that is read at the start.

Both sides read the same file: the desk validates items and their sources with it, a node refuses a filter with an
unknown name. Names have languages; the label of a source is looked up in the language of the item.
"""

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from ticker.contract.item import Direction, Role, Text
from ticker.contract.sentences import RefusedError
from ticker.contract.text import clean_language
from ticker.shared.process.plain_file import PlainFileError, read_plain_text

CANARY_EDITION: Final = "canary"
DEFAULT_SITE: Final = Path(__file__).with_name("site.toml")


class Edition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An edition of the ticker: its name, and the default language and direction of its items."""

    language: str
    direction: Direction
    name: str
    timezone: str = "UTC"
    """Where its day begins and ends: a name of the IANA time zone database."""
    alerts_per_day: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    """The number of flashes and bulletins a day after which the desk asks before another one."""


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A known source: its role in a story, and its label by language."""

    role: Role
    names: dict[str, str]
    aliases: tuple[str, ...] = ()
    """Further names by which editors find it; readers never see them."""

    def label(self, language: str) -> str:
        """Returns its name in `language` (also by the primary subtag), else in English, else the first one."""
        return self.names[self.language(language)]

    def language(self, preferred: str) -> str:
        """Returns the language of the label that `label` returns for `preferred`."""
        for tag in (preferred, preferred.split("-", 1)[0], "en"):
            if tag in self.names:
                return tag
        return next(iter(self.names))


class ApprovalRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Versions that a second person must approve before the desk publishes them; what is left out matches all."""

    editions: tuple[str, ...] = ()
    urgency: Annotated[int, msgspec.Meta(ge=1, le=8)] = 8
    """This urgency, and more urgent ones."""
    acts: tuple[Literal["publish", "update", "refile", "correction", "release"], ...] = ()
    approver: Literal["editor", "chief"] = "chief"
    bypass: Literal["editor", "chief"] = "chief"


class Site(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """The names that one brand uses; names in a request are checked against them."""

    editions: dict[str, Edition]
    sections: dict[str, dict[str, str]] = {}
    places: dict[str, dict[str, str]] = {}
    sources: dict[str, Source] = {}
    languages: tuple[str, ...] = ()
    approvals: tuple[ApprovalRule, ...] = ()

    def language_tags(self) -> frozenset[str]:
        """Returns the languages that a filter may name: those of the file, and those of the editions."""
        return frozenset(self.languages) | {edition.language for edition in self.editions.values()}

    def find_source(self, name: str) -> str | None:
        """Returns the id of the source `name` (an id, an alias, or a label in any language, in any case), or None."""
        return self._ids.get(folded(name))

    @cached_property
    def _ids(self) -> Mapping[str, str]:
        # Without the cache, folding the names of 15 sources takes 30 µs per lookup.
        ids: dict[str, str] = {}
        for source_id, source in self.sources.items():
            for name in (source_id, *source.names.values(), *source.aliases):
                ids.setdefault(folded(name), source_id)
        return ids

    def source_name(self, source_id: str, language: str) -> Text:
        """Returns the label of a registered source, with the language of that label."""
        source = self.sources[source_id]
        available = source.language(language)
        return Text(source.names[available], available, direction_of(available))


class SiteError(Exception):
    """The site file cannot be used; the message is one line with the place and the reason."""


def load_site(path: Path | None) -> Site:
    """Returns the site in `path`, or the demonstration site; raises `SiteError`."""
    file = path or DEFAULT_SITE
    try:
        content: Mapping[str, object] = tomllib.loads(read_plain_text(file))
        site = msgspec.convert(content, Site)
    except FileNotFoundError:
        raise SiteError(f"There is no site file {file}: name a TOML file with FLASHWIRE_SITE.") from None
    except PlainFileError as error:
        raise SiteError(
            f"The site file {file} cannot be read: {error}. Name a TOML file with FLASHWIRE_SITE."
        ) from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise SiteError(f"The site file {file} is not usable: {error}") from None
    if not site.editions:
        raise SiteError(f"The site file {file} names no edition.")
    if CANARY_EDITION in site.editions:
        raise SiteError(f"The site file {file} may not call an edition {CANARY_EDITION}: that name is for doctor.")
    unknown = {edition for rule in site.approvals for edition in rule.editions} - site.editions.keys()
    if unknown:
        raise SiteError(f"The site file {file} has approvals for {', '.join(sorted(unknown))}, which is no edition.")
    nameless = [source_id for source_id, source in site.sources.items() if not source.names]
    if nameless:
        raise SiteError(f"The site file {file} gives no name for {', '.join(nameless)}.")
    for name, edition in site.editions.items():
        try:
            ZoneInfo(edition.timezone)
        except (KeyError, ValueError, OSError):
            raise SiteError(
                f"The site file {file} gives edition {name} the time zone {edition.timezone!r}, which this "
                "machine does not know; write one such as Europe/Madrid."
            ) from None
    try:
        for tag in site.language_tags():
            clean_language(tag)
    except RefusedError:
        raise SiteError(f"The site file {file} names the language {tag!r}; write a tag such as en, ar or es.") from None
    return site


def folded(name: str) -> str:
    """Returns `name` in the form in which two names of sources are compared."""
    return unicodedata.normalize("NFC", name.strip()).casefold()


_RTL: Final = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "dv", "sd", "ug", "yi", "syr"})


def direction_of(language: str) -> Direction:
    """Returns the usual direction of a language, for registered names; items have a direction of their own."""
    return "rtl" if language.split("-", 1)[0].lower() in _RTL else "ltr"
