"""Who may do what: one table of actions by role, and the editions to which a person or token is limited.

1. A role may do what a lower role may.
2. `editions` None means every edition. A user with a list of editions may act only in them.
3. An action that names no edition affects all of them, unless it belongs to no edition at all (`_NO_EDITION`).
4. A person grants no more editions than he has.
"""

from typing import Final, Literal, get_args

import msgspec

from publisher.core.roles import Role
from ticker.contract.item import Act

FurtherAction = Literal["draft", "submit", "schedule", "sources", "approve", "audit", "kill", "users", "tokens"]
Action = Act | FurtherAction
Editions = frozenset[str] | None

_RANK: Final[dict[Role, int]] = {"reporter": 0, "editor": 1, "chief": 2}
NEEDED: Final[dict[Action, Role]] = {
    "draft": "reporter",
    "submit": "reporter",
    "publish": "editor",
    "update": "editor",
    "refile": "editor",
    "schedule": "editor",
    "sources": "editor",
    "correction": "chief",
    "hold": "chief",
    "release": "chief",
    "withdraw": "chief",
    "approve": "chief",
    "audit": "chief",
    "kill": "chief",
    "users": "chief",
    "tokens": "chief",
}
"""The lowest role that may do each action."""
FURTHER_ACTIONS: Final[tuple[FurtherAction, ...]] = get_args(FurtherAction)
_NO_EDITION: Final[frozenset[Action]] = frozenset({"sources", "audit", "users", "tokens"})


class Denial(msgspec.Struct, frozen=True):
    """Why an action is not allowed: the role that it needs, or None where only the edition is not the person's."""

    needed: Role | None


def denial(role: Role, editions: Editions, action: Action, edition: str | None = None) -> Denial | None:
    """None if `action` is allowed in `edition`, or in all editions where it is None."""
    return role_denial(role, action) or (None if _is_within(editions, action, edition) else Denial(None))


def role_denial(role: Role, action: Action) -> Denial | None:
    """None if `role` may do `action` in some edition."""
    needed = NEEDED[action]
    return None if has_role(role, needed) else Denial(needed)


def has_role(role: Role, needed: Role) -> bool:
    """Whether `role` is `needed` or a higher one."""
    return _RANK[role] >= _RANK[needed]


def may_grant(own: Editions, editions: Editions) -> bool:
    """Whether a person limited to `own` may let another one act in `editions`."""
    return own is None or (editions is not None and editions <= own)


def editions_phrase(editions: Editions) -> str:
    """Editions in one word, as records and commands show them."""
    return "all" if editions is None else " ".join(sorted(editions))


def _is_within(editions: Editions, action: Action, edition: str | None) -> bool:
    return editions is None or action in _NO_EDITION or edition in editions
