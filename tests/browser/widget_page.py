"""What the widget's browser tests share: a fake ticker, and a page with the widget in it."""

from collections.abc import Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page

from tests.browser.fake_ticker import FakeTicker

FIRST_ROW: Final = """(function look() {
  if (document.querySelector("breaking-ticker")?.shadowRoot?.querySelector("li")) window.firstRow = performance.now();
  else requestAnimationFrame(look);
})()"""
"""Sets `firstRow` when a row is in the page, to the milliseconds since the start of the navigation."""


@pytest.fixture
def ticker() -> Iterator[FakeTicker]:
    with FakeTicker() as running:
        yield running


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(locale="en-GB")
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page; an exception in it fails the test."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


def show(
    page: Page, ticker: FakeTicker, attributes: str = 'edition="en"', inside: str = "", name: str = "t"
) -> Locator:
    """Opens a page with one widget, and returns the widget, which keeps its attribute `state`."""
    return show_page(
        page, ticker, f'<breaking-ticker state src="/v1/live" {attributes}>{inside}</breaking-ticker>', name
    )


def show_page(page: Page, ticker: FakeTicker, body: str, name: str = "t", head: str = "") -> Locator:
    """Opens a page with any body, and returns its first widget."""
    ticker.pages[name] = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>t</title>{head}'
        '<script type="module" src="/widget/breaking-ticker.js"></script></head>'
        f"<body>{body}</body></html>"
    )
    page.goto(f"{ticker.url}/pages/{name}")
    return page.locator("breaking-ticker").first


def rows(widget: Locator) -> Locator:
    """The items that are visible."""
    return widget.locator("li:visible")


def collect_events(page: Page, event: str) -> None:
    """Records the details of every `event` of the page."""
    page.add_init_script(
        f"window.details = []; addEventListener({event!r}, (event) => window.details.push(event.detail))"
    )


def event_details(page: Page) -> list[Any]:
    """The details that `collect_events` has recorded."""
    details: list[Any] = page.evaluate("window.details")
    return details


def without_notifications(page: Page) -> None:
    """Loads its pages as a browser without `ariaNotify` does; the widget then speaks through live regions."""
    page.add_init_script("delete Element.prototype.ariaNotify")


def collect_notifications(page: Page) -> None:
    """Records what the widget hands to screen readers with `ariaNotify`."""
    page.add_init_script(
        "window.notified = [];"
        "Element.prototype.ariaNotify = (text, { priority }) => window.notified.push([priority, text]);"
    )


def notifications(page: Page) -> list[list[str]]:
    """The priority and the words of each that `collect_notifications` has recorded."""
    recorded: list[list[str]] = page.evaluate("window.notified.map(([priority, text]) => [priority, text.trim()])")
    return recorded
