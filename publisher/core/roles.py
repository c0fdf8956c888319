"""The roles of people and scripts; `publisher.core.permission` has what each may do."""

from typing import Final, Literal, get_args

from ticker.contract.item import Act

Role = Literal["reporter", "editor", "chief"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
# They work at any time: above the rate limit, and while the desk's database is away.
ACTS_THAT_TAKE_BACK: Final[frozenset[Act]] = frozenset({"hold", "withdraw"})
