"""Error bodies of both sides: RFC 9457 `application/problem+json`; it does not know who is at fault."""

from typing import Final

import msgspec

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:flashwire:problem:"


class FieldError(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wrong with one field, as a sentence, and as a code for programs."""

    field: str
    message: str
    code: str = ""


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One error; `detail` is a sentence that says what to do and holds nothing of the server's inside."""

    slug: str = msgspec.field(name="type")
    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()

    def body(self) -> bytes:
        """The JSON object; `type` is a URN that docs/protocol.md lists."""
        return msgspec.json.encode(msgspec.structs.replace(self, slug=TYPE_PREFIX + self.slug))
