"""Collects everything that is wrong with a request, so that a person sees all of it at once."""

from collections.abc import Iterable
from types import TracebackType

from ticker.contract.sentences import RefusedError


class RefusalsError(Exception):
    """Everything that is wrong with one request: a refusal for each field."""

    def __init__(self, refusals: tuple[RefusedError, ...]) -> None:
        self.refusals = refusals
        super().__init__("; ".join(str(refusal) for refusal in refusals))


class ConflictError(RefusedError):
    """The request is valid, but the item's state does not allow it."""


class Refusals:
    """The refusals found so far; `raise_any` raises them together."""

    def __init__(self) -> None:
        self._refusals: list[RefusedError] = []

    def add(self, code: str, field: str, **parameters: object) -> None:
        """Adds a refusal of `field`."""
        self._refusals.append(RefusedError(code, field, **parameters))

    def extend(self, refusals: Iterable[RefusedError]) -> None:
        """Adds refusals that were raised together."""
        self._refusals.extend(refusals)

    def at(self, field: str) -> "_Field":
        """A context manager: a `RefusedError` in its block becomes a refusal of `field` and is not raised."""
        return _Field(self._refusals, field)

    def raise_any(self) -> None:
        """Raises `RefusalsError` if there are any refusals."""
        if self._refusals:
            raise RefusalsError(tuple(self._refusals))


class _Field:
    def __init__(self, refusals: list[RefusedError], field: str) -> None:
        self._refusals = refusals
        self._field = field

    def __enter__(self) -> None:
        return None

    # With `bool`, not `bool | None`, a type checker knows that the code after the block is reached.
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if not isinstance(error, RefusedError):
            return False
        self._refusals.append(error.at(self._field))
        return True


def printable(text: str) -> str:
    """The first 60 characters of `text`, with a dot for each invisible one, to be quoted in a sentence."""
    return "".join(character if character.isprintable() else "·" for character in text[:60])
