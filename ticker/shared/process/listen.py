"""Binds the address of a side before its processes start, and listens only while a process serves it.

The parent binds, so that a port in use stops the start with one line, and so that a restarted child gets its port. If
no process is ready, the kernel refuses a client, and a proxy tries another node at once; in the queue of a listening
socket the client would wait.
"""

import errno
import os
import socket
import sys
from typing import Any, Final, cast

from ticker.shared.http.addresses import printable

# The kernel lowers it to net.core.somaxconn. A client that finds the queue full waits for a second or more.
ACCEPT_QUEUE: Final = 65_535
# On other systems a socket cannot stop listening and keep its address.
_CLOSES: Final = sys.platform == "linux"


class ListenError(Exception):
    """The address cannot be listened on; the message is one line that says what to change."""


def bind(host: str, port: int, count: int, setting: str, host_setting: str = "--host") -> list[socket.socket]:
    """Returns `count` sockets on one address that do not listen yet; the kernel spreads clients between them.

    Raises `ListenError`, with the name of the setting to change, if the port or the address cannot be used.
    """
    if not host.strip():
        # To the system an empty address means every interface; an empty variable must not open them.
        raise ListenError(
            f"{host_setting} is empty: write an address of this machine, or 0.0.0.0 or :: for all of its interfaces."
        )
    try:
        candidates = socket.getaddrinfo(
            host.strip(), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
        )
    except (OSError, UnicodeError):
        raise ListenError(f"{printable(host)} is not an address to listen on; change {host_setting}.") from None
    # `localhost` has two addresses; the defaults of everything that connects use IPv4.
    chosen = min(candidates, key=lambda candidate: candidate[0] != socket.AF_INET)
    family, address = chosen[0], cast(tuple[Any, ...], chosen[4])  # Any: as typeshed says
    advice = {
        errno.EADDRINUSE: f"stop what uses it, or choose another port with {setting}",
        errno.EACCES: f"choose a port above 1023 with {setting}",
    }
    try:
        return _bound_sockets(family, address, count)
    except OSError as error:
        raise ListenError(
            f"Cannot listen on {address[0]} port {address[1]} ({os.strerror(error.errno or 0)}); "
            f"{advice.get(error.errno or 0, f'change {host_setting}')}."
        ) from None


def open_to_clients(sock: socket.socket) -> None:
    """Lets clients connect. It changes nothing if another process has opened `sock`.

    Raises `ListenError` if another program has taken the port in the meantime.
    """
    try:
        # Accepted sockets inherit it, so that their remains do not keep the port from being opened again.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.listen(ACCEPT_QUEUE)
    except OSError as error:
        host, port = sock.getsockname()[:2]
        raise ListenError(f"Cannot listen on {host} port {port} any more ({os.strerror(error.errno or 0)}).") from None


def close_to_clients(sock: socket.socket) -> None:
    """Refuses clients, in every process that has `sock`, until one opens it again; the address stays bound."""
    if _CLOSES:
        # Clients in its queue are refused at once too.
        sock.shutdown(socket.SHUT_RDWR)
        # With SO_REUSEADDR, a bound socket that does not listen would let another program listen on the port.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)


def is_open(sock: socket.socket) -> bool:
    """Whether clients can connect."""
    return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _bound_sockets(family: int, address: tuple[Any, ...], count: int) -> list[socket.socket]:  # Any: as typeshed says
    # First without SO_REUSEPORT, with which a second service of the same user would share the port unnoticed.
    first = _bound(family, address, shared=False)
    # Bound again by number: a port that the system chose would be released when the socket stops listening.
    address = first.getsockname()
    first.close()
    sockets = [_bound(family, address, shared=count > 1) for _ in range(count)]
    for sock in sockets:
        close_to_clients(sock)
    return sockets


def address_of(sock: socket.socket) -> tuple[str, int]:
    """Returns host and port at which this machine reaches `sock`."""
    host, port = sock.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port


def http_url(sock: socket.socket) -> str:
    """Returns the address of `sock` for a browser on this machine."""
    host, port = address_of(sock)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bound(family: int, address: tuple[Any, ...], *, shared: bool) -> socket.socket:  # Any: as above
    # With an explicit protocol, because asyncio sets TCP_NODELAY only then.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        sock.bind(address)
        # Two sockets may be bound to one address, but only one can listen without SO_REUSEPORT.
        sock.listen(ACCEPT_QUEUE)
    except OSError:
        sock.close()
        raise
    return sock
