"""What the kernel holds for the sockets of a server, asked of it over sock_diag(7), as `ss -m` does; Linux only."""

import socket
import struct
from collections.abc import Iterator
from typing import Final

_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20
_REQUEST_DUMP: Final = 0x301
_ERROR, _DONE = 2, 3
_SKMEMINFO: Final = 7
# CLOSE_WAIT and FIN_WAIT_1 too: those hold what was written until it is taken.
_STATES: Final = 1 << 1 | 1 << 4 | 1 << 8
_HEADER: Final = struct.Struct("=IHHII")
# family, protocol, extensions, padding, states, then sockid: source port, the rest of it.
_REQUEST: Final = struct.Struct("=BBBxI H46x")
_MESSAGE_BYTES: Final = 72


def kernel_bytes(port: int) -> list[int]:
    """Bytes of kernel memory of each connection whose server side is IPv4 `port`: sent and unsent, frames included."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as netlink:
        request = _REQUEST.pack(socket.AF_INET, socket.IPPROTO_TCP, 1 << (_SKMEMINFO - 1), _STATES, 0)
        netlink.send(_HEADER.pack(_HEADER.size + len(request), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0) + request)
        return [size for source, size in _answers(netlink) if source == port]


def _answers(netlink: socket.socket) -> Iterator[tuple[int, int]]:
    while True:
        data = netlink.recv(1 << 18)
        at = 0
        while at < len(data):
            length, kind, _, _, _ = _HEADER.unpack_from(data, at)
            if kind == _ERROR:
                raise OSError("the kernel does not answer sock_diag")
            if kind == _DONE:
                return
            body = data[at + _HEADER.size : at + length]
            yield int.from_bytes(body[4:6]), _memory(body[_MESSAGE_BYTES:])
            at += length + 3 & ~3


def _memory(attributes: bytes) -> int:
    at = 0
    while at + 4 <= len(attributes):
        length, kind = struct.unpack_from("=HH", attributes, at)
        if kind == _SKMEMINFO:
            # SK_MEMINFO_*: what is received, (its limit, in flight, its limit,) set aside, queued to send, options.
            received, _, _, _, aside, queued, options = struct.unpack_from("=7I", attributes, at + 4)
            return int(received + aside + queued + options)
        at += length + 3 & ~3
    return 0
