"""Options and state of a connected socket, given as an object or as a descriptor that the caller keeps."""

import contextlib
import socket
import struct
from typing import Final

# Linger for no time: on close the kernel drops unsent bytes and sends a reset.
RESET: Final = struct.pack("ii", 1, 0)


def reset_on_close(sock: socket.socket) -> None:
    """Makes the later close of `sock` a reset; a socket that is lost already stays as it is."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def reset_descriptor_on_close(fd: int) -> None:
    """Does what `reset_on_close` does."""
    with contextlib.suppress(OSError):
        # A socket object on the same descriptor, for a moment: only an object can set options.
        sock = socket.socket(fileno=fd)
        try:
            reset_on_close(sock)
        finally:
            sock.detach()


def peek(fd: int) -> bytes | None:
    """The next byte to read: `b""` at the end or after an error, None if nothing has arrived."""
    if fd < 0:
        return b""
    sock = socket.socket(fileno=fd)
    try:
        return sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return None
    except OSError:
        return b""
    finally:
        sock.detach()
