"""Reading without a stream: the current items, one item, and the public ledger of what was changed in it."""

import asyncio
import re
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ticker.contract.entry import Keyring, PoisonError, unseal
from ticker.contract.item import Item, Text, decode_item
from ticker.contract.problem import TITLES, Problem
from ticker.contract.redaction import redacted
from ticker.core.filter import CANARY, Filter
from ticker.core.query import ParameterError, Query, filter_names, read_pairs
from ticker.http.respond import cached, problem, problem_reply
from ticker.node.node import Node
from ticker.node.work_queue import BusyError
from ticker.stream.redis_stream import Stream, StreamAwayError

LIMIT: Final = 100
# Seconds a shared cache may keep a reply; a withdrawn line must be gone from it almost at once.
CACHE_SECONDS: Final = 1
# Pages kept ready; more are made anew. An empty one holds 2 KB beside its body, and anybody may ask for any number.
READY_LIMIT: Final = 1024
READY_LIMIT_BYTES: Final = 8 << 20
# Versions, which take 2 ms to verify and decode.
_DECODED: Final = 50
_URI: Final = re.compile(r"urn:flashwire:[0-9A-Za-z]{1,40}")


class Change(msgspec.Struct, frozen=True, rename="camel"):
    """One line of the ledger; only `version` is known of a version that cannot be read."""

    version: int
    act: str | None = None
    item: dict[str, Any] | None = None  # Any: the fields of an item as JSON
    """The item; without its words once its newest version is withdrawn, on hold, or cannot be read."""
    note: Text | None = None
    version_created: str | None = None


class Versions(msgspec.Struct):
    """What the ledger holds of one item."""

    readable: list[Item]
    """The versions that can be read, oldest first."""
    count: int
    """The number of the newest version, readable or not."""


class Tombstone(msgspec.Struct, frozen=True, rename="camel"):
    """What is left of a withdrawn item: that it was, and why it is gone; never what it said."""

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
    """The current items, page by page; a page is made once for all who ask for it until something changes."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._ready: dict[tuple[Filter, int, str | None], tuple[bytes, float]] = {}
        self._ready_bytes = 0
        self._ready_for: int | None = None

    async def answer(self, request: Request) -> Response:
        """Current items, pinned first, then newest first; `next` is the `before` of the following page."""
        node = self._node
        if not node.filled:
            return problem(503, "unavailable", "This node is starting; ask again.", retry_after=2)
        try:
            query = Query(read_pairs(request.scope["query_string"]), node.site, (*filter_names(), "limit", "before"))
            wanted = query.filter()
            limit = int(query.number("limit", 10, 1, LIMIT))
            before = query.text("before")
            query.finish()
        except ParameterError as error:
            return problem_reply(error.problem())
        return cached(request, self._page(wanted, limit, before, node.wall()), CACHE_SECONDS)

    def _page(self, wanted: Filter, limit: int, before: str | None, now: float) -> bytes:
        backlog, key = self._node.backlog, (wanted, limit, before)
        full = self._ready_bytes > READY_LIMIT_BYTES or len(self._ready) >= READY_LIMIT
        if full or backlog.revision != self._ready_for:
            self._ready.clear()
            self._ready_bytes, self._ready_for = 0, backlog.revision
        elif (ready := self._ready.get(key)) is not None and ready[1] > now:
            return ready[0]
        # `until` something expires or a pin falls.
        entries, until = backlog.current(wanted, limit + 1 if before is None else 0, now)
        more = len(entries) > limit
        if before is not None:
            entries, more = backlog.page(wanted, limit, before, now)
        entries = entries[:limit]
        body = b'{"items":[%b],"next":%b}' % (
            b",".join(entry.item_json for entry in entries),
            msgspec.json.encode(entries[-1].item.uri if more else None),
        )
        self._ready[key] = (body, min(until, now + CACHE_SECONDS))
        self._ready_bytes += len(body) + len(before or "")
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
    held = node.backlog.item(uri)
    try:
        if held and version in (0, held.item.version):
            known = Versions([held.item], held.item.version)
        else:
            known = await _versions(request, uri)
    except (StreamAwayError, BusyError):
        return _away()
    newest = _newest(known, node, uri)
    if newest is None:
        return _unreadable() if known.count else _unknown()
    if newest.pub_status == "canceled":
        return _gone(newest)
    if newest.pub_status == "withheld":
        return problem(404, "on-hold", "This item is on hold while it is checked; it may come back.")
    readable = [*known.readable, newest]
    chosen = next((one for one in readable if one.version == (version or newest.version)), None)
    if chosen is None:
        return _unknown()
    return cached(request, msgspec.json.encode(chosen), CACHE_SECONDS)


async def history(request: Request) -> Response:
    """Every version of one item, oldest first, each with what was done and why.

    The words of an item that is withdrawn or on hold are not public in any version.
    """
    node: Node = request.state["node"]
    uri = request.path_params["uri"]
    try:
        known = await _versions(request, uri)
    except (StreamAwayError, BusyError):
        return _away()
    if not known.count:
        return _unknown()
    newest = _newest(known, node, uri)
    public = newest is not None and newest.pub_status == "usable"
    changes = {number: Change(number) for number in range(1, known.count + 1)}
    for one in known.readable:
        fields = msgspec.to_builtins(one) if public else redacted(one)
        changes[one.version] = Change(one.version, one.act, fields, one.note, one.version_created)
    return cached(request, msgspec.json.encode({"versions": list(changes.values())}), CACHE_SECONDS)


def _newest(known: Versions, node: Node, uri: str) -> Item | None:
    """The newest version, or None where it cannot be read: then no other may be shown in its place."""
    held = node.backlog.item(uri)
    if held is not None and not node.backlog.is_confirmed(uri):
        return None
    found = [*known.readable, *([held.item] if held else [])]
    newest = max(found, key=lambda one: one.version, default=None)
    return newest if newest is not None and newest.version >= known.count else None


async def _versions(request: Request, uri: str) -> Versions:
    if not _URI.fullmatch(uri):
        return Versions([], 0)
    stream: Stream = request.state["stream"]
    keyring: Keyring = request.state["keyring"]
    node: Node = request.state["node"]
    versions: dict[int, Item] = {}
    bodies = await node.lookups.run(lambda: stream.ledger(uri))
    for number, body in enumerate(bodies, 1):
        if number % _DECODED == 0:
            await asyncio.sleep(0)
        # An empty body stands for a version whose words are lost.
        if not body:
            continue
        try:
            item = decode_item(unseal(body, keyring))
        except (PoisonError, msgspec.DecodeError):
            node.count_skipped("ledger")
            continue
        # A body sealed for another item says nothing about this one.
        if item.uri == uri and item.edition != CANARY and item.version <= len(bodies):
            versions[item.version] = item
    return Versions([versions[number] for number in sorted(versions)], len(bodies))


def _unknown() -> Response:
    return problem(404, "not-found", "There is no such item here; check its uri and version.")


def _unreadable() -> Response:
    return problem(404, "unreadable", "The newest version of this item cannot be read here; take the item down.")


def _away() -> Response:
    return problem(503, "stream-away", "The archive cannot be read just now; ask again.", retry_after=5)


def _gone(withdrawn: Item) -> Response:
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
