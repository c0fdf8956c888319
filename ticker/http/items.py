"""Items without a live connection: the current items, one item, and the public history of its versions."""

from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ticker.contract.item import Item, Text
from ticker.contract.problem import TITLES, Problem
from ticker.contract.redaction import redacted
from ticker.core.filter import Filter
from ticker.core.query import ParameterError, Query, filter_names, read_pairs
from ticker.http.respond import cached, problem, problem_reply
from ticker.http.versions import Versions, newest_version, read_versions
from ticker.node.node import Node
from ticker.node.work_queue import BusyError
from ticker.stream.redis_stream import StreamAwayError

LIMIT: Final = 100
# Seconds for which a shared cache may keep a reply; a withdrawn item must leave it almost at once.
CACHE_SECONDS: Final = 1
# Cached pages and their bytes. An empty page takes 2 KB, and any client may request any number of different pages.
CACHE_LIMIT: Final = 1024
CACHE_LIMIT_BYTES: Final = 8 << 20


class Change(msgspec.Struct, frozen=True, rename="camel"):
    """One version in the history; of a version that cannot be read only `version` is known."""

    version: int
    act: str | None = None
    item: dict[str, Any] | None = None  # Any: the fields of an item as JSON
    """The item; without its text if its newest version is withdrawn, on hold, or cannot be read."""
    note: Text | None = None
    version_created: str | None = None


class Tombstone(msgspec.Struct, frozen=True, rename="camel"):
    """A withdrawn item without its text: that it existed, and why it was withdrawn."""

    uri: str
    version: int
    act: str
    pub_status: str
    edition: str
    note: Text | None
    first_created: str
    version_created: str


class Gone(Problem, frozen=True, omit_defaults=True, kw_only=True):
    """The 410: a problem that carries the tombstone."""

    tombstone: Tombstone


class Listing:
    """The current items in pages; each page is made once and cached until the backlog changes."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._cache: dict[tuple[Filter, int, str | None], tuple[bytes, float]] = {}
        self._cache_bytes = 0
        self._cache_revision: int | None = None

    async def answer(self, request: Request) -> Response:
        """Current items, pinned first, then newest first; `next` is the `before` of the following page."""
        node = self._node
        if not node.filled:
            return problem(503, "unavailable", "This node is starting; ask again.", retry_after=2)
        try:
            query = Query(read_pairs(request.scope["query_string"]), node.site, (*filter_names(), "limit", "before"))
            item_filter = query.filter()
            limit = int(query.number("limit", 10, 1, LIMIT))
            before_uri = query.text("before")
            query.finish()
        except ParameterError as error:
            return problem_reply(error.problem())
        return cached(request, self._page(item_filter, limit, before_uri, node.wall()), CACHE_SECONDS)

    def _page(self, item_filter: Filter, limit: int, before_uri: str | None, now: float) -> bytes:
        backlog, key = self._node.backlog, (item_filter, limit, before_uri)
        full = self._cache_bytes > CACHE_LIMIT_BYTES or len(self._cache) >= CACHE_LIMIT
        if full or backlog.revision != self._cache_revision:
            self._cache.clear()
            self._cache_bytes, self._cache_revision = 0, backlog.revision
        elif (page := self._cache.get(key)) is not None and page[1] > now:
            return page[0]
        # `until` an item expires or a pin ends.
        entries, until = backlog.current(item_filter, limit + 1 if before_uri is None else 0, now)
        has_more = len(entries) > limit
        if before_uri is not None:
            entries, has_more = backlog.page(item_filter, limit, before_uri, now)
        entries = entries[:limit]
        body = b'{"items":[%b],"next":%b}' % (
            b",".join(entry.item_json for entry in entries),
            msgspec.json.encode(entries[-1].item.uri if has_more else None),
        )
        self._cache[key] = (body, min(until, now + CACHE_SECONDS))
        self._cache_bytes += len(body) + len(before_uri or "")
        return body


async def item(request: Request) -> Response:
    """The newest version of one item, or `?version=n`; 410 with a tombstone once it is withdrawn."""
    node: Node = request.state["node"]
    try:
        query = Query(read_pairs(request.scope["query_string"]), node.site, ("version",))
        version = int(query.number("version", 0, 1, 1_000_000))
        query.finish()
    except ParameterError as error:
        return problem_reply(error.problem())
    uri = request.path_params["uri"]
    current = node.backlog.item(uri)
    try:
        if current and version in (0, current.item.version):
            versions = Versions([current.item], current.item.version)
        else:
            versions = await read_versions(request, uri)
    except (StreamAwayError, BusyError):
        return _away()
    newest = newest_version(versions, node, uri)
    if newest is None:
        return _unreadable() if versions.count else _unknown()
    if newest.pub_status == "canceled":
        return _withdrawn(newest)
    if newest.pub_status == "withheld":
        return problem(404, "on-hold", "This item is on hold while it is checked; it may come back.")
    readable = [*versions.readable, newest]
    chosen = next((item for item in readable if item.version == (version or newest.version)), None)
    if chosen is None:
        return _unknown()
    return cached(request, msgspec.json.encode(chosen), CACHE_SECONDS)


async def history(request: Request) -> Response:
    """Every version of one item, oldest first, each with what was done and why.

    The text of an item that is withdrawn or on hold is not public in any version.
    """
    node: Node = request.state["node"]
    uri = request.path_params["uri"]
    try:
        versions = await read_versions(request, uri)
    except (StreamAwayError, BusyError):
        return _away()
    if not versions.count:
        return _unknown()
    newest = newest_version(versions, node, uri)
    public = newest is not None and newest.pub_status == "usable"
    changes = {number: Change(number) for number in range(1, versions.count + 1)}
    for version in versions.readable:
        fields = msgspec.to_builtins(version) if public else redacted(version)
        changes[version.version] = Change(version.version, version.act, fields, version.note, version.version_created)
    return cached(request, msgspec.json.encode({"versions": list(changes.values())}), CACHE_SECONDS)


def _unknown() -> Response:
    return problem(404, "not-found", "There is no such item here; check its uri and version.")


def _unreadable() -> Response:
    return problem(404, "unreadable", "The newest version of this item cannot be read here; take the item down.")


def _away() -> Response:
    return problem(503, "stream-away", "The archive cannot be read just now; ask again.", retry_after=5)


def _withdrawn(withdrawn: Item) -> Response:
    tombstone = Tombstone(
        withdrawn.uri,
        withdrawn.version,
        withdrawn.act,
        withdrawn.pub_status,
        withdrawn.edition,
        withdrawn.note,
        withdrawn.first_created,
        withdrawn.version_created,
    )
    return problem_reply(
        Gone(
            slug="withdrawn",
            title=TITLES[410],
            status=410,
            detail="This item was withdrawn; take it down wherever it is shown.",
            tombstone=tombstone,
        )
    )
