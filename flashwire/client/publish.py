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
from ticker.contract.problem import TYPE_PREFIX
from ticker.shared.process.cancellation import stop_if_cancelled

# The desk answers within its own 2.5 s; a slow way there and back comes on top.
_TIMEOUT_SECONDS: Final = 10.0
_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
# What the desk answers only after it has looked for an earlier request under the same key and found none.
_DECIDED: Final = frozenset({"invalid", "key-reused"})
_NOTHING_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
# The desk's sentences for these are for programs that set headers.
_SENTENCES: Final = {
    "stream-away": "The desk cannot reach the stream.",
    "internal": "Something went wrong on the desk: its log says what.",
    "key-reused": "This key was used for another line: take a new one for a new line.",
}
# The last 4xx of HTTP (451, RFC 7725).
_LAST_REFUSAL: Final = 451


class DeskError(Exception):
    """Nothing was published; the message is one sentence for whoever typed the command."""


class UnknownOutcomeError(DeskError):
    """Nobody knows yet whether it was published: only the same key may be used to ask again."""


class AnswerUnreadableError(DeskError):
    """It was published before under this key, and the desk cannot read any more what it answered."""


class Acknowledged(msgspec.Struct, frozen=True):
    """What the desk answered: the item, its cursor (None for a dry run), and how long the last attempt took."""

    item: Item
    cursor: str | None
    seconds: float
    attempts: int
    warnings: tuple["Caution", ...] = ()


class Caution(msgspec.Struct, frozen=True):
    """What the desk took and a person should look at."""

    code: str
    message: str
    field: str = ""


class _Answer(msgspec.Struct):
    item: Item
    cursor: str | None = None
    warnings: tuple[Caution, ...] = ()


class DeskClient:
    """One desk, spoken to with one token; use it as `async with`."""

    def __init__(self, url: str, token: str, *, patience: float, at_once: int = 1) -> None:
        self._url = url
        self._patience = patience
        self._http = httpx2.AsyncClient(
            base_url=_address(url),
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

    async def publish(
        self, body: Mapping[str, object] | bytes, key: str, *, was_sent_before: bool = False
    ) -> Acknowledged:
        """Publishes `body` once under `key`; repeats, up to the patience, while it may help.

        `was_sent_before` says that an earlier call may have published it under this key, so that its outcome is open.
        Raises `UnknownOutcomeError` where a request may have been done, `AnswerUnreadableError` where one was done, and
        another `DeskError` where none can have been.
        """
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        gives_up = time.monotonic() + self._patience
        unknown = was_sent_before
        attempts = 0
        while True:
            stop_if_cancelled()
            attempts += 1
            started = time.perf_counter()
            pause = _PAUSE_SECONDS
            try:
                response = await self._http.post("/v1/items", content=content, headers=headers)
            except httpx2.RequestError as error:
                # Also for an answer that came and cannot be decoded, as a broken proxy's may be.
                why = f"The desk at {self._url} cannot be reached ({type(error).__name__})."
                # Without a connection nothing was sent.
                unknown = unknown or not isinstance(error, _NOTHING_SENT)
            else:
                if (answer := _answer(response)) is not None:
                    seconds = time.perf_counter() - started
                    return Acknowledged(answer.item, answer.cursor, seconds, attempts, answer.warnings)
                why, pause = _sentence(response), _wait(response)
                if _type(response) == "answer-unreadable":
                    raise AnswerUnreadableError(why)
                unknown = unknown or _leaves_open(response)
                if not unknown and response.status_code not in (408, 429, 503):
                    raise DeskError(why)
                if unknown and _type(response) in _DECIDED:
                    raise DeskError(why)
            if time.monotonic() + pause > gives_up:
                raise UnknownOutcomeError(why) if unknown else DeskError(why)
            await asyncio.sleep(pause)


def _address(url: str) -> httpx2.URL:
    try:
        address = httpx2.URL(url)
    except httpx2.InvalidURL:
        address = httpx2.URL()
    if address.scheme not in ("http", "https") or not address.host:
        raise DeskError(f"{url} is not the address of a desk; give one like http://127.0.0.1:8001.")
    return address


def _answer(response: httpx2.Response) -> _Answer | None:
    if not response.is_success:
        return None
    try:
        return msgspec.json.decode(response.content, type=_Answer)
    except msgspec.DecodeError:
        return None


def _leaves_open(response: httpx2.Response) -> bool:
    """Whether the desk may have published what it answers so.

    A redirect and a 4xx come before anything is done, and so does trouble with the desk's own file. A proxy's 408, and
    its own codes above those of HTTP (499: one side went away), may come later.
    """
    status = response.status_code
    is_open = status < 300 or status == 408 or status > _LAST_REFUSAL
    return is_open and _type(response) not in ("desk-file", "too-slow")


def _type(response: httpx2.Response) -> str:
    return _problem(response).type.removeprefix(TYPE_PREFIX)


def _wait(response: httpx2.Response) -> float:
    asked = response.headers.get("retry-after", "")
    return min(float(asked), _LONGEST_PAUSE) if asked.isdigit() else _PAUSE_SECONDS


class _FieldError(msgspec.Struct):
    field: str
    message: str


class _Problem(msgspec.Struct):
    detail: str = ""
    type: str = ""
    errors: list[_FieldError] = []


def _problem(response: httpx2.Response) -> _Problem:
    try:
        return msgspec.json.decode(response.content, type=_Problem)
    except msgspec.DecodeError:
        return _Problem()


def _sentence(response: httpx2.Response) -> str:
    problem = _problem(response)
    if response.status_code < 300:
        return "What answered is not a Flashwire desk: check the address."
    if problem.errors:
        return " ".join(f"{error.field}: {error.message}" for error in problem.errors)
    if (sentence := _SENTENCES.get(_type(response))) is not None:
        return sentence
    return problem.detail or f"The desk answered {response.status_code} and did not say why: check the address."
