"""Listening sockets, bound before anything is started; it serves nobody.

They are bound by the parent, so that a port in use stops the start with one line, and so that a child that is
started again has its port for certain. Until then connections wait in the kernel's queue.
"""

import os
import socket
from typing import Final

# As many as the kernel allows (net.core.somaxconn): a client that finds the queue full waits for a second and more.
BACKLOG: Final = 65_535


class ListenError(Exception):
    """The address cannot be listened on; the message is one line that says what to change."""


def listen(host: str, port: int, count: int, setting: str) -> list[socket.socket]:
    """`count` sockets on one address, between which the kernel spreads clients; `setting` names what to change.

    Raises `ListenError` when the port is taken or the address is not this machine's.
    """
    option = setting.replace("port", "host")
    if not host.strip():
        # To the system an empty address means every interface, which nobody should open by a variable that is empty.
        raise ListenError(
            f"{option} is empty: write an address of this machine, or 0.0.0.0 or :: for all of its interfaces."
        )
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host.strip(), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
        )[0]
    except (OSError, UnicodeError):
        raise ListenError(f"{host} is not an address to listen on; change {option}.") from None
    # Without SO_REUSEPORT first: with it, a second service of the same user would share the port unnoticed.
    first = _bound(family, address, shared=False, setting=setting)
    if count == 1:
        first.listen(BACKLOG)
        return [first]
    address = first.getsockname()
    first.close()
    sockets = [_bound(family, address, shared=True, setting=setting) for _ in range(count)]
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


def _bound(family: int, address: tuple[object, ...], *, shared: bool, setting: str) -> socket.socket:
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
    except OSError as error:
        sock.close()
        host, port = address[:2]
        raise ListenError(
            f"Cannot listen on {host} port {port} ({os.strerror(error.errno or 0)}); "
            f"stop what uses it, or choose another with {setting}."
        ) from None
    return sock
