"""The roles of people and scripts, and the acts that each role may do."""

from typing import Final, Literal, get_args

from ticker.contract.item import Act

Role = Literal["reporter", "editor", "chief"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
# A reporter may only do dry runs until the desk has drafts and submissions.
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
# They work at any time: above the rate limit, and while the desk's database is away.
ACTS_THAT_TAKE_BACK: Final[frozenset[Act]] = frozenset({"hold", "withdraw"})


def role_needed(role: Role, act: Act) -> Role | None:
    """None if `role` may do `act`, else the lowest role that may."""
    needed = _NEEDED[act]
    return None if _RANK[role] >= _RANK[needed] else needed
