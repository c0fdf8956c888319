"""What a reader sees behind real proxies and slow links, and within how many seconds: the table in docs/embed.md.

Node, desk, Redis, nginx and browser are real. Each test prints its figures.
"""

import time
from collections.abc import Iterator

import httpx2
import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.fake_ticker import FakeTicker
from tests.browser.widget_page import context, rows
from tests.deploy.stack import Stack, answers, program
from tests.support.slow_proxy import SlowProxy
from tests.support.waiting import free_port, until

__all__ = ["context"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NO_UPGRADE = """
server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{node}; proxy_http_version 1.1; }} }}
"""
BUFFERING = """
server {{ listen 127.0.0.1:{port}; location / {{
    proxy_pass http://127.0.0.1:{node}; proxy_http_version 1.1;
    proxy_buffering on; proxy_buffers 8 64k; proxy_ignore_headers X-Accel-Buffering;
}} }}
"""
PORTAL = """
server {{ listen 127.0.0.1:{port}; location / {{
    default_type text/html;
    if (!-f {accepted}) {{ return 200 "<!doctype html><title>Free Wi-Fi</title><p>Please accept our terms."; }}
    proxy_pass http://127.0.0.1:{node}; proxy_http_version 1.1; proxy_buffering off;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $http_connection;
}} }}
"""


class Networks:
    """A stack, and the port of the ticker through each network."""

    def __init__(self, stack: Stack, token: str, ports: dict[str, int]) -> None:
        self.stack = stack
        self.ports = ports
        self.accepted = stack.folder / "accepted"
        """The portal lets everything pass once this file exists."""
        self._token = token

    def publish(self, headline: str, edition: str = "en") -> None:
        """Publishes at the desk."""
        reply = httpx2.post(
            f"http://127.0.0.1:{self.stack.ports['desk']}/v1/items",
            json={"text": f"Health ministry: {headline}", "edition": edition},
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=10,
        )
        assert reply.status_code == 201, reply.text


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Networks]:
    for name in ("redis-server", "nginx"):
        program(name)
    stack = Stack(tmp_path_factory.mktemp("networks"))
    ports = {name: free_port() for name in ("no-upgrade", "buffering", "portal")}
    try:
        stack.start_redis()
        stack.start_node("ticker-1")
        node = stack.ports["ticker-1"]
        networks = Networks(stack, stack.start_desk(), ports)
        stack.start_proxy(
            NO_UPGRADE.format(port=ports["no-upgrade"], node=node)
            + BUFFERING.format(port=ports["buffering"], node=node)
            + PORTAL.format(port=ports["portal"], node=node, accepted=networks.accepted)
        )
        until(lambda: answers(f"http://127.0.0.1:{ports['no-upgrade']}/health/ready"), "the proxy answers")
        networks.publish("First line")
        yield networks
    finally:
        stack.close()


@pytest.fixture
def site() -> Iterator[FakeTicker]:
    with FakeTicker() as running:
        yield running


def visit(page: Page, site: FakeTicker, script: int, stream: int) -> Locator:
    """Opens a page of another site with a ticker, whose script and stream come from these ports."""
    element = f'<breaking-ticker src="http://127.0.0.1:{stream}/v1/live" edition="en"></breaking-ticker>'
    site.pages["x"] = (
        f'<!doctype html><title>x</title><script type="module" src="http://127.0.0.1:{script}/widget/breaking-ticker.js">'
        f"</script>{element}"
    )
    page.goto(f"{site.url}/pages/x")
    return page.locator("breaking-ticker")


def seconds_until_live(widget: Locator, started: float, limit: float) -> float:
    expect(widget).to_have_js_property("state", "live", timeout=limit * 1000)
    return time.monotonic() - started


def seconds_until_shown(networks: Networks, widget: Locator, headline: str, limit: float) -> float:
    started = time.monotonic()
    networks.publish(headline)
    expect(rows(widget).first).to_contain_text(headline, timeout=limit * 1000)
    return time.monotonic() - started


@pytest.mark.parametrize(("network", "limit"), [("no-upgrade", 5), ("buffering", 12)])
def test_a_reader_behind_nginx_gets_the_news(
    context: BrowserContext, networks: Networks, site: FakeTicker, network: str, limit: float
) -> None:
    page = context.new_page()
    started = time.monotonic()
    port = networks.ports[network]
    widget = visit(page, site, port, port)
    live = seconds_until_live(widget, started, limit)
    item = seconds_until_shown(networks, widget, f"By {network}", 2)
    print(f"{network}: live after {live:.1f} s, an item after {item:.2f} s")
    started = time.monotonic()
    page.reload()
    again = seconds_until_live(widget, started, 3)
    print(f"{network}: the next page is live after {again:.1f} s")


def test_a_portal_is_shown_as_no_connection_and_ends_within_seconds(
    context: BrowserContext, networks: Networks, site: FakeTicker
) -> None:
    page = context.new_page()
    started = time.monotonic()
    # The script is in the browser's cache from an earlier page, so it runs behind the portal too.
    widget = visit(page, site, networks.stack.ports["ticker-1"], networks.ports["portal"])
    expect(widget).to_have_js_property("state", "offline", timeout=10_000)
    offline = time.monotonic() - started
    expect(rows(widget)).to_have_count(0)
    networks.accepted.touch()
    started = time.monotonic()
    live = seconds_until_live(widget, started, 10)
    expect(rows(widget).last).to_contain_text("First line")
    print(f"portal: offline after {offline:.1f} s, live {live:.1f} s after the terms were accepted")


def test_a_reader_on_a_slow_link_gets_the_news(context: BrowserContext, networks: Networks, site: FakeTicker) -> None:
    with SlowProxy(networks.stack.ports["ticker-1"], 0.6, 0.02, seed=1).running() as slow:
        page = context.new_page()
        started = time.monotonic()
        widget = visit(page, site, slow.port, slow.port)
        live = seconds_until_live(widget, started, 10)
        item = seconds_until_shown(networks, widget, "By a slow link", 5)
        print(f"600 ms and 2 %: live after {live:.1f} s, an item after {item:.1f} s; {slow.lost} packets lost")
        page.close()
