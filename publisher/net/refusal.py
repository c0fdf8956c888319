"""A refusal that a connection writes itself, before any route sees the request."""

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec


class Refusal(msgspec.Struct, frozen=True):
    """Why a request is refused: the status, the problem type, and the parameters of its sentence."""

    status: int
    code: str
    parameters: Mapping[str, object] = {}


class RefusalAnswers(Protocol):
    """Counts refusals and writes their answers; the HTTP interface gives one to the server."""

    def count(self, refusal: Refusal) -> None:
        """Counts a refused request, answered or not."""

    def answer(self, refusal: Refusal, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The whole HTTP response; `headers` are those of the request that have arrived."""
