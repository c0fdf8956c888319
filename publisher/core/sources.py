"""Rules of the registry of sources: which names a source may have, and what the site file changes.

1. A source has a role and at least one name, each with its language; further names (`aliases`) only find it.
2. No name, alias or id means two sources, whatever its case. A retired source keeps its names.
3. The site file adds sources, and changes or retires those that no person has changed.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from publisher.core.lookalike import Lookalikes
from publisher.core.refusals import Refusals
from ticker.contract.item import InfoSource, Role, Text
from ticker.contract.sentences import RefusedError
from ticker.contract.site import Edition, Site, Source, direction_of, folded
from ticker.contract.text import SOURCE_LIMIT, clean, clean_language

NAMES_LIMIT: Final = 20
ALIASES_LIMIT: Final = 20
_ID: Final = re.compile("[a-z0-9][a-z0-9-]{0,59}")
_NO_EDITIONS: Final[dict[str, Edition]] = {}

FileChange = Literal["add", "replace", "retire", "note"]


class RegisteredSource(msgspec.Struct, frozen=True, rename="camel"):
    """One source of the registry; `version` counts its changes, `changed_by` is null for the site file."""

    id: str
    role: Role
    names: dict[str, str]
    aliases: tuple[str, ...]
    retired: bool
    version: int
    changed: str
    changed_by: str | None

    def source(self) -> Source:
        """The source as the site has it."""
        return Source(self.role, self.names, self.aliases)


def checked_source(source_id: str, wanted: Source, registered: Mapping[str, Source]) -> Source:
    """`wanted` with clean names, or `RefusalsError`; `registered` are all sources, retired ones included."""
    refusals = Refusals()
    if not _ID.fullmatch(source_id):
        refusals.add("source-id", "id")
    names, aliases = _clean_names(wanted, refusals)
    ids = Site(_NO_EDITIONS, sources={key: source for key, source in registered.items() if key != source_id})
    own: dict[str, str] = {}
    fields = {f"names.{language}": name for language, name in names.items()}
    fields |= {f"aliases[{index}]": name for index, name in enumerate(aliases)}
    for field, name in fields.items():
        other = ids.find_source(name)
        if other is not None:
            refusals.add("source-taken", field, name=name, known=other)
        elif field.startswith("aliases") and folded(name) in own:
            refusals.add("repeated", field, value=name)
        own[folded(name)] = field
    if (other := ids.find_source(source_id)) is not None:
        refusals.add("source-taken", "id", name=source_id, known=other)
    refusals.raise_any()
    return Source(wanted.role, names, tuple(aliases))


def lookalike_warnings(source_id: str, source: Source, site: Site) -> list[RefusedError]:
    """Warnings about names of `source` that look like those of another source of `site`, or like no plain name."""
    others = Site(site.editions, sources={key: other for key, other in site.sources.items() if key != source_id})
    lookalikes = Lookalikes(others)
    languages = list(source.names)
    labels = [*source.names.items(), *((languages[0], alias) for alias in source.aliases)]
    fields = [f"names.{language}" for language in languages]
    fields += [f"aliases[{index}]" for index in range(len(source.aliases))]
    warnings = []
    for field, (language, name) in zip(fields, labels, strict=True):
        text = Text(name, language, direction_of(language))
        warnings += lookalikes.warnings([InfoSource(text, source.role)], field=field)
    return warnings


def suggested_id(names: Mapping[str, str], registered: Mapping[str, Source], chance: str) -> str:
    """An id made of the English name, or the first one that has Latin letters; `chance` makes it unique."""
    for name in (names.get("en", ""), *names.values()):
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        slug = "-".join(re.findall("[a-z0-9]+", plain))[:50].strip("-")
        if slug:
            return slug if slug not in registered else f"{slug}-{chance}"
    return f"source-{chance}"


def file_change(
    in_file: Source | None, imported: Source | None, registered: RegisteredSource | None
) -> FileChange | None:
    """What the site file changes in the registry; `imported` is the source as the file had it at the last start.

    `note` only remembers the new form of the file: a person has changed the source since.
    """
    if registered is None:
        return None if in_file is None else "add"
    if in_file == imported:
        return None
    if registered.changed_by is not None:
        return "note"
    return "retire" if in_file is None else "replace"


def _clean_names(source: Source, refusals: Refusals) -> tuple[dict[str, str], list[str]]:
    names: dict[str, str] = {}
    if not source.names:
        refusals.add("no-name", "names")
    if len(source.names) > NAMES_LIMIT:
        refusals.add("names-many", "names", limit=NAMES_LIMIT)
    if len(source.aliases) > ALIASES_LIMIT:
        refusals.add("names-many", "aliases", limit=ALIASES_LIMIT)
    for language, name in source.names.items():
        # A key of the client's goes into no field name before it is known to be a language.
        with refusals.at("names"):
            clean_language(language)
            with refusals.at(f"names.{language}"):
                names[language] = clean(name, limit=SOURCE_LIMIT)
    aliases = []
    for index, alias in enumerate(source.aliases):
        with refusals.at(f"aliases[{index}]"):
            aliases.append(clean(alias, limit=SOURCE_LIMIT))
    return names, aliases
