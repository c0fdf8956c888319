"""What is wrong with a setting: one sentence that names it, what was given (unless secret), and what to write."""

import types
from typing import TYPE_CHECKING, Any, Final, Literal, Union, get_args, get_origin

from ticker.shared.http import addresses

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError
    from pydantic.fields import FieldInfo
    from pydantic_core import ErrorDetails

PREFIX: Final = "FLASHWIRE_"


def variable(field: str) -> str:
    """The environment variable of a field."""
    return "REDIS_URL" if field.upper() == "REDIS_URL" else PREFIX + field.upper()


def fault_sentences(kind: "type[BaseModel]", error: "ValidationError") -> str:
    """Every fault that `error` has found in settings of `kind`, on one line."""
    return " ".join(_sentence(kind, fault) for fault in error.errors(include_context=False, include_url=False))


def _sentence(kind: "type[BaseModel]", fault: "ErrorDetails") -> str:
    message = fault["msg"].removeprefix("Value error, ")
    if not fault["loc"]:
        return f"{message}."
    name = str(fault["loc"][0]).lower()
    field = kind.model_fields[name]
    if fault["type"] != "value_error":
        message = f"write {_wanted(field)}"
    # A message about one address of a list begins with that address.
    given = "" if not field.repr or message.startswith("“") else _given(str(fault["input"]))
    return f"{variable(name)}{given}: {message}."


def _given(value: str) -> str:
    return f" is {addresses.shown(value)}" if addresses.unquoted(value) else " is empty"


def _wanted(field: "FieldInfo") -> str:
    kinds = _kinds(field.annotation)
    if get_origin(kinds[0]) is Literal:
        *most, last = get_args(kinds[0])
        return f"{', '.join(most)} or {last}"
    if kinds[0] not in (int, float):
        return "text in UTF-8"
    number = "a whole number" if kinds[0] is int else "a number"
    # Each number of the settings has both bounds: without an upper one it would be counted with beyond 64 bits.
    bounds = {bound: getattr(rule, bound) for rule in field.metadata for bound in ("ge", "le") if hasattr(rule, bound)}
    return f"{number} from {bounds['ge']} to {bounds['le']}"


def _kinds(annotation: Any) -> tuple[Any, ...]:  # Any: a type, or what typing makes of several
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)
