"""What every client must get through: join, live item, correction, withdrawal, and a restart of the node with resume.

A client is a program that prints each message that it receives as a line of JSON, and `reopen` where its own code, and
not its library, opens the next connection.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, Final

import msgspec

from tests.support.serving import Desk, Serving, serving
from ticker.contract.item import Text

_LIMIT_SECONDS: Final = 45.0
_LINE_BYTES: Final = 2**20
ITSELF: Final = "itself"
PROGRAM: Final = "your program"


class Outcome(msgspec.Struct, frozen=True):
    """Who opened the connection after a restart, and who sent the cursor."""

    reconnects: str
    resumes: str


class Client:
    """A running client program."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.reopened = 0

    async def message(self, *types: str) -> dict[str, Any]:  # Any: JSON
        """The next message of one of `types`; one of another type that has items fails the test."""
        assert self._process.stdout is not None
        async with asyncio.timeout(_LIMIT_SECONDS):
            while line := await self._process.stdout.readline():
                if line.strip() == b"reopen":
                    self.reopened += 1
                    continue
                message: dict[str, Any] = json.loads(line)
                if message["type"] in types:
                    return message
                assert message["type"] in ("heartbeat", "bye"), message
        raise AssertionError(f"the client ended with {await self._process.wait()}")

    async def line(self, part: str, *, without: str = "\0") -> str:
        """The next line that contains `part`; one that contains `without` fails the test."""
        assert self._process.stdout is not None
        lines = ""
        async with asyncio.timeout(_LIMIT_SECONDS):
            while line := (await self._process.stdout.readline()).decode():
                assert without not in line
                if part in line:
                    return line.rstrip("\n")
                lines += line
        raise AssertionError(f"the program ended after {lines!r}")

    def send(self, line: str) -> None:
        """Writes a line to the program's standard input."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())


@asynccontextmanager
async def client(command: Sequence[str], variables: Mapping[str, str] | None = None) -> AsyncIterator[Client]:
    """A client program until the end of the block."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        *command, stdin=pipe, stdout=pipe, limit=_LINE_BYTES, env={**os.environ, **(variables or {})},
        start_new_session=True,
    )  # fmt: skip
    try:
        yield Client(process)
    finally:
        # With its children: a shell script's are the client itself.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        await process.communicate()


def uri(name: str) -> str:
    """An item's uri with a name in it."""
    return f"urn:flashwire:{name.replace('L', '1').replace('I', '1'):0<26}"


def versions(message: dict[str, Any]) -> list[tuple[str, int]]:  # Any: JSON
    """The items of a message with their versions."""
    return [(item["uri"], item["version"]) for item in message.get("items", [message.get("item")])]


async def try_client(
    redis_url: str, brand: str, command: Sequence[str], variables: Mapping[str, str] | None = None
) -> Outcome:
    """Runs `command` with the address of a node as its last argument through everything."""
    desk = Desk(redis_url, brand)
    async with AsyncExitStack() as cleanup:
        cleanup.push_async_callback(desk.store.aclose)
        async with serving(redis_url, brand, heartbeat_seconds=5) as node:
            old = await node.publish("Before the client", uri=uri("BEFORE"))
            running = await cleanup.enter_async_context(client([*command, node.url], variables))
            assert versions(await running.message("snapshot")) == [(old.uri, 1)]
            await expect_live_versions(node, running)
        away = await desk.publish("While the node is away", uri=uri("AWAY"))
        async with serving(redis_url, brand, port=node.port, heartbeat_seconds=5) as node:
            first = await running.message("snapshot", "replay")
            resumed = first["type"] == "replay"
            assert first.get("complete", True)
            missed = versions(first)
            assert missed == ([(away.uri, 1)] if resumed else [(away.uri, 1), (old.uri, 1)]), "exactly what it missed"
            back = await node.publish("After the restart", uri=uri("BACK"))
            assert versions(await running.message("item")) == [(back.uri, 1)]
        who = PROGRAM if running.reopened else ITSELF
        return Outcome(who, who if resumed else "no")


async def expect_live_versions(node: Serving, running: Client) -> None:
    """A line, its correction and its withdrawal arrive as they are published."""
    line = await node.publish("Wards open", uri=uri("VERSATILE"))
    item = (await running.message("item"))["item"]
    assert (item["uri"], item["version"], item["headline"]["value"]) == (line.uri, 1, "Wards open")
    note = Text("The wards stay closed.", "en", "ltr")
    line = await node.act(line, "correction", headline=Text("Wards closed", "en", "ltr"), note=note)
    item = (await running.message("item"))["item"]
    assert (item["version"], item["headline"]["value"], item["note"]["value"]) == (2, "Wards closed", note.value)
    await node.act(line, "withdraw", note=Text("Wrong.", "en", "ltr"))
    item = (await running.message("item"))["item"]
    assert (item["uri"], item["version"], item["pubStatus"]) == (line.uri, 3, "canceled")
