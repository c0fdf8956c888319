"""Nodes for the ticker's tests; an error in the log of one fails its test."""

import logging
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from tests.support.serving import Serving, Start, serving


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `FLASHWIRE_TRANSPORT=asyncio`, selects the tests that start a node and are not about epoll."""
    for item in items:
        marker = item.get_closest_marker("epoll")
        assert marker is None or marker.args, f"{item.nodeid}: give the reason, @pytest.mark.epoll('...')"
    if os.environ.get("FLASHWIRE_TRANSPORT", "auto") == "auto":
        return
    selected = []
    for item in items:
        has_node = "brand" in item.fixturenames  # type: ignore[attr-defined]  # every test here is a Function
        if has_node and not item.get_closest_marker("epoll"):
            selected.append(item)
    config.hook.pytest_deselected(items=[item for item in items if item not in selected])
    items[:] = selected


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    """The loop that nodes run on; where transports matter, tests are repeated on asyncio's own."""
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
def log_lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[EventDict]]:
    """Every line that was logged; a test that leaves a traceback in it has failed."""
    with capture_logs() as lines, caplog.at_level(logging.INFO):
        yield lines
    lines += [{"event": record.getMessage(), "exc_info": record.exc_info} for record in caplog.records]
    assert not [line for line in lines if line.get("exc_info")], lines


@pytest.fixture
async def start(redis_url: str, brand: str, log_lines: list[EventDict]) -> AsyncIterator[Start]:
    """Starts nodes of this test's brand; keywords are settings."""
    async with AsyncExitStack() as stack:

        async def begin(**settings: Any) -> Serving:  # Any: fields of TickerSettings
            return await stack.enter_async_context(serving(redis_url, brand, **settings))

        yield begin


@pytest.fixture
async def node(start: Start) -> Serving:
    """A node with the usual settings."""
    return await start()
