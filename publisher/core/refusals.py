"""Gathers what is wrong with a request, so that a person is told all of it at once; it judges nothing itself."""

from types import TracebackType

from ticker.contract.sentences import RefusedError


class RefusalsError(Exception):
    """Everything that is wrong with one request, a refusal for each field."""

    def __init__(self, refusals: tuple[RefusedError, ...]) -> None:
        self.refusals = refusals
        super().__init__("; ".join(str(refusal) for refusal in refusals))


class ConflictError(RefusedError):
    """The request is sound, but the item is not in a state that allows it."""


class Refusals:
    """A list that fills while a request is read; `raise_any` ends the reading."""

    def __init__(self) -> None:
        self._refusals: list[RefusedError] = []

    def add(self, code: str, field: str, **parameters: object) -> None:
        """Notes that `field` cannot be taken."""
        self._refusals.append(RefusedError(code, field, **parameters))

    def at(self, field: str) -> "_Field":
        """A block in which a `RefusedError` is noted as `field`'s; what follows the block is still done."""
        return _Field(self._refusals, field)

    def raise_any(self) -> None:
        """Raises `RefusalsError` if anything was noted."""
        if self._refusals:
            raise RefusalsError(tuple(self._refusals))


class _Field:
    def __init__(self, refusals: list[RefusedError], field: str) -> None:
        self._refusals = refusals
        self._field = field

    def __enter__(self) -> None:
        return None

    # `bool`, not `bool | None`: so a type checker knows that the code after the block is reached.
    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if not isinstance(error, RefusedError):
            return False
        self._refusals.append(error.at(self._field))
        return True


def printable(given: str) -> str:
    """What was given, as it may stand in a sentence: short, and with dots for what cannot be seen."""
    return "".join(character if character.isprintable() else "·" for character in given[:60])
