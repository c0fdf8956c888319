"""The desk's interface from outside, for the command line: posts, and posts again until it is known what became of it.

A reply that is lost says nothing, so every post carries an Idempotency-Key and is repeated with the same one.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Final

import httpx2
import msgspec

from ticker.contract.item import Item
from ticker.contract.tasks import stop_if_cancelled

# The desk answers within its own 2.5 s; a slow way there and back comes on top.
_TIMEOUT_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE: Final = 60.0


class DeskError(Exception):
    """The desk did not take it; the message is one sentence for whoever typed the command."""


class Acknowledged(msgspec.Struct, frozen=True):
    """What the desk answered: the item, its cursor (None for a dry run), and how long the last attempt took."""

    item: Item
    cursor: str | None
    seconds: float
    attempts: int


class _Answer(msgspec.Struct):
    item: Item
    cursor: str | None = None


class DeskClient:
    """One desk, spoken to with one token; use it as `async with`."""

    def __init__(self, url: str, token: str, *, patience: float, at_once: int = 1) -> None:
        self._url = url
        self._patience = patience
        self._http = httpx2.AsyncClient(
            base_url=url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT_SECONDS,
            limits=httpx2.Limits(max_connections=at_once, max_keepalive_connections=at_once),
            # A desk is asked directly: proxies of the environment are for the world outside.
            trust_env=False,
        )

    async def __aenter__(self) -> "DeskClient":
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.__aexit__(None, None, None)

    async def publish(self, body: Mapping[str, object] | bytes, key: str) -> Acknowledged:
        """Publishes `body` once under `key`; waits and repeats on 429, 503 and a lost connection, up to the patience.

        Raises `DeskError`.
        """
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        gives_up = time.monotonic() + self._patience
        attempts = 0
        while True:
            stop_if_cancelled()
            attempts += 1
            started = time.perf_counter()
            try:
                response = await self._http.post("/v1/items", content=content, headers=headers)
            except httpx2.TransportError as error:
                why, pause = f"The desk at {self._url} cannot be reached ({type(error).__name__}).", _PAUSE_SECONDS
            except httpx2.InvalidURL:
                raise DeskError(
                    f"{self._url} is not the address of a desk; give one like http://127.0.0.1:8001."
                ) from None
            else:
                if response.status_code in (200, 201):
                    return _acknowledged(response, time.perf_counter() - started, attempts)
                if response.status_code not in (429, 503):
                    raise DeskError(_sentence(response))
                why, pause = _sentence(response), _wait(response)
            if time.monotonic() + pause > gives_up:
                raise DeskError(why)
            await asyncio.sleep(pause)


def _acknowledged(response: httpx2.Response, seconds: float, attempts: int) -> Acknowledged:
    try:
        answer = msgspec.json.decode(response.content, type=_Answer)
    except msgspec.DecodeError:
        raise DeskError("What answered is not a Flashwire desk: check the address.") from None
    return Acknowledged(answer.item, answer.cursor, seconds, attempts)


def _wait(response: httpx2.Response) -> float:
    asked = response.headers.get("retry-after", "")
    return min(float(asked), _LONGEST_PAUSE) if asked.isdigit() else _PAUSE_SECONDS


class _FieldError(msgspec.Struct):
    field: str
    message: str


class _Problem(msgspec.Struct):
    detail: str
    errors: list[_FieldError] = []


def _sentence(response: httpx2.Response) -> str:
    try:
        problem = msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        return f"The desk answered {response.status_code} and did not say why: check the address."
    if problem.errors:
        return " ".join(f"{error.field}: {error.message}" for error in problem.errors)
    return problem.detail
