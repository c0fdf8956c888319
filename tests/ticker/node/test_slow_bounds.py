"""The kernel memory of a client that never reads is bounded and freed when the node closes the connection."""

import struct

import pytest

from bench.sockets import kernel_bytes
from tests.support.serving import Serving, Start
from tests.support.waiting import until_async as until
from tests.ticker.node.test_slow_clients import LIMIT, deaf, flood

pytestmark = pytest.mark.anyio

# The figure in docs/deploy.md, Limits.
KERNEL_LIMIT = 65_536


@pytest.fixture
async def node(start: Start, monkeypatch: pytest.MonkeyPatch) -> Serving:
    for module in ("websocket", "sse"):
        monkeypatch.setattr(f"ticker.net.{module}.CLOSE_SECONDS", 0.2)
    return await start(write_limit_bytes=LIMIT, slow_seconds=60, heartbeat_seconds=60, stream_length=1000)


def count(node: Serving) -> int:
    """Returns the largest number of bytes that the kernel holds for a connection of the node; 0 without connections."""
    return max(kernel_bytes(node.port), default=0)


async def fill(node: Serving) -> int:
    """Publishes until the kernel takes no more; returns its bytes, and sets a short limit for slow clients."""
    await flood(node, 150)
    await until(lambda: len(node.node.lagging) == 1, "it is lagging")
    full = count(node)
    node.node.settings.slow_seconds = 0.5
    return full


@pytest.mark.parametrize("sse", [False, True])
async def test_the_kernel_holds_bounded_bytes_and_frees_them_after_a_close(node: Serving, sse: bool) -> None:
    # The bug: after the close, the kernel kept 64 KiB for a client that does not read until a timeout of 30 s.
    async with deaf(node, sse=sse):
        assert 20_000 < await fill(node) <= KERNEL_LIMIT
        await until(lambda: not kernel_bytes(node.port), "the kernel has let go of it", seconds=4)
    assert node.count("flashwire_slow_closes_total") == 1


async def test_with_a_larger_send_buffer_the_kernel_would_buffer_more(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The mutant: a listening socket with a larger send buffer.
    monkeypatch.setattr("ticker.server.SEND_BUFFER_BYTES", 65_536)
    node = await start(write_limit_bytes=LIMIT, slow_seconds=60, heartbeat_seconds=60, stream_length=1000)
    async with deaf(node):
        assert await fill(node) > KERNEL_LIMIT


async def test_without_a_reset_the_kernel_would_keep_the_bytes(node: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    # The mutant: a close without a reset.
    monkeypatch.setattr("ticker.net.sockets.RESET", struct.pack("ii", 0, 0))
    async with deaf(node):
        await fill(node)
        await until(lambda: not node.node.closing and not len(node.node.hub), "the node has let go of it")
        assert count(node) > 20_000
