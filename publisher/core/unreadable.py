"""The base of a withdrawal where the newest version of an item cannot be read; it knows items and the site.

No word of an unreadable version is used: whoever wrote it, no key of ours signed it.
"""

from typing import Final

import msgspec

from publisher.core.ulid import ulid_seconds
from ticker.contract.item import URI_PREFIX, InfoSource, Item, Text, moment
from ticker.contract.site import Site, direction_of

# A client takes a withdrawn item down and shows none of these words.
_HEADLINES: Final = {"en": "Withdrawn", "ar": "سُحب هذا الخبر", "es": "Retirada"}
_SOURCES: Final = {"en": "Editorial desk", "ar": "غرفة التحرير", "es": "Redacción"}


def withdrawable(uri: str, version: int, readable: Item | None, site: Site, *, now: float) -> Item:
    """What a withdrawal of unreadable version `version` follows: the words of `readable`, or neutral ones."""
    if readable is not None:
        # An unreadable version may have made a withdrawn item current again: it can be withdrawn once more.
        return msgspec.structs.replace(readable, version=version, pub_status="usable")
    edition, settings = next(iter(site.editions.items()))
    language = settings.language.split("-", 1)[0]
    if language not in _HEADLINES:
        language = "en"
    direction = direction_of(language)
    created = ulid_seconds(uri.removeprefix(URI_PREFIX))
    return Item(
        uri=uri,
        version=version,
        act="publish",
        pub_status="usable",
        urgency=4,
        headline=Text(_HEADLINES[language], language, direction),
        info_sources=(InfoSource(Text(_SOURCES[language], language, direction), "organisation"),),
        edition=edition,
        sections=(),
        places=(),
        link=None,
        note=None,
        first_created=moment(now if created is None else created),
        version_created=moment(now),
        expires=None,
        pinned_until=None,
        translation_of=None,
    )
