"""The subscribers of a measurement: starts the load client (`load.c`), sends it commands and reads its reports.

A `Load` has one or more processes on one core. Every subscriber checks that every item arrives once and in order,
except for items passed to `replace`. A lost, doubled or reordered item raises `MissedError` from the pending call, or
from the next one.

    async with Load(target, core=1) as load:
        await load.open(10_000, first=1)                  # each must receive item 1 first
        waiting = await load.expect(1, 20)                # before the items are published
        began = time.monotonic_ns()
        await contender.publish([numbered(n) for n in range(1, 21)])
        items = await waiting                             # list[Arrivals], on the clock of `began`
        before = await load.stats()

All times are of `time.monotonic_ns()`.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Sequence
from typing import Any, Final, Self

import msgspec

from bench.compiled import compiled
from bench.contender import Target
from bench.load_process import LoadProcess
from bench.load_reports import Arrivals, Joined, MissedError, Stats, add_arrivals, add_joins, add_stats

SOURCES: Final = ("load.c", "connections.c", "audience.c", "hello.c", "events.c", "history.c", "inflate.c")
HEADERS: Final = ("load.h",)
WAIT_SECONDS: Final = 30.0
_GRACE_SECONDS: Final = 2.0


class Load:
    """Subscribers of `target`, initially none. Stop it with `close`, or use it as an asynchronous context manager.

    Connections use `paths` in turn, at most 1,024, instead of the target's path. If `lenient`, closed and refused
    connections are counted (`Stats`) instead of raising `MissedError`. If `deflate`, clients offer permessage-deflate.
    `receive_buffer` is the SO_RCVBUF of each subscriber, in bytes. `headers` are added to the target's. With `nap_ms`
    each process waits that long after it has read, so that it is not woken for each message: where many processes share
    cores, waking them would take more than reading does. Times are then too long by up to that.
    """

    def __init__(
        self,
        target: Target,
        *,
        core: int | None,
        processes: int = 1,
        paths: Sequence[str] = (),
        headers: Sequence[tuple[str, str]] = (),
        deflate: bool = False,
        lenient: bool = False,
        receive_buffer: int = 0,
        nap_ms: float = 0,
    ) -> None:
        self._target = target
        self._core = core
        self._count = processes
        self._paths = tuple(paths) or (target.path,)
        self._headers = (*target.headers, *headers)
        if deflate:
            self._headers += (("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits"),)
        self._lenient = lenient
        self._receive_buffer = receive_buffer
        self._nap_ms = nap_ms
        self._members: list[LoadProcess] = []
        self.fault: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Fails with `MissedError` at the first fault."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Compiles the load client if necessary and starts its processes; raises `ContenderError`."""
        program = await asyncio.to_thread(compiled, "load", SOURCES, HEADERS)
        for number in range(self._count):
            member = await LoadProcess.start(program, self._core, self._failed)
            self._members.append(member)
            # One source address has about 28,000 ports, so each process uses two addresses.
            if self._count > 1:
                member.send(f"sources 127.0.{number + 1}.1 2")
        self.aim(self._target.ports)
        for path in self._paths:
            self._say(f"request {self._request(path).hex()}")
        self._say(f"resume {'&' if '?' in self._paths[0] else '?'}cursor=")
        if self._target.hello:
            self._say(f"hello {b''.join(map(_masked, self._target.hello)).hex()}")
        if self._target.recover:
            self._say(f"recover {self._target.recover.hex()}")
        if self._target.joined:
            self._say(f"joined {self._target.joined.hex()}")
        if self._target.sse:
            self._say("sse")
        elif self._target.stream:
            self._say("stream")
        for seen, reply in self._target.answers:
            self._say(f"answer {seen.hex()} {_masked(reply).hex()}")
        self.tolerate(self._lenient)
        self._say(f"buffer {self._receive_buffer}")
        self._say(f"nap {self._nap_ms * 1000:.0f}")

    def aim(self, ports: Sequence[int]) -> None:
        """Subscribers that join or resume from now on connect to `ports`, in turn."""
        self._say(f"ports {' '.join(map(str, ports))}")

    def tolerate(self, lenient: bool) -> None:
        """Sets whether the server may close and refuse connections from now on."""
        self._say(f"lenient {int(lenient)}")

    async def open(
        self, count: int, *, first: int = 0, inflight: int = 200, rate: float = 0, seconds: float = 60
    ) -> Joined:
        """Adds `count` subscribers, which must receive item `first` next (0: any item, then in order).

        At most `inflight` join at a time (0: no limit) and `rate` per second (0: no limit). A subscriber has joined
        with the 101, or with the message that contains the target's `joined`. Must not overlap another `open` or
        `resume`.
        """
        replies = await self._ask(
            "joined", "open", count, seconds, f" {first} {_inflight_share(inflight, self)} {rate / self._count}"
        )
        return add_joins(replies)

    async def resume(self, *, inflight: int = 0, rate: float = 0, seconds: float = 60) -> Joined:
        """Reconnects all subscribers that were cut or closed, each with its newest cursor."""
        replies = await self._ask(
            "joined", "back", None, seconds, f" {_inflight_share(inflight, self)} {rate / self._count}"
        )
        return add_joins(replies)

    async def expect(self, first: int, last: int, *, seconds: float = WAIT_SECONDS) -> "Waiting":
        """Requires all subscribers, including cut ones, to receive items `first` to `last`; await the result."""
        futures = [member.reply("items") for member in self._members]
        due = sum(reply["count"] for reply in await self._ask("expecting", "expect", None, 10, f" {first} {last}"))
        return Waiting(due, self._arrivals(futures, seconds, first, last))

    def replace(self, numbers: Sequence[int]) -> None:
        """Allows the items `numbers` to be missing, because the server replaced each with a newer version."""
        for number in numbers:
            self._say(f"replaced {number}")

    async def cut(self, count: int) -> int:
        """Resets `count` connections that are being read; they can `resume`. Returns how many were reset."""
        return await self._counted("cut", "cut", count)

    async def mute(self, count: int) -> int:
        """Makes `count` subscribers stop reading; no items are expected of them. Returns how many stopped."""
        return await self._counted("muted", "mute", count)

    async def unmute(self, count: int) -> int:
        """Makes `count` muted subscribers read again; the order of their items is still checked."""
        return await self._counted("unmuted", "unmute", count)

    async def leave(self, count: int) -> None:
        """Closes `count` subscribers with code 1000 and waits for the server's close frames."""
        await self._ask("left", "leave", count, 30)

    async def stats(self) -> Stats:
        """Returns the current counters."""
        return add_stats([msgspec.convert(reply, Stats) for reply in await self._ask("stats", "stats", None, 10)])

    async def close(self) -> None:
        """Stops the processes, which resets every connection."""
        for member in self._members:
            await member.end()
        self._members = []
        if self.fault.done():
            self.fault.exception()
        else:
            self.fault.cancel()

    def _request(self, path: str) -> bytes:
        # The load client replaces \x01 with a random key, and \x02 with the cursor of a resuming client.
        cursor = "" if self._target.recover else "\x02"
        lines = [f"GET {path}{cursor} HTTP/1.1", f"Host: {self._target.host}:{self._target.port}"]
        if self._target.sse:
            lines += ["Accept: text/event-stream"]
        else:
            lines += ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: \x01"]
            lines += ["Sec-WebSocket-Version: 13"]
        lines += [f"{name}: {value}" for name, value in self._headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _say(self, line: str) -> None:
        for member in self._members:
            member.send(line)

    async def _ask(
        self, event: str, command: str, count: int | None, seconds: float, arguments: str = ""
    ) -> list[dict[str, Any]]:  # Any: JSON, different for each event
        futures = [member.reply(event) for member in self._members]
        for number, member in enumerate(self._members):
            share = "" if count is None else f" {_share(count, number, self._count)}"
            member.send(f"{command}{share}{arguments}")
        return await self._wait(futures, seconds, f"the load client did not {command} within")

    async def _counted(self, event: str, command: str, count: int) -> int:
        return sum(reply["count"] for reply in await self._ask(event, command, count, 30))

    async def _wait(
        self, futures: "list[asyncio.Future[dict[str, Any]]]", seconds: float, what: str
    ) -> list[dict[str, Any]]:  # Any: JSON
        all_of_them = asyncio.gather(*futures)
        try:
            pending: set[asyncio.Future[Any]] = {all_of_them, self.fault}  # Any: only their end counts
            await asyncio.wait(pending, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if not self.fault.done() and not all_of_them.done():
                # If this process was blocked, replies that were sent in time are still unread in the pipe.
                await asyncio.wait(pending, timeout=_GRACE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if self.fault.done():
                self.fault.result()
            if not all_of_them.done():
                raise MissedError(f"{what} {seconds:.0f} s")
            return all_of_them.result()
        finally:
            all_of_them.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await all_of_them

    async def _arrivals(
        self, futures: "list[asyncio.Future[dict[str, Any]]]", seconds: float, first: int, last: int
    ) -> list[Arrivals]:
        what = f"item {first}" if first == last else f"one of the items {first} to {last}"
        replies = await self._wait(futures, seconds, f"{what} did not reach every subscriber within")
        return [add_arrivals(parts) for parts in zip(*(reply["items"] for reply in replies), strict=True)]

    def _failed(self, fault: str) -> None:
        if not self.fault.done():
            self.fault.set_exception(MissedError(fault))
            self.fault.exception()  # marks it as retrieved, because no task may be waiting for it


class Waiting:
    """Expected items: `due` is the number of subscribers; awaiting it returns the `Arrivals` of each item."""

    def __init__(self, due: int, arrivals: Awaitable[list[Arrivals]]) -> None:
        self.due = due
        self._task = asyncio.ensure_future(arrivals)
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    def __await__(self) -> Any:  # Any: a generator's types, which `await` reads away
        return self._task.__await__()


def _share(count: int, number: int, processes: int) -> int:
    return count // processes + (number < count % processes)


def _inflight_share(inflight: int, load: Load) -> int:
    return -(-inflight // max(1, load._count))


def _masked(payload: bytes) -> bytes:
    # The mask is zero: masking protects proxies, and there is none on loopback.
    length = len(payload)
    head = bytes((0x81, 0x80 | length)) if length < 126 else bytes((0x81, 0xFE)) + length.to_bytes(2)
    return head + bytes(4) + payload
