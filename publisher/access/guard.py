"""The rules of access: which role may do what, and from which page a signed-in browser may write."""

from collections.abc import Set
from typing import Final

from publisher.access.tokens import Role
from ticker.contract.addresses import page_origin
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


def may_write(*, origin: str | None, fetch_site: str | None, own: Set[str | None], allowed: Set[str | None]) -> bool:
    """Whether a request with a session cookie comes from the desk's own page (CSRF).

    No script of a page can set Origin or Sec-Fetch-Site, and a request with neither is refused. Sec-Fetch-Site goes
    first: a proxy that changes scheme, host or port makes the origin look foreign, and does not change this header.
    """
    normal = None if origin is None else page_origin(origin)
    if normal is not None and normal in allowed:
        return True
    if fetch_site is not None:
        return fetch_site == "same-origin"
    # Browsers send no Sec-Fetch-Site to an address without TLS, other than their own machine's.
    return normal is not None and normal in own
