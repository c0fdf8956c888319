"""Drafts on the server: a line that its author writes, submits to the editors, and an editor publishes.

1. The author, and an editor or chief of its edition, may read, change and delete a draft.
2. A draft without an edition belongs to its author, and to every editor once it is submitted.
3. Each change states the version that it follows, so that two people never overwrite each other.
4. A published draft does not change any more.
"""

from typing import Any, Final, Literal

import msgspec

from publisher.core.refusals import ConflictError, Refusals
from publisher.core.request import DraftRequest
from ticker.contract.sentences import RefusedError
from ticker.contract.site import Site
from ticker.contract.text import clean

State = Literal["draft", "submitted", "published"]
LINE_BYTES: Final = 16_384
NOTE_LIMIT: Final = 500
OPEN_LIMIT: Final = 500
"""The most drafts of one author that are not published."""


class Draft(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A draft; times in seconds since 1970."""

    id: str
    version: int
    state: State
    author: str
    edition: str
    """The id of an edition, or empty while its author has chosen none."""
    line: dict[str, Any]  # Any: JSON, as a page keeps it
    note: str | None = None
    """A message between author and editor; readers never see it."""
    translation_of: str | None = None
    created: float
    changed: float
    changed_by: str
    submitted: float | None = None
    uri: str | None = None
    """Of the item that it became."""


def check_draft(request: DraftRequest, site: Site) -> None:
    """Raises `RefusalsError` with everything wrong in `request`."""
    refusals = Refusals()
    if request.edition and request.edition not in site.editions:
        with refusals.at("edition"):
            raise RefusedError("unknown-name", value=request.edition[:60], known=", ".join(site.editions))
    if len(msgspec.json.encode(request.line)) > LINE_BYTES:
        refusals.add("draft-large", "line", limit=LINE_BYTES)
    if request.note:
        with refusals.at("note"):
            clean(request.note, limit=NOTE_LIMIT)
    refusals.raise_any()


def changed_draft(draft: Draft, request: DraftRequest, name: str, now: float) -> Draft:
    """The version after `draft`; raises `ConflictError` for a published one."""
    if draft.state == "published":
        raise ConflictError("draft-used")
    submitted = draft.submitted
    if request.state != draft.state:
        submitted = now if request.state == "submitted" else None
    return msgspec.structs.replace(
        draft,
        version=draft.version + 1,
        state=request.state,
        edition=request.edition,
        line=request.line,
        note=request.note or None,
        translation_of=request.translation_of,
        changed=now,
        changed_by=name,
        submitted=submitted,
    )


def published_draft(draft: Draft, uri: str, name: str, now: float) -> Draft:
    """`draft` after it became the item `uri`."""
    return msgspec.structs.replace(
        draft, version=draft.version + 1, state="published", uri=uri, changed=now, changed_by=name
    )
