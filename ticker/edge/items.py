"""Reading without a stream: the current items, one item, and the public ledger of what was changed in it."""

import re
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from ticker.contract.cursor import Cursor
from ticker.contract.entry import Keyring, PoisonError, unseal
from ticker.contract.item import Item, Text, decode_item
from ticker.contract.problem import Problem
from ticker.core.filter import CANARY, Filter
from ticker.edge.node import Node
from ticker.edge.query import ParameterError, Query, filter_names, read_pairs
from ticker.edge.respond import cached, problem, problem_reply
from ticker.stream import Stream, StreamAwayError

LIMIT: Final = 100
# Seconds a shared cache may keep a reply; a withdrawn line must be gone from it almost at once.
CACHE_SECONDS: Final = 1
# Pages kept ready; more are made anew. An empty one holds 2 KB beside its body, and anybody may ask for any number.
READY_LIMIT: Final = 1024
READY_LIMIT_BYTES: Final = 8 << 20
_URI: Final = re.compile(r"urn:flashwire:[0-9A-Za-z]{1,40}")


class Change(msgspec.Struct, frozen=True, rename="camel"):
    """One line of the ledger."""

    version: int
    act: str
    item: Item
    note: Text | None
    version_created: str


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
        self._ready_for: Cursor | None = None

    async def answer(self, request: Request) -> Response:
        """Current items, pinned first, then newest first; `next` is the `before` of the following page."""
        node = self._node
        if not node.filled:
            return problem(
                503, "unavailable", "Service Unavailable", "This node is starting; ask again.", retry_after=2
            )
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
        if full or backlog.newest != self._ready_for:
            self._ready.clear()
            self._ready_bytes, self._ready_for = 0, backlog.newest
        elif (ready := self._ready.get(key)) is not None and ready[1] > now:
            return ready[0]
        # To fold 10,000 entries takes 7 ms; in them nobody else is served. `until` something expires or a pin falls.
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
        known = [held.item] if held and version in (0, held.item.version) else await _versions(request, uri)
    except StreamAwayError:
        return _away()
    if not known:
        return _unknown()
    newest = held.item if held and held.item.version >= known[-1].version else known[-1]
    if newest.pub_status == "canceled":
        return _gone(newest)
    if newest.pub_status == "withheld":
        return problem(404, "on-hold", "Not Found", "This item is on hold while it is checked; it may come back.")
    chosen = next((one for one in known if one.version == (version or newest.version)), None)
    if chosen is None:
        return _unknown()
    return cached(request, msgspec.json.encode(chosen), CACHE_SECONDS)


async def history(request: Request) -> Response:
    """Every version of one item, oldest first, each with what was done and why."""
    uri = request.path_params["uri"]
    try:
        versions = await _versions(request, uri)
    except StreamAwayError:
        return _away()
    if not versions:
        return _unknown()
    changes = [Change(one.version, one.act, one, one.note, one.version_created) for one in versions]
    return cached(request, msgspec.json.encode({"versions": changes}), CACHE_SECONDS)


async def _versions(request: Request, uri: str) -> list[Item]:
    if not _URI.fullmatch(uri):
        return []
    stream: Stream = request.state["stream"]
    keyring: Keyring = request.state["keyring"]
    versions: list[Item] = []
    for body in await stream.ledger(uri):
        try:
            found = decode_item(unseal(body, keyring))
        except (PoisonError, msgspec.DecodeError):
            node: Node = request.state["node"]
            node.poison("ledger")
            continue
        # A body sealed for another item says nothing about this one.
        if found.uri == uri and found.edition != CANARY:
            versions.append(found)
    return versions


def _unknown() -> Response:
    return problem(404, "not-found", "Not Found", "There is no such item here; check its uri and version.")


def _away() -> Response:
    return problem(
        503, "stream-away", "Service Unavailable", "The archive cannot be read just now; ask again.", retry_after=5
    )


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
            title="Gone",
            status=410,
            detail="This item was withdrawn; take it down wherever it is shown.",
            tombstone=tombstone,
        )
    )
