"""Close codes of a live connection, from the range that RFC 6455 leaves to applications (4000 to 4999).

Clients decide by range, because further codes may come: below `FIRST_FINAL` they reconnect with their cursor, from it
on they do not, until the request is corrected. RFC 6455's own codes keep their meaning.
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Final

FIRST_FINAL: Final = 4500
LAST_FINAL: Final = 4999


class CloseCode(IntEnum):
    """A code that a node sends."""

    STOPPING = 4000
    SLOW = 4001
    NO_PONG = 4002
    BUSY = 4005
    BAD_MESSAGE = 4500
    BAD_PARAMETER = 4501


MEANINGS: Final[Mapping[CloseCode, str]] = MappingProxyType(
    {
        CloseCode.STOPPING: "the node is stopping; a `bye` came before it",
        CloseCode.SLOW: "the client did not read for too long",
        CloseCode.NO_PONG: "the client did not answer pings",
        CloseCode.BUSY: "busy: too many subscriptions or joins at the moment; reconnect later",
        CloseCode.BAD_MESSAGE: "the client sent something that is not `subscribe`",
        CloseCode.BAD_PARAMETER: "a parameter of `subscribe` is wrong",
    }
)


REASONS: Final[Mapping[CloseCode, str]] = MappingProxyType(
    {
        CloseCode.STOPPING: "This node is stopping; come back.",
        CloseCode.SLOW: "Too slow; come back with your cursor.",
        CloseCode.NO_PONG: "No answer to pings; come back with your cursor.",
        CloseCode.BUSY: "Too many subscriptions or joins for now; come back later with your cursor.",
    }
)
"""The reason in the close frame, for the codes that always have the same one."""


def is_final(code: int) -> bool:
    """Whether a client that was closed with `code` must not reconnect with the same request."""
    return FIRST_FINAL <= code <= LAST_FINAL
