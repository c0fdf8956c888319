"""What the desk's interface says of one stored item, readable or not, and which version may follow it."""

from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.core.acts import next_version
from publisher.core.request import ActRequest
from publisher.core.unreadable import withdrawable
from publisher.stream.versions import ItemRecord
from ticker.contract.item import URI_PREFIX, Item, encode_item


async def existing(parts: Parts, uri: str) -> ItemRecord:
    """What is stored of the item `uri`; raises `ApiError` where there is no such item."""
    # Longer than any uri of ours: not worth a key that nobody has.
    record = await parts.store.record(uri) if uri.startswith(URI_PREFIX) and len(uri) <= 60 else None
    if record is None:
        raise ApiError(404, "no-item")
    return record


def next_item(record: ItemRecord, seen: int, asked: ActRequest, parts: Parts) -> Item:
    """The version after the newest one, which must be `seen`; over an unreadable version only a withdrawal."""
    if record.version != seen:
        raise stale(record.version)
    now = parts.clock()
    current = record.item
    if current is None or not record.readable:
        if asked.act != "withdraw":
            raise unreadable(record)
        current = withdrawable(record.uri, record.version, record.item, parts.site, now=now)
    return next_version(current, asked, parts.site, now=now)


def stale(current: int) -> ApiError:
    """Another request was faster: `current` is the version now."""
    return ApiError(412, "stale", headers={"ETag": f'"{current}"'}, current=current)


def unreadable(record: ItemRecord) -> ApiError:
    """The newest version cannot be read."""
    return ApiError(409, "unreadable", headers={"ETag": f'"{record.version}"'}, version=record.version)


def shown(item: Item, version: int) -> bytes:
    """`item` as JSON; where a newer `version` is known and cannot be read, the object says so."""
    data = encode_item(item)
    if item.version == version:
        return data
    return b'%b,"unreadable":true,"newestVersion":%d}' % (data[:-1], version)
