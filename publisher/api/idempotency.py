"""One answer for one Idempotency-Key: a repeated request publishes nothing and gets the first answer again."""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from starlette.requests import Request

from publisher.api.problems import ApiError
from publisher.core.refusals import RefusalsError
from publisher.records.tokens import Actor
from publisher.stream.outcome import MismatchError, Published
from publisher.stream.store import Store
from ticker.contract.sentences import RefusedError

KEY_LIMIT: Final = 200
"""The most characters of an Idempotency-Key."""
# Refusals that an earlier answer cannot change.
_FINAL: Final = frozenset({"key-reused", "stream-away"})


class RequestKey(msgspec.Struct, frozen=True):
    """Identifies a request: two requests with the same digest must have the same fingerprint."""

    digest: str
    """Of the actor's name and the Idempotency-Key."""
    fingerprint: str
    """Of what the request asks for."""
    is_from_client: bool


def request_key(request: Request, actor: Actor, body: msgspec.Struct, seen: str = "") -> RequestKey:
    """The key of `request`; `seen` is the version in its If-Match. Raises `ApiError` 400 for a malformed key."""
    key = _header(request)
    # The store repeats a call whose reply was lost, so a request without a key needs one, too.
    digest = _digest(actor.name, key or secrets.token_hex(16))
    content = msgspec.json.encode(body, order="deterministic")
    fingerprint = _digest(request.method, request.scope["path"], actor.name, seen, content)
    return RequestKey(digest, fingerprint, key is not None)


def client_key(request: Request, actor: Actor) -> str | None:
    """An id that the same request of the same actor has again; None without an Idempotency-Key."""
    key = _header(request)
    return None if key is None else _digest(request.scope["path"], actor.name, key)[:32]


def stored_key(name: str, fingerprint: str) -> RequestKey:
    """The key of a publication that no request makes, or more than one person may ask for: `name` identifies it."""
    return RequestKey(_digest("stored", name), fingerprint, is_from_client=True)


def _header(request: Request) -> str | None:
    """The Idempotency-Key; raises `ApiError` 400 for a malformed one."""
    key = request.headers.get("idempotency-key")
    if key is not None and not (0 < len(key) <= KEY_LIMIT and key.isascii() and key.isprintable()):
        raise ApiError(400, "key", limit=KEY_LIMIT)
    return key


async def answer_once(store: Store, key: RequestKey, publish: Callable[[], Awaitable[Published]]) -> Published:
    """The result of `publish`, or of an earlier request with the same key if `publish` refuses.

    The script finds an earlier answer by itself, so the extra look-up is needed only after a refusal: since the first
    answer the item may have expired, changed, or the rate limit been reached. To look first costs a fifth of the time
    of a publication.
    """
    try:
        return await publish()
    except (ApiError, RefusalsError, RefusedError) as refusal:
        if not key.is_from_client or (isinstance(refusal, ApiError) and refusal.code in _FINAL):
            raise
        try:
            published = await store.earlier_answer(key.digest, key.fingerprint)
        except MismatchError:
            raise ApiError(422, "key-reused") from None
        if published is None:
            raise
        return published


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else part.encode()
        # Each part with its length: otherwise ("ab", "c") and ("a", "bc") would have the same digest.
        digest.update(b"%d:%b" % (len(data), data))
    return digest.hexdigest()
