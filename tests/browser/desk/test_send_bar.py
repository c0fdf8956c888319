"""The field, edition, urgency, split, warnings and Publish are in view together, whatever message is shown."""

import secrets
from functools import partial

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.browser.desk.conftest import Service
from tests.browser.desk.editing import confirm_publishing, is_publication, sent_line, sign_in_again
from tests.support.waiting import until

pytestmark = pytest.mark.browser

WARNING = (
    "“Неalth ministry” looks like “Health ministry”, which is registered here, and is another name: check its letters."
)
LINE = (
    "A neighbour of the old harbour: Two people pulled alive from the rubble of the old town after the second tremor,"
    " and the bridge is closed"
)

# Nothing is scrolled away, covered or outside of the window.
IN_VIEW = """() => {
  const hidden = [];
  const selectors = "#line #edition #urgency #attribution #role #publish #warnings #outcome";
  for (const selector of selectors.split(" ")) {
    const element = document.querySelector(selector);
    const box = element.getBoundingClientRect();
    if (!box.height) continue;
    const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
    const points = [[x, box.top + 3], [x, box.bottom - 3], [box.left + 3, y], [box.right - 3, y]];
    const isSeen = points.every(([x, y]) => element.contains(document.elementFromPoint(x, y)));
    if (!isSeen) hidden.push(`${selector} ${JSON.stringify(box)}`);
  }
  if (scrollY || document.querySelector(".composer").scrollTop) hidden.push("scrolled");
  return hidden;
}"""
MESSAGES = [
    "outcome.sending", "outcome.done", "outcome.old", "outcome.offline", "outcome.refused", "outcome.fields",
    "outcome.unasked", "outcome.changed", "outcome.found", "outcome.unkept", "reporter",
]  # fmt: skip
SHOW = """async ([key, warning]) => {
  const { showOutcome } = await import("./desk/compose/outcome.js");
  const { showWarnings } = await import("./desk/shell/warnings.js");
  showOutcome(key, { detail: warning });
  showWarnings(document.getElementById("warnings"), [{ message: warning }, { message: warning }]);
}"""


def _is_seen_after_scrolling(target: Locator) -> bool:
    target.scroll_into_view_if_needed()
    try:
        expect(target).to_be_in_viewport(ratio=0.5, timeout=500)
    except AssertionError:
        return False
    return True


def open_page(page: Page, service: Service) -> None:
    page.goto(service.desk.url)
    sign_in_again(page, service.token(f"M {secrets.token_hex(4)}", "chief"))
    expect(page.locator("#line")).to_be_focused()


@pytest.mark.parametrize("size", [(1366, 648), (1920, 969)])
def test_everything_of_the_line_is_in_view_with_every_message_in_every_language(
    chromium: Browser, service: Service, size: tuple[int, int]
) -> None:
    context = chromium.new_context(locale="en-GB", viewport={"width": size[0], "height": size[1]})
    try:
        page = context.new_page()
        # The warnings are put on the page by the test.
        page.route("**/v1/items", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
        open_page(page, service)
        page.locator("#line").fill(f"{LINE} {secrets.token_hex(3)}")
        page.locator("#more summary").click()
        page.locator("#line").focus()
        for language in ("en", "es", "ar"):
            page.locator("#language").select_option(language)
            for key in MESSAGES:
                page.evaluate(SHOW, [key, WARNING])
                assert page.evaluate(IN_VIEW) == [], (language, key)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finally:
        context.close()


@pytest.mark.deep
@pytest.mark.parametrize("size", [(320, 640), (683, 324), (1024, 600)])
def test_every_message_can_be_reached_on_a_small_screen(
    chromium: Browser, service: Service, size: tuple[int, int]
) -> None:
    def answer(route: Route) -> None:
        if route.request.method != "POST":
            route.continue_()
        elif is_publication(route):
            route.abort("connectionreset")
        else:
            route.fulfill(json={"warnings": [{"code": "x", "field": "infoSources", "message": WARNING}]})

    context = chromium.new_context(locale="en-GB", viewport={"width": size[0], "height": size[1]})
    try:
        page = context.new_page()
        open_page(page, service)
        page.route("**/v1/items", answer)
        text = f"Two people pulled alive {secrets.token_hex(3)}"
        page.locator("#line").fill(f"Civil Defence: {text}")
        expect(page.locator("#warnings")).to_be_visible()
        confirm_publishing(page)
        expect(sent_line(page, text)).to_contain_text("We do not know yet")
        page.locator("#line").fill(f"Civil Defence: {text} again")
        for language in ("en", "es", "ar"):
            page.locator("#language").select_option(language)
            for selector in ("#line", "#publish", "#warnings", "#outbox-lines button"):
                target = page.locator(selector).first
                # The words of another language may come after the scrolling, and move what is below them.
                expect(page.locator("html")).to_have_attribute("lang", language)
                until(partial(_is_seen_after_scrolling, target), f"{selector} in {language}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finally:
        context.close()
