"""The versions that a waiting request makes, when it is asked for and when it is published."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET

from publisher.api.item_records import find_record, next_item
from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.api.sibling_acts import planned_acts, siblings_of
from publisher.core.decode import decode
from publisher.core.first_version import first_version
from publisher.core.refusals import RefusalsError
from publisher.core.request import ActRequest, ApprovalRequest, ItemRequest
from publisher.core.sibling_acts import act_for, check_sibling_act
from publisher.core.siblings import family_of
from publisher.stream.versions import ItemRecord
from ticker.contract.item import Item
from ticker.contract.sentences import RefusedError

Versions = list[tuple[Item, ItemRecord | None]]
"""Each version with what it follows; the one that the request names comes first."""


def decode_request(ask: ApprovalRequest) -> ItemRequest | ActRequest:
    """The request inside `ask`; raises as `decode`, and `RefusalsError` for an act that follows no version."""
    body = msgspec.json.encode(ask.request)
    if ask.uri is None:
        return decode(body, ItemRequest)
    if ask.seen is None:
        raise RefusalsError((RefusedError("missing", "seen", name="seen"),))
    return decode(body, ActRequest)


def first_versions(parts: Parts, body: ItemRequest, uris: Sequence[str], now: float) -> Versions:
    """What `body` publishes, with the uris chosen before; raises what the core's rules raise."""
    if body.siblings is UNSET:
        return [(first_version(body, parts.site, uri=uris[0], now=now), None)]
    titles = parts.adviser.recent.stories.titles(body.story.id) if body.story and body.story.id else {}
    return [(item, None) for item in family_of(body, parts.site, uris=uris, now=now, titles=titles).items]


async def next_versions(parts: Parts, body: ActRequest, uri: str, seen: int) -> Versions:
    """What the act `body` makes of version `seen` of the item `uri`, and of the newest versions of its siblings.

    Raises `ApiError` and what the core's rules raise; then nothing of it may be done.
    """
    record = await find_record(parts, uri)
    check_sibling_act(body, parts.site)
    if body.siblings is not True or record.item is None:
        return [(next_item(record, seen, body, parts), record)]
    item = next_item(record, seen, act_for(body, record.item, record.item), parts)
    versions: Versions = [(item, record)]
    for sibling, planned in planned_acts(parts, body, item, await siblings_of(parts, record)):
        if isinstance(planned, ApiError):
            planned.edition = planned.edition or (sibling.item.edition if sibling.item else None)
            raise planned
        versions.append((planned, sibling))
    return versions
