"""The kill switch: who and what is stopped from publishing. Taking an item back is never stopped."""

from collections.abc import Sequence
from typing import Final, Literal, get_args

import msgspec

from publisher.core.roles import ACTS_THAT_TAKE_BACK
from ticker.contract.item import Act

Scope = Literal["all", "edition", "user"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)
REASON_LIMIT: Final = 300


class Stop(msgspec.Struct, frozen=True):
    """A stop in force; `name` is an edition, or the name of a user or token, and empty for everything."""

    id: str
    scope: Scope
    name: str
    by: str
    reason: str
    since: str


def stop_of(stops: Sequence[Stop], actor: str, edition: str, act: Act) -> Stop | None:
    """The stop that forbids `actor` to do `act` in `edition`, or None."""
    if not stops or act in ACTS_THAT_TAKE_BACK:
        return None
    affected = {("all", ""), ("edition", edition), ("user", actor)}
    return next((stop for stop in stops if (stop.scope, stop.name) in affected), None)
