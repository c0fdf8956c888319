"""A transport of our own for sockets in the poller: what asyncio's does for a connection of ours, in a few slots.

asyncio's documentation of transports and protocols says what it must do; it differs in `abort` alone, which sends a
reset: after a mere close the kernel would go on offering what it holds to one who does not read.

1. What is written goes to the kernel at once; what it does not take waits here, in order, and writing is paused above
   the high mark and resumed below the low one, as `asyncio.Protocol` is told. What waits is not copied, unless it
   is short: it is mostly bytes that thousands share.
2. `connection_lost` comes once, in a turn of its own, and the descriptor is closed only after it.
3. A protocol that raises ends its own connection and no other.
"""

import asyncio
import contextlib
import os
import socket
import struct
from typing import Any, Final

from ticker.net.poller import READABLE, WRITABLE, Poller

# As much as a client's message may have (ticker.net.websocket); what is more comes in the next turn.
READ_BYTES: Final = 4_096
# Smaller ones are kept in one piece. An answer to a ping has two bytes and cost 300 by itself: within a bound of
# 256 KiB one who sent pings and read nothing could hold 31 MB.
_SMALL: Final = 128
# Pieces that one system call takes; the kernel allows 1,024.
_PIECES: Final = 64
GONE: Final = -1
# Linger for no time at all: what is unsent is thrown away, and the other end is told.
RESET: Final = struct.pack("ii", 1, 0)


class SocketTransport(asyncio.Transport):
    """One connected, non-blocking socket, by its descriptor, which it owns; `set_protocol` comes before all else.

    What is given to `write` must not change afterwards.
    """

    __slots__ = (
        "_closing",
        "_full",
        "_high",
        "_kept",
        "_low",
        "_mask",
        "_poller",
        "_protocol",
        "_quiet",
        "_size",
        "fd",
    )

    def __init__(self, poller: Poller, fd: int) -> None:
        # Not asyncio's __init__: it makes a dict for extra info.
        self._poller = poller
        self._protocol: asyncio.Protocol | None = None
        self._kept: list[bytes | bytearray | memoryview] | None = None
        self._size = 0
        self._high, self._low = 65536, 16384
        self._mask = READABLE
        self._full = self._closing = self._quiet = False
        self.fd = fd
        """Negative once it is no more this transport's."""
        poller.add(fd, self)

    # What a protocol asks (asyncio.Transport)

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # Any: asyncio's signature
        return default

    def is_closing(self) -> bool:
        return self._closing

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol  # type: ignore[assignment]  # a stream's; `cast` would be one more call a join

    def get_protocol(self) -> asyncio.BaseProtocol:
        assert self._protocol is not None, "its connection is not lost"
        return self._protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = 65536 if high is None else high
        self._low = self._high // 4 if low is None else low

    def get_write_buffer_size(self) -> int:
        return self._size

    def pause_reading(self) -> None:
        self._quiet = True
        self._watch()

    def resume_reading(self) -> None:
        self._quiet = False
        self._watch()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._closing or not data:
            return
        kept = self._kept
        if kept is None:
            cork = self._poller.cork
            if cork is None:
                try:
                    sent = os.write(self.fd, data)
                except BlockingIOError:
                    sent = 0
                except OSError as error:
                    self._end(error)
                    return
                if sent == len(data):
                    return
                if sent:
                    data = memoryview(data)[sent:]
            kept = self._kept = []
            if cork is None:
                self._watch()
            else:
                cork.append(self)
        self._size += len(data)
        if len(data) >= _SMALL:
            kept.append(bytes(data) if isinstance(data, bytearray) else data)
        elif kept and isinstance(kept[-1], bytearray):
            kept[-1] += data
        else:
            kept.append(bytearray(data))
        if not self._full and self._size > self._high:
            self._full = True
            self._tell_protocol("pause_writing")

    def close(self) -> None:
        """Ends it when what waits is written; nothing more is read."""
        if self._closing:
            return
        self._closing = True
        if self._kept is None:
            self._end(None)
        else:
            self._watch()

    def abort(self) -> None:
        """Ends it now, with a reset; what waits is thrown away."""
        if self.fd < 0:
            return
        # Whatever has become of the socket: this is called where others are still to be written to.
        with contextlib.suppress(OSError):
            # A socket object for a moment, on the same descriptor: only it can set options.
            sock = socket.socket(fileno=self.fd)
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            finally:
                sock.detach()
        self._end(None)

    def detach(self) -> socket.socket:
        """The socket, which is no more this transport's; its protocol is told nothing more."""
        sock = socket.socket(fileno=self.fd)
        sock.setblocking(False)
        self._poller.drop(self.fd)
        self.fd, self._closing, self._protocol = GONE, True, None
        return sock

    @property
    def is_left(self) -> bool:
        """Whether the other end has said all it will say; asked while nothing is read, as that would tell."""
        return self._peek() == b""

    @property
    def has_input(self) -> bool:
        """Whether bytes have come that were not read yet."""
        return bool(self._peek())

    def _peek(self) -> bytes | None:
        """The next byte; nothing at the end, None where neither has come."""
        if self.fd < 0:
            return b""
        sock = socket.socket(fileno=self.fd)
        try:
            return sock.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return None
        except OSError:
            return b""
        finally:
            sock.detach()

    # What the poller says

    def end(self) -> None:
        """Ends it now: what waits here is thrown away; what the kernel has is delivered to one who said no more."""
        self._end(None)

    def take(self, events: int) -> bytes | OSError | None:
        if events & WRITABLE:
            self.flush()
        if self.fd < 0:
            return None
        if events & READABLE and not self._quiet and not self._closing:
            try:
                return os.read(self.fd, READ_BYTES)
            except BlockingIOError:
                return None
            except OSError as error:
                # Its frames hold the list that it is put into, and that list would hold it.
                return error.with_traceback(None)
        # Told whether it is watched for or not: nobody is there any more, and it would be told again at once.
        return ConnectionResetError() if events & ~(READABLE | WRITABLE) else None

    def give(self, taken: bytes | OSError) -> None:
        protocol = self._protocol
        if protocol is None or self.fd < 0:
            return
        if isinstance(taken, OSError):
            self._end(taken)
            return
        # One that was closed meanwhile hears no more.
        if self._closing:
            return
        try:
            if taken:
                protocol.data_received(taken)
            elif not protocol.eof_received():
                self.close()
            else:
                self.pause_reading()
        except Exception as error:
            self.fail("data_received", error)

    def flush(self) -> None:
        kept = self._kept
        if kept is None:
            return
        written = 0
        try:
            # Nearly always one: the answer to a join.
            written = os.write(self.fd, kept[0]) if len(kept) == 1 else os.writev(self.fd, kept[:_PIECES])
        except BlockingIOError:
            pass
        except OSError as error:
            self._end(error)
            return
        self._size -= written
        whole = 0
        for piece in kept:
            if written < len(piece):
                break
            written -= len(piece)
            whole += 1
        del kept[:whole]
        if kept:
            first = kept[0]
            if isinstance(first, bytearray):
                del first[:written]
            else:
                kept[0] = memoryview(first)[written:]
        else:
            self._kept = None
            if self._closing:
                self._end(None)
                return
        self._watch()
        if self._full and self._size <= self._low and not self._closing:
            self._full = False
            self._tell_protocol("resume_writing")

    def _watch(self) -> None:
        if self.fd >= 0:
            mask = 0 if self._quiet or self._closing else READABLE
            if self._kept is not None:
                mask |= WRITABLE
            if mask != self._mask:
                self._mask = mask
                self._poller.watch(self.fd, mask)

    def _tell_protocol(self, what: str) -> None:
        try:
            getattr(self._protocol, what)()
        except Exception as error:
            self.fail(what, error)

    def fail(self, what: str, error: Exception) -> None:
        told = {"message": f"connection failed in {what}", "exception": error, "transport": self}
        asyncio.get_running_loop().call_exception_handler(told)
        self.abort()

    def _end(self, error: Exception | None) -> None:
        if self.fd < 0:
            return
        fd, self.fd, self._closing = self.fd, GONE, True
        self._kept, self._size = None, 0
        self._poller.drop(fd)
        asyncio.get_running_loop().call_soon(self._lost, fd, error)

    def _lost(self, fd: int, error: Exception | None) -> None:
        protocol, self._protocol = self._protocol, None
        try:
            if protocol is not None:
                protocol.connection_lost(error)
        finally:
            os.close(fd)
