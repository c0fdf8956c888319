"""The page itself: signing in, its languages, its policy, and its status line."""

import secrets
import sqlite3
import urllib.request
from contextlib import closing
from urllib.error import HTTPError

import pytest
from playwright.sync_api import BrowserContext, expect

from publisher.records.sqlite import FILE
from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import confirm_publishing, sign_in_again

pytestmark = pytest.mark.browser


def test_a_wrong_token_and_a_used_code_are_refused_with_a_sentence(service: Service, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(service.desk.url)
    expect(page.locator("#signin-value")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#signin-error")).to_have_text("Paste your token here.")
    sign_in_again(page, "fw_wrong")
    expect(page.locator("#signin-value")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#signin-error")).not_to_be_empty()
    page.goto("about:blank")
    page.goto(f"{service.desk.url}/#welcome=used")
    expect(page.get_by_role("heading", name="This link is no longer valid")).to_be_visible()
    expect(page.locator("#desk")).to_be_hidden()


@pytest.mark.deep
def test_the_interface_is_remembered_in_arabic_and_reads_right_to_left(open_desk: SignIn) -> None:
    page = open_desk()
    page.locator("#language").select_option("ar")
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "ar")
    expect(page.get_by_role("heading", name="اكتب سطرًا")).to_be_visible()
    expect(page.locator("#state-ticker .words")).to_have_text("الشريط: مباشر")
    composer, items = page.locator(".composer").bounding_box(), page.locator(".items-pane").bounding_box()
    assert composer and items and composer["x"] > items["x"]
    page.get_by_role("radio", name="العربية").check()
    text = f"جلسة طارئة {secrets.token_hex(3)}"
    page.locator("#line").fill(f"مراسلنا: {text}\u202e")
    confirm_publishing(page)
    expect(page.locator("#line-error")).to_contain_text("احذف المحرف")
    page.locator("#line").fill(f"مراسلنا: {text}")
    confirm_publishing(page)
    line = page.locator(".row", has_text=text).locator(".audience")
    expect(line).to_have_attribute("dir", "rtl")
    expect(line.locator("bdi.source")).to_have_text("مراسلنا")


def test_a_change_of_language_keeps_what_is_typed(open_desk: SignIn) -> None:
    page = open_desk()
    page.locator("#line").fill("Civil Defence: Two injured")
    page.locator("#language").select_option("es")
    expect(page.locator("#attribution")).to_have_text("Fuente oficial · fuente conocida")
    expect(page.locator("#line")).to_have_value("Civil Defence: Two injured")
    expect(page.get_by_role("button", name="Publicar")).to_be_visible()


@pytest.mark.deep
def test_markup_in_a_line_is_text(service: Service, open_desk: SignIn) -> None:
    text = f"<img src=x onerror=alert(1)> {secrets.token_hex(3)}"
    page = open_desk()
    page.locator("#line").fill(f"Civil Defence: {text}")
    confirm_publishing(page)
    expect(page.locator(".row").first.locator(".text")).to_have_text(text)
    expect(page.locator("main img")).to_have_count(0)


@pytest.mark.deep
def test_the_status_line_says_which_side_is_away_and_missed_lines_arrive_later(
    service: Service, open_desk: SignIn
) -> None:
    page = open_desk()
    expect(page.locator("#states .words")).to_have_text(["Desk: connected", "Ticker: live"])
    service.ticker.stop()
    expect(page.locator("#state-ticker .words")).to_have_text("Ticker: not reachable, trying again")
    text = f"While the ticker was away {secrets.token_hex(3)}"
    token = service.token(f"O {secrets.token_hex(4)}", "editor")
    service.post(token, "/v1/items", {"text": f"Civil Defence: {text}", "edition": "en"})
    service.ticker.start()
    expect(page.locator("#state-ticker .words")).to_have_text("Ticker: live", timeout=30_000)
    expect(page.locator(".row", has_text=text)).to_be_visible()


def test_the_list_can_show_one_edition(service: Service, open_desk: SignIn) -> None:
    token = service.token(f"O {secrets.token_hex(4)}", "editor")
    suffix = secrets.token_hex(3)
    for edition in ("en", "es"):
        service.post(token, "/v1/items", {"text": f"Civil Defence: {edition} {suffix}", "edition": edition})
    page = open_desk()
    expect(page.locator(".row", has_text=suffix)).to_have_count(2)
    page.locator("#filter").select_option("es")
    expect(page.locator(".row", has_text=suffix)).to_have_count(1)
    expect(page.locator(".row .edition").first).to_have_text("Español")


@pytest.mark.deep
def test_single_keys_can_be_switched_off(open_desk: SignIn) -> None:
    page = open_desk()
    page.get_by_role("button", name="Keys").focus()
    page.keyboard.press("?")
    page.get_by_role("checkbox", name="Single keys").uncheck()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keys").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("n")
    expect(page.locator("#line")).not_to_be_focused()


@pytest.mark.deep
def test_nothing_is_wider_than_a_small_phone_in_any_language(service: Service, open_desk: SignIn) -> None:
    token = service.token(f"O {secrets.token_hex(4)}", "chief")
    service.post(token, "/v1/items", {"text": f"Civil Defence: {'unbreakable' * 20}", "edition": "en"})
    page = open_desk()
    page.set_viewport_size({"width": 320, "height": 640})
    page.locator("#line").fill("A neighbour with a long name: " + "x" * 200)
    page.locator(".row").first.locator("[data-act=correction]").click()
    for language in ("en", "es", "ar"):
        page.locator("#language").select_option(language)
        assert page.evaluate("document.documentElement.scrollWidth") == 320
        sizes = page.evaluate(
            "[...document.querySelectorAll('button, select, summary, .options-row label')]"
            ".filter((element) => element.offsetParent)"
            ".map((element) => Math.min(element.offsetWidth, element.offsetHeight))"
        )
        assert min(sizes) >= 24


def get(url: str, **headers: str) -> tuple[int, dict[str, str]]:
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, dict(answer.headers)
    except HTTPError as error:
        return error.code, dict(error.headers)


def test_the_page_has_a_strict_policy_and_answers_304_to_its_entity_tag(service: Service) -> None:
    status, headers = get(service.desk.url)
    policy = headers["content-security-policy"]
    ticker = service.ticker.url
    assert status == 200
    for rule in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"):
        assert rule in policy.split("; ")
    assert f"connect-src 'self' {ticker} {ticker.replace('http', 'ws')}" in policy.split("; ")
    assert "unsafe" not in policy
    status, script = get(service.desk.url + "/desk/shell/main.js")
    assert (status, script["content-type"]) == (200, "text/javascript; charset=utf-8")
    assert get(service.desk.url + "/desk/shell/main.js", If_None_Match=script["etag"])[0] == 304
    assert get(service.desk.url + "/desk/shell/main.js", If_None_Match='"other"')[0] == 200


@pytest.mark.parametrize(
    "path", ["/desk/", "/desk/no.js", "/desk/..%2f..%2fpyproject.toml", "/desk/%2e%2e/shared/tokens.css"]
)
def test_a_path_that_is_no_file_of_the_page_is_404(service: Service, path: str) -> None:
    assert get(service.desk.url + path)[0] == 404


@pytest.mark.deep
def test_another_role_of_the_same_person_is_noticed_in_an_open_page_and_nothing_typed_is_lost(
    service: Service, open_desk: SignIn
) -> None:
    """Signed in again in another tab, a person may be a reporter now; this tab must not go on offering to publish."""
    name = f"Rana {secrets.token_hex(4)}"
    page = open_desk(token=service.token(name, "chief"))
    page.locator("#line").fill("Civil Defence: Ferries stop at noon")
    expect(page.get_by_role("link", name="People")).to_be_visible()
    expect(page.locator("#publish")).to_contain_text("Publish")
    with closing(sqlite3.connect(service.data / FILE, isolation_level=None)) as database:
        database.execute("UPDATE tokens SET role = 'reporter', editions = '[\"en\"]' WHERE name = ?", (name,))
    expect(page.locator("#user")).to_contain_text("reporter", timeout=20_000)
    expect(page.locator("#publish")).to_contain_text("Submit")
    expect(page.get_by_role("link", name="People")).to_have_count(0)
    expect(page.locator("#line")).to_have_value("Civil Defence: Ferries stop at noon")
    expect(page.locator("#line")).to_be_focused()
