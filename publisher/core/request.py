"""The bodies of the desk's requests; `first_version` and `acts` check their content.

A field that is left out is `UNSET`. It differs from null, which clears the field of the item.
"""

import msgspec
from msgspec import UNSET, UnsetType

from ticker.contract.item import Act, Direction, Role


class TextInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A text with its language and direction, which default to the item's."""

    value: str
    language: str | UnsetType = UNSET
    direction: Direction | UnsetType = UNSET


class SourceInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An attribution: the name or id of a registered source, or any name with its role."""

    name: str | TextInput | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    uri: str | UnsetType = UNSET


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """The fields that publishing and every act have in common."""

    language: str | UnsetType = UNSET
    """The default for the headline and for names that are not registered."""
    direction: Direction | UnsetType = UNSET
    urgency: int | UnsetType = UNSET
    sections: list[str] | UnsetType = UNSET
    places: list[str] | UnsetType = UNSET
    link: str | UnsetType | None = UNSET
    expires: str | UnsetType | None = UNSET
    pinned_until: str | UnsetType | None = UNSET
    headline: str | TextInput | UnsetType = UNSET
    info_sources: list[SourceInput] | UnsetType = UNSET
    ed_note: str | None = None
    """Internal: the desk stores it, and it never enters the stream."""
    dry_run: bool = False


class ItemRequest(Request, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """`POST /v1/items`: `text` ("Source: text") or `headline` with `infoSources`."""

    edition: str
    text: str | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    """The role of a source in `text` that is not registered."""
    translation_of: str | None = None
    publish_at: str | None = None
    embargoed_until: str | None = None


class ActRequest(Request, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """`POST /v1/items/{uri}/acts`."""

    act: Act
    note: str | TextInput | None = None
    """For readers: what was wrong."""


class SplitRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/split`."""

    text: str
    language: str = "en"


class SessionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/session`."""

    token: str


class WelcomeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/welcome`."""

    code: str
    name: str


class CanaryRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/canary`; the sender recognizes its canary by `mark`."""

    mark: str = "canary"
