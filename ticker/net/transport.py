"""A transport for sockets in the poller: what asyncio's own does for a connection, with a few slots per connection.

It keeps the rules of asyncio's transports and protocols. It differs in `abort`, which sends a reset: after an ordinary
close the kernel would go on offering its bytes to a client that does not read.

1. `write` passes bytes to the kernel at once. What the kernel does not take is buffered here in order; writing is
   paused above the high mark and resumed below the low one. Only short pieces are copied: most bytes are shared by
   thousands of connections.
2. `connection_lost` is called once, in a later iteration of the loop; the descriptor is closed after it.
3. A protocol that raises loses its own connection and no other.
"""

import asyncio
import os
import socket
from typing import Any, Final

from ticker.net.poller import READABLE, WRITABLE, Poller
from ticker.net.sockets import peek, reset_descriptor_on_close

# As long as the longest message of a client (ticker.net.websocket); the rest is read in the next iteration.
READ_BYTES: Final = 4_096
# Shorter pieces are joined. An answer to a ping has two bytes and cost 300 by itself: within a limit of 256 KiB a
# client that sent pings and read nothing could use 31 MB.
_SHORT: Final = 128
# Pieces that one system call takes; the kernel allows 1,024.
_PIECES: Final = 64
CLOSED: Final = -1


class SocketTransport(asyncio.Transport):
    """Owns one connected, non-blocking socket, by its descriptor.

    The caller calls `set_protocol` before anything else, and does not change bytes that it has passed to `write`.
    """

    __slots__ = (
        "_buffer", "_closing", "_high", "_is_full", "_is_paused", "_low", "_mask", "_poller", "_protocol", "_size",
        "fd",
    )  # fmt: skip

    def __init__(self, poller: Poller, fd: int) -> None:
        # Without asyncio's __init__, which makes a dict for extra info.
        self._poller = poller
        self._protocol: asyncio.Protocol | None = None
        self._buffer: list[bytes | bytearray | memoryview] | None = None
        self._size = 0
        self._high, self._low = 65536, 16384
        self._mask = READABLE
        self._is_full = self._closing = self._is_paused = False
        self.fd = fd
        """Negative once the transport has closed the socket or given it away."""
        poller.add(fd, self)

    # asyncio.Transport

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # Any: asyncio's signature
        return default

    def is_closing(self) -> bool:
        return self._closing

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol  # type: ignore[assignment]  # a stream's; `cast` would be one more call a join

    def get_protocol(self) -> asyncio.BaseProtocol:
        assert self._protocol is not None, "the connection is not lost"
        return self._protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = 65536 if high is None else high
        self._low = self._high // 4 if low is None else low

    def get_write_buffer_size(self) -> int:
        return self._size

    def pause_reading(self) -> None:
        self._is_paused = True
        self._watch()

    def resume_reading(self) -> None:
        self._is_paused = False
        self._watch()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._closing or not data:
            return
        pieces = self._buffer
        if pieces is None:
            cork = self._poller.cork
            if cork is None:
                try:
                    sent = os.write(self.fd, data)
                except BlockingIOError:
                    sent = 0
                except OSError as error:
                    self._close(error)
                    return
                if sent == len(data):
                    return
                if sent:
                    data = memoryview(data)[sent:]
            pieces = self._buffer = []
            if cork is None:
                self._watch()
            else:
                cork.append(self)
        self._size += len(data)
        if len(data) >= _SHORT:
            pieces.append(bytes(data) if isinstance(data, bytearray) else data)
        elif pieces and isinstance(pieces[-1], bytearray):
            pieces[-1] += data
        else:
            pieces.append(bytearray(data))
        if not self._is_full and self._size > self._high:
            self._is_full = True
            self._call_protocol("pause_writing")

    def close(self) -> None:
        """Closes the connection when the buffer is sent; reads nothing more."""
        if self._closing:
            return
        self._closing = True
        if self._buffer is None:
            self._close(None)
        else:
            self._watch()

    def abort(self) -> None:
        """Closes the connection now, with a reset, and drops the buffer."""
        if self.fd >= 0:
            reset_descriptor_on_close(self.fd)
            self._close(None)

    def detach(self) -> socket.socket:
        """Returns the socket, which the caller then owns; the protocol gets no more calls."""
        sock = socket.socket(fileno=self.fd)
        sock.setblocking(False)
        self._poller.drop(self.fd)
        self.fd, self._closing, self._protocol = CLOSED, True, None
        return sock

    @property
    def is_at_end(self) -> bool:
        """Whether the client has ended its side, and all its bytes are read; for use while reading is paused."""
        return peek(self.fd) == b""

    @property
    def has_input(self) -> bool:
        """Whether bytes have arrived that are not read yet."""
        return bool(peek(self.fd))

    # What the poller calls (ticker.net.poller.Pollable)

    def end(self) -> None:
        """Closes the connection now and drops the buffer; the kernel still delivers what it has taken."""
        self._close(None)

    def read_ready(self, events: int) -> bytes | OSError | None:
        if events & WRITABLE:
            self.flush()
        if self.fd < 0:
            return None
        if events & READABLE and not self._is_paused and not self._closing:
            try:
                return os.read(self.fd, READ_BYTES)
            except BlockingIOError:
                return None
            except OSError as error:
                # Its frames refer to the list that the error is put into: a cycle for the garbage collector.
                return error.with_traceback(None)
        # epoll reports errors and hang-ups always, and again at once: the connection must close.
        return ConnectionResetError() if events & ~(READABLE | WRITABLE) else None

    def deliver(self, result: bytes | OSError) -> None:
        protocol = self._protocol
        if protocol is None or self.fd < 0:
            return
        if isinstance(result, OSError):
            self._close(result)
            return
        # Another protocol may have closed this transport since it was read.
        if self._closing:
            return
        try:
            if result:
                protocol.data_received(result)
            elif not protocol.eof_received():
                self.close()
            else:
                self.pause_reading()
        except Exception as error:
            self.fail("data_received", error)

    def flush(self) -> None:
        pieces = self._buffer
        if pieces is None:
            return
        sent = 0
        try:
            # Nearly always one piece: the answer to a join.
            sent = os.write(self.fd, pieces[0]) if len(pieces) == 1 else os.writev(self.fd, pieces[:_PIECES])
        except BlockingIOError:
            pass
        except OSError as error:
            self._close(error)
            return
        self._size -= sent
        complete = 0
        for piece in pieces:
            if sent < len(piece):
                break
            sent -= len(piece)
            complete += 1
        del pieces[:complete]
        if pieces:
            first = pieces[0]
            if isinstance(first, bytearray):
                del first[:sent]
            else:
                pieces[0] = memoryview(first)[sent:]
        else:
            self._buffer = None
            if self._closing:
                self._close(None)
                return
        self._watch()
        if self._is_full and self._size <= self._low and not self._closing:
            self._is_full = False
            self._call_protocol("resume_writing")

    def _watch(self) -> None:
        if self.fd >= 0:
            mask = 0 if self._is_paused or self._closing else READABLE
            if self._buffer is not None:
                mask |= WRITABLE
            if mask != self._mask:
                self._mask = mask
                self._poller.watch(self.fd, mask)

    def _call_protocol(self, method: str) -> None:
        try:
            getattr(self._protocol, method)()
        except Exception as error:
            self.fail(method, error)

    def fail(self, method: str, error: Exception) -> None:
        """Reports an exception of the protocol to the loop, and aborts the connection."""
        context = {"message": f"connection failed in {method}", "exception": error, "transport": self}
        asyncio.get_running_loop().call_exception_handler(context)
        self.abort()

    def _close(self, error: Exception | None) -> None:
        if self.fd < 0:
            return
        fd, self.fd, self._closing = self.fd, CLOSED, True
        self._buffer, self._size = None, 0
        self._poller.drop(fd)
        asyncio.get_running_loop().call_soon(self._lost, fd, error)

    def _lost(self, fd: int, error: Exception | None) -> None:
        protocol, self._protocol = self._protocol, None
        try:
            if protocol is not None:
                protocol.connection_lost(error)
        finally:
            os.close(fd)
