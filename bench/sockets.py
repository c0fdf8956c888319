"""Reads the kernel memory of a server's sockets with sock_diag(7), as `ss -m` does; Linux only."""

import socket
import struct
from collections.abc import Iterator
from typing import Final

_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20
_REQUEST_DUMP: Final = 0x301
_ERROR, _DONE = 2, 3
_SKMEMINFO: Final = 7
# CLOSE_WAIT and FIN_WAIT_1 are included, because such sockets still hold unsent data.
_STATES: Final = 1 << 1 | 1 << 4 | 1 << 8
_HEADER: Final = struct.Struct("=IHHII")
# family, protocol, extensions, padding, states, then sockid: source port, the rest of it.
_REQUEST: Final = struct.Struct("=BBBxI H46x")
_MESSAGE_BYTES: Final = 72


def kernel_bytes(port: int) -> list[int]:
    """Returns the kernel memory in bytes of each connection of the server on IPv4 `port`, with kernel overhead."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as netlink:
        request = _REQUEST.pack(socket.AF_INET, socket.IPPROTO_TCP, 1 << (_SKMEMINFO - 1), _STATES, 0)
        netlink.send(_HEADER.pack(_HEADER.size + len(request), _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0) + request)
        return [size for source, size in _answers(netlink) if source == port]


def _answers(netlink: socket.socket) -> Iterator[tuple[int, int]]:
    while True:
        data = netlink.recv(1 << 18)
        at = 0
        while at < len(data):
            length, message_type, _, _, _ = _HEADER.unpack_from(data, at)
            if message_type == _ERROR:
                raise OSError("the kernel does not support sock_diag")
            if message_type == _DONE:
                return
            body = data[at + _HEADER.size : at + length]
            yield int.from_bytes(body[4:6]), _memory(body[_MESSAGE_BYTES:])
            at += length + 3 & ~3


def _memory(attributes: bytes) -> int:
    at = 0
    while at + 4 <= len(attributes):
        length, attribute_type = struct.unpack_from("=HH", attributes, at)
        if attribute_type == _SKMEMINFO:
            # SK_MEMINFO_*: receive, receive limit, send in flight, send limit, forward alloc, send queue, options.
            received, _, _, _, reserved, queued, options = struct.unpack_from("=7I", attributes, at + 4)
            return int(received + reserved + queued + options)
        at += length + 3 & ~3
    return 0
