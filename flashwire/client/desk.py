"""The desk's interface for programs: publishes a line, and repeats the request until its outcome is known.

A lost answer says nothing, so every request carries an Idempotency-Key and is repeated with the same one.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

import httpx2
import msgspec

from flashwire.client.errors import AnswerUnreadableError, NotPublishedError, UnknownOutcomeError
from flashwire.client.problems import UNREADABLE, read_problem
from ticker.contract.item import Item
from ticker.contract.problem import TYPE_PREFIX
from ticker.shared.process.cancellation import stop_if_cancelled

# The desk answers within its own 2.5 s; the rest is for a slow network.
_TIMEOUT_SECONDS: Final = 10.0
# The limit above counts from the last byte, so an answer could be drawn out without end.
_ANSWER_SECONDS: Final = 20.0
# A hundred times the longest answer of a desk.
_ANSWER_BYTES: Final = 8 * 2**20
_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE: Final = 60.0
_DEFAULT_PATIENCE: Final = 15.0
# Problem types that the desk answers only after it has looked for an earlier request under the same key and found none.
_DECIDED: Final = frozenset({"invalid", "key-reused"})
_DECIDED_ACT: Final = _DECIDED | {
    "stale", "withdrawn", "hold-not-usable", "release-not-held", "publish-again", "unreadable", "no-item",
}  # fmt: skip
_NOTHING_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
# The desk's own sentences for these are for programs that set headers.
_SENTENCES: Final = {
    "stream-away": "The desk cannot reach the stream.",
    "internal": "Something went wrong on the desk: its log says what.",
    "key-reused": "This key was used for another line: take a new one for a new line.",
}
# The last 4xx of HTTP (451, RFC 7725).
_LAST_REFUSAL: Final = 451


class PublishWarning(msgspec.Struct, frozen=True):
    """A doubt of the desk about a line that it published, for a person to look at."""

    code: str
    message: str
    field: str = ""


class Published(msgspec.Struct, frozen=True):
    """The desk's answer: the item, its cursor (None for a dry run), and the seconds that the last attempt took."""

    item: Item
    cursor: str | None
    seconds: float
    attempts: int
    warnings: tuple[PublishWarning, ...] = ()


class _Answer(msgspec.Struct):
    item: Item
    cursor: str | None = None
    warnings: tuple[PublishWarning, ...] = ()


def new_key() -> str:
    """A new Idempotency-Key. Store it before the request, so that a program that is restarted can ask again."""
    return secrets.token_hex(16)


async def publish(
    url: str,
    token: str,
    body: Mapping[str, object] | bytes,
    *,
    key: str | None = None,
    sent_before: bool = False,
    patience: float = _DEFAULT_PATIENCE,
) -> Published:
    """Publishes one line on the desk at `url`; see `DeskClient.publish`.

    A program without an event loop calls `asyncio.run(publish(...))`.
    """
    async with DeskClient(url, token, patience=patience) as desk:
        return await desk.publish(body, key, sent_before=sent_before)


class DeskClient:
    """One desk, with one token; use it as `async with`.

    `patience` is how many seconds a call repeats its request, and `connections` how many calls may run at once. Raises
    `NotPublishedError` if `url` is not the address of a desk, or `token` cannot be a token.
    """

    def __init__(self, url: str, token: str, *, patience: float = _DEFAULT_PATIENCE, connections: int = 1) -> None:
        if not _fits_header(token):
            raise NotPublishedError("The token is damaged: copy it as `flashwire token create` printed it.")
        self._url = url
        self._patience = patience
        self._http = httpx2.AsyncClient(
            base_url=_address(url),
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT_SECONDS,
            limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
            # The proxies of the environment are for other networks; a desk is reached directly.
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.__aexit__(None, None, None)

    async def publish(
        self, body: Mapping[str, object] | bytes, key: str | None = None, *, sent_before: bool = False
    ) -> Published:
        """Publishes `body`, the fields of `POST /v1/items` or JSON of them, at most once under `key` (or a new key).

        Repeats the request, up to the client's patience, as long as that may help. After it returns, the item is on
        disk. Set `sent_before` if an earlier call may have published it under this key.

        Raises `NotPublishedError` if nothing can have been published, `UnknownOutcomeError` if it may be published, and
        `AnswerUnreadableError` if it was published before.
        """
        return await self._send("/v1/items", body, {}, key, sent_before, _DECIDED)

    async def act(
        self,
        uri: str,
        version: int,
        body: Mapping[str, object] | bytes,
        key: str | None = None,
        *,
        sent_before: bool = False,
    ) -> Published:
        """Changes the item `uri`, whose newest version the caller knows as `version`; `body` has `act` and its fields.

        Keys, repetition and errors are those of `publish`. `NotPublishedError` also if the item has a newer version.
        """
        headers = {"If-Match": f'"{version}"'}
        return await self._send(f"/v1/items/{uri}/acts", body, headers, key, sent_before, _DECIDED_ACT)

    async def _send(
        self,
        path: str,
        body: Mapping[str, object] | bytes,
        headers: Mapping[str, str],
        key: str | None,
        is_unknown: bool,
        decided: frozenset[str],
    ) -> Published:
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        key = new_key() if key is None else key
        if not _fits_header(key):
            raise NotPublishedError("The key may have visible ASCII characters only: make one with new_key().")
        headers = {"Content-Type": "application/json", "Idempotency-Key": key, **headers}
        ends = time.monotonic() + self._patience
        attempts = 0
        while True:
            stop_if_cancelled()
            attempts += 1
            started = time.perf_counter()
            pause = _PAUSE_SECONDS
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    response = await self._post(path, content, headers)
            except (httpx2.RequestError, TimeoutError) as error:
                # Also for an answer that cannot be decoded, as a broken proxy's may be.
                reason = f"The desk at {self._url} cannot be reached ({type(error).__name__})."
                # Without a connection nothing was sent.
                is_unknown = is_unknown or not isinstance(error, _NOTHING_SENT)
            else:
                if (answer := _answer(response)) is not None:
                    seconds = time.perf_counter() - started
                    return Published(answer.item, answer.cursor, seconds, attempts, answer.warnings)
                reason, pause = _sentence(response), _pause(response)
                if _type(response) == "answer-unreadable":
                    raise AnswerUnreadableError(reason)
                is_unknown = is_unknown or _leaves_open(response)
                if not is_unknown and response.status_code not in (408, 429, 503):
                    raise NotPublishedError(reason)
                if is_unknown and _type(response) in decided:
                    raise NotPublishedError(reason)
            if time.monotonic() + pause > ends:
                raise UnknownOutcomeError(reason, key) if is_unknown else NotPublishedError(reason)
            await asyncio.sleep(pause)

    async def _post(self, path: str, content: bytes, headers: Mapping[str, str]) -> httpx2.Response:
        """The answer, decoded; without a body if that is longer than a desk's can be."""
        body = bytearray()
        async with self._http.stream("POST", path, content=content, headers=headers) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _ANSWER_BYTES:
                    body.clear()
                    break
        headers = {"Retry-After": response.headers.get("Retry-After", "")}
        return httpx2.Response(response.status_code, headers=headers, content=bytes(body))


def _address(url: str) -> httpx2.URL:
    try:
        address = httpx2.URL(url)
    except httpx2.InvalidURL:
        address = httpx2.URL()
    if address.scheme not in ("http", "https") or not address.host:
        raise NotPublishedError(f"{url} is not the address of a desk; give one like http://127.0.0.1:8001.")
    return address


def _fits_header(text: str) -> bool:
    """Whether a header can carry `text`; a line end, as of a file that was read whole, does not fit."""
    return text.isascii() and text.isprintable()


def _answer(response: httpx2.Response) -> _Answer | None:
    if not response.is_success:
        return None
    try:
        return msgspec.json.decode(response.content, type=_Answer)
    except UNREADABLE:
        return None


def _leaves_open(response: httpx2.Response) -> bool:
    """Whether the request may have been done, judged by this answer.

    Redirects, 4xx and problems of the desk's own file come before anything is done. A proxy's 408 and its private codes
    above those of HTTP (499: one side closed the connection) may come after.
    """
    status = response.status_code
    is_open = status < 300 or status == 408 or status > _LAST_REFUSAL
    return is_open and _type(response) not in ("desk-file", "database-away", "audit-away", "too-slow")


def _type(response: httpx2.Response) -> str:
    return read_problem(response.content).type.removeprefix(TYPE_PREFIX)


def _pause(response: httpx2.Response) -> float:
    seconds = response.headers.get("retry-after", "")
    return min(float(seconds), _LONGEST_PAUSE) if seconds.isascii() and seconds.isdigit() else _PAUSE_SECONDS


def _sentence(response: httpx2.Response) -> str:
    problem = read_problem(response.content)
    if response.status_code < 300:
        return "What answered is not a Flashwire desk: check the address."
    if problem.errors:
        return problem.field_errors
    if (sentence := _SENTENCES.get(_type(response))) is not None:
        return sentence
    return problem.detail or f"The desk answered {response.status_code} and did not say why: check the address."
