"""Which callers learn the details of a failure."""

import pytest

from ticker.contract.callers import is_local, reason_for


@pytest.mark.parametrize(
    ("address", "local"),
    [
        *((address, True) for address in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1")),
        *((address, False) for address in (None, "", "192.0.2.7", "10.0.0.1", "::ffff:10.0.0.1", "localhost", "unix")),
    ],
)
def test_details_are_for_callers_on_this_machine(address: str | None, local: bool) -> None:
    assert is_local(address) is local
    reason = "ConnectionError: Error 2 connecting to /srv/valkey.sock."
    assert reason_for(reason, address) == (reason if local else "ConnectionError")
    assert reason_for("draining", address) == "draining"
