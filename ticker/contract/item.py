"""The item: one attributed line of breaking news, and its JSON form.

Field names are those of IPTC ninjs 3.1 if it has the field, otherwise of schema.org or W3C (`direction`). In JSON they
are in camel case. Every version has the whole item, so that `version` alone orders any two.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec

Direction = Literal["ltr", "rtl", "auto"]
Act = Literal["publish", "update", "refile", "correction", "hold", "release", "withdraw"]
PubStatus = Literal["usable", "withheld", "canceled"]
# An act or a role, also one that a newer release has added.
Name = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z-]{0,39}$")]
Role = Literal[
    "correspondent", "platform", "spokesperson", "official", "agency", "eyewitness", "document", "organisation"
]

ROLES: Final[tuple[Role, ...]] = (
    "correspondent",
    "platform",
    "spokesperson",
    "official",
    "agency",
    "eyewitness",
    "document",
    "organisation",
)
ACTS: Final[tuple[Act, ...]] = ("publish", "update", "refile", "correction", "hold", "release", "withdraw")
URI_PREFIX: Final = "urn:flashwire:"
CORRECTIONS_LIMIT: Final = 5


class Text(msgspec.Struct, frozen=True):
    """One line of plain text with its language (BCP 47) and direction, which are never guessed."""

    value: str
    language: str
    direction: Direction


class InfoSource(msgspec.Struct, frozen=True, omit_defaults=True):
    """A source: a name as the audience reads it, its role in the story, and a registry id if it has one."""

    name: Text
    role: Name
    """`Role`, or a role of a newer release."""
    uri: str | msgspec.UnsetType = msgspec.UNSET


class Correction(msgspec.Struct, frozen=True, rename="camel"):
    """The note of one correction of an item, and its time."""

    version: int
    act: Name
    note: Text
    version_created: str


class Story(msgspec.Struct, frozen=True):
    """The story that an item belongs to; its id is the same in all editions, its title has the item's language."""

    id: str
    title: Text


class Item(msgspec.Struct, frozen=True, rename="camel"):
    """One version of an item. Times are RFC 3339 UTC strings with milliseconds; all fields are always present.

    A newer release may add acts and roles; a node that does not know them still shows the item.
    """

    uri: str
    version: int
    act: Name
    """`Act`, or an act of a newer release."""
    pub_status: PubStatus
    urgency: int
    headline: Text
    info_sources: tuple[InfoSource, ...]
    edition: str
    sections: tuple[str, ...]
    places: tuple[str, ...]
    link: str | None
    note: Text | None
    first_created: str
    version_created: str
    expires: str | None
    pinned_until: str | None
    translation_of: str | None
    corrections: tuple[Correction, ...] = ()
    """The newest corrections of this item, oldest first, at most `CORRECTIONS_LIMIT`; later versions repeat them."""
    story: Story | None = None
    digital_source_type: str | None = None
    """A term of the IPTC's list of digital source types; it says whether a machine made the text."""
    reviewed_by: str | None = None
    """The role or name of the person who checked the text before it was published."""

    def current(self, now: float) -> bool:
        """Whether this version may be shown at `now` (seconds since 1970)."""
        return self.pub_status == "usable" and (self.expires is None or instant(self.expires) > now)

    def pinned(self, now: float) -> bool:
        """Whether it is above unpinned items at `now` (seconds since 1970)."""
        return self.pinned_until is not None and instant(self.pinned_until) > now


_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_item_decoder = msgspec.json.Decoder(Item)
_encoder = msgspec.json.Encoder()


def encode_item(item: Item) -> bytes:
    """Returns `item` as JSON; the stream and the clients get exactly these bytes."""
    return _encoder.encode(item)


def decode_item(data: bytes) -> Item:
    """Returns the item in `data`; raises `msgspec.DecodeError` (bad UTF-8, missing field, wrong type).

    `data` must be one line: it is copied into messages, and a line break would end an SSE field.
    """
    try:
        data.decode()  # msgspec does not check the text of fields that it does not know
        item = _item_decoder.decode(data)
    except UnicodeDecodeError:
        raise msgspec.DecodeError("not UTF-8") from None
    except RecursionError:
        raise msgspec.DecodeError("nested too deeply") from None
    if b"\n" in data or b"\r" in data:
        raise msgspec.DecodeError("more than one line")
    # Folding and filtering rely on these rules, which types cannot express.
    if item.version < 1 or not 1 <= item.urgency <= 8 or not item.info_sources or not item.uri.startswith(URI_PREFIX):
        raise msgspec.ValidationError("not an item: version, urgency, infoSources or uri out of range")
    for moment in (item.first_created, item.version_created, item.expires, item.pinned_until):
        if moment is not None:
            instant(moment)
    return item


# A node needs the times of an item many times, and parsing one takes 1.5 µs.
@lru_cache(maxsize=4096)
def instant(moment: str) -> float:
    """Returns the seconds since 1970 of an RFC 3339 time with an offset; raises `msgspec.ValidationError`.

    Times outside the years 1 to 9999 in UTC are refused, because `moment` could not write them.
    """
    try:
        # fromisoformat would also accept week dates, hours without minutes and other forms that browsers cannot read.
        return msgspec.convert(moment, _Moment).astimezone(UTC).timestamp()
    except (msgspec.ValidationError, UnicodeEncodeError, OverflowError):
        raise msgspec.ValidationError(f"not an RFC 3339 time with an offset: {moment[:40]!a}") from None


def moment(seconds: float) -> str:
    """Returns RFC 3339 UTC with milliseconds, as in every message: `2026-05-01T09:30:00.125Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
