"""The pages for readers in a browser: an item, the corrections, a story; clean, in their direction, on a phone too."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.hosts.checks import save_screen
from tests.browser.widget_page import context
from tests.docs.conftest import running
from tests.docs.running import Running
from tests.support.axe import findings_of

__all__ = ["context", "running"]  # fixtures

pytestmark = pytest.mark.browser

TEXTS = {
    "en": ("Health ministry: Seven wards open", "Five wards open", "It was five.", "Flood"),
    "es": ("Ministerio de Sanidad: Abren siete salas", "Abren cinco salas", "Eran cinco.", "Inundación"),
    "ar": ("وزارة الصحة: فتح سبعة أقسام", "فتح خمسة أقسام", "كانت خمسة.", "الفيضان"),
}


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page; a message on its console fails the test, but for the statuses of items that are not public."""
    page = context.new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    yield page
    assert [message for message in messages if "status of 410" not in message and "status of 404" not in message] == []


def publish_all(running: Running, language: str) -> dict[str, str]:
    """A corrected item of a story, one that is withdrawn and one on hold; the paths of their pages."""
    text, corrected, note, title = TEXTS[language]
    story = {"id": f"flood-{language}", "title": title}
    uris = [running.publish(text=text, edition=language, urgency=2, story=story) for _ in range(3)]
    running.act(uris[0], 1, act="correction", headline=corrected, note=note)
    running.act(uris[1], 1, act="withdraw", note=note)
    running.act(uris[2], 1, act="hold")
    names = {"corrected": f"items/{uris[0]}", "withdrawn": f"items/{uris[1]}", "held": f"items/{uris[2]}"}
    query = f"?edition={language}"
    return names | {"corrections": f"corrections{query}", "story": f"story/flood-{language}{query}"}


@pytest.mark.parametrize("language", TEXTS)
def test_every_page_is_clean_in_light_and_dark_and_no_wider_than_a_phone(
    page: Page, running: Running, language: str
) -> None:
    for name, path in publish_all(running, language).items():
        for scheme, width in (("light", 1366), ("dark", 320)):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.goto(f"{running.ticker}/{path}")
            expect(page.locator("html")).to_have_attribute("lang", language)
            expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
            expect(page.locator("h1")).to_have_count(1)
            assert page.evaluate("document.documentElement.scrollWidth") == width, (name, width)
            assert findings_of(page) == [], (name, scheme)
            save_screen(page, f"reader {name} {language} {width}")


def test_the_pages_lead_from_one_to_the_next_without_script(chromium: Browser, running: Running) -> None:
    paths = publish_all(running, "en")
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{running.ticker}/{paths['corrected']}")
    expect(page.locator("h1")).to_contain_text("Five wards open")
    expect(page.locator(".versions > li")).to_have_count(2)
    page.get_by_role("link", name="Flood").click()
    expect(page.locator("h1")).to_have_text("Flood")
    expect(page.locator(".items > li").first).to_contain_text("Correction: It was five.")
    page.get_by_role("link", name="Corrections").click()
    expect(page.locator(".items > li").first).to_contain_text("It was five.")
    page.locator(".items > li a").first.click()
    page.wait_for_url("**/items/**")
    context.close()
