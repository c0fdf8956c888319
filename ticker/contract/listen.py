"""Listening sockets, bound before anything is started; it serves nobody.

They are bound by the parent, so that a port in use stops the start with one line, and so that a child that is
started again has its port for certain. Until then connections wait in the kernel's queue.
"""

import errno
import os
import socket
from typing import Any, Final, cast

from ticker.contract.addresses import shown

# As many as the kernel allows (net.core.somaxconn): a client that finds the queue full waits for a second and more.
BACKLOG: Final = 65_535


class ListenError(Exception):
    """The address cannot be listened on; the message is one line that says what to change."""


def listen(host: str, port: int, count: int, setting: str, host_setting: str = "--host") -> list[socket.socket]:
    """`count` sockets on one address, between which the kernel spreads clients; the settings are what to change.

    Raises `ListenError` when the port is taken or the address is not this machine's.
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
        return _listening(family, address, count)
    except OSError as error:
        raise ListenError(
            f"Cannot listen on {address[0]} port {address[1]} ({os.strerror(error.errno or 0)}); "
            f"{advice.get(error.errno or 0, f'change {host_setting}')}."
        ) from None


def _listening(family: int, address: tuple[Any, ...], count: int) -> list[socket.socket]:  # Any: as typeshed says
    # Without SO_REUSEPORT first: with it, a second service of the same user would share the port unnoticed.
    first = _bound(family, address, shared=False)
    if count == 1:
        first.listen(BACKLOG)
        return [first]
    address = first.getsockname()
    first.close()
    sockets = [_bound(family, address, shared=True) for _ in range(count)]
    for one in sockets:
        one.listen(BACKLOG)
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
        if not shared:
            # Two sockets may be bound to one address; listening is what only one of them can.
            sock.listen(1)
    except OSError:
        sock.close()
        raise
    return sock
