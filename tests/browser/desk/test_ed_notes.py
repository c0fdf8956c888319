"""A note to colleagues (`edNote`) is folded into the row of its item, and readers never get it."""

import secrets
import urllib.request
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.desk.conftest import Service, SignIn

pytestmark = pytest.mark.browser

NOTE = "Source asked not to be called"


def publish_with_note(service: Service, token: str) -> Any:
    """The item that a colleague's script published with a note."""
    text = f"Civil Defence: Tunnel reopens {secrets.token_hex(4)}"
    return service.publish(token, {"text": text, "edition": "en", "edNote": NOTE})


def notes_of(page: Page, uri: str) -> Locator:
    return page.locator(f"[data-uri='{uri}'] .ed-notes")


@pytest.mark.parametrize(
    ("language", "summary", "label"),
    [
        ("en", "Notes to colleagues: 1", "Version 1, \u2068{name}\u2069:"),
        ("es", "Notas para colegas: 1", "Versión 1, \u2068{name}\u2069:"),
        ("ar", "ملاحظات للزملاء: 1", "الإصدار 1، \u2068{name}\u2069:"),
    ],
)
def test_the_row_of_an_item_has_its_notes_folded(
    service: Service, open_desk: SignIn, language: str, summary: str, label: str
) -> None:
    name = f"Colleague {secrets.token_hex(4)}"
    uri = publish_with_note(service, service.token(name, "editor"))["uri"]
    page = open_desk("reporter")
    page.locator("#language").select_option(language)
    notes = notes_of(page, uri)
    expect(notes.locator("summary")).to_have_text(summary)
    expect(notes.get_by_text(NOTE)).to_be_hidden()
    notes.locator("summary").click()
    expect(notes.locator("li")).to_have_text(f"{label.format(name=name)} {NOTE}")
    with urllib.request.urlopen(f"{service.ticker.url}/v1/items/{uri}", timeout=20) as answer:
        assert NOTE not in answer.read().decode()


def test_opening_the_form_of_an_act_shows_the_newest_note(service: Service, open_desk: SignIn) -> None:
    token = service.token(f"Colleague {secrets.token_hex(4)}", "editor")
    item = service.publish(token, {"text": f"Civil Defence: Port {secrets.token_hex(4)}", "edition": "en"})
    uri = item["uri"]
    page = open_desk()
    row = page.locator(f"[data-uri='{uri}']")
    expect(row).to_have_attribute("data-version", "1")
    expect(notes_of(page, uri)).to_be_hidden()
    act = {"act": "update", "urgency": 2, "edNote": NOTE}
    service.post(token, f"/v1/items/{uri}/acts", act, If_Match='"1"')
    expect(row).to_have_attribute("data-version", "2")
    row.get_by_role("button", name="Refile").click()
    expect(notes_of(page, uri).locator("summary")).to_have_text("Notes to colleagues: 1")
