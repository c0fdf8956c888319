"""Where a side listens: an address that is bound before anything starts, and open only while a process serves it.

The parent binds, so that a port in use stops the start with one line, and so that a child that is started again has
its port for certain. A client that connects before a process is ready to answer it is refused by the kernel, and a
proxy then asks another node at once; in the queue of a listening socket it would wait.
"""

import errno
import os
import socket
import sys
from typing import Any, Final, cast

from ticker.shared.http.addresses import shown

# As many as the kernel allows (net.core.somaxconn): a client that finds the queue full waits for a second and more.
ACCEPT_QUEUE: Final = 65_535
# Elsewhere a socket that has listened cannot stop to and keep its address.
_CLOSES: Final = sys.platform == "linux"


class ListenError(Exception):
    """The address cannot be listened on; the message is one line that says what to change."""


def bind(host: str, port: int, count: int, setting: str, host_setting: str = "--host") -> list[socket.socket]:
    """`count` sockets on one address, closed to clients; when open, the kernel spreads clients between them.

    The settings are what to change. Raises `ListenError` when the port is taken or the address is not this machine's.
    """
    if not host.strip():
        # To the system an empty address means every interface, which nobody should open by a variable that is empty.
        raise ListenError(
            f"{host_setting} is empty: write an address of this machine, or 0.0.0.0 or :: for all of its interfaces."
        )
    try:
        found = socket.getaddrinfo(
            host.strip(), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
        )
    except (OSError, UnicodeError):
        raise ListenError(f"{shown(host)} is not an address to listen on; change {host_setting}.") from None
    # `localhost` has two addresses, and the defaults of all that connects name the one of IPv4.
    chosen = min(found, key=lambda each: each[0] != socket.AF_INET)
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
    """Lets clients connect. In a second process that has `sock` it changes nothing.

    Raises `ListenError` where another program has taken the port meanwhile.
    """
    try:
        # Those that are accepted inherit it: what is left of them must not keep the port from being opened again.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.listen(ACCEPT_QUEUE)
    except OSError as error:
        host, port = sock.getsockname()[:2]
        raise ListenError(f"Cannot listen on {host} port {port} any more ({os.strerror(error.errno or 0)}).") from None


def close_to_clients(sock: socket.socket) -> None:
    """Refuses clients, in every process that has `sock`, until one opens it again; the address stays taken."""
    if _CLOSES:
        # Those in its queue are told at once, too.
        sock.shutdown(socket.SHUT_RDWR)
        # What is bound with SO_REUSEADDR and does not listen keeps nobody else from listening.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 0)


def is_open(sock: socket.socket) -> bool:
    """Whether clients can connect."""
    return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _bound_sockets(family: int, address: tuple[Any, ...], count: int) -> list[socket.socket]:  # Any: as typeshed says
    # Without SO_REUSEPORT first: with it, a second service of the same user would share the port unnoticed.
    first = _bound(family, address, shared=False)
    # Bound again by its number: one that the system chose would be given back when the socket is closed to clients.
    address = first.getsockname()
    first.close()
    sockets = [_bound(family, address, shared=count > 1) for _ in range(count)]
    for one in sockets:
        close_to_clients(one)
    return sockets


def address_of(sock: socket.socket) -> tuple[str, int]:
    """Host and port at which this machine reaches `sock`."""
    host, port = sock.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port


def http_url(sock: socket.socket) -> str:
    """The address of `sock` for a browser on this machine."""
    host, port = address_of(sock)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _bound(family: int, address: tuple[Any, ...], *, shared: bool) -> socket.socket:  # Any: as above
    # The protocol is said: asyncio sets TCP_NODELAY only where it is.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shared:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    try:
        sock.bind(address)
        # Two sockets may be bound to one address; listening is what only one of them can. From then on the kernel
        # looks at each of those that are bound to it (`close_to_clients`).
        sock.listen(ACCEPT_QUEUE)
    except OSError:
        sock.close()
        raise
    return sock
