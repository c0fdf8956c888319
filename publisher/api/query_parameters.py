"""The parameters of the desk's lists, checked: each function raises `ApiError` 400."""

from collections.abc import Collection
from typing import Final

import msgspec
from starlette.requests import Request

from publisher.api.problems import ApiError
from publisher.core.refusals import printable
from ticker.contract.item import instant, moment

LIST_LIMIT: Final = 200
_LIST_DEFAULT: Final = 50


def limit_of(request: Request) -> int:
    """The most items that the answer may have."""
    limit = request.query_params.get("limit", str(_LIST_DEFAULT))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 4 and 1 <= int(limit) <= LIST_LIMIT):
        raise ApiError(400, "bad-parameter", limit=LIST_LIMIT)
    return int(limit)


def valid_names(request: Request, parameter: str, valid: Collection[str]) -> list[str]:
    """The values of a parameter, each of which must be in `valid`."""
    values = request.query_params.getlist(parameter)
    for value in values:
        if value not in valid:
            raise ApiError(400, "unknown-name", value=printable(value), known=", ".join(valid))
    return values


def time_of(request: Request, parameter: str) -> str:
    """A time as items have it, or "" where the parameter is missing."""
    value = request.query_params.get(parameter, "")
    if not value:
        return ""
    try:
        return moment(instant(value))
    except (msgspec.ValidationError, ValueError, OverflowError):
        raise ApiError(400, "bad-query", name=parameter) from None
