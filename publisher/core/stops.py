"""The kill switch: who and what is stopped from publishing. Taking an item back is never stopped.

A stop of a user counts for the tokens that the user made, too, and names are compared as sign-in compares them.
"""

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


def stop_of(stops: Sequence[Stop], names: Sequence[str], edition: str, act: Act) -> Stop | None:
    """The stop that forbids the actor with `names` to do `act` in `edition`, or None."""
    if not stops or act in ACTS_THAT_TAKE_BACK:
        return None
    affected = {("all", ""), ("edition", edition)}
    return next((stop for stop in stops if (stop.scope, stop.name) in affected), None) or person_stop(stops, names)


def person_stop(stops: Sequence[Stop], names: Sequence[str]) -> Stop | None:
    """The stop of a user or token that has one of `names`, or None."""
    if not stops:
        return None
    stopped = {name_key(name) for name in names}
    return next((stop for stop in stops if stop.scope == "user" and name_key(stop.name) in stopped), None)


def name_key(name: str) -> str:
    """A name of a user or token as a stop compares it: a stop in a hurry must not miss for a capital letter."""
    return name.strip().casefold()
