"""The item: one breaking line, attributed; it knows its own shape and nothing of streams or sockets.

Field names are IPTC ninjs 3.1's where ninjs has one, otherwise schema.org's or W3C's (`direction`). On the
wire they are in camel case. Every version carries the whole item, so that any two can be put in order by
`version` alone.
"""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Final, Literal

import msgspec

Direction = Literal["ltr", "rtl", "auto"]
Act = Literal["publish", "update", "refile", "correction", "hold", "release", "withdraw"]
PubStatus = Literal["usable", "withheld", "canceled"]
# An act or a role that a newer release may have added, in the form of ours.
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
CORRECTIONS_KEPT: Final = 5


class Text(msgspec.Struct, frozen=True):
    """One line of plain text with its language (BCP 47) and direction, both said and never guessed."""

    value: str
    language: str
    direction: Direction


class InfoSource(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who says so: a name as the audience reads it, what they are to the story, and a registry id if known."""

    name: Text
    role: Name
    """`Role`, or a role of a newer release."""
    uri: str | msgspec.UnsetType = msgspec.UNSET


class Correction(msgspec.Struct, frozen=True, rename="camel"):
    """What one correction of an item told its readers, and when."""

    version: int
    act: Name
    note: Text
    version_created: str


class Item(msgspec.Struct, frozen=True, rename="camel"):
    """One version of one line. Times are RFC 3339 UTC strings with milliseconds; all fields are always present.

    A newer release may add acts and roles; a node that does not know one still shows the item.
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
    """The newest corrections of this item, oldest first, at most `CORRECTIONS_KEPT`; later versions carry them on."""

    def current(self, now: float) -> bool:
        """Whether the audience may be shown this version at `now` (seconds since 1970)."""
        return self.pub_status == "usable" and (self.expires is None or instant(self.expires) > now)

    def pinned(self, now: float) -> bool:
        """Whether it stands above unpinned items at `now` (seconds since 1970)."""
        return self.pinned_until is not None and instant(self.pinned_until) > now


_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_item_decoder = msgspec.json.Decoder(Item)
_encoder = msgspec.json.Encoder()


def encode_item(item: Item) -> bytes:
    """`item` as the JSON object that travels, unchanged from here, through stream and wire."""
    return _encoder.encode(item)


def decode_item(data: bytes) -> Item:
    """The item in `data`; raises `msgspec.DecodeError` for anything else (bad UTF-8, missing field, wrong type).

    `data` must be one line: it is set into messages as it is, and a line break would end an SSE field.
    """
    try:
        data.decode()  # msgspec passes over the text of fields that it does not know
        item = _item_decoder.decode(data)
    except UnicodeDecodeError:
        raise msgspec.DecodeError("not UTF-8") from None
    except RecursionError:
        raise msgspec.DecodeError("nested too deeply") from None
    if b"\n" in data or b"\r" in data:
        raise msgspec.DecodeError("more than one line")
    # What folding and filtering rely on, and a schema of types cannot say.
    if item.version < 1 or not 1 <= item.urgency <= 8 or not item.info_sources or not item.uri.startswith(URI_PREFIX):
        raise msgspec.ValidationError("not an item: version, urgency, infoSources or uri out of range")
    for moment in (item.first_created, item.version_created, item.expires, item.pinned_until):
        if moment is not None:
            instant(moment)
    return item


# A first version names one time twice, and a node asks for those of an item again and again; to read one takes 1.5 µs.
@lru_cache(maxsize=4096)
def instant(moment: str) -> float:
    """Seconds since 1970 of an RFC 3339 time with an offset; raises `msgspec.ValidationError`.

    Times that fall outside the years 1 to 9999 in UTC are refused, since `moment` could not write them.
    """
    try:
        # Not fromisoformat: it also takes week dates, bare hours and other forms that no browser reads.
        return msgspec.convert(moment, _Moment).astimezone(UTC).timestamp()
    except (msgspec.ValidationError, UnicodeEncodeError, OverflowError):
        raise msgspec.ValidationError(f"not an RFC 3339 time with an offset: {moment[:40]!a}") from None


def moment(seconds: float) -> str:
    """RFC 3339 UTC with milliseconds, as in every message: `2026-05-01T09:30:00.125Z`."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
