"""Error bodies of both sides: RFC 9457 `application/problem+json`, and the one table of their titles."""

from typing import Final

import msgspec

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:flashwire:problem:"
TITLES: Final = {
    400: "Bad request",
    401: "Not signed in",
    403: "Forbidden",
    404: "Not found",
    405: "Method not allowed",
    408: "Request timeout",
    409: "Conflict",
    410: "Gone",
    412: "Version conflict",
    413: "Content too large",
    415: "Unsupported media type",
    422: "Invalid request",
    426: "Upgrade required",
    428: "Version required",
    429: "Too many requests",
    431: "Request head too large",
    500: "Internal error",
    501: "Not supported",
    503: "Unavailable",
}
"""The title of a problem by its status; also the reason phrase of answers that are written without a framework."""


class FieldError(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wrong with one field, as a sentence, and as a code for programs."""

    field: str
    message: str
    code: str = ""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One error; `detail` is a sentence that says what to do and names nothing internal of the server."""

    slug: str = msgspec.field(name="type")
    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()

    def body(self) -> bytes:
        """The JSON object; `type` is a URN that docs/protocol.md lists."""
        return msgspec.json.encode(msgspec.structs.replace(self, slug=TYPE_PREFIX + self.slug))


def make_problem(slug: str, status: int, detail: str, errors: tuple[FieldError, ...] = ()) -> Problem:
    """A problem under the title of its status; raises `KeyError` for a status that `TITLES` does not have."""
    return Problem(slug=slug, title=TITLES[status], status=status, detail=detail, errors=errors)
