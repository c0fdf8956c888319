"""The bar that publishes grows with what it says, and covers nothing that an editor reads before publishing."""

import secrets

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.desk.conftest import Service

WARNING = (
    "“Неalth ministry” looks like “Health ministry”, which is registered here, and is another name: check its letters."
)


def warned_and_unknown(page: Page, service: Service, language: str) -> None:
    """Writes a line of three rows that the desk warns of, and publishes it without an answer."""

    def answer(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
        elif "dryRun" in (route.request.post_data or ""):
            route.fulfill(json={"warnings": [{"code": "x", "field": "infoSources", "message": WARNING}]})
        else:
            route.abort("connectionreset")

    page.goto(service.desk.url)
    page.locator("#language").select_option(language)
    page.locator("#signin-value").fill(service.token(f"M {secrets.token_hex(4)}", "chief"))
    page.keyboard.press("Enter")
    expect(page.locator("#line")).to_be_focused()
    page.route("**/v1/items", answer)
    words = "Two people pulled alive from the rubble of the old town after the second tremor, and the bridge is closed"
    page.locator("#line").fill(f"Civil Defence: {words} {secrets.token_hex(3)}")
    expect(page.locator("#warnings")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#outcome")).to_have_attribute("data-t", "outcome.unknown")


@pytest.mark.parametrize("language", ["en", "es", "ar"])
@pytest.mark.parametrize("size", [(320, 640), (1366, 768), (1024, 600), (1920, 1080)])
def test_the_bar_leaves_the_preview_in_sight(
    chromium: Browser, service: Service, size: tuple[int, int], language: str
) -> None:
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]})
    try:
        page = context.new_page()
        warned_and_unknown(page, service, language)
        page.wait_for_function(
            """() => {
              const place = (found) => document.querySelector(found).getBoundingClientRect();
              const [words, bar, pane] = [place("#preview"), place(".send"), place(".composer")];
              return words.bottom <= bar.top && words.top >= pane.top;
            }""",
            timeout=10_000,
        )
        for said in ("#warnings", "#outcome", "#retry", "#publish"):
            expect(page.locator(said)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finally:
        context.close()
