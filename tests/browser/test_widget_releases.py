"""A tab with an older release of the widget beside one with this: what they say to each other has not changed."""

from typing import Any, Final

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.fake_ticker import FakeTicker, Json, an_item
from tests.browser.test_widget_shared import LEADS, TICKER, added, expect_live, open_leader, uris
from tests.browser.widget_page import collect_events, context, rows, show_page, ticker
from tests.support.waiting import until

__all__ = ["context", "ticker"]  # fixtures

pytestmark = pytest.mark.browser

# After the source of the first release that shared a connection: its notes, and the node's messages as they are.
LEADER: Final = "3911706121-2210397446"
OLD_LEADER: Final = f"""([name, first]) => {{
  localStorage["breaking-ticker"] = 1;
  navigator.locks.request(name, () => new Promise(() => {{}}));
  const channel = new BroadcastChannel(name);
  window.post = (note) => channel.postMessage({{ ...note, from: "{LEADER}" }});
  channel.onmessage = ({{ data: {{ from: to, asks }} }}) => {{
    if (asks === "") window.post({{ to, isReady: true, first, state: "live", reason: "", isHidden: false }});
  }};
  window.post({{ leads: true }});
}}"""
FOLLOWER: Final = "1107302394-3350924117"
OLD_FOLLOWER: Final = f"""(name) => {{
  window.notes = [];
  const channel = new BroadcastChannel(name);
  channel.onmessage = ({{ data }}) => window.notes.push(data);
  window.ask = (asks) => channel.postMessage({{ asks, wakes: false, from: "{FOLLOWER}" }});
  window.ask("");
}}"""


def a_page(context: BrowserContext, ticker: FakeTicker) -> Page:
    """A page of the same origin without a ticker."""
    ticker.pages["other"] = "<!doctype html><title>other</title>"
    page = context.new_page()
    page.goto(f"{ticker.url}/pages/other")
    return page


def name(ticker: FakeTicker) -> str:
    return f"breaking-ticker {ticker.url}/v1/live?edition=en"


def test_a_tab_follows_one_with_an_older_release_and_takes_over_from_it_without_loss(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    ticker.publish(an_item(1, "First"))
    old = a_page(context, ticker)
    old.evaluate(OLD_LEADER, [name(ticker), ticker.first_message({})])
    old.wait_for_function(LEADS)
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    collect_events(tab, "ticker-item")
    show_page(tab, ticker, TICKER)
    widget = tab.locator("breaking-ticker")
    expect_live(tab)
    expect(rows(widget)).to_contain_text(["First"])
    assert ticker.requests == []
    ticker.entries.append(an_item(2, "Second"))
    message = {"type": "item", "cursor": ticker.cursor(), "item": ticker.entries[-1]}
    old.evaluate("message => window.post({ message })", message)
    expect(rows(widget)).to_contain_text(["Second", "First"])
    old.evaluate("window.post({ state: 'catching-up', reason: '', isHidden: false })")
    expect(widget).to_have_js_property("state", "catching-up")
    ticker.entries.append(an_item(3, "Third"))
    old.close()
    expect(rows(widget)).to_contain_text(["Third", "Second", "First"])
    expect_live(tab)
    assert [request.query.get("cursor") for request in ticker.requests] == ["e.2.c"]
    assert added(tab) == uris(2, 3)
    assert errors == []


def test_a_tab_tells_one_with_an_older_release_all_that_it_needs(context: BrowserContext, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "First"))
    leader = open_leader(context, ticker)
    old = a_page(context, ticker)
    old.evaluate(OLD_FOLLOWER, name(ticker))

    def notes(**wanted: Any) -> list[Json]:  # Any: fields of a note
        heard: list[Json] = old.evaluate("window.notes")
        return [note for note in heard if wanted.items() <= {**note, "hasMessage": "message" in note}.items()]

    until(lambda: len(notes(to=FOLLOWER)) == 1, "the answer")
    answer = notes(to=FOLLOWER)[0]
    assert {key: answer[key] for key in ("isReady", "state", "reason")} == {
        "isReady": True,
        "state": "live",
        "reason": "",
    }
    assert isinstance(answer["isHidden"], bool)
    assert (answer["first"]["type"], answer["first"]["cursor"]) == ("snapshot", "e.1.c")
    assert [item["uri"] for item in answer["first"]["items"]] == uris(1)
    ticker.publish(an_item(2, "Second"))
    until(lambda: len(notes(hasMessage=True)) == 1, "the item")
    note = notes(hasMessage=True)[0]
    assert (note["from"], note.get("to")) == (answer["from"], None)
    assert (note["message"]["type"], note["message"]["cursor"]) == ("item", "e.2.c")
    assert note["message"]["item"]["uri"] == uris(2)[0]
    old.evaluate("window.ask('e.1.c')")
    until(lambda: len(notes(to=FOLLOWER)) == 2, "the answer to a tab that returns")
    first = notes(to=FOLLOWER)[1]["first"]
    assert (first["type"], [item["uri"] for item in first["items"]]) == ("replay", uris(2))
    ticker.behave(ws="busy", sse="busy", json="busy")
    ticker.close_all()
    until(lambda: bool(notes(state="catching-up")), "the state")
    leader.goto("about:blank")
    until(lambda: len(notes(leads=False)) == 1, "the end")
