"""Describes faulty settings in one sentence each: the name, the value unless it is secret, and what to write."""

import types
from typing import TYPE_CHECKING, Any, Final, Literal, Union, get_args, get_origin

from ticker.shared.http import addresses

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

PREFIX: Final = "FLASHWIRE_"


def variable(field: str) -> str:
    """Returns the environment variable of a field."""
    return "REDIS_URL" if field.upper() == "REDIS_URL" else PREFIX + field.upper()


def fault_sentences(kind: "type[BaseModel]", error: "ValidationError") -> str:
    """Returns a sentence for every fault of `error`, in settings of `kind`, on one line."""
    return " ".join(_sentence(kind, fault) for fault in error.errors(include_context=False, include_url=False))


def _sentence(kind: "type[BaseModel]", fault: "ErrorDetails") -> str:
    message = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:
        return f"{message}."
    name = str(fault["loc"][0]).lower()
    field = kind.model_fields[name]
    if fault["type"] != "value_error":
        message = f"write {_allowed(field)}"
    # A message about one address of a list begins with that address.
    value = "" if not field.repr or message.startswith("“") else _describe_value(str(fault["input"]))
    return f"{variable(name)}{value}: {message}."


def _describe_value(value: str) -> str:
    return f" is {addresses.printable(value)}" if addresses.unquoted(value) else " is empty"


def _allowed(field: "FieldInfo") -> str:
    kinds = _kinds(field.annotation)
    if get_origin(kinds[0]) is Literal:
        *others, last = get_args(kinds[0])
        return f"{', '.join(others)} or {last}"
    if kinds[0] not in (int, float):
        return "text in UTF-8"
    number = "a whole number" if kinds[0] is int else "a number"
    # Every number has both bounds: without an upper one it might not fit into 64 bits.
    bounds = {bound: getattr(rule, bound) for rule in field.metadata for bound in ("ge", "le") if hasattr(rule, bound)}
    return f"{number} from {bounds['ge']} to {bounds['le']}"


def _kinds(annotation: Any) -> tuple[Any, ...]:  # Any: a type, or what typing makes of several
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
