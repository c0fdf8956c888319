"""The bodies of the desk's requests; `first_version` and `acts` check their content.

A field that is left out is `UNSET`. It differs from null, which clears the field of the item.
"""

from typing import Any, Literal

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


class StoryInput(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A story: its title in the item's language, and its id; without an id it is a new story."""

    title: str | TextInput
    id: str | UnsetType = UNSET


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
    story: StoryInput | UnsetType | None = UNSET
    digital_source_type: str | UnsetType | None = UNSET
    reviewed_by: str | UnsetType | None = UNSET
    headline: str | TextInput | UnsetType = UNSET
    info_sources: list[SourceInput] | UnsetType = UNSET
    ed_note: str | None = None
    """Internal: the desk stores it, and it never enters the stream."""
    dry_run: bool = False


class SiblingRequest(Request, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """One of the `siblings` of `POST /v1/items`; without a line it is a translation that its desk has to write."""

    edition: str
    text: str | UnsetType = UNSET
    role: Role | UnsetType = UNSET

    @property
    def is_missing(self) -> bool:
        """Whether it has no line."""
        return self.text is UNSET and self.headline is UNSET and self.info_sources is UNSET


class ItemRequest(Request, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """`POST /v1/items`: `text` ("Source: text") or `headline` with `infoSources`."""

    edition: str
    text: str | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    """The role of a source in `text` that is not registered."""
    translation_of: str | None = None
    publish_at: str | None = None
    embargoed_until: str | None = None
    siblings: list[SiblingRequest] | UnsetType = UNSET
    """The same news for other editions; all are published, or none."""
    draft_id: str | None = None
    """The draft on the server that becomes this item."""


class PresenceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`PUT /v1/presence`: what a page has open."""

    page: str
    """32 hexadecimal digits, which the page chose."""
    uri: str = ""
    act: str = ""


class ActRequest(Request, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """`POST /v1/items/{uri}/acts`."""

    act: Act
    note: str | TextInput | None = None
    """For readers: what was wrong."""
    siblings: bool | UnsetType = UNSET
    """Whether the same is done to all siblings."""
    notes: dict[str, str] | UnsetType = UNSET
    """With `siblings`: the note by edition."""


class SettledRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/items/{uri}/settled`: the translation needs no change for this version of its original."""

    version: int


class SplitRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/split`."""

    text: str
    language: str = "en"


class SimilarRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """`POST /v1/similar`: a line as it is being typed, which may be unfinished or have characters that are refused."""

    edition: str
    text: str | UnsetType = UNSET
    headline: str | TextInput | UnsetType = UNSET
    info_sources: list[SourceInput] | UnsetType = UNSET
    role: Role | UnsetType = UNSET
    language: str | UnsetType = UNSET
    urgency: int | UnsetType = UNSET
    uri: str | None = None
    """The item that an act would change."""
    translation_of: str | None = None
    story: str | None = None


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


class DraftRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """`POST /v1/drafts` and `PUT /v1/drafts/{id}`; `line` is what the page keeps, complete or not."""

    edition: str = ""
    line: dict[str, Any]  # Any: JSON
    state: Literal["draft", "submitted"] = "draft"
    note: str | None = None
    translation_of: str | None = None


class SourceRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """`POST /v1/sources`: a new source of the registry."""

    role: Role
    names: dict[str, str]
    aliases: list[str] = []
    id: str | UnsetType = UNSET
    dry_run: bool = False


class SourceChangeRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """`PATCH /v1/sources/{id}`: what changes of a source."""

    role: Role | UnsetType = UNSET
    names: dict[str, str] | UnsetType = UNSET
    aliases: list[str] | UnsetType = UNSET
    retired: bool | UnsetType = UNSET
    dry_run: bool = False


class ApprovalRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/approvals`, and `PUT` of a waiting line: the request to carry out, and of an act its item."""

    request: dict[str, Any]  # Any: JSON, decoded as `ItemRequest` or `ActRequest`
    uri: str | None = None
    seen: int | None = None
    note: str | None = None


class DecisionRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A decision about a waiting line: the digest of the content that the person saw, and a reason."""

    digest: str = ""
    reason: str = ""


class KillRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", kw_only=True):
    """`POST /v1/kill`; `name` is an edition, a user or a token, and empty for everything."""

    scope: Literal["all", "edition", "user"]
    name: str = ""
    reason: str
    end_sessions: bool = False


class LiftRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`POST /v1/kill/{id}/lift`."""

    reason: str
