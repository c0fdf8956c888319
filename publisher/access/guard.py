"""The rules of access: which role may do what, and from which page a signed-in browser may write."""

from collections.abc import Set
from typing import Final

from publisher.access.tokens import Role
from ticker.contract.item import Act

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
# What takes a line back must work at any time, whatever was published before it.
UNLIMITED_ACTS: Final[frozenset[Act]] = frozenset({"hold", "withdraw"})


def role_needed(role: Role, act: Act) -> Role | None:
    """None where `role` may do `act`, else the least role that may."""
    needed = _NEEDED[act]
    return None if _RANK[role] >= _RANK[needed] else needed


def may_write(*, origin: str | None, fetch_site: str | None, own: str, allowed: Set[str]) -> bool:
    """Whether a request that a cookie speaks for comes from the desk's own page (CSRF).

    A page of another origin cannot forge either header (Fetch Metadata; RFC 6454). A request with neither is
    refused: a script has no business with a cookie. `same-site` is another origin too.
    """
    if origin is not None and origin in allowed:
        return True
    if fetch_site is not None and fetch_site != "same-origin":
        return False
    if origin is not None:
        return origin == own
    return fetch_site == "same-origin"
