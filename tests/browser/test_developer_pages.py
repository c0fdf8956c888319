"""The playground and the options page in a browser, on a real service and under its policy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.docs.conftest import running
from tests.docs.running import Running
from tests.support.axe import expect_accessible

__all__ = ["running"]  # fixture

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page; an exception or a refusal of its policy fails the test."""
    context = chromium.new_context(locale="en-GB", viewport={"width": 1100, "height": 900})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text))
    yield page
    context.close()
    assert wrong == []


@pytest.mark.parametrize(
    "transport",
    [
        "WebSocket",
        pytest.param("Server-sent events", marks=pytest.mark.deep),
        pytest.param("Long poll", marks=pytest.mark.deep),
    ],
)
def test_the_playground_shows_each_message_parsed_and_raw(page: Page, running: Running, transport: str) -> None:
    running.publish(text="Health ministry: Wards <b>open</b>")
    page.goto(f"{running.ticker}/playground?lang=en")
    page.get_by_label(transport).check()
    page.locator("[name=edition]").select_option("en")
    page.get_by_role("button", name="Connect").click()
    first = page.locator("#log > li").last
    expect(first.locator("summary")).to_contain_text("snapshot")
    expect(first.locator("ul")).to_contain_text("Health ministry: Wards <b>open</b>")
    expect(first.locator("pre")).to_contain_text('"pubStatus": "usable"')
    running.publish(text=f"Health ministry: Live by {transport}")
    newest = page.locator("#log > li", has_text=f"Live by {transport}").first
    expect(newest).to_be_attached()
    assert f"{running.ticker.removeprefix('http')}/v1/live?edition=en" in page.locator("#code-js").inner_text()
    expect_accessible(page)
    page.get_by_role("button", name="Disconnect").click()
    expect(page.get_by_role("status")).to_have_text("Closed")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#log > li")).to_have_count(0)


def test_the_options_page_changes_element_and_html_with_each_field(page: Page, running: Running) -> None:
    page.goto(f"{running.ticker}/options?lang=en")
    ticker, snippet = page.locator("#ticker"), page.locator("#snippet")
    expect(ticker).to_have_js_property("state", "live")
    page.locator("[name=a-layout]").select_option("line")
    page.get_by_role("checkbox", name="Español").check()
    page.locator("[name=p-fill]").fill("#00437a")
    page.locator("[name=p-ink]").fill("no colour; }")
    expect(ticker).to_have_attribute("layout", "line")
    expect(ticker).to_have_attribute("edition", "en,es")
    expect(snippet).to_contain_text('edition="en,es"')
    expect(snippet).to_contain_text("  --ticker-fill: #00437a;\n}")
    assert ticker.evaluate("node => node.style.getPropertyValue('--ticker-fill')") == "#00437a"
    expect_accessible(page)
    shown = snippet.inner_text()
    # The address has the choice, so that it can be sent to a colleague, and read without script.
    page.reload()
    assert snippet.inner_text() == shown


@pytest.mark.deep
def test_the_pages_are_never_wider_than_a_phone_and_clean_in_the_dark(page: Page, running: Running) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.emulate_media(color_scheme="dark")
    for path in ("/api", "/api/messages", "/playground", "/options"):
        page.goto(f"{running.ticker}{path}?lang=ar")
        assert page.evaluate("document.documentElement.scrollWidth") == 320, path
        expect_accessible(page)
    page.goto(f"{running.desk}/api?lang=es")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    expect_accessible(page)
