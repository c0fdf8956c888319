"""Siblings: the same news in several editions, published as one act; the others translate the first one.

1. Each sibling is in a different edition. What is the same in every language and left out is that of the first one.
2. A sibling without a line is a translation that the desk of its edition has to write: it becomes a draft.
3. All errors are found before anything is stored; those of a sibling name it: `siblings[0].text`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import UNSET

from publisher.core.first_version import first_version
from publisher.core.refusals import Refusals, RefusalsError, printable
from publisher.core.request import ItemRequest, SiblingRequest, StoryInput, TextInput
from ticker.contract.item import Item, Text
from ticker.contract.site import Site

SIBLINGS_LIMIT: Final = 8
_SHARED: Final = (
    "urgency", "sections", "places", "link", "expires", "pinned_until", "digital_source_type", "reviewed_by",
)  # fmt: skip
# The family has one time: of the first item, whose errors are enough.
_TIMES: Final = {"publishAt", "embargoedUntil"}


class Family(msgspec.Struct, frozen=True):
    """What one request asks for."""

    items: tuple[Item, ...]
    """First versions; the first one is the original."""
    missing: tuple[SiblingRequest, ...] = ()
    """The translations that have no line yet."""


def family_of(
    request: ItemRequest, site: Site, *, uris: Sequence[str], now: float, titles: Mapping[str, Text] = {}
) -> Family:
    """The items in `request`; `uris` has one uri for it and one for each sibling.

    `titles` are the titles of its story by edition. Raises `RefusalsError` with everything that is wrong.
    """
    refusals = Refusals()
    siblings = [] if request.siblings is UNSET else request.siblings
    original: Item | None = None
    try:
        original = first_version(request, site, uri=uris[0], now=now)
    except RefusalsError as error:
        refusals.extend(error.refusals)
    _check_editions(request, siblings, site, refusals)
    items = [] if original is None else [original]
    for index, (sibling, uri) in enumerate(zip(siblings[:SIBLINGS_LIMIT], uris[1:], strict=False)):
        if sibling.dry_run:
            refusals.add("unknown-field", f"siblings[{index}].dryRun", name="dryRun")
        if sibling.is_missing:
            continue
        try:
            items.append(first_version(_whole(sibling, request, original, uris[0], titles), site, uri=uri, now=now))
        except RefusalsError as error:
            shared = {field.encode_name for field in msgspec.structs.fields(sibling) if _is_shared(sibling, field.name)}
            own = [refusal for refusal in error.refusals if refusal.field not in shared | _TIMES | {"edition"}]
            refusals.extend(refusal.at(f"siblings[{index}].{refusal.field}") for refusal in own)
    refusals.raise_any()
    return Family(tuple(items), tuple(sibling for sibling in siblings if sibling.is_missing))


def _check_editions(request: ItemRequest, siblings: Sequence[SiblingRequest], site: Site, refusals: Refusals) -> None:
    if len(siblings) > SIBLINGS_LIMIT:
        refusals.add("siblings-many", "siblings", limit=SIBLINGS_LIMIT)
    used = {request.edition}
    for index, sibling in enumerate(siblings[:SIBLINGS_LIMIT]):
        field = f"siblings[{index}].edition"
        if sibling.edition not in site.editions:
            refusals.add("unknown-name", field, value=printable(sibling.edition), known=", ".join(site.editions))
        elif sibling.edition in used:
            refusals.add("repeated", field, value=sibling.edition)
        used.add(sibling.edition)


def _is_shared(sibling: SiblingRequest, name: str) -> bool:
    """Whether the sibling has the original's value of this field."""
    return name in _SHARED and getattr(sibling, name) is UNSET


def _whole(
    sibling: SiblingRequest, request: ItemRequest, original: Item | None, uri: str, titles: Mapping[str, Text]
) -> ItemRequest:
    """`sibling` as a separate request."""
    fields = {
        field.name: getattr(request if _is_shared(sibling, field.name) else sibling, field.name)
        for field in msgspec.structs.fields(sibling)
        if field.name != "dry_run"
    }
    if sibling.story is UNSET and original is not None and original.story is not None:
        title = titles.get(sibling.edition, original.story.title)
        fields["story"] = StoryInput(TextInput(title.value, title.language, title.direction), original.story.id)
    elif isinstance(sibling.story, StoryInput) and sibling.story.id is UNSET and original and original.story:
        fields["story"] = StoryInput(sibling.story.title, original.story.id)
    return ItemRequest(
        **fields,
        translation_of=request.translation_of or uri,
        publish_at=request.publish_at,
        embargoed_until=request.embargoed_until,
    )
