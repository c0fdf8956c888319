"""The page of sources, and how its changes reach the composers of others."""

import secrets
import urllib.request

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk.conftest import Service, SignIn, sign_in
from tests.support.axe import expect_accessible

pytestmark = pytest.mark.browser


def open_sources(page: Page) -> None:
    """Goes to the page of sources by its link."""
    page.get_by_role("navigation").get_by_role("link", name="Sources").click()
    expect(page.get_by_role("heading", name="Sources", exact=True)).to_be_visible()


def add(page: Page, name: str, role: str = "official") -> None:
    """Types a new source and saves it with the keyboard."""
    page.get_by_label("Name, English").fill(name)
    page.locator("#source-role").select_option(role)
    page.get_by_label("Name, English").press("Enter")


@pytest.mark.deep
def test_a_source_added_by_one_editor_is_offered_to_another_within_seconds(
    service: Service, chromium: Browser, open_desk: SignIn
) -> None:
    name = f"Harbour office {secrets.token_hex(3)}"
    other = chromium.new_context(locale="en-GB")
    writer = sign_in(other, service, "editor")
    writer.locator("#line").press_sequentially(name[:12])
    page = open_desk("editor")
    open_sources(page)
    add(page, name)
    expect(page.locator("#source-outcome")).to_contain_text("Saved:")
    expect(page.locator(".source-row", has_text=name)).to_contain_text("Official")
    expect(page.get_by_label("Name, English")).to_have_value("")

    def offered() -> str:
        writer.locator("#line").fill("")
        writer.locator("#line").press_sequentially(name[:20])
        return writer.locator("#line-sources").inner_text()

    for _ in range(20):
        if name in offered():
            break
        writer.wait_for_timeout(250)
    writer.locator("#line").fill(f"{name}: Ferries stop")
    expect(writer.locator("#attribution")).to_have_text("Official · known source")
    other.close()


@pytest.mark.deep
def test_a_name_that_looks_like_another_one_asks_first(open_desk: SignIn) -> None:
    page = open_desk("editor")
    open_sources(page)
    name = "Civi1 Defence"
    add(page, name)
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("looks like the registered source")
    expect_accessible(page)
    page.keyboard.press("Escape")
    expect(page.locator(".source-row", has_text=name)).to_have_count(0)
    # What was typed is there, also after a reload.
    page.reload()
    expect(page.get_by_label("Name, English")).to_have_value(name)
    page.get_by_label("Name, English").fill("")


@pytest.mark.deep
def test_a_source_is_changed_retired_and_brought_back_by_keyboard(open_desk: SignIn) -> None:
    page = open_desk("chief")
    open_sources(page)
    name = f"Ferry line {secrets.token_hex(3)}"
    add(page, name, "organisation")
    page.get_by_role("button", name=f"Change the source “\u2068{name}\u2069”").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Other names that find it").fill("FL, Ferries")
    page.keyboard.press("Enter")
    row = page.locator(".source-row", has_text=name)
    expect(row).to_contain_text("Ferries")
    row.get_by_role("button", name="Retire").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Retire this source?")
    page.keyboard.press("Enter")
    expect(row).to_have_count(0)
    expect(page.locator("#source-filter")).to_be_focused()
    page.get_by_role("checkbox", name="Retired ones too").check()
    row.get_by_role("button", name="Bring back").click()
    expect(row.get_by_role("button", name="Retire")).to_be_visible()


@pytest.mark.deep
def test_a_taken_name_is_marked_at_its_field(open_desk: SignIn) -> None:
    page = open_desk("editor")
    open_sources(page)
    add(page, "civil defence")
    expect(page.locator("#source-name-en-error")).to_contain_text("already means the source")
    expect(page.get_by_label("Name, English")).to_have_attribute("aria-invalid", "true")


def test_a_reporter_reads_the_registry_and_cannot_change_it(open_desk: SignIn) -> None:
    page = open_desk("reporter")
    open_sources(page)
    expect(page.locator(".source-row", has_text="Civil Defence")).to_be_visible()
    expect(page.locator("#source-form")).to_be_hidden()
    expect(page.locator(".source-row button")).to_have_count(0)


@pytest.mark.deep
def test_a_new_source_is_added_from_the_line_with_two_keys(service: Service, open_desk: SignIn) -> None:
    page, name = open_desk("editor"), f"Tram ministry {secrets.token_hex(3)}"
    line = page.locator("#line")
    line.focus()
    page.keyboard.type(f"{name}: Ferries stop")
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Alt+N")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name, English")).to_have_value(name)
    expect(dialog.get_by_role("radio", name="Official")).to_be_focused()
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#attribution")).to_have_text("Official · known source")
    expect(line).to_be_focused()
    page.keyboard.type("all ")
    expect(line).to_have_value(f"{name}: Ferriesall  stop")
    names = [source["names"] for source in service.get(service.token("R", "reporter"), "/v1/sources")["sources"]]  # type: ignore[attr-defined]  # JSON
    assert {"en": name} in names
    # Nothing was published, and the draft is what it was.
    page.reload()
    expect(line).to_have_value(f"{name}: Ferriesall  stop")
    page.keyboard.press("Alt+N")
    expect(page.locator("#outcome")).to_have_text("This source is registered already.")


@pytest.mark.deep
def test_the_form_of_a_new_source_takes_another_name_and_role_and_the_line_follows(open_desk: SignIn) -> None:
    page, chance = open_desk("chief"), secrets.token_hex(3)
    page.get_by_role("radio", name="العربية").check()
    page.locator("#line").focus()
    page.keyboard.type(f"مراسل ميداني {chance}: توقف العبارات")
    page.locator("#language").select_option("ar")
    page.locator("#line").focus()
    page.keyboard.press("Alt+N")
    dialog = page.get_by_role("dialog")
    name = dialog.locator("#new-source-name")
    expect(name).to_have_attribute("dir", "rtl")
    expect(dialog.locator("[value=correspondent]")).to_be_checked()
    page.keyboard.press("ArrowDown")
    expect(dialog.locator("[value=correspondent]")).not_to_be_checked()
    chosen = dialog.locator(":checked").get_attribute("value")
    expect_accessible(page)
    name.fill(f"مراسلنا الميداني {chance}")
    name.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#line")).to_have_value(f"مراسلنا الميداني {chance}: توقف العبارات")
    expect(page.locator("#attribution")).to_have_attribute("data-kind", "known")
    assert chosen
    page.keyboard.press("Control+Z")
    expect(page.locator("#line")).to_have_value(f"مراسل ميداني {chance}: توقف العبارات")


@pytest.mark.deep
def test_a_new_source_that_looks_like_another_is_shown_before_it_is_stored(service: Service, open_desk: SignIn) -> None:
    page, name = open_desk("editor"), "Health rninistry"
    page.locator("#line").focus()
    page.keyboard.type(f"{name}: Two injured")
    page.keyboard.press("Alt+N")
    dialog = page.get_by_role("dialog")
    # Whatever was shown before it: the first Enter stores nothing.
    page.keyboard.press("Enter")
    expect(dialog.locator("#new-source-warnings")).to_contain_text("looks like the registered source")
    expect(dialog.locator("#new-source-outcome")).to_contain_text("Not added yet.")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.locator("#line")).to_be_focused()
    expect(page.locator("#line")).to_have_value(f"{name}: Two injured")
    token = service.token(f"E {secrets.token_hex(3)}", "editor")
    assert name not in str(service.get(token, "/v1/sources"))
    page.keyboard.press("Alt+N")
    page.keyboard.press("Enter")
    expect(dialog.locator("#new-source-outcome")).to_contain_text("Not added yet.")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#attribution")).to_contain_text("known source")
    [added] = [source for source in service.get(token, "/v1/sources")["sources"] if name in str(source)]  # type: ignore[attr-defined]  # JSON
    retire(service, token, added)


def retire(service: Service, token: str, source: dict[str, object]) -> None:
    """Takes a source out of the registry, because its look-alike would disturb other tests."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "If-Match": '"1"'}
    address = f"{service.desk.url}/v1/sources/{source['id']}"
    request = urllib.request.Request(address, b'{"retired": true}', headers, method="PATCH")
    urllib.request.urlopen(request, timeout=20).close()


@pytest.mark.deep
def test_a_reporter_is_told_who_adds_sources_and_is_offered_nothing(open_desk: SignIn) -> None:
    page = open_desk("reporter")
    page.locator("#line").focus()
    page.keyboard.type("Harbour office: Ferries stop")
    expect(page.locator("#new-source-who")).to_have_text("Editors and chiefs add sources.")
    expect(page.locator("#new-source")).to_be_hidden()
    page.keyboard.press("Alt+N")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#outcome")).to_have_text("Editors and chiefs add sources.")


@pytest.mark.deep
def test_the_page_fits_a_small_phone_in_every_language(open_desk: SignIn) -> None:
    page = open_desk("chief")
    open_sources(page)
    expect(page.locator(".source-row").first).to_be_visible()
    for language in ("en", "es", "ar"):
        page.locator("#language").select_option(language)
        for width in (1366, 320):
            page.set_viewport_size({"width": width, "height": 648})
            assert page.evaluate("document.documentElement.scrollWidth") == width, language


@pytest.mark.deep
def test_the_form_of_a_new_source_keeps_what_is_typed_for_its_line_until_it_is_cancelled(open_desk: SignIn) -> None:
    page, name = open_desk("editor"), f"Ferry office {secrets.token_hex(3)}"
    field, dialog = page.locator("#new-source-name"), page.get_by_role("dialog")
    page.locator("#line").fill(f"{name}: Ferries stop")
    page.keyboard.press("Alt+N")
    field.fill(f"{name} of the harbour")
    dialog.get_by_role("radio", name="Platform").check()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("Alt+N")
    expect(field).to_have_value(f"{name} of the harbour")
    page.reload()
    expect(page.locator("#line")).to_have_value(f"{name}: Ferries stop")
    page.locator("#line").focus()
    page.keyboard.press("Alt+N")
    expect(page.locator("#new-source-outcome")).to_have_text("What you typed here before is kept.")
    expect(field).to_have_value(f"{name} of the harbour")
    expect(dialog.get_by_role("radio", name="Platform")).to_be_focused()
    expect(dialog.get_by_role("radio", name="Platform")).to_be_checked()
    page.keyboard.press("Escape")
    # Another line begins with its own name.
    page.locator("#line").fill(f"Another {name}: Ferries stop")
    page.keyboard.press("Alt+N")
    expect(field).to_have_value(f"Another {name}")
    page.keyboard.press("Escape")
    page.locator("#line").fill(f"{name}: Ferries stop")
    page.keyboard.press("Alt+N")
    expect(field).to_have_value(f"{name} of the harbour")
    dialog.get_by_role("button", name="Cancel").click()
    page.keyboard.press("Alt+N")
    expect(field).to_have_value(name)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    assert "of the harbour" not in page.evaluate("JSON.stringify(localStorage)")
