"""Publishing from the page: fast when all is well, and never twice, never lost, when it is not."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk.conftest import Service, SignIn

pytestmark = pytest.mark.browser

LINE = "Civil Defence: Two people pulled alive from the rubble"


def publish(page: Page, line: str) -> None:
    page.locator("#line").fill(line)
    page.keyboard.press("Control+Enter")


def test_ctrl_enter_publishes_and_the_row_says_how_fast_it_was_on_the_air(service: Service, open_desk: SignIn) -> None:
    page = open_desk()
    publish(page, LINE)
    expect(page.locator("#outcome")).to_have_text("Published.")
    expect(page.locator("#line")).to_have_value("")
    expect(page.locator("#line")).to_be_focused()
    row = page.locator(".row").first
    expect(row.locator(".audience")).to_have_text("Civil Defence: Two people pulled alive from the rubble")
    expect(row.locator(".proof")).to_contain_text("on air after")
    assert service.headlines() == ["Two people pulled alive from the rubble"]
