"""The Autobahn cases against our own WebSocket class, which echoes here and nowhere else.

All 247 cases of the protocol itself, and of compression (12.*, 13.*) those with small messages: the others say the
same a thousand times with up to 128 KB, for minutes. 9.* measures speed with megabytes, which no client sends here.
"""

from collections import Counter
from typing import Any, Final

import pytest
from kosoku import FailureError, run_fuzzingclient
from kosoku._kosoku import CaseResult
from websockets.frames import Frame, Opcode

from tests.support.serving import serving
from ticker.core.frame import Format
from ticker.core.joins import Subscription
from ticker.net.websocket import WebSocketConnection

pytestmark = pytest.mark.anyio

PROTOCOL: Final = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]
COMPRESSION: Final = [
    f"{family}.{size}" for family in ("12.1", "12.3", "12.5", "13.1", "13.2", "13.7") for size in (1, 3)
]
# Those that ask for a window of 512 bytes: declined, and then sent plain.
DECLINED: Final = ["13.3.1", "13.5.1"]
# A message left unfinished, then a close: Autobahn wants its code back, `websockets` says that the message was
# cut off. uvicorn's own class fails it too; a matter of taste.
FAILING: Final = {"7.1.5"}


class Echo(WebSocketConnection):
    """Says what it hears, by the parser that listens and with the deflate that was agreed."""

    __slots__ = ()

    message_limit = 2**24

    # Any: what else a join may come with
    def enter(self, head: bytes, subscription: Subscription, form: Format, *_: Any, **__: Any) -> None:
        self.subscription, self.form = subscription, form
        self._group = self.node.join(self)
        self.transport.write(head)

    def bytes_message(self, data: bytes) -> None:
        self._say(Opcode.BINARY, data)

    def text_message(self, data: str) -> None:
        self._say(Opcode.TEXT, data.encode())

    def _say(self, opcode: Any, data: bytes) -> None:
        assert self._parser is not None
        self._parser.send_frame(Frame(opcode, data))
        self._send(self._parser)


async def verdicts(url: str, cases: list[str]) -> list[CaseResult]:
    try:
        return await run_fuzzingclient(url, cases, concurrency=4)
    except FailureError as failed:
        return list(failed.results)


# The cases leave files open; the runner is not ours.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <_io.FileIO.*kosoku:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.deep
async def test_our_class_passes_every_case_that_uvicorns_own_passes(
    redis_url: str, brand: str, capsys: pytest.CaptureFixture[str]
) -> None:
    async with serving(redis_url, brand, connection=Echo, heartbeat_seconds=60) as node:
        protocol = await verdicts(node.live, PROTOCOL)
        compression = await verdicts(node.live, COMPRESSION)
        declined = await verdicts(node.live, DECLINED)
    with capsys.disabled():
        for name, results in (("protocol", protocol), ("compression", compression), ("declined", declined)):
            counts = Counter(str(item_.behavior).removeprefix("Behavior.") for item_ in results)
            print(f"\nAutobahn, {name}: {len(results)} cases, {dict(counts)}", end="")
    assert len(protocol) == 247
    assert {item_.case_id for item_ in protocol if not item_.passed} == FAILING
    assert [item_.case_id for item_ in compression if item_.passed] == COMPRESSION
    # Compressed indeed, not declined.
    assert all("permessage-deflate" in item_.http_response for item_ in compression)
    assert [str(item_.behavior) for item_ in declined] == ["Behavior.UNIMPLEMENTED"] * len(DECLINED)
    assert not any("permessage-deflate" in item_.http_response for item_ in declined)
