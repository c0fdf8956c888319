"""Decodes a request's JSON, and names every wrong field in words for a person.

1. Not UTF-8, not JSON, nested too deeply, NaN or a lone surrogate: `MalformedError`.
2. A wrong type, a missing field or an unknown field: one refusal for each.
3. The whole body is decoded first. Only if that fails is it decoded field by field (58 µs).
4. If a key occurs twice, the last value counts (RFC 8259, 4 allows any). The desk writes the item from the decoded
   values, so nothing downstream can choose another one.
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

_MSGSPEC_ERROR: Final = re.compile(r"^(?P<fault>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_ENUMERATED: Final = {"role": ROLES, "act": ACTS, "direction": ("ltr", "rtl", "auto")}


class MalformedError(RefusedError):
    """The body is not a JSON object."""

    def __init__(self, code: str = "malformed") -> None:
        super().__init__(code)


def decode(body: bytes, shape: type[Shape]) -> Shape:
    """The request in `body`; raises `MalformedError`, or `RefusalsError` with every field that is wrong."""
    try:
        # msgspec does not check the UTF-8 of a field that it skips.
        body.decode()
        return cast(Shape, _decoder(shape).decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_by_field(body, shape)


@cache
def _decoder(shape: type[msgspec.Struct]) -> "msgspec.json.Decoder[msgspec.Struct]":
    return msgspec.json.Decoder(shape)


def _decode_by_field(body: bytes, shape: type[Shape]) -> Shape:
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
        # msgspec skips a Raw value without decoding it, so bad UTF-8 in it would raise another exception later.
        body.decode()
        return msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.ValidationError:
        raise MalformedError("not-an-object") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedError from None


def _refuse(refusals: Refusals, name: str, error: str) -> None:
    """Adds the refusal for msgspec's message `error` about the field `name`."""
    match = _MSGSPEC_ERROR.match(error)
    fault, path = (match["fault"], match["path"] or "") if match else (error, "")
    field = name + path
    quoted = re.findall(r"`([^`]*)`", fault)
    if "unknown field" in fault and quoted:
        refusals.add("unknown-field", f"{field}.{printable(quoted[0])}", name=printable(quoted[0]))
    elif "missing required field" in fault and quoted:
        refusals.add("missing", f"{field}.{quoted[0]}", name=quoted[0])
    elif values := _ENUMERATED.get(field.rpartition(".")[2]):
        refusals.add("not-one-of", field, known=", ".join(values))
    else:
        # msgspec names no type only for a number that is too large for an integer.
        refusals.add("wrong-type", field, expected=type_phrase(quoted[0] if quoted else "int"))
