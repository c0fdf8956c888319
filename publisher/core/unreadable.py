"""The version that a withdrawal follows if the newest version of an item cannot be read.

No content of an unreadable version is used, because no signing key verifies it.
"""

from typing import Final

import msgspec

from publisher.core.ulid import ulid_seconds
from ticker.contract.item import URI_PREFIX, InfoSource, Item, Text, moment
from ticker.contract.site import Site, direction_of

# Clients remove a withdrawn item, so readers do not see these texts.
_HEADLINES: Final = {"en": "Withdrawn", "ar": "سُحب هذا الخبر", "es": "Retirada"}
_SOURCES: Final = {"en": "Editorial desk", "ar": "غرفة التحرير", "es": "Redacción"}


def withdrawable(uri: str, version: int, readable: Item | None, site: Site, *, now: float) -> Item:
    """The item that a withdrawal of unreadable version `version` follows: `readable`, or an item with neutral texts."""
    if readable is not None:
        # The unreadable version may have released a withdrawn item, so withdrawing it again must be possible.
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
