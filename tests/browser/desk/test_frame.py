"""The frame that all pages of the desk share: its bar, its navigation, and the end of a session."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import row_with, unique_text
from tests.support.axe import expect_accessible

pytestmark = pytest.mark.browser

# Elements of the bar that do not show all of their words, or are outside of the bar.
CUT_IN_BAR = """() => {
  const bar = document.querySelector('.bar').getBoundingClientRect();
  // A long name may end with dots: its link leads to the account, which has all of it.
  return [...document.querySelectorAll('.bar :is(a:not(#user), button, select, li, p)')]
    .filter((element) => element.offsetParent)
    .filter((element) => {
      const box = element.getBoundingClientRect();
      const list = element.closest('nav')?.getBoundingClientRect() ?? bar;
      return box.left < list.left - 1 || box.right > list.right + 1 || element.scrollWidth > element.clientWidth + 1;
    })
    .map((element) => element.textContent.trim());
}"""
# How many lines of text each state has.
STATE_LINES = (
    """() => [...document.querySelectorAll('.statuses .words')].map((words) => words.getClientRects().length)"""
)


def show_states(page: Page, state: str) -> None:
    """Shows a state of desk and ticker."""
    page.evaluate(
        "state => import(new URL('desk/shell/status.js', document.baseURI)).then(({ showStatus }) => {"
        " showStatus('desk', state); showStatus('ticker', state === 'stale' ? 'stale' : 'live') })",
        state,
    )


def test_the_bar_is_one_row_on_a_laptop_in_every_language_and_state(open_desk: SignIn) -> None:
    page = open_desk()
    page.set_viewport_size({"width": 1366, "height": 648})
    for language in ("en", "es", "ar"):
        page.locator("#language").select_option(language)
        for state in ("connected", "stale"):
            show_states(page, state)
            assert page.evaluate("document.querySelector('.bar').offsetHeight") <= 48, (language, state)
            assert page.evaluate("document.documentElement.scrollWidth") == 1366, (language, state)


LONG_NAME = "Guadalupe Fernández de la Reguera Bustamante"


@pytest.mark.parametrize("width", [1366, 1024, 640, 320])
def test_nothing_in_the_bar_is_cut_whatever_the_language_and_the_name(
    service: Service, open_desk: SignIn, width: int
) -> None:
    page = open_desk(token=service.token(f"{LONG_NAME} {width}", "chief"))
    page.set_viewport_size({"width": width, "height": 648})
    for language in ("en", "es", "ar"):
        page.locator("#language").select_option(language)
        for state in ("connected", "stale"):
            show_states(page, state)
            assert page.evaluate(CUT_IN_BAR) == [], (language, state)
            if width > 1024:
                assert page.evaluate(STATE_LINES) == [1, 1], (language, state)


def test_a_change_of_language_changes_every_message_at_once(service: Service, open_desk: SignIn) -> None:
    page, text = open_desk(), unique_text()
    service.publish(service.token(f"F {text}"[:60], "editor"), {"text": f"Civil Defence: {text}", "edition": "en"})
    row_with(page, text).get_by_role("button", name="Withdraw").click()
    page.keyboard.press("Control+Enter")
    page.locator("#line").fill(f"Civil Defence: {text[:6]}\u00ad{text[6:]}")
    texts = {
        "#warnings": ("Invisible marks: 1", "Marcas invisibles: 1", "علامات غير مرئية: 1"),
        "#warnings li": ("has almost this line", "tiene casi esta línea", "يكاد يطابق هذا السطر"),
        "#line-error": ("Delete the character", "Borre el carácter", "احذف المحرف"),
        "form.act .error": ("Tell readers what was wrong", "Diga al público qué era", "أخبر القراء"),
    }
    for selector, (english, _, _) in texts.items():
        expect(page.locator(selector).filter(has_text=english).first).to_be_visible()
    page.route("**/v1/**", lambda route: route.abort())
    for number, language in enumerate(("en", "es", "ar")):
        page.locator("#language").select_option(language)
        for selector, words in texts.items():
            expect(page.locator(selector).filter(has_text=words[number]).first).to_be_visible()
    # A row that a filter hides changes too.
    page.locator("#search").fill("nothing has these words")
    expect(row_with(page, text)).to_have_count(0)
    page.locator("#language").select_option("es")
    page.locator("#search").fill("")
    expect(row_with(page, text).locator(".urgency")).to_contain_text("Rutina")


@pytest.mark.deep
def test_the_wire_has_no_serious_accessibility_finding(open_desk: SignIn) -> None:
    page = open_desk()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        expect_accessible(page)


@pytest.mark.deep
def test_the_sign_in_has_no_serious_accessibility_finding(service: Service, open_desk: SignIn) -> None:
    page = open_desk()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#signin-title")).to_be_visible()
    expect_accessible(page)


@pytest.mark.deep
def test_the_navigation_names_the_current_page_and_is_hidden_without_a_session(open_desk: SignIn) -> None:
    page = open_desk()
    navigation = page.get_by_role("navigation", name="Pages of the desk")
    expect(navigation.locator("[aria-current=page]")).to_have_text("The wire")
    page.get_by_role("button", name="Sign out").click()
    expect(navigation).to_be_hidden()


@pytest.mark.deep
def test_the_end_of_a_session_is_noticed_without_a_key_and_the_text_stays(service: Service, open_desk: SignIn) -> None:
    page = open_desk()
    page.locator("#line").fill("Civil Defence: Two injured")
    service.end_sessions()
    expect(page.locator("#signin-reason")).to_have_text("Your session has ended. Sign in again to go on.")
    expect(page.locator("#signin-unsent")).to_have_text("Your text is kept. It is not published.")
    page.locator("#signin-value").fill(service.token("Back again", "chief"))
    page.keyboard.press("Enter")
    expect(page.locator("#line")).to_have_value("Civil Defence: Two injured")
