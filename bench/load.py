"""The audience of a measurement: starts the load client (`load.c`), sends it commands and reads its reports.

`Load` is the whole audience, of one or more processes on one core. Every subscriber counts every item, once and in
order, but for what `replace` has named; whatever must not happen raises `MissedError` from the call that is waiting, or
from the next.

    async with Load(target, core=1) as load:
        await load.open(10_000, first=1)                  # item 1 must be the first that each gets
        waiting = await load.expect(1, 20)                # before they are published
        began = time.monotonic_ns()
        await contender.publish([numbered(n) for n in range(1, 21)])
        items = await waiting                             # list[Arrivals], times as `began`'s
        before = await load.stats()

All times are `time.monotonic_ns()`'s.
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

SOURCES: Final = ("load.c", "connections.c", "audience.c", "inflate.c")
HEADERS: Final = ("load.h",)
WAIT_SECONDS: Final = 30.0
_GRACE_SECONDS: Final = 2.0


class Load:
    """An audience of `target`, at first without subscribers. End it with `close`, or use it as a context manager.

    `paths` gives connections paths of their own in turn, up to 1,024 of them, instead of the target's. `lenient`: the
    server may hang up and refuse, which is then counted (`Stats`). `deflate`: permessage-deflate is offered.
    `receive_buffer`: SO_RCVBUF of each subscriber, in bytes. `headers` are added to the target's.
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
        self._members: list[LoadProcess] = []
        self.fault: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Fails with `MissedError` as soon as anything is wrong."""

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def start(self) -> None:
        """Compiles the client if need be, and starts its processes; raises `ContenderError`."""
        program = await asyncio.to_thread(compiled, "load", SOURCES, HEADERS)
        for number in range(self._count):
            member = await LoadProcess.start(program, self._core, self._failed)
            self._members.append(member)
            # Each process uses separate source addresses: each address has 28,000 ports.
            if self._count > 1:
                member.send(f"sources 127.0.{number + 1}.1 2")
        self.aim(self._target.ports)
        for path in self._paths:
            self._say(f"request {self._request(path).hex()}")
        self._say(f"resume {'&' if '?' in self._paths[0] else '?'}cursor=")
        if self._target.hello:
            self._say(f"hello {b''.join(map(_masked, self._target.hello)).hex()}")
        if self._target.joined:
            self._say(f"joined {self._target.joined.hex()}")
        if self._target.stream:
            self._say("stream")
        for seen, reply in self._target.answers:
            self._say(f"answer {seen.hex()} {_masked(reply).hex()}")
        self.tolerate(self._lenient)
        self._say(f"buffer {self._receive_buffer}")

    def aim(self, ports: Sequence[int]) -> None:
        """From now on subscribers join and come back at `ports`, in turn."""
        self._say(f"ports {' '.join(map(str, ports))}")

    def tolerate(self, lenient: bool) -> None:
        """Whether from now on the server may hang up and refuse."""
        self._say(f"lenient {int(lenient)}")

    async def open(
        self, count: int, *, first: int = 0, inflight: int = 200, rate: float = 0, seconds: float = 60
    ) -> Joined:
        """`count` subscribers join, who must get item `first` next (0: any, then in order).

        At most `inflight` at a time (0: no bound) and `rate` a second (0: as fast as it goes). They have joined with
        the 101, or with the message that contains the target's `joined`. Not while another `open` or `resume` runs.
        """
        replies = await self._ask(
            "joined", "open", count, seconds, f" {first} {_inflight_share(inflight, self)} {rate / self._count}"
        )
        return add_joins(replies)

    async def resume(self, *, inflight: int = 0, rate: float = 0, seconds: float = 60) -> Joined:
        """All who were cut, or were hung up on, come back, each with the newest cursor it saw."""
        replies = await self._ask(
            "joined", "back", None, seconds, f" {_inflight_share(inflight, self)} {rate / self._count}"
        )
        return add_joins(replies)

    async def expect(self, first: int, last: int, *, seconds: float = WAIT_SECONDS) -> "Waiting":
        """All current subscribers, cut ones included, must get items `first` to `last`; await the result for times."""
        futures = [member.reply("items") for member in self._members]
        due = sum(reply["count"] for reply in await self._ask("expecting", "expect", None, 10, f" {first} {last}"))
        return Waiting(due, self._arrivals(futures, seconds, first, last))

    def replace(self, numbers: Sequence[int]) -> None:
        """Items that may be left out from now on, because a newer version of each comes later in the order."""
        for number in numbers:
            self._say(f"replaced {number}")

    async def cut(self, count: int) -> int:
        """Cuts `count` connections that are read, with a reset; they can `resume`. Returns how many there were."""
        return await self._counted("cut", "cut", count)

    async def mute(self, count: int) -> int:
        """`count` subscribers stop reading, and nothing is expected of them any more."""
        return await self._counted("muted", "mute", count)

    async def unmute(self, count: int) -> int:
        """`count` muted subscribers read again; the order of what they get is still checked."""
        return await self._counted("unmuted", "unmute", count)

    async def leave(self, count: int) -> None:
        """`count` subscribers say goodbye (1000), and are gone when the server has answered."""
        await self._ask("left", "leave", count, 30)

    async def stats(self) -> Stats:
        """All counters as they stand."""
        return add_stats([msgspec.convert(reply, Stats) for reply in await self._ask("stats", "stats", None, 10)])

    async def close(self) -> None:
        """Ends the processes, and every connection with a reset."""
        for member in self._members:
            await member.end()
        self._members = []
        if self.fault.done():
            self.fault.exception()
        else:
            self.fault.cancel()

    def _request(self, path: str) -> bytes:
        # \x01 is where the client puts a key, \x02 where a returning client puts its cursor.
        lines = [f"GET {path}\x02 HTTP/1.1", f"Host: {self._target.host}:{self._target.port}", "Upgrade: websocket"]
        lines += ["Connection: Upgrade", "Sec-WebSocket-Key: \x01", "Sec-WebSocket-Version: 13"]
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
        return await self._wait(futures, seconds, f"the load client was told to {command}, and did not within")

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
                # It may be us who stood still: what was said in time is in the pipe, and is read in the next turns.
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
        replies = await self._wait(futures, seconds, f"{what} did not reach everybody within")
        return [add_arrivals(parts) for parts in zip(*(reply["items"] for reply in replies), strict=True)]

    def _failed(self, fault: str) -> None:
        if not self.fault.done():
            self.fault.set_exception(MissedError(fault))
            self.fault.exception()  # reported already; perhaps no task awaits it


class Waiting:
    """Items that are expected: `due` subscribers, and, awaited, the arrivals of each item."""

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
    # Masked with zeros: the mask hides nothing on loopback.
    length = len(payload)
    head = bytes((0x81, 0x80 | length)) if length < 126 else bytes((0x81, 0xFE)) + length.to_bytes(2)
    return head + bytes(4) + payload
