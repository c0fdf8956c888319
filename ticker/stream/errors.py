"""Translates the errors of redis-py, so that no other package has to know them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.exceptions import AskError, ClusterDownError, RedisClusterException, RedisError, ResponseError, TryAgainError


class StreamAwayError(Exception):
    """The stream cannot be used now; the message is for an operator and contains no password."""


@asynccontextmanager
async def translated() -> AsyncIterator[None]:
    """Raises `StreamAwayError` instead of any error of the server or of the connection to it."""
    try:
        yield
    # Some errors of redis-py's cluster client are not subclasses of RedisError.
    except (RedisError, RedisClusterException, OSError) as error:
        raise StreamAwayError(_describe(error)) from error


def is_misdirected(error: object) -> bool:
    """Whether a reply says that another server has the key, or that this one cannot serve now; nothing was done."""
    if isinstance(error, (AskError, ClusterDownError, TryAgainError)):
        return True
    # Redis 6.2 puts READONLY after the position in the script.
    return isinstance(error, ResponseError) and any(code in str(error) for code in ("READONLY", "UNBLOCKED"))


def _describe(error: Exception) -> str:
    text = str(error).splitlines()[0] if str(error) else ""
    return f"{type(error).__name__}: {text[:200]}" if text else type(error).__name__
