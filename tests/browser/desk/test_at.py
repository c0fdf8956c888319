"""The page `/at`: the list as readers had it, by keyboard, in three languages."""

import math
import os
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.support.waiting import until

pytestmark = pytest.mark.browser


class Withdrawn:
    """A line that was withdrawn, and a whole second at which readers had it."""

    def __init__(self, service: Service) -> None:
        self.text = f"Bridge {secrets.token_hex(4)} closed"
        token = service.token(f"A {secrets.token_hex(4)}", "chief")
        item: dict[str, Any] = service.publish(
            token, {"text": f"Civil Defence: {self.text}", "edition": "en", "urgency": 1}
        )
        self.second = math.ceil(time.time())
        until(lambda: time.time() > self.second + 0.05, "the second has passed")
        note = {"act": "withdraw", "note": "It is open."}
        service.post(token, f"/v1/items/{item['uri']}/acts", note, If_Match='"1"')


@pytest.fixture(scope="module")
def withdrawn(shared_service: Service) -> Withdrawn:
    shared_service.restart()
    return Withdrawn(shared_service)


@pytest.fixture
def page(open_desk: SignIn, service: Service) -> Iterator[Page]:
    page = open_desk()
    page.goto(f"{service.desk.url}/at")
    expect(page.locator("#at-slider")).to_be_focused()
    yield page


def choose(page: Page, second: float) -> None:
    page.locator("#at-moment").fill(datetime.fromtimestamp(second, UTC).astimezone().strftime("%Y-%m-%dT%H:%M:%S"))
    page.keyboard.press("Tab")


@pytest.mark.deep
def test_a_withdrawn_line_is_in_the_list_of_its_moment_and_not_in_that_of_now(page: Page, withdrawn: Withdrawn) -> None:
    page.locator("#at-edition").select_option("en")
    row = page.locator("#at-list li", has_text=withdrawn.text)
    expect(page.locator("#at-count")).not_to_be_empty()
    expect(row).to_have_count(0)
    choose(page, withdrawn.second)
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Since then: Withdrawn")
    expect(page.locator("#at-gap")).to_be_hidden()
    page.locator("#at-now").press("Enter")
    expect(row).to_have_count(0)


@pytest.mark.deep
def test_the_slider_moves_by_keyboard_and_ends_now(page: Page, withdrawn: Withdrawn) -> None:
    slider = page.locator("#at-slider")
    newest = int(slider.input_value())
    slider.press("ArrowLeft")
    assert int(slider.input_value()) == newest - 1
    slider.press("Home")
    expect(page.locator("#at-count")).to_have_text("Readers had no line at that moment.")
    assert slider.get_attribute("aria-valuetext")
    slider.press("End")
    assert int(slider.input_value()) == newest
    expect(page.locator("#at-later")).to_have_attribute("aria-disabled", "true")
    page.locator("#at-earlier").press("Enter")
    expect(page.locator("#at-later")).to_have_attribute("aria-disabled", "false")


@pytest.mark.deep
@pytest.mark.parametrize(
    ("language", "direction", "empty"),
    [("ar", "rtl", "لم يكن لدى القراء أي سطر"), ("es", "ltr", "El público no tenía ninguna línea")],
)
def test_the_page_is_in_the_language_of_its_user_without_overflow_at_320_px(
    page: Page, context: BrowserContext, withdrawn: Withdrawn, language: str, direction: str, empty: str
) -> None:
    page.locator("#language").select_option(language)
    page.set_viewport_size({"width": 320, "height": 700})
    choose(page, withdrawn.second)
    row = page.locator("#at-list li", has_text=withdrawn.text)
    expect(row.locator("p.line")).to_have_attribute("dir", "ltr")
    assert page.evaluate("document.documentElement.dir") == direction
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    if shots := os.environ.get("SHOTS"):
        page.screenshot(path=f"{shots}/at-{language}.png", full_page=True)
    page.locator("#at-slider").press("Home")
    expect(page.locator("#at-count")).to_contain_text(empty)
