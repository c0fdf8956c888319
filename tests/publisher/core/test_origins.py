"""From which page a signed-in browser may write."""

import pytest

from publisher.core.origins import may_write

_OWN = "https://desk.example"


@pytest.mark.parametrize(
    ("origin", "fetch_site", "allowed"),
    [
        (_OWN, "same-origin", True),
        (_OWN, None, True),
        (None, "same-origin", True),
        ("https://proxy.example", "cross-site", True),
        ("http://127.0.0.1:8001", "same-origin", True),
        ("null", "same-origin", True),
        ("HTTPS://Desk.Example:443", None, True),
        (None, None, False),
        (None, "none", False),
        (_OWN, "none", False),
        (_OWN, "", False),
        (None, "Same-Origin", False),
        (None, "same-origin, cross-site", False),
        (None, "same-site", False),
        ("https://evil.example", "cross-site", False),
        ("https://desk.example.evil.example", None, False),
        ("https://desk.example:444", None, False),
        ("http://desk.example", None, False),
        ("null", None, False),
        (_OWN, "cross-site", False),
    ],
)
def test_a_cookie_counts_only_from_the_desks_own_page(
    origin: str | None, fetch_site: str | None, allowed: bool
) -> None:
    own, others = {_OWN}, {"https://proxy.example"}
    assert may_write(origin=origin, fetch_site=fetch_site, own=own, allowed=others) is allowed
