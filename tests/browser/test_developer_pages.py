"""The playground and the options page in a browser, on a real service and under its policy."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.hosts.checks import save_screen
from tests.docs.conftest import running
from tests.docs.running import Running
from tests.support.axe import expect_accessible, findings_of

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
    expect(page.locator("#state")).to_have_text("Closed")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#log > li")).to_have_count(0)


def focus_by_tab(page: Page, selector: str) -> Locator:
    """Moves on with the Tab key until an element of `selector` has the focus, which must be visible."""
    # Heartbeats add entries to the list, of which the page keeps 200.
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            focused = page.locator(":focus")
            assert focused.evaluate("node => getComputedStyle(node).outlineStyle") != "none", selector
            return focused
    raise AssertionError(f"Tab reaches no {selector}")


def choose(page: Page, selector: str, value: str) -> None:
    """Goes to a list by keyboard and moves on until it has `value`."""
    field = focus_by_tab(page, selector)
    for _ in range(20):
        if field.input_value() == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{selector} has no {value}")


def test_the_playground_works_by_keyboard_alone_in_arabic(page: Page, running: Running) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    running.publish(text="وزارة الصحة: فتح <b>الأقسام</b>", edition="ar")
    page.goto(f"{running.ticker}/playground?lang=ar")
    status = page.locator("#state")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator("button.main")).to_be_enabled()
    focus_by_tab(page, ".skip")
    page.keyboard.press("Enter")
    focus_by_tab(page, "[name=transport]")
    assert page.url.endswith("#content")
    # The group goes on in both keys that mean "next" in a page from right to left.
    page.keyboard.press("ArrowLeft")
    expect(page.locator("[value=sse]")).to_be_focused()
    expect(page.locator("[value=sse]")).to_be_checked()
    choose(page, "[name=edition]", "ar")
    focus_by_tab(page, "[name=backlog]")
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(status).to_have_text("متصل")
    expect(page.locator("#log > li").last).to_contain_text("فتح <b>الأقسام</b>")
    # Enter in a field applies its new value, and does not disconnect.
    expect(page.locator("#log .type-snapshot")).to_have_count(1)
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    expect(page.locator("#log .type-snapshot")).to_have_count(2)
    expect(status).to_have_text("متصل")
    running.publish(text="وزارة الصحة: خبر جديد", edition="ar")
    expect(page.locator("#log > li", has_text="خبر جديد")).to_have_count(1)
    focus_by_tab(page, "button.main")
    summary = focus_by_tab(page, "#log > li:last-child summary")
    assert summary.evaluate("node => node.parentElement.open")
    page.keyboard.press("Enter")
    assert not summary.evaluate("node => node.parentElement.open")
    page.keyboard.press("Enter")
    focus_by_tab(page, "#log > li:last-child pre")
    button = focus_by_tab(page, "[data-copy=code-curl]")
    page.keyboard.press("Enter")
    expect(button).to_have_text("تم النسخ")
    # Said too: a screen reader does not repeat the name of the button that has the focus.
    expect(page.get_by_role("status").filter(has_text="تم النسخ")).to_have_count(1)
    assert "edition=ar" in page.evaluate("navigator.clipboard.readText()")
    expect(status).to_have_text("متصل")
    save_screen(page, "playground ar keyboard")
    focus_by_tab(page, "button.main")
    page.keyboard.press("Space")
    expect(status).to_have_text("مغلق")
    focus_by_tab(page, "#clear")
    page.keyboard.press("Enter")
    expect(page.locator("#log > li")).to_have_count(0)
    expect(page.locator("#clear")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "es", "ar"])
def test_the_playground_is_clean_in_every_language(page: Page, running: Running, language: str, scheme: str) -> None:
    running.publish(text="Health ministry: Wards open")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{running.ticker}/playground?lang={language}")
    assert findings_of(page) == []
    page.locator("button.main").click()
    expect(page.locator("#log > li pre").last).to_be_visible()
    running.publish(text="Health ministry: Clinics open")
    expect(page.locator("#log > li", has_text="Clinics open").first).to_be_attached()
    page.locator("button.main").click()
    page.locator("#log > li summary").first.click()
    assert findings_of(page) == []


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
