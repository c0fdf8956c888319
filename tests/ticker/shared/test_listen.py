"""The address on which a server listens, and the errors if it cannot."""

import errno
import socket
from typing import Any

import pytest

from ticker.shared.process import listen as module
from ticker.shared.process.listen import (
    ListenError,
    address_of,
    bind,
    close_to_clients,
    http_url,
    is_open,
    open_to_clients,
)


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid", "unix:/run/flashwire.sock", "", " ", "a" * 300])
def test_the_error_for_a_foreign_address_names_the_setting_of_the_address(host: str) -> None:
    with pytest.raises(ListenError) as refused:
        bind(host, 0, 1, "--ticker-port", "FLASHWIRE_TICKER_HOST")
    assert "FLASHWIRE_TICKER_HOST" in str(refused.value) and "port" not in str(refused.value).partition(";")[2]


@pytest.mark.parametrize(
    ("number", "advice"),
    [(errno.EADDRINUSE, "stop what uses it"), (errno.EACCES, "above 1023"), (errno.EMFILE, "--host")],
)
def test_the_advice_depends_on_the_error(monkeypatch: pytest.MonkeyPatch, number: int, advice: str) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, "x")

    monkeypatch.setattr(module, "_bound_sockets", refuse)
    with pytest.raises(ListenError, match=advice):
        bind("127.0.0.1", 80, 1, "--port")


def test_localhost_is_the_ipv4_address_that_other_defaults_use(monkeypatch: pytest.MonkeyPatch) -> None:
    def addresses(*_: object, **__: object) -> list[Any]:
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 0, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", addresses)
    [sock] = bind("localhost", 0, 1, "--port")
    assert http_url(sock).startswith("http://127.0.0.1:")
    sock.close()


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "0.0.0.0", "::"])
def test_an_address_is_bound_from_the_start_and_refuses_clients_until_it_is_served(host: str, count: int) -> None:
    sockets = bind(host, 0, count, "--port")
    address = address_of(sockets[0])

    def is_refused() -> bool:
        try:
            socket.create_connection(address, 5).close()
        except ConnectionRefusedError:
            return True
        return False

    def is_taken() -> bool:
        for others in (1, 2):
            with pytest.raises(ListenError, match="stop what uses it"):
                bind(host, address[1], others, "--port")
        return True

    try:
        assert is_refused() and is_taken() and not any(map(is_open, sockets))
        for sock in sockets:
            open_to_clients(sock)
        assert not is_refused() and is_taken() and all(map(is_open, sockets))
        for sock in sockets[1:]:
            close_to_clients(sock)
        # All clients reach the open socket, and none a socket that is not served.
        sockets[0].settimeout(5)
        for _ in range(10):
            sockets[0].accept()[0].close() if not is_refused() else pytest.fail("refused")
        for sock in sockets[:1]:
            close_to_clients(sock)
        assert is_refused() and is_taken()
    finally:
        for sock in sockets:
            sock.close()


def test_a_closed_address_keeps_accepted_connections_and_can_be_opened_again() -> None:
    [sock] = bind("127.0.0.1", 0, 1, "--port")
    open_to_clients(sock)
    client, closed, waiting = (socket.create_connection(address_of(sock), 5) for _ in range(3))
    accepted, first = sock.accept()[0], sock.accept()[0]
    # The side that closes first keeps the port for a minute (TIME_WAIT).
    first.close()
    closed.close()
    close_to_clients(sock)
    with pytest.raises(ConnectionResetError):
        waiting.recv(1)
    client.sendall(b"still")
    assert accepted.recv(5) == b"still"
    open_to_clients(sock)
    socket.create_connection(address_of(sock), 5).close()
    sock.close()
    [again] = bind("127.0.0.1", address_of(accepted)[1], 1, "--port")
    for open_socket in (client, waiting, accepted, again):
        open_socket.close()
