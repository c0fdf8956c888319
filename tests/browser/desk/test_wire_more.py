"""What an act changes besides the line: kept in the draft, shown before it goes, and only what was changed is sent."""

from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk.conftest import Service, SignIn
from tests.browser.desk.editing import Line, confirm, line
from tests.support.axe import expect_accessible

__all__ = ["line"]  # fixtures

pytestmark = pytest.mark.browser


def bodies(page: Page) -> list[dict[str, Any]]:
    """The bodies of the acts that the page sends from now on."""
    sent: list[dict[str, Any]] = []
    page.on(
        "request",
        lambda request: (
            sent.append(msgspec.json.decode(request.post_data or "{}")) if request.url.endswith("/acts") else None
        ),
    )
    return sent


def test_an_update_changes_fields_besides_the_line_and_sends_only_those(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    page = open_desk()
    form = line.open_form(page, "Update")
    form.get_by_text("More fields").focus()
    page.keyboard.press("Enter")
    section = form.get_by_role("group", name="Sections").get_by_role("checkbox").first
    section.focus()
    page.keyboard.press("Space")
    form.get_by_label("Link to the full story").fill("https://example.org/power")
    form.get_by_label("Pinned until").fill("2040-01-02T03:04")
    form.get_by_role("combobox", name="Story").fill("Power cuts")
    expect(form.locator(".change")).to_contain_text("Power cuts")
    expect(form.locator(".change")).to_contain_text("https://example.org/power")
    expect_accessible(page)
    # Escape and a reload lose nothing.
    page.keyboard.press("Escape")
    page.reload()
    form = line.open_form(page, "Update")
    expect(form.get_by_role("combobox", name="Story")).to_have_value("Power cuts")
    expect(form.get_by_role("group", name="Sections").get_by_role("checkbox").first).to_be_checked()
    sent = bodies(page)
    form.get_by_role("combobox", name="Story").press("Control+Enter")
    confirm(page)
    expect(line.row(page)).to_have_attribute("data-version", "2")
    [body] = [request for request in sent if "dryRun" not in request]
    assert set(body) == {"act", "sections", "link", "pinnedUntil", "story"}
    item: dict[str, Any] = service.get(line.token, f"/v1/items/{line.uri}")
    assert item["link"] == "https://example.org/power"
    assert item["story"]["title"]["value"] == "Power cuts"
    assert len(item["sections"]) == 1
    assert item["expires"] is None
    assert item["headline"]["value"] == line.text


def test_a_refile_offers_the_link_alone_and_an_emptied_one_is_removed(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    line.act(1, act="update", link="https://example.org/old", story={"title": "Power cuts"})
    page = open_desk()
    form = line.open_form(page, "Refile")
    form.get_by_text("More fields").click()
    expect(form.get_by_role("combobox", name="Story")).to_have_count(0)
    form.get_by_label("Link to the full story").fill("")
    form.get_by_label("Link to the full story").press("Control+Enter")
    confirm(page)
    expect(line.row(page)).to_have_attribute("data-version", "3")
    item: dict[str, Any] = service.get(line.token, f"/v1/items/{line.uri}")
    assert item["link"] is None
    assert item["story"]["title"]["value"] == "Power cuts"


def test_a_field_that_another_editor_changed_stays_as_they_left_it(
    service: Service, open_desk: SignIn, line: Line
) -> None:
    page = open_desk()
    expect(page.locator("#state-ticker .words")).to_have_text("Ticker: live")
    form = line.open_form(page, "Update")
    form.get_by_text("More fields").click()
    form.get_by_role("combobox", name="Story").fill("Power cuts")
    line.act(1, act="update", link="https://example.org/theirs")
    form.get_by_role("button", name="Go on with mine over version 2").click()
    confirm(page)
    expect(line.row(page)).to_have_attribute("data-version", "3")
    item: dict[str, Any] = service.get(line.token, f"/v1/items/{line.uri}")
    assert item["link"] == "https://example.org/theirs"
    assert item["story"]["title"]["value"] == "Power cuts"
