"""Reads a request's JSON field by field, so that every wrong field is named, in words for a person.

1. Not UTF-8, not JSON, nested beyond reason, NaN or a lone surrogate: `MalformedError`.
2. A wrong type, a missing or an unknown field: one refusal for each.
3. What the shape takes whole needs no second look; only what it refuses is gone through field by field (58 µs).
4. Of a key given twice the last one counts (RFC 8259, 4 leaves it open); the item is written anew, so both sides
   of the desk see the same one.
"""

import re
from functools import cache
from typing import Final, TypeVar, cast

import msgspec

from publisher.core.phrases import type_phrase
from publisher.core.refusals import Refusals, printable
from ticker.contract.item import ACTS, ROLES
from ticker.contract.sentences import RefusedError

Shape = TypeVar("Shape", bound=msgspec.Struct)

_PLACE: Final = re.compile(r"^(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_KNOWN: Final = {"role": ROLES, "act": ACTS, "direction": ("ltr", "rtl", "auto")}


class MalformedError(RefusedError):
    """The body is not JSON that can be read."""

    def __init__(self, code: str = "malformed") -> None:
        super().__init__(code)


def decode(body: bytes, shape: type[Shape]) -> Shape:
    """The request in `body`; raises `MalformedError`, or `RefusalsError` with every field that is wrong."""
    try:
        # The text of a field that is passed over is not looked at otherwise.
        body.decode()
        return cast(Shape, _decoder(shape).decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _explained(body, shape)


@cache
def _decoder(shape: type[msgspec.Struct]) -> "msgspec.json.Decoder[msgspec.Struct]":
    return msgspec.json.Decoder(shape)


def _explained(body: bytes, shape: type[Shape]) -> Shape:
    raw = _object(body)
    refusals = Refusals()
    values: dict[str, object] = {}
    fields = {field.encode_name: field for field in msgspec.structs.fields(shape)}
    for name in raw.keys() - fields.keys():
        code = "edition-fixed" if name == "edition" else "unknown-field"
        refusals.add(code, printable(name), **({} if name == "edition" else {"name": printable(name)}))
    for name, field in fields.items():
        if name in raw:
            try:
                values[field.name] = msgspec.json.decode(raw[name], type=field.type)
            except msgspec.ValidationError as error:
                _refuse(refusals, name, str(error))
            except (msgspec.DecodeError, RecursionError):
                raise MalformedError from None
        elif field.required:
            refusals.add("missing", name, name=name)
    refusals.raise_any()
    return shape(**values)


def _object(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        # A Raw value is skipped, not decoded: bad UTF-8 inside it would only be met later, as another exception.
        body.decode()
        return msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        raise MalformedError("not-an-object") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedError from None


def _refuse(refusals: Refusals, name: str, error: str) -> None:
    match = _PLACE.match(error)
    what, path = (match["what"], match["path"] or "") if match else (error, "")
    place = name + path
    quoted = re.findall(r"`([^`]*)`", what)
    if "unknown field" in what and quoted:
        refusals.add("unknown-field", f"{place}.{printable(quoted[0])}", name=printable(quoted[0]))
    elif "missing required field" in what and quoted:
        refusals.add("missing", f"{place}.{quoted[0]}", name=quoted[0])
    elif known := _KNOWN.get(place.rpartition(".")[2]):
        refusals.add("not-one-of", place, known=", ".join(known))
    else:
        # Without a type in its words, msgspec speaks of a number beyond every integer.
        refusals.add("wrong-type", place, expected=type_phrase(quoted[0] if quoted else "int"))
