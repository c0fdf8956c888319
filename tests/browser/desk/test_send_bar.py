"""The bar with the Publish button grows with its messages and never covers the preview."""

import secrets

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.desk.conftest import Service
from tests.browser.desk.editing import is_publication, sign_in_again

WARNING = (
    "“Неalth ministry” looks like “Health ministry”, which is registered here, and is another name: check its letters."
)


PREVIEW_IS_VISIBLE = """() => {
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const [preview, bar, pane] = [box("#preview"), box(".send"), box(".composer")];
  return preview.bottom <= bar.top && preview.top >= pane.top;
}"""


def show_warning_and_unknown(page: Page, service: Service) -> None:
    """Writes a line of three rows that the desk warns about, and publishes it without an answer."""

    def answer(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
        elif is_publication(route):
            route.abort("connectionreset")
        else:
            route.fulfill(json={"warnings": [{"code": "x", "field": "infoSources", "message": WARNING}]})

    page.goto(service.desk.url)
    sign_in_again(page, service.token(f"M {secrets.token_hex(4)}", "chief"))
    expect(page.locator("#line")).to_be_focused()
    page.route("**/v1/items", answer)
    text = "Two people pulled alive from the rubble of the old town after the second tremor, and the bridge is closed"
    page.locator("#line").fill(f"Civil Defence: {text} {secrets.token_hex(3)}")
    expect(page.locator("#warnings")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#outcome")).to_have_attribute("data-t", "outcome.unknown")


@pytest.mark.parametrize("size", [(320, 640), (1366, 768), (1024, 600), (1920, 1080)])
def test_the_bar_never_covers_the_preview_in_any_language(
    chromium: Browser, service: Service, size: tuple[int, int]
) -> None:
    context = chromium.new_context(locale="en-GB", viewport={"width": size[0], "height": size[1]})
    try:
        page = context.new_page()
        show_warning_and_unknown(page, service)
        for language in ("en", "es", "ar"):
            # The messages of each language have another length, so the bar changes its height.
            page.locator("#language").select_option(language)
            page.wait_for_function(PREVIEW_IS_VISIBLE, timeout=10_000)
            for selector in ("#warnings", "#outcome", "#retry", "#publish"):
                expect(page.locator(selector)).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finally:
        context.close()
