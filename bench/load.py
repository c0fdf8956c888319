"""The audience of a measurement: the load client (`load.c` and beside it), started, told what to do and listened to.

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
import json
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from bench.compiled import compiled
from bench.contender import Target

SOURCES: Final = ("load.c", "connections.c", "audience.c", "inflate.c")
HEADERS: Final = ("load.h",)
# Stands in the headline of every item, before its number in eight digits.
MARK: Final = b"bench-item-"
DIGITS: Final = 8
WAIT_SECONDS: Final = 30.0
_GRACE_SECONDS: Final = 2.0
# A line of answers holds a figure for each connection, or five for each item.
_LINE_LIMIT: Final = 1 << 26


class MissedError(Exception):
    """An item was lost, doubled, out of order or late, or a subscriber was cut off: there is no measurement."""


class Arrivals(msgspec.Struct, frozen=True):
    """When one item reached those who were waiting for it, in nanoseconds of the monotonic clock."""

    count: int
    first: int
    middle: int
    """Half of them. With several processes the latest of theirs, as `late`: an upper bound."""
    late: int
    """99 of 100."""
    last: int


class Joined(msgspec.Struct, frozen=True):
    """How many joined or came back, from when to when, and how long each took from its connect() on."""

    count: int
    began: int
    last: int
    took_ms: list[float]
    """In the order in which they joined; a process after the other."""
    refused: int
    """Answers other than 101, and connections that were refused; each tried again (only if `lenient`)."""


class Stats(msgspec.Struct, frozen=True):
    """What the audience has counted since it began; subtract two of them."""

    now: int
    cpu: int
    """CPU time of the load client, in nanoseconds, all processes."""
    open: int
    muted: int
    cut: int
    bytes: int
    """Read from the sockets, handshakes included; without TCP's and IP's headers."""
    messages: int
    deflated: int
    items: int
    left_out: int
    """Items that did not come because a newer version of theirs was to come (`Load.replace`)."""
    pings: int
    snapshots: int
    replays: int
    incomplete: int
    """Snapshots that said that something may be lost (only if `lenient`, else a fault)."""
    refused: int
    closed: int
    """Subscribers that the server hung up on (only if `lenient`, else a fault)."""
    closed_muted: int
    codes: dict[str, int]
    """Their close codes; 1006: none came."""


class Load:
    """An audience of `target`; nobody has joined yet. End it with `close`, or use it as a context.

    `paths` gives connections paths of their own in turn, up to 1,024 of them, instead of the target's. `lenient`: the
    server may hang up and refuse, which is then counted (`Stats`). `deflate`: permessage-deflate is offered.
    `receive_buffer`: SO_RCVBUF of those who join, in bytes. `headers` stand beside the target's.
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
        self._members: list[_Member] = []
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
            member = await _Member.start(program, self._core, self._failed)
            self._members.append(member)
            # Each process has addresses of its own: there are 28,000 ports for each.
            if self._count > 1:
                member.say(f"sources 127.0.{number + 1}.1 2")
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
        """Whoever joins or comes back from now on connects to `ports`, in turn."""
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
        return _joined(replies)

    async def resume(self, *, inflight: int = 0, rate: float = 0, seconds: float = 60) -> Joined:
        """All who were cut, or were hung up on, come back, each with the newest cursor it saw."""
        replies = await self._ask(
            "joined", "back", None, seconds, f" {_inflight_share(inflight, self)} {rate / self._count}"
        )
        return _joined(replies)

    async def expect(self, first: int, last: int, *, seconds: float = WAIT_SECONDS) -> "Waiting":
        """Who is there now, the cut ones too, must get items `first` to `last`; await the answer for their times."""
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
        """`count` of those who do not read, read again; the order of what they get is still checked."""
        return await self._counted("unmuted", "unmute", count)

    async def leave(self, count: int) -> None:
        """`count` subscribers say goodbye (1000), and are gone when the server has answered."""
        await self._ask("left", "leave", count, 30)

    async def stats(self) -> Stats:
        """All counters as they stand."""
        every = [msgspec.convert(reply, Stats) for reply in await self._ask("stats", "stats", None, 10)]
        codes: dict[str, int] = {}
        for stats in every:
            for code, number in stats.codes.items():
                codes[code] = codes.get(code, 0) + number
        fields = [field for field in Stats.__struct_fields__ if field not in ("now", "codes")]
        sums = {field: sum(getattr(stats, field) for stats in every) for field in fields}
        return Stats(now=max(stats.now for stats in every), codes=codes, **sums)

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
        # \x01 is where the client puts a key, \x02 where the cursor goes of one who comes back.
        lines = [f"GET {path}\x02 HTTP/1.1", f"Host: {self._target.host}:{self._target.port}", "Upgrade: websocket"]
        lines += ["Connection: Upgrade", "Sec-WebSocket-Key: \x01", "Sec-WebSocket-Version: 13"]
        lines += [f"{name}: {value}" for name, value in self._headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _say(self, line: str) -> None:
        for member in self._members:
            member.say(line)

    async def _ask(
        self, event: str, command: str, count: int | None, seconds: float, arguments: str = ""
    ) -> list[dict[str, Any]]:  # Any: JSON, different for each event
        futures = [member.reply(event) for member in self._members]
        for number, member in enumerate(self._members):
            share = "" if count is None else f" {_share(count, number, self._count)}"
            member.say(f"{command}{share}{arguments}")
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
        return [_added(parts) for parts in zip(*(reply["items"] for reply in replies), strict=True)]

    def _failed(self, fault: str) -> None:
        if not self.fault.done():
            self.fault.set_exception(MissedError(fault))
            self.fault.exception()  # told already: nobody may be waiting


class Waiting:
    """Items that are expected: `due` subscribers, and, awaited, the arrivals of each item."""

    def __init__(self, due: int, arrivals: Awaitable[list[Arrivals]]) -> None:
        self.due = due
        self._task = asyncio.ensure_future(arrivals)
        self._task.add_done_callback(lambda task: task.cancelled() or task.exception())

    def __await__(self) -> Any:  # Any: a generator's types, which `await` reads away
        return self._task.__await__()


class _Member:
    """One process of the client."""

    def __init__(self, process: asyncio.subprocess.Process, failed: Callable[[str], None]) -> None:
        self._process = process
        self._failed = failed
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}  # Any: JSON
        self._listener = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, program: Path, core: int | None, failed: Callable[[str], None]) -> "_Member":
        pipe = asyncio.subprocess.PIPE
        arguments = () if core is None else (str(core),)
        process = await asyncio.create_subprocess_exec(program, *arguments, stdin=pipe, stdout=pipe, limit=_LINE_LIMIT)
        return cls(process, failed)

    def say(self, line: str) -> None:
        assert self._process.stdin is not None, "it has a pipe"
        self._process.stdin.write(line.encode() + b"\n")

    def reply(self, event: str) -> "asyncio.Future[dict[str, Any]]":  # Any: JSON
        """The next answer of this kind; ask for it before the command is said."""
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._replies[event] = future
        return future

    async def _listen(self) -> None:
        assert self._process.stdout is not None, "it has a pipe"
        async for line in self._process.stdout:
            answer = json.loads(line)
            if answer["event"] == "fault":
                self._failed(answer["what"])
            elif (future := self._replies.pop(answer["event"], None)) is not None and not future.done():
                future.set_result(answer)
        self._failed("the load client ended")

    async def end(self) -> None:
        assert self._process.stdin is not None, "it has a pipe"
        self._process.stdin.close()
        try:
            async with asyncio.timeout(10):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
        self._listener.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._listener


def _share(count: int, number: int, processes: int) -> int:
    return count // processes + (number < count % processes)


def _inflight_share(inflight: int, load: Load) -> int:
    return -(-inflight // max(1, load._count))


def _joined(replies: Sequence[dict[str, Any]]) -> Joined:  # Any: JSON
    return Joined(
        count=sum(reply["count"] for reply in replies),
        began=min(reply["began"] for reply in replies),
        last=max(reply["last"] for reply in replies),
        took_ms=[took for reply in replies for took in reply["took"]],
        refused=sum(reply["refused"] for reply in replies),
    )


def _added(parts: Sequence[Sequence[int]]) -> Arrivals:
    nonempty = [part for part in parts if part[0]] or [parts[0]]
    late = (max(part[column] for part in nonempty) for column in (2, 3, 4))
    return Arrivals(sum(part[0] for part in nonempty), min(part[1] for part in nonempty), *late)


def _masked(payload: bytes) -> bytes:
    # Masked with zeros: the mask hides nothing on loopback.
    length = len(payload)
    head = bytes((0x81, 0x80 | length)) if length < 126 else bytes((0x81, 0xFE)) + length.to_bytes(2)
    return head + bytes(4) + payload
