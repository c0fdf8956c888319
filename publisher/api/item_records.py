"""Stored items for the HTTP interface: find one, build its next version, write it as JSON."""

from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.core.acts import next_version
from publisher.core.request import ActRequest
from publisher.core.unreadable import withdrawable
from publisher.stream.versions import ItemRecord
from ticker.contract.item import URI_PREFIX, Item, encode_item

# No uri of an item is longer; a longer one needs no look-up.
_URI_LIMIT = 60


async def find_record(parts: Parts, uri: str) -> ItemRecord:
    """What is stored of the item `uri`; raises `ApiError` 404."""
    record = await parts.store.record(uri) if may_be_item(uri) else None
    if record is None:
        raise ApiError(404, "no-item")
    return record


def may_be_item(uri: str) -> bool:
    """Whether `uri` has the form of an item's."""
    return uri.startswith(URI_PREFIX) and len(uri) <= _URI_LIMIT


def next_item(record: ItemRecord, seen: int, body: ActRequest, parts: Parts) -> Item:
    """The version after the newest one, as `body` asks for it.

    Raises `ApiError` 412 unless the newest version is `seen`. An unreadable version can only be withdrawn: raises 409
    for any other act.
    """
    if record.version != seen:
        raise version_conflict(record.version)
    now = parts.clock()
    current = record.item
    if current is None or not record.readable:
        if body.act != "withdraw":
            raise unreadable_version(record)
        current = withdrawable(record.uri, record.version, record.item, parts.site, now=now)
    return next_version(current, body, parts.site, now=now)


def version_conflict(current: int) -> ApiError:
    """The item is at version `current`, which the client has not seen."""
    return ApiError(412, "stale", headers={"ETag": f'"{current}"'}, current=current)


def unreadable_version(record: ItemRecord) -> ApiError:
    """No signing key verifies the newest version."""
    return ApiError(409, "unreadable", headers={"ETag": f'"{record.version}"'}, version=record.version)


def item_json(item: Item, newest: int) -> bytes:
    """`item` as a JSON object, marked as unreadable where version `newest` is newer and cannot be read."""
    data = encode_item(item)
    if item.version == newest:
        return data
    return b'%b,"unreadable":true,"newestVersion":%d}' % (data[:-1], newest)
