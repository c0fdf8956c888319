"""What an editor should look at: sources that look like others, and lines whose newest version is unreadable."""

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from publisher.core.ulid import CHANCE_BYTES, ulid
from publisher.stream.store import Store
from tests.browser.desk.conftest import Service, SignIn, sign_in
from tests.browser.desk.editing import UNKNOWN_ACT, confirm_act, open_form, publish, sent_line, unique_text
from tests.support.sample_items import an_item
from ticker.contract.entry import Keyring
from ticker.contract.item import Item
from ticker.stream.redis_stream import connect

pytestmark = pytest.mark.browser


def publish_by_script(service: Service, text: str) -> Item:
    token = service.token(f"Other {secrets.token_hex(4)}", "chief")
    return msgspec.convert(service.publish(token, {"text": f"Civil Defence: {text}", "edition": "en"}), Item)


def in_store(service: Service, redis_url: str, task: Callable[[Store], Coroutine[None, None, None]]) -> None:
    """Runs `task` on a store that signs with a key that neither side has."""

    async def add() -> None:
        store = Store(connect(redis_url, timeout=2), Keyring("gone", {"gone": b"g" * 32}, service.brand))
        await task(store)
        await store.aclose()

    # Playwright's loop runs in this thread.
    with ThreadPoolExecutor(1) as other:
        other.submit(asyncio.run, add()).result()


def add_unreadable_version(service: Service, redis_url: str, item: Item) -> None:
    """The version after `item`, signed with a key that neither side has."""

    async def add(store: Store) -> None:
        version = msgspec.structs.replace(item, version=item.version + 1, act="update")
        await store.publish(version, secrets.token_hex(8), "f")

    in_store(service, redis_url, add)


def test_a_lookalike_source_in_an_act_is_shown_before_and_after(service: Service, open_desk: SignIn) -> None:
    item = publish_by_script(service, unique_text())
    page = open_desk()
    row = page.locator(f"[data-uri='{item.uri}']")
    form = open_form(row, "Correct")
    line = form.get_by_label("Line")
    line.fill(f"Неalth ministry: {item.headline.value}")
    # Before the role is chosen and the note is written, so that the source is still in view.
    expect(form.locator("ul.notice")).to_contain_text("looks like the registered source “Health ministry”")
    line.fill(f"Health ministry: {item.headline.value}")
    expect(form.locator("ul.notice")).to_be_hidden()
    line.fill(f"Неalth ministry: {item.headline.value}")
    form.get_by_label("What is").select_option("official")
    form.get_by_label("Note").fill("Another ministry said so.")
    confirm_act(page)
    expect(row).to_contain_text("Corrected")
    expect(row.locator(".act-outcome")).to_contain_text("looks like the registered source “Health ministry”")
    open_form(row, "Refile")
    expect(row.locator(".act-outcome")).to_be_hidden()


@pytest.mark.deep
def test_a_chief_withdraws_a_line_whose_newest_version_cannot_be_read(
    new_service: Service, context: BrowserContext, redis_url: str
) -> None:
    text = unique_text()
    item, plain = publish_by_script(new_service, text), publish_by_script(new_service, "Another line")
    add_unreadable_version(new_service, redis_url, item)
    page = sign_in(context, new_service)
    row = page.locator("#unreadable-items").locator(f"[data-uri='{item.uri}']")
    expect(row).to_contain_text(text)
    expect(row).to_contain_text("Version 2 cannot be read · shown: version 1")
    expect(row.get_by_role("toolbar").get_by_role("button")).to_have_text(["Withdraw"])
    expect(page.locator("#items .row")).to_have_count(1)
    editor = sign_in(context.browser.new_context(), new_service, "editor")  # type: ignore[union-attr]  # it has one
    expect(editor.locator(f"[data-uri='{plain.uri}']")).to_be_visible()
    expect(editor.locator("#unreadable")).to_be_hidden()
    editor.context.close()
    open_form(row, "Withdraw")
    row.get_by_label("Note").fill("Its last version is lost.")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    withdrawn = page.locator("#items").locator(f"[data-uri='{item.uri}']")
    expect(withdrawn).to_contain_text("Withdrawn")
    expect(withdrawn).to_have_attribute("data-version", "3")
    expect(page.locator("#unreadable")).to_be_hidden()
    assert text not in new_service.headlines()


def stored_acts(page: Page) -> list[str]:
    names: list[str] = page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('flashwire.act.'))")
    return names


@pytest.mark.deep
@pytest.mark.parametrize(
    ("act", "outcome"), [("withdraw", "Withdrawn"), ("hold", "Version 1 of this line cannot be read here")]
)
def test_the_page_shows_the_outcome_of_an_act_that_an_earlier_page_sent_on_an_unreadable_line(
    service: Service, context: BrowserContext, redis_url: str, act: str, outcome: str
) -> None:
    uri = f"urn:flashwire:{ulid(time.time(), secrets.token_bytes(CHANCE_BYTES))}"

    async def add(store: Store) -> None:
        await store.publish(an_item(uri), secrets.token_hex(8), "f")

    in_store(service, redis_url, add)
    name, key = f"M {secrets.token_hex(4)}", secrets.token_hex(16)
    note = f"Sent by mistake {key}."
    act_sent = {"uri": uri, "version": 1, "body": {"act": act, "note": note}, "key": key, "sent": time.time() * 1000}
    context.add_init_script(
        f"if (!localStorage.seen) localStorage[{json.dumps(f'flashwire.act.{name}.{key}')}] ="
        f" {json.dumps(json.dumps(act_sent))}; localStorage.seen = 1"
    )
    context.route("**/acts", lambda route: route.abort("connectionreset"))
    page = sign_in(context, service, token=service.token(name, "chief"))
    entry = page.locator("#unlisted-acts li", has_text=note)
    expect(entry).to_contain_text(UNKNOWN_ACT)
    assert len(stored_acts(page)) == 1
    page.reload()
    expect(entry).to_contain_text(UNKNOWN_ACT)
    assert len(stored_acts(page)) == 1
    context.unroute("**/acts")
    # The button is gone if the page has already asked again by itself.
    entry.get_by_role("button", name="Ask again").evaluate_all("buttons => buttons.forEach((button) => button.click())")
    expect(entry).to_contain_text(outcome)
    expect(entry.get_by_role("button")).to_have_count(0)
    assert stored_acts(page) == []


def test_a_line_whose_answer_cannot_be_read_any_more_is_not_called_unpublished(open_desk: SignIn) -> None:
    page, text = open_desk(), unique_text()
    detail = "This request was carried out before, but its answer cannot be read any more."
    problem = {"type": "urn:flashwire:problem:answer-unreadable", "status": 409, "detail": detail}

    def answer(route: Route) -> None:
        if "dryRun" in (route.request.post_data or "") or route.request.method != "POST":
            route.continue_()
        else:
            route.fulfill(status=409, content_type="application/problem+json", body=json.dumps(problem))

    page.route("**/v1/items", answer)
    publish(page, text)
    entry = sent_line(page, text)
    expect(entry).to_contain_text(detail)
    expect(entry).not_to_contain_text("Not published")
    page.unroute_all(behavior="ignoreErrors")
    entry.get_by_role("button", name="Edit").click()
    # The same words once more may be a second line: the page asks first.
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Publish this text again?")
    page.keyboard.press("Escape")
