"""Which role may do which act."""

from typing import Final, Literal, get_args

from ticker.contract.item import Act

Role = Literal["reporter", "editor", "chief"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
# Drafts and submissions, which are a reporter's, come with the desk's queue; until then a reporter may try out.
_NEEDED: Final[dict[Act, Role]] = {
    "publish": "editor",
    "update": "editor",
    "refile": "editor",
    "correction": "chief",
    "hold": "chief",
    "release": "chief",
    "withdraw": "chief",
}
_RANK: Final[dict[Role, int]] = {"reporter": 0, "editor": 1, "chief": 2}
# These must work at any time: whatever was published before them, and while the desk's database is away.
ACTS_THAT_TAKE_BACK: Final[frozenset[Act]] = frozenset({"hold", "withdraw"})


def role_needed(role: Role, act: Act) -> Role | None:
    """None where `role` may do `act`, else the least role that may."""
    needed = _NEEDED[act]
    return None if _RANK[role] >= _RANK[needed] else needed
