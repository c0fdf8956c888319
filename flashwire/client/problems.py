"""The problem body of a refusal (RFC 9457), of the desk or of the ticker, as the client reads it."""

from typing import Final

import msgspec

from ticker.contract.problem import FieldError

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Problem(msgspec.Struct, frozen=True):
    """A refusal; every field is empty if the body is no problem, as a proxy's page is none."""

    detail: str = ""
    type: str = ""
    errors: tuple[FieldError, ...] = ()

    @property
    def field_errors(self) -> str:
        """The sentences about single fields, in one line."""
        return " ".join(f"{error.field}: {error.message}" for error in self.errors)


def read_problem(body: bytes) -> Problem:
    """The problem in `body`."""
    try:
        return msgspec.json.decode(body, type=Problem)
    except UNREADABLE:
        return Problem()
