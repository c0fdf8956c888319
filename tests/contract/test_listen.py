"""Where a server listens, and what is said where it cannot."""

import errno
import socket
from typing import Any

import pytest

from ticker.contract import listen as module
from ticker.contract.listen import ListenError, http_url, listen


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "unix:/run/flashwire.sock", "", " ", "a" * 300])
def test_an_address_that_is_not_ours_names_the_setting_of_the_address(host: str) -> None:
    with pytest.raises(ListenError) as refused:
        listen(host, 0, 1, "--ticker-port", "FLASHWIRE_TICKER_HOST")
    assert "FLASHWIRE_TICKER_HOST" in str(refused.value) and "port" not in str(refused.value).partition(";")[2]


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.EADDRINUSE, "stop what uses it"), (errno.EACCES, "above 1023"), (errno.EMFILE, "--host")],
)
def test_the_advice_fits_what_went_wrong(monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "x")

    monkeypatch.setattr(module, "_listening", refuse)
    with pytest.raises(ListenError, match=words):
        listen("127.0.0.1", 80, 1, "--port")


def test_localhost_is_where_the_defaults_of_all_others_look_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def both(*_: object, **__: object) -> list[Any]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 0, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    [sock] = listen("localhost", 0, 1, "--port")
    assert http_url(sock).startswith("http://127.0.0.1:")
    sock.close()
