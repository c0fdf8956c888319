"""Several editions at the desk page: one act publishes in all, and what became of an original is seen on the others."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import is_publication, open_form, row_with
from tests.support.axe import expect_accessible
from tests.support.waiting import until

pytestmark = pytest.mark.browser


class Texts:
    """One line in three languages that no other test publishes."""

    def __init__(self) -> None:
        mark = secrets.token_hex(4)
        self.en = f"The bridge at Vala is closed {mark}"
        self.es = f"El puente de Vala está cerrado {mark}"
        self.ar = f"إغلاق جسر فالا {mark}"


@pytest.fixture
def texts() -> Texts:
    return Texts()


@pytest.fixture
def page(open_desk: SignIn) -> Iterator[Page]:
    yield open_desk()


def field(page: Page, edition: str) -> Locator:
    return page.locator(f"#editions-{edition}")


def open_panel(page: Page, line: str) -> None:
    page.locator("#line").fill(line)
    page.keyboard.press("Alt+Shift+E")
    expect(page.locator("#editions")).to_be_visible()


def fill_all(page: Page, texts: Texts) -> None:
    open_panel(page, f"Civil Defence: {texts.en}")
    for edition, text in (("es", texts.es), ("ar", texts.ar)):
        field(page, edition).focus()
        page.keyboard.type(text)


def send(page: Page) -> None:
    page.keyboard.press("Control+Enter")
    expect(page.locator("#confirm")).to_be_visible()
    page.keyboard.press("Enter")


def test_one_key_publishes_a_line_in_three_editions_with_one_request(page: Page, texts: Texts) -> None:
    requests: list[dict[str, Any]] = []

    def note(request: Request) -> None:
        if is_post(request):
            requests.append(request.post_data_json or {})

    page.on("request", note)
    fill_all(page, texts)
    # The source of the original is there already, by its name in each language.
    expect(field(page, "ar")).to_have_value(f"الدفاع المدني: {texts.ar}")
    expect(field(page, "ar")).to_have_attribute("dir", "rtl")
    expect(field(page, "ar")).to_have_attribute("lang", "ar")
    expect_accessible(page)
    page.keyboard.press("Control+Enter")
    for text in (texts.en, texts.es, texts.ar):
        expect(page.locator("#confirm-line")).to_contain_text(text)
    expect_accessible(page)
    page.keyboard.press("Enter")
    expect(page.locator("#outcome")).to_contain_text("Published in")
    for text in (texts.en, texts.es, texts.ar):
        expect(row_with(page, text)).to_have_count(1)
    sent = [body for body in requests if "siblings" in body and not body.get("dryRun")]
    assert len(sent) == 1
    assert {sibling["edition"] for sibling in sent[0]["siblings"]} == {"es", "ar"}
    expect(page.locator("#line")).to_be_focused()
    expect(page.locator("#line")).to_have_value("")


def is_post(request: Request) -> bool:
    return bool(request.method == "POST" and request.url.endswith("/v1/items"))


def test_an_edition_without_text_is_left_as_a_draft_and_said_so(page: Page, texts: Texts) -> None:
    open_panel(page, f"Civil Defence: {texts.en}")
    empty = page.locator("[data-edition=es]")
    expect(empty).to_contain_text("Left as a draft for that desk")
    send(page)
    expect(page.locator("#outcome")).to_contain_text("Left as a draft for")
    expect(row_with(page, texts.en)).to_have_count(1)


@pytest.mark.deep
def test_a_refusal_is_shown_at_the_field_of_its_edition_and_nothing_is_published(
    page: Page, service: Service, texts: Texts
) -> None:
    fill_all(page, texts)
    field(page, "ar").fill(f"الدفاع المدني: {texts.ar} \u202e")
    send(page)
    expect(field(page, "ar")).to_have_attribute("aria-invalid", "true")
    expect(field(page, "ar")).to_be_focused()
    expect(page.locator("#editions-ar-error")).not_to_be_empty()
    assert texts.en not in service.headlines()
    # The line is in the composer again, and the others are kept through a reload.
    page.reload()
    expect(page.locator("#line")).to_have_value(f"Civil Defence: {texts.en}")
    page.keyboard.press("Alt+Shift+E")
    expect(field(page, "es")).to_have_value(f"Protección Civil: {texts.es}")


@pytest.mark.deep
def test_text_in_the_language_of_another_edition_is_doubted_in_its_field(page: Page, texts: Texts) -> None:
    open_panel(page, f"Civil Defence: {texts.en}")
    field(page, "es").fill(f"Protección Civil: {texts.ar}")
    expect(page.locator("[data-edition=es] .doubt")).not_to_be_empty()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#confirm-notices")).to_be_visible()
    page.keyboard.press("Escape")


@pytest.mark.deep
def test_a_lost_answer_is_asked_for_again_with_the_same_key_also_after_a_reload(
    page: Page, service: Service, texts: Texts
) -> None:
    keys: list[str] = []

    def lose(route: Route) -> None:
        if not is_publication(route):
            route.continue_()
            return
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) == 1:
            route.fetch()
        route.abort("connectionreset")

    page.route("**/v1/items", lose)
    fill_all(page, texts)
    send(page)
    expect(page.locator("#editions .editions-status")).to_contain_text("We do not know yet")
    expect(field(page, "ar")).to_have_attribute("readonly", "")
    page.unroute("**/v1/items", lose)
    with page.expect_request(lambda request: is_post(request) and "siblings" in (request.post_data or "")) as repeated:
        page.reload()
    assert {*keys, repeated.value.headers["idempotency-key"]} == {keys[0]}
    expect(page.locator("#outcome")).to_contain_text("Published in")
    headlines = service.headlines()
    assert [headlines.count(text) for text in (texts.en, texts.es, texts.ar)] == [1, 1, 1]


class Family:
    """A line on air in three editions, and what another editor does to the original through the API."""

    def __init__(self, service: Service) -> None:
        texts = Texts()
        self.texts = texts
        self._service = service
        self._token = service.token(f"Other {secrets.token_hex(4)}", "chief")
        siblings = [
            {"edition": "es", "text": f"Protección Civil: {texts.es}"},
            {"edition": "ar", "text": f"الدفاع المدني: {texts.ar}"},
        ]
        body = {"text": f"Civil Defence: {texts.en}", "edition": "en", "urgency": 3, "siblings": siblings}
        answer: dict[str, Any] = service.post(self._token, "/v1/items", body)
        self.uri: str = answer["item"]["uri"]

    def withdraw_original(self) -> None:
        body = {"act": "withdraw", "note": "It is open."}
        self._service.post(self._token, f"/v1/items/{self.uri}/acts", body, If_Match='"1"')


@pytest.fixture
def family(service: Service) -> Family:
    return Family(service)


@pytest.mark.deep
def test_a_translation_is_marked_when_its_original_is_withdrawn_until_an_editor_says_that_nothing_changes(
    page: Page, family: Family
) -> None:
    row = row_with(page, family.texts.es)
    expect(row).to_have_count(1)
    expect(row.locator(".stale")).to_have_count(0)
    family.withdraw_original()
    mark = row.locator(".edition-marks.stale")
    expect(mark).to_contain_text("The original was withdrawn")
    expect(mark).to_contain_text("It is open.")
    expect(mark.get_by_role("button")).to_have_text(["Correct", "Withdraw", "Nothing to change", "Editions"])
    expect_accessible(page)
    mark.get_by_role("button", name="Nothing to change").click()
    expect(row.locator(".stale")).to_have_count(0)
    # Only this one is settled.
    expect(row_with(page, family.texts.ar).locator(".stale")).to_have_count(1)
    row_with(page, family.texts.ar).locator(".stale").get_by_role("button", name="Withdraw").click()
    expect(row_with(page, family.texts.ar).locator("form[data-act=withdraw]")).to_be_visible()


@pytest.mark.deep
def test_a_row_shows_its_editions_side_by_side_with_their_states(page: Page, family: Family) -> None:
    row = row_with(page, family.texts.es)
    row.get_by_role("button", name="Editions").click()
    cards = row.locator(".siblings li")
    expect(cards).to_have_count(3)
    expect(cards.filter(has_text=family.texts.en)).to_contain_text("Original")
    expect(row.locator(".siblings [data-edition=ar] .audience")).to_have_attribute("dir", "rtl")
    row.get_by_role("button", name="Editions").click()
    expect(cards).to_have_count(0)


@pytest.mark.deep
def test_one_act_withdraws_all_editions_and_says_what_became_of_each(
    page: Page, service: Service, family: Family
) -> None:
    row = page.locator(f"[data-uri='{family.uri}']")
    form = open_form(row, "Withdraw")
    form.get_by_label("The same for all editions").check()
    form.get_by_label("Note for readers", exact=False).fill("It is open.")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    outcomes = row.locator(".sibling-outcomes li")
    expect(outcomes).to_have_count(2)
    for name in ("Español", "العربية"):
        expect(outcomes.filter(has_text=name)).to_contain_text("Withdrawn")
    headlines = service.headlines()
    assert not {family.texts.en, family.texts.es, family.texts.ar} & set(headlines)


@pytest.mark.deep
def test_the_same_for_all_editions_shows_which_of_them_are_not_the_persons(
    service: Service, open_desk: SignIn, texts: Texts
) -> None:
    chief = service.token(f"C {secrets.token_hex(4)}", "chief")
    siblings = [
        {"edition": "ar", "text": f"الدفاع المدني: {texts.ar}"},
        {"edition": "es", "text": f"Protección Civil: {texts.es}"},
    ]
    body = {"edition": "en", "text": f"Civil Defence: {texts.en}", "siblings": siblings}
    answer: dict[str, Any] = service.post(chief, "/v1/items", body)
    uris = {sibling["item"]["edition"]: sibling["item"]["uri"] for sibling in answer["siblings"]}
    limited = {"name": f"L {secrets.token_hex(4)}", "role": "chief", "editions": ["en", "es"]}
    page = open_desk(token=str(service.post(chief, "/v1/tokens", limited)["token"]))
    form = open_form(row_with(page, texts.en), "Withdraw")
    form.get_by_role("checkbox", name="The same for all editions").check()
    facts = form.locator(".destination")
    expect(facts).to_contain_text("\u2068Español\u2069")
    expect(facts).to_contain_text("\u2068العربية\u2069: not your edition, so it stays as it is")
    form.get_by_role("textbox").first.fill("There is no such bridge.")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#confirm-facts")).to_contain_text("\u2068العربية\u2069: not your edition")
    page.keyboard.press("Enter")

    def status(edition: str) -> object:
        return service.get(chief, f"/v1/items/{uris[edition]}")["pubStatus"]

    until(lambda: status("es") == "canceled", "the Spanish line is withdrawn")
    assert status("ar") == "usable"
