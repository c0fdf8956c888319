"""The widget in all layouts on three front pages of different character, in three languages."""

import json
import time
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.fake_ticker import FakeTicker, Json, an_item
from tests.browser.hosts.checks import later, messages_of, save_screen
from tests.browser.test_widget_hosts import SHIFTS
from tests.browser.widget_page import context, page, ticker
from tests.support.axe import serious_findings
from ticker.contract.item import moment

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.deep]

FOLDER: Final = Path(__file__).parent / "front"
LOOKS: Final = {
    "light": {"color_scheme": "light", "width": 1280},
    "dark": {"color_scheme": "dark", "width": 1280},
    "forced": {"forced_colors": "active", "width": 1280},
    "phone": {"color_scheme": "light", "width": 320},
    "dark phone": {"color_scheme": "dark", "width": 390},
    "tablet": {"color_scheme": "light", "width": 820},
}


@cache
def texts() -> dict[str, Any]:  # Any: JSON
    loaded: dict[str, Any] = json.loads((FOLDER / "texts.json").read_text("utf-8"))
    return loaded


def document(name: str, language: str) -> str:
    """A front page in one language."""
    text = texts()[language]
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(FOLDER), autoescape=True)
    return environment.get_template(f"{name}.html").render(t=text, lang=language, name=text["names"][name])


def news(language: str) -> list[Json]:
    """The items of the day, oldest first; the second newest is corrected."""
    text = texts()[language]
    now = time.time()
    items = []
    for number, (source, headline, urgency) in enumerate(reversed(text["items"])):
        created = moment(now - (len(text["items"]) - number) * 1900)
        items.append(
            an_item(
                number + 1,
                headline,
                urgency=urgency,
                edition=language,
                headline={"value": headline, "language": language, "direction": text["dir"]},
                infoSources=[
                    {"name": {"value": source, "language": language, "direction": text["dir"]}, "role": "official"}
                ],
                firstCreated=created,
                versionCreated=created,
                link="https://news.example/story" if number % 2 else None,
            )
        )
    note = {"value": text["note"], "language": language, "direction": text["dir"]}
    return [*items, later(items[-2], "correction", note=note, versionCreated=moment(now - 600))]


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("language", ["en", "es", "ar"])
@pytest.mark.parametrize("name", ["tabloid", "broadsheet", "broadcaster"])
def test_the_widget_fits_into_a_front_page(page: Page, ticker: FakeTicker, name: str, language: str, look: str) -> None:
    messages = messages_of(page)
    settings = dict(LOOKS[look])
    page.set_viewport_size({"width": int(str(settings.pop("width"))), "height": 900})
    page.emulate_media(**settings)  # type: ignore[arg-type]  # the names and values of emulate_media
    page.add_init_script(SHIFTS)
    ticker.publish(*news(language))
    ticker.pages[name] = document(name, language)
    page.goto(f"{ticker.url}/pages/{name}")
    line = page.locator("breaking-ticker[layout=line]")
    lines = page.locator("breaking-ticker:not([layout])")
    count = len(texts()[language]["items"])
    expect(line.locator("li:visible")).to_have_count(1)
    expect(lines.locator("li:visible")).to_have_count(count)
    for other in page.locator("breaking-ticker:is([layout=card], [layout=crawl])").all():
        expect(other).to_contain_text(texts()[language]["items"][0][1])
    save_screen(page, f"front {name} {language} {look}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for widget in page.locator("breaking-ticker").all():
        box = widget.bounding_box()
        assert box is not None and box["width"] >= 250
    findings = [finding for finding in serious_findings(page) if "breaking-ticker" in finding]
    # axe reads the colours that the page sets, and not those that the browser forces.
    assert [finding for finding in findings if look != "forced" or "color-contrast" not in finding] == []
    assert messages == []
