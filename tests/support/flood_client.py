"""Floods a desk with clients without a token; run as `flood_client.py KIND PORT COUNT SECONDS`."""

import asyncio
import contextlib
import itertools
import socket
import struct
import sys
import time
from typing import Final

_RESET: Final = struct.pack("ii", 1, 0)


def _get(target: str, *lines: str, method: str = "GET") -> bytes:
    head = "".join(f"{line}\r\n" for line in ("Host: desk.test", *lines))
    return f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode()


def _sign_in() -> bytes:
    body = b'{"token":"fw_wrong"}'
    lines = ("Content-Type: application/json", f"Content-Length: {len(body)}")
    return _get("/v1/session", *lines, method="POST") + body


_CHUNKED: Final = ("Content-Type: application/json", "Transfer-Encoding: chunked")

KINDS: Final = {
    "metrics": _get("/metrics"),
    "ready": _get("/health/ready"),
    "tokens": _get("/v1/items", "Authorization: Bearer fw_wrong"),
    "sign_ins": _sign_in(),
    "page": _get("/desk/shell/main.js"),
    "cookies": _get("/v1/items", "Cookie: " + "a=b;" * 4_000),
    "credentials": _get("/v1/items", "Authorization: " + "b," * 8_000),
    "chunks": _get("/v1/items", *_CHUNKED, method="POST") + b"1\r\n \r\n" * 10_000 + b"0\r\n\r\n",
    "packed": _get("/metrics") * 16,
    "visits": _get("/metrics"),
}
"""The bytes that each client of a kind sends repeatedly."""


async def _answers(reader: asyncio.StreamReader, count: int) -> None:
    for _ in range(count):
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n", 1)[0]))


async def _client(kind: str, port: int, until: float) -> None:
    while time.monotonic() < until:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                for _ in itertools.takewhile(lambda _: time.monotonic() < until, itertools.count()):
                    writer.write(KINDS[kind])
                    if kind == "visits":
                        await writer.drain()
                        sock: socket.socket = writer.get_extra_info("socket")
                        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                        break
                    await _answers(reader, 16 if kind == "packed" else 1)
            finally:
                writer.transport.abort()


async def _flood(kind: str, port: int, count: int, seconds: float) -> None:
    until = time.monotonic() + seconds
    clients = [asyncio.create_task(_client(kind, port, until)) for _ in range(count)]
    await asyncio.wait(clients, timeout=seconds + 1)


if __name__ == "__main__":
    asyncio.run(_flood(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
