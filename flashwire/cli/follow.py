"""Follows a ticker over WebSocket and comes back with its cursor; it prints nothing.

1. After a connection that ended: what `bye` said, else full jitter: a random part of 0.5 s, 1 s, 2 s … 30 s.
2. The waiting starts again from its least only after a connection that stayed and delivered for 10 s: one that
   is accepted and closed at once must not be met at full speed.
3. Close codes 4500–4999, and statuses that say that the request is wrong, end it. Everything else comes back.
4. Silence for two and a half heartbeats is a dead connection.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable
from typing import Final, Literal
from urllib.parse import urlencode

import msgspec
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from ticker.shared.http.addresses import typed_address, unquoted
from ticker.shared.process.cancellation import stop_if_cancelled

State = Literal["connecting", "live", "stale", "catching-up", "offline"]

LIVE: Final = "/v1/live"
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0
STEADY_SECONDS: Final = 10.0
# A replay may hold every entry that a node keeps.
LARGEST_MESSAGE: Final = 1 << 27
_SILENT: Final = 2.5


class Message(msgspec.Struct, frozen=True):
    """What a ticker sends; fields of a later protocol are ignored."""

    type: str
    cursor: str = ""
    items: tuple[msgspec.Raw, ...] = ()
    item: msgspec.Raw = msgspec.Raw()
    complete: bool = True
    heartbeat: float = 15.0
    stale: bool = False
    reason: str = ""
    reconnect: float | None = None


class EndedError(Exception):
    """The ticker will not have this request again as it is; the message is for a person."""


class Follower:
    """One subscription. `state` is told of every change, with a sentence for a person.

    Raises `ValueError` where `url` is no address of a ticker.
    """

    def __init__(
        self,
        url: str,
        parameters: list[tuple[str, str]],
        *,
        state: Callable[[State, str], None] = lambda *_: None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._address = "ws" + ticker_address(url).removeprefix("http") + LIVE
        self._parameters = parameters
        self._told = state
        self._chance = chance
        self._state: State | None = None
        self._cursor = ""
        self._heartbeat = 15.0
        self._failures = 0

    async def messages(self) -> AsyncGenerator[Message, None]:
        """Every message in order, over all connections, until it is closed; raises `EndedError`."""
        while True:
            stop_if_cancelled()
            self._say("catching-up" if self._cursor else "connecting", "Connecting.")
            begun, bye = time.monotonic(), None
            why = ""
            try:
                async with self._connection() as connection:
                    while True:
                        async with asyncio.timeout(_SILENT * self._heartbeat):
                            data = await connection.recv()
                        message = self._read(data)
                        if message is None:
                            continue
                        bye = message if message.type == "bye" else bye
                        yield message
            except TimeoutError:
                why = "the ticker is silent"
            except ConnectionClosed as error:
                why = _closed(error)
            except InvalidStatus as error:
                bye = _refused(error)
                why = bye.reason
            except (OSError, InvalidHandshake) as error:
                why = f"no ticker there ({type(error).__name__})"
            except InvalidURI:
                raise EndedError(f"{self._address} is not an address to follow.") from None
            if bye is not None and bye.reason:
                why = bye.reason
            if time.monotonic() - begun > STEADY_SECONDS and self._state in ("live", "stale"):
                self._failures = 0
            wait = self._wait(bye.reconnect if bye else None)
            self._say("offline", f"Connection lost: {why or 'closed'}; back in {wait:.1f} s.")
            await asyncio.sleep(wait)

    def _connection(self) -> connect:
        parameters = self._parameters + ([("cursor", self._cursor)] if self._cursor else [])
        # Pings of our own would only double the server's heartbeat. Tickers are asked directly, not by a proxy.
        return connect(
            f"{self._address}?{urlencode(parameters)}", proxy=None, ping_interval=None, max_size=LARGEST_MESSAGE
        )

    def _read(self, data: str | bytes) -> Message | None:
        try:
            message = msgspec.json.decode(data, type=Message)
        except msgspec.DecodeError:
            return None
        self._cursor = message.cursor or self._cursor
        if message.type in ("snapshot", "replay"):
            self._heartbeat = message.heartbeat
            lost = "" if message.complete else " Some items may have been missed."
            self._say("stale" if message.stale else "live", f"Live.{lost}", again=bool(lost))
        elif message.type == "heartbeat":
            self._say(
                "stale" if message.stale else "live", "The ticker has lost its stream." if message.stale else "Live."
            )
        return message

    def _wait(self, asked: float | None) -> float:
        if asked is not None:
            return max(0.0, min(asked, 300.0))
        most = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(self._failures, 10))
        self._failures += 1
        return self._chance() * most

    def _say(self, state: State, sentence: str, *, again: bool = False) -> None:
        if state != self._state or again:
            self._state = state
            self._told(state, sentence)


def ticker_address(url: str) -> str:
    """The address of the ticker that `url` (http, https, ws, wss; with or without /v1/live) names.

    Raises `ValueError` with what to write instead.
    """
    scheme, separator, rest = unquoted(url).partition("://")
    scheme = {"ws": "http", "wss": "https"}.get(scheme.lower(), scheme)
    return typed_address(scheme + separator + rest).removesuffix(LIVE)


def _closed(error: ConnectionClosed) -> str:
    if error.rcvd is None:
        return "the connection broke"
    if 4500 <= error.rcvd.code <= 4999:
        raise EndedError(f"The ticker ended it: {error.rcvd.reason or error.rcvd.code}.") from None
    return error.rcvd.reason or f"closed with {error.rcvd.code}"


class _FieldError(msgspec.Struct):
    field: str
    message: str


class _Problem(msgspec.Struct):
    detail: str = ""
    errors: tuple[_FieldError, ...] = ()


def _refused(error: InvalidStatus) -> Message:
    """What to do after a status instead of an upgrade, as the `bye` that it amounts to."""
    status, headers = error.response.status_code, error.response.headers
    try:
        problem = msgspec.json.decode(error.response.body or b"", type=_Problem)
    except msgspec.DecodeError:
        problem = _Problem()
    faults = " ".join(f"{fault.field}: {fault.message}" for fault in problem.errors)
    detail = faults or problem.detail or f"it answered {status}"
    if status not in (408, 425, 429) and status < 500:
        raise EndedError(f"The ticker refused: {detail}") from None
    after = headers.get("Retry-After", "")
    return Message("bye", reason=detail, reconnect=float(after) if after.isdigit() else None)
