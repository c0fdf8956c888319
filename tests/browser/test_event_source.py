"""Plain EventSources in Chromium: they reconnect by themselves after any restart and miss nothing."""

import itertools
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from playwright.sync_api import Browser, Page

from tests.acceptance.conftest import folder
from tests.acceptance.service import listener, make_token, running, server, start, stop
from tests.deploy.stack import NODES, Stack, two_nodes
from tests.support.commands import Running
from tests.support.waiting import free_port, until

__all__ = ["folder"]  # fixtures

pytestmark = pytest.mark.browser

Say = Callable[[str], None]

# Five in each of four browser contexts: with HTTP/1.1 a context opens at most six connections to one server.
CONTEXTS: Final = 4
SOURCES_OF_A_PAGE: Final = 5
SOURCES: Final = CONTEXTS * SOURCES_OF_A_PAGE
# Two reconnections with the longest retry time (4 s), and the start of the service between them.
LONGEST_SECONDS: Final = 20.0

OPEN = """([address, count]) => {
  window.sources = Array.from({length: count}, () => {
    const source = new EventSource(address)
    const state = {source, seen: {}, repeated: [], gaps: 0, snapshots: 0, starts: 0, errors: 0, lost: null, away: 0}
    const add = (item) => {
      const name = `${item.uri} ${item.version}`
      if (state.seen[name]) state.repeated.push(name)
      state.seen[name] = true
    }
    const begin = (event) => {
      const message = JSON.parse(event.data)
      state.starts += 1
      if (event.type === "snapshot") state.snapshots += 1
      if (!message.complete) state.gaps += 1
      if (state.lost !== null) state.away = Math.max(state.away, performance.now() - state.lost)
      state.lost = null
      message.items.forEach(add)
    }
    source.addEventListener("snapshot", begin)
    source.addEventListener("replay", begin)
    source.addEventListener("item", (event) => add(JSON.parse(event.data).item))
    source.onerror = () => {
      state.errors += 1
      state.lost ??= performance.now()
    }
    return state
  })
}"""
READ = """() => window.sources.map(({source, seen, lost, ...state}) =>
  ({...state, closed: source.readyState === EventSource.CLOSED, connected: lost === null && state.starts > 0,
    seen: Object.keys(seen)}))"""


class Publisher(threading.Thread):
    """Publishes a numbered line several times a second; a line without an answer is sent again under its key."""

    def __init__(self, desk: str, token: str) -> None:
        super().__init__(daemon=True)
        self.published: list[str] = []
        self._desk = desk
        self._token = token
        self._ended = threading.Event()

    def run(self) -> None:
        for number in itertools.count(1):
            while not self._publish(number):
                self._ended.wait(0.1)
            if self._ended.wait(0.2):
                return

    def _publish(self, number: int) -> bool:
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": f"line {number}"}
        line = {"text": f"Civil Defence: Line {number}, invented for a test", "edition": "en"}
        try:
            answer = httpx2.post(
                f"{self._desk}/v1/items", json=line, headers=headers, timeout=5, verify=False, trust_env=False
            )
        except httpx2.TransportError:
            return False
        if answer.status_code == 201:
            item = json.loads(answer.content)["item"]
            self.published.append(f"{item['uri']} {item['version']}")
        return answer.status_code == 201

    def end(self) -> None:
        """Returns when the last line is answered."""
        self._ended.set()
        self.join(30)
        assert not self.is_alive()


class Audience:
    """The EventSources of all pages."""

    def __init__(self, browser: Browser, ticker: str, cleanup: ExitStack) -> None:
        self._pages: list[Page] = []
        for _ in range(CONTEXTS):
            context = browser.new_context()
            cleanup.callback(context.close)
            page = context.new_page()
            page.evaluate(OPEN, [f"{ticker}/v1/live", SOURCES_OF_A_PAGE])
            self._pages.append(page)

    def read(self) -> list[dict[str, Any]]:
        """What each source has received until now."""
        # `until` calls this again at once, and would take the processor from the browser that it waits for.
        time.sleep(0.1)
        return [source for page in self._pages for source in page.evaluate(READ)]

    def count(self, name: str) -> int:
        """How many are `closed` or `connected`."""
        return sum(source[name] for source in self.read())


class Trial:
    """EventSources that are connected while lines are published."""

    def __init__(self, audience: Audience, publisher: Publisher) -> None:
        self.audience = audience
        self.publisher = publisher

    def settle(self) -> None:
        """Waits until all are connected; fails at once if a source has given up."""

        def are_back() -> bool:
            sources = self.audience.read()
            closed = sum(source["closed"] for source in sources)
            assert closed == 0, f"{closed} of {SOURCES} have closed"
            return all(source["connected"] for source in sources)

        until(are_back, "all are connected", LONGEST_SECONDS)

    def wait_for_lines(self, count: int) -> None:
        """Waits until `count` more lines are published."""
        start = len(self.publisher.published)
        until(lambda: len(self.publisher.published) >= start + count, f"{count} more lines")

    def end(self, say: Say) -> None:
        """All have reconnected, each has every line once, and no gap was announced."""
        self.settle()
        self.wait_for_lines(2)
        self.publisher.end()
        published = set(self.publisher.published)
        assert len(published) == len(self.publisher.published)
        until(
            lambda: all(published <= set(source["seen"]) for source in self.audience.read()), "every line has come", 10
        )
        sources = self.audience.read()
        assert [set(source["seen"]) - published for source in sources] == [set()] * SOURCES
        assert [source["repeated"] for source in sources] == [[]] * SOURCES
        assert [(source["gaps"], source["snapshots"]) for source in sources] == [(0, 1)] * SOURCES
        self.settle()
        away = sorted(source["away"] / 1000 for source in sources)
        errors = max(source["errors"] for source in sources)
        say(
            f"{SOURCES} of {SOURCES} reconnected, {len(published)} lines each; away {away[len(away) // 2]:.1f} s "
            f"(median), {away[-1]:.1f} s (longest); one had {errors} errors at most"
        )


@contextmanager
def trial(browser: Browser, ticker: str, desk: str, token: str) -> Iterator[Trial]:
    """Opens the EventSources and publishes; ready once all are connected."""
    publisher = Publisher(desk, token)
    with ExitStack() as cleanup:
        started = Trial(Audience(browser, ticker, cleanup), publisher)
        # A snapshot has only ten lines, so publishing starts when all are connected.
        started.settle()
        publisher.start()
        cleanup.callback(publisher.end)
        started.wait_for_lines(2)
        yield started


class Restartable:
    """A service that can be restarted with its ports and its data."""

    def __init__(self, folder: Path, cleanup: ExitStack, **variables: str) -> None:
        self._folder = folder
        self._ports = ("--ticker-port", str(free_port()), "--desk-port", str(free_port()))
        self._variables = variables
        self._service = self._start()
        cleanup.callback(lambda: stop(self._service))
        self.ticker, self.desk = self._service.ticker, self._service.desk

    def _start(self) -> Running:
        return start(self._folder, *self._ports, **self._variables)

    def restart(self) -> None:
        """Stops it by SIGTERM and starts it again."""
        self._service.process.send_signal(signal.SIGTERM)
        self._service.process.wait(30)
        stop(self._service)
        self._service = self._start()

    def roll(self) -> None:
        """Replaces its nodes by SIGHUP; they read the settings again."""
        self._service.process.send_signal(signal.SIGHUP)
        until(lambda: "Rolling restart done" in self._service.errors(), "all nodes are replaced", 90)


@pytest.mark.deep
def test_all_reconnect_after_a_restart(chromium: Browser, folder: Path, say: Say) -> None:
    with ExitStack() as cleanup:
        service = Restartable(folder, cleanup, FLASHWIRE_DRAIN_SECONDS="3")
        token = make_token(folder, "press")
        with trial(chromium, service.ticker, service.desk, token) as sources:
            service.restart()
            sources.end(say)


@pytest.mark.deep
def test_all_reconnect_after_a_rolling_restart(chromium: Browser, folder: Path, say: Say) -> None:
    with ExitStack() as cleanup:
        service = Restartable(folder, cleanup, FLASHWIRE_DRAIN_SECONDS="3", FLASHWIRE_WORKERS="2")
        with trial(chromium, service.ticker, service.desk, make_token(folder, "press")) as sources:
            service.roll()
            sources.end(say)


@pytest.mark.slow
def test_all_reconnect_after_a_restart_with_the_default_drain(chromium: Browser, folder: Path, say: Say) -> None:
    with ExitStack() as cleanup:
        service = Restartable(folder, cleanup)
        token = make_token(folder, "press")
        with trial(chromium, service.ticker, service.desk, token) as sources:
            service.restart()
            sources.end(say)


@pytest.mark.slow
def test_all_reconnect_to_a_full_node_once_it_has_capacity(chromium: Browser, folder: Path, say: Say) -> None:
    capacity = SOURCES // 2
    settings = folder / ".env"
    with ExitStack() as cleanup:
        service = Restartable(folder, cleanup, FLASHWIRE_DRAIN_SECONDS="0")
        token = make_token(folder, "press")
        with trial(chromium, service.ticker, service.desk, token) as sources:
            settings.write_text(f"FLASHWIRE_MAX_CONNECTIONS={capacity}\n")
            service.restart()
            until(lambda: sources.audience.count("connected") == capacity, "the node is full")
            # Longer than the longest retry time, so each source that is refused tries at least once.
            time.sleep(4.5)
            assert sources.audience.count("connected") == capacity
            assert sources.audience.count("closed") == 0
            settings.write_text(f"FLASHWIRE_MAX_CONNECTIONS={2 * SOURCES}\n")
            service.roll()
            sources.end(say)


@pytest.mark.slow
def test_all_reconnect_to_a_node_that_is_starting(chromium: Browser, folder: Path, say: Say) -> None:
    with running(folder, FLASHWIRE_DRAIN_SECONDS="0") as service:
        with trial(chromium, service.ticker, service.desk, make_token(folder, "press")) as sources:
            store, node = server(service), listener(service, service.ticker)
            store.suspend()
            try:
                # The node that replaces it listens, and cannot read the stream.
                node.kill()
                until(lambda: "starting" in answer_to_a_stream(service.ticker), "the new node is starting")
                time.sleep(4.5)
                assert sources.audience.count("connected") == 0
                assert sources.audience.count("closed") == 0
            finally:
                store.resume()
            sources.end(say)


def answer_to_a_stream(ticker: str) -> str:
    try:
        with httpx2.stream("GET", f"{ticker}/v1/live", headers={"Accept": "text/event-stream"}, timeout=2) as answer:
            return next(answer.iter_text(), "")
    except httpx2.TransportError:
        return ""


@pytest.fixture
def stack(folder: Path) -> Iterator[Stack]:
    """Two nodes behind the nginx.conf that is shipped, and a desk."""
    with two_nodes(folder) as stack:
        yield stack


@pytest.mark.slow
@pytest.mark.parametrize("restarted", [NODES[:1], NODES], ids=["one", "both-in-turn"])
def test_all_reconnect_behind_nginx(chromium: Browser, stack: Stack, restarted: tuple[str, ...], say: Say) -> None:
    token = stack.start_desk()
    with trial(chromium, f"http://{stack.front}", f"http://127.0.0.1:{stack.ports['desk']}", token) as sources:
        for name in restarted:
            stack.stop(name)
            stack.start_node(name)
        sources.end(say)
