"""Nodes for tests of the edge, and what they may not do: raise where nobody sees it."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.support.serving import Serving, Start, serving


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop that nodes run on; where transports matter, tests are repeated on asyncio's own."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Iterator[list[EventDict]]:
    """Every line that was logged; a test that leaves a traceback in it has failed."""
    with capture_logs() as lines, caplog.at_level(logging.INFO):
        yield lines
    lines += [{"event": record.getMessage(), "exc_info": record.exc_info} for record in caplog.records]
    assert not [line for line in lines if line.get("exc_info")], lines


@pytest.fixture
async def start(redis_url: str, brand: str, said: list[EventDict]) -> AsyncIterator[Start]:
    """Starts nodes of this test's brand; keywords are settings."""
    async with AsyncExitStack() as stack:

        async def begin(**settings: Any) -> Serving:  # Any: fields of TickerSettings
            return await stack.enter_async_context(serving(redis_url, brand, **settings))

        yield begin


@pytest.fixture
async def node(start: Start) -> Serving:
    """A node with the usual settings."""
    return await start()
