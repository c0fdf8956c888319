"""How the widget shows items: new, changed, withdrawn, hostile, in any language."""

import time

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.fake_ticker import FakeTicker, Json, an_item
from tests.browser.widget_page import (
    collect_events,
    context,
    event_details,
    page,
    rows,
    show,
    show_page,
    ticker,
    without_notifications,
)
from ticker.contract.item import moment

__all__ = ["context", "page", "ticker"]  # fixtures

pytestmark = pytest.mark.browser


def later(item: Json, act: str, **rest: object) -> Json:
    """The next version of `item`."""
    status = {"withdraw": "canceled", "hold": "withheld"}.get(act, "usable")
    return {**item, "version": item["version"] + 1, "act": act, "pubStatus": status, **rest}


def english(text: str) -> Json:
    return {"value": text, "language": "en", "direction": "ltr"}


def test_a_published_line_appears_first_with_its_source(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "Ferries are suspended"))
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(1)
    ticker.publish(an_item(2, "Ferries run again", urgency=2))
    expect(rows(widget)).to_have_count(2)
    expect(rows(widget).first.locator("p")).to_have_text("Civil Defence: Ferries run again")
    expect(rows(widget).first).to_contain_text("Bulletin")


@pytest.mark.deep
def test_source_and_headline_are_each_in_a_bidi_isolate(page: Page, ticker: FakeTicker) -> None:
    name = {"value": "الدفاع المدني (Geneva)", "language": "ar", "direction": "rtl"}
    ticker.publish(an_item(1, "12 injured", infoSources=[{"name": name, "role": "official"}]))
    isolates = show(page, ticker).locator("li p bdi")
    expect(isolates).to_have_count(2)
    source, headline = isolates.all()
    assert [source.get_attribute("lang"), source.get_attribute("dir")] == ["ar", "rtl"]
    assert [headline.get_attribute("lang"), headline.get_attribute("dir")] == ["en", "ltr"]
    assert source.evaluate("bdi => getComputedStyle(bdi).unicodeBidi") == "isolate"


@pytest.mark.deep
def test_several_sources_are_all_named(page: Page, ticker: FakeTicker) -> None:
    sources = [{"name": english(name), "role": "official"} for name in ("Police", "Civil Defence")]
    ticker.publish(an_item(1, "Road closed", infoSources=sources))
    expect(rows(show(page, ticker)).locator("p")).to_have_text("Police, Civil Defence: Road closed")


@pytest.mark.deep
def test_a_correction_replaces_the_line_and_says_what_was_wrong(page: Page, ticker: FakeTicker) -> None:
    first = an_item(1, "Ten are missing")
    ticker.publish(first, an_item(2, "Roads are open"))
    widget = show(page, ticker)
    ticker.publish(
        later(first, "correction", headline=english("Two are missing"), note=english("It was two, not ten."))
    )
    row = rows(widget).nth(1)
    expect(row.locator(".text")).to_have_text("Civil Defence: Two are missing")
    expect(row.locator(".note")).to_contain_text("Correction: It was two, not ten.")
    expect(widget).not_to_contain_text("Ten are missing")


@pytest.mark.deep
@pytest.mark.parametrize("layout", ["list", "line"])
def test_the_newest_correction_stays_with_an_item_that_has_had_other_acts_since(
    page: Page, ticker: FakeTicker, layout: str
) -> None:
    corrections = [
        {"version": 2, "act": "correction", "note": english("Ten."), "versionCreated": "2026-05-01T09:00:00.000Z"},
        {
            "version": 3,
            "act": "correction",
            "note": english("It was two."),
            "versionCreated": "2026-05-01T09:30:00.000Z",
        },
    ]
    corrected = an_item(1, "Two are missing", version=3, act="correction", note=english("It was two."))
    refiled = later({**corrected, "corrections": corrections}, "refile", note=None)
    ticker.publish(refiled)
    widget = show(page, ticker, f'edition="en" layout="{layout}"')
    clock = page.evaluate(
        "new Intl.DateTimeFormat('en', {timeStyle: 'short'}).format(Date.parse('2026-05-01T09:30:00Z'))"
    )
    notes = rows(widget).first.locator(".note")
    expect(notes.first).to_be_visible()
    expect(notes.first).to_have_text(f"Correction: It was two. · {clock}")
    expect(notes.nth(1)).to_contain_text("Edited")
    ticker.publish(later(later(refiled, "hold"), "release"))
    expect(notes).to_have_count(1)
    expect(notes.first).to_have_text(f"Correction: It was two. · {clock}")


@pytest.mark.deep
def test_a_withdrawal_without_words_removes_the_line_and_reports_no_addition(page: Page, ticker: FakeTicker) -> None:
    collect_events(page, "ticker-item")
    first, second = an_item(1, "A name"), an_item(2, "Another name")
    ticker.publish(first)
    widget = show(page, ticker, 'edition="en" tombstone="0"')
    expect(rows(widget)).to_have_count(1)
    no_words: Json = {"headline": None, "infoSources": [], "note": english("Wrong.")}
    # While the widget is disconnected, one line is withdrawn, and another is published and withdrawn.
    ticker.entries += [later(first, "withdraw", **no_words), second, later(second, "withdraw", **no_words)]
    ticker.close_all()
    expect(rows(widget)).to_have_count(0, timeout=15_000)
    expect(widget).to_contain_text("No breaking news right now.")
    assert [(detail["item"]["uri"][-1], detail["change"]) for detail in event_details(page)] == [("1", "removed")]


@pytest.mark.deep
def test_an_old_item_that_is_corrected_or_released_is_not_the_newest(page: Page, ticker: FakeTicker) -> None:
    for number in range(2, 11):
        ticker.publish(an_item(number, f"Line {number}", firstCreated=moment(time.time() - 600 + number)))
    widget = show(page, ticker, 'edition="en" layout="line"')
    expect(rows(widget)).to_contain_text("Line 10")
    expect(widget.locator(".count")).to_have_text("1/9")
    old = an_item(1, "Old line", version=4, firstCreated=moment(time.time() - 90_000))
    ticker.publish({**old, "act": "correction", "note": english("It was old.")})
    expect(widget.locator(".count")).to_have_text("1/10")
    expect(rows(widget)).to_contain_text("Line 10")
    widget.get_by_role("button", name="Previous").click()
    expect(rows(widget)).to_contain_text("Old line")
    expect(widget.locator(".count")).to_have_text("10/10")


@pytest.mark.deep
def test_an_item_outside_the_filter_is_never_added(page: Page, ticker: FakeTicker) -> None:
    collect_events(page, "ticker-item")
    ticker.publish(an_item(1, "Cup drawn", sections=["sport"]))
    widget = show(page, ticker, 'edition="en" section="sport"')
    expect(rows(widget)).to_have_count(1)
    ticker.publish(an_item(2, "Old cup", version=3, act="correction", sections=["politics"], note=english("No cup.")))
    ticker.publish(an_item(3, "Match off", sections=["sport"]))
    expect(rows(widget)).to_have_count(2)
    assert [(detail["item"]["uri"][-1], detail["change"]) for detail in event_details(page)] == [("3", "added")]


@pytest.mark.deep
def test_an_update_and_a_refile_are_labelled(page: Page, ticker: FakeTicker) -> None:
    first, second = an_item(1, "Talks begin"), an_item(2, "Talks edn")
    ticker.publish(first, second)
    widget = show(page, ticker)
    ticker.publish(later(first, "update", headline=english("Talks begin in Geneva")))
    expect(rows(widget).nth(1)).to_contain_text("Updated")
    refiled = later(second, "refile", headline=english("Talks end"), versionCreated="2026-05-01T09:30:00.000Z")
    ticker.publish(refiled)
    clock = page.evaluate(
        "new Intl.DateTimeFormat('en', {timeStyle: 'short'}).format(Date.parse('2026-05-01T09:30:00Z'))"
    )
    expect(rows(widget).first).to_contain_text(f"Edited {clock}")


@pytest.mark.deep
def test_a_withdrawn_item_disappears_at_once_and_no_replay_brings_it_back(page: Page, ticker: FakeTicker) -> None:
    first = an_item(1, "A minister resigns")
    ticker.publish(first, an_item(2, "Roads are open"))
    widget = show(page, ticker, 'edition="en" tombstone="0"')
    expect(rows(widget)).to_have_count(2)
    ticker.publish(later(first, "withdraw", note=english("The source took it back.")))
    expect(rows(widget)).to_have_count(1)
    ticker.send({"type": "item", "cursor": ticker.cursor(), "item": first})
    ticker.send({**ticker.first_message({}), "items": [first, an_item(2, "Roads are open")]})
    ticker.publish(an_item(3, "The end"))
    expect(rows(widget)).to_have_count(2)
    expect(widget).not_to_contain_text("A minister resigns")


def test_a_held_item_disappears_and_returns_to_its_position_when_released(page: Page, ticker: FakeTicker) -> None:
    first = an_item(1, "Bridge closed")
    ticker.publish(first, an_item(2, "Roads are open"))
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(2)
    on_hold = later(first, "hold")
    ticker.publish(on_hold)
    expect(rows(widget)).to_have_count(1)
    ticker.publish(later(on_hold, "release"))
    expect(rows(widget).nth(1)).to_contain_text("Bridge closed")


@pytest.mark.deep
def test_an_item_that_no_longer_matches_the_filter_is_removed_and_not_called_withdrawn(
    page: Page, ticker: FakeTicker
) -> None:
    without_notifications(page)
    collect_events(page, "ticker-item")
    first, other = (an_item(number, text, sections=["sport"]) for number, text in ((1, "Cup drawn"), (2, "Match off")))
    ticker.publish(first, other)
    widget = show(page, ticker, 'edition="en" section="sport, arts" urgency="4"')
    expect(rows(widget)).to_have_count(2)
    moved = later(first, "correction", sections=["politics"], note=english("Not a cup."))
    ticker.publish(moved)
    expect(rows(widget)).to_have_count(1)
    ticker.send({"type": "item", "cursor": ticker.cursor(), "item": first})
    ticker.send({**ticker.first_message({}), "items": [other, moved]})
    ticker.publish(later(other, "update", urgency=5))
    expect(rows(widget)).to_have_count(0)
    expect(widget).to_contain_text("No breaking news right now.")
    ticker.publish(later(moved, "update", sections=["arts"], note=english("A cup.")))
    expect(rows(widget)).to_have_count(1)
    expect(rows(widget)).to_contain_text("Cup drawn")
    assert [(detail["item"]["version"], detail["change"]) for detail in event_details(page)] == [
        (2, "removed"),
        (2, "removed"),
        (3, "added"),
    ]
    # A single announcement has no count.
    expect(widget.locator("[role=status].sr")).to_have_text("Updated: A cup. Civil Defence: Cup drawn", timeout=8000)


@pytest.mark.deep
def test_an_item_disappears_when_it_expires(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "Polls close soon", expires=moment(time.time() + 3)))
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(1)
    expect(rows(widget)).to_have_count(0, timeout=8000)
    expect(widget).to_contain_text("No breaking news right now.")


def test_a_pinned_item_stays_above_newer_ones(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "Stay indoors", pinnedUntil=moment(time.time() + 600)))
    widget = show(page, ticker)
    ticker.publish(an_item(2, "Roads are open"))
    expect(rows(widget)).to_have_count(2)
    expect(rows(widget).first).to_contain_text("Stay indoors")
    expect(rows(widget).first).to_contain_text("Pinned")


def test_a_snapshot_may_come_at_any_time_and_replaces_the_list(page: Page, ticker: FakeTicker) -> None:
    ticker.publish(an_item(1, "Old"), an_item(2, "Older"))
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(2)
    ticker.send({**ticker.first_message({}), "items": [an_item(3, "Other"), an_item(1, "Old")]})
    expect(rows(widget).first).to_contain_text("Other")
    expect(rows(widget)).to_have_count(2)
    expect(widget).not_to_contain_text("Older")


def test_unknown_and_malformed_messages_are_ignored(page: Page, ticker: FakeTicker) -> None:
    widget = show(page, ticker)
    expect(widget).to_have_js_property("state", "live")
    for message in (
        {"type": "weather", "items": [an_item(1, "x")]},
        {"type": "item", "item": None, "cursor": "e.0.c"},
        {"type": "item", "item": {"uri": 5}, "cursor": "e.0.c"},
        {"type": "item", "cursor": "e.0.c"},
    ):
        ticker.send(message)
    ticker.publish(an_item(2, "Still here", mood="calm"))
    expect(rows(widget)).to_have_count(1)
    expect(widget).to_have_js_property("state", "live")


def test_markup_is_text_and_only_plain_https_links_are_links(page: Page, ticker: FakeTicker) -> None:
    attack = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    links = (
        "javascript:alert(3)",
        "http://a.example/",
        "https://u:p@a.example/",
        "data:text/html,x",
        "https://a.example/",
    )
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    name = {"value": attack, "language": '"><b>', "direction": "ltr"}
    for number, link in enumerate(links):
        ticker.publish(an_item(number, attack, link=link, infoSources=[{"name": name, "role": "platform"}], note=name))
    widget = show(page, ticker)
    expect(rows(widget)).to_have_count(len(links))
    expect(rows(widget).first.locator(".headline")).to_have_text(attack)
    assert widget.locator("li img, li script").count() == 0
    anchor = widget.locator("li a")
    expect(anchor).to_have_count(1)
    expect(anchor).to_have_attribute("href", "https://a.example/")
    expect(anchor).to_have_attribute("rel", "noopener")


@pytest.mark.deep
def test_the_age_is_right_if_the_reader_s_clock_is_an_hour_off(context: BrowserContext, ticker: FakeTicker) -> None:
    for off, name in ((3_600_000, "ahead"), (-3_600_000, "behind")):
        page = context.new_page()
        page.add_init_script(f"const real = Date.now; Date.now = () => real() + {off}")
        ticker.entries = [an_item(1, "One", firstCreated=moment(time.time() - 300.5))]
        widget = show(page, ticker, name=name)
        expect(rows(widget).locator("time")).to_have_text("5 min. ago")
        ticker.publish(an_item(2, "From tomorrow", firstCreated=moment(time.time() + 3600)))
        expect(rows(widget).first.locator("time")).to_have_text("now")
        # The next page would share its list.
        page.close()


@pytest.mark.deep
def test_an_arabic_ticker_reads_from_right_to_left_in_arabic(page: Page, ticker: FakeTicker) -> None:
    name = {"value": "الدفاع المدني", "language": "ar", "direction": "rtl"}
    text = {"value": "زلزال بقوة 6.1 قرب (Geneva)", "language": "ar", "direction": "rtl"}
    sources = [{"name": name, "role": "official"}]
    ticker.publish(an_item(1, "", headline=text, infoSources=sources, urgency=3, edition="ar"))
    widget = show(page, ticker, 'edition="ar" lang="ar"')
    row = rows(widget).first
    source, headline = (row.locator(f".{part}").bounding_box() for part in ("source", "headline"))
    assert source and headline and source["x"] > headline["x"]
    expect(widget).to_contain_text("مباشر")
    expect(row.locator(".mark")).to_have_text("عاجل")
    expect(widget.locator("section")).to_have_attribute("dir", "rtl")


def test_language_comes_from_the_element_then_from_the_page_and_dir_wins(page: Page, ticker: FakeTicker) -> None:
    show_page(
        page,
        ticker,
        '<div lang="es-MX"><breaking-ticker src="/v1/live"></breaking-ticker></div>'
        '<breaking-ticker src="/v1/live" lang="fr"></breaking-ticker>'
        '<breaking-ticker src="/v1/live" lang="ar" dir="ltr"></breaking-ticker>',
    )
    tickers = page.locator("breaking-ticker")
    expect(tickers.nth(0).locator(".label span")).to_have_text(["Última hora", "Lo último"])
    expect(tickers.nth(1).locator(".label span")).to_have_text(["Breaking", "Latest"])
    expect(tickers.nth(2).locator(".label span")).to_have_text(["عاجل", "آخر الأخبار"])
    expect(tickers.nth(2).locator("section")).to_have_attribute("dir", "ltr")


def test_urgency_is_shown_in_words_and_shapes(page: Page, ticker: FakeTicker) -> None:
    for urgency in (4, 3, 2, 1):
        ticker.publish(an_item(9 - urgency, f"Line {urgency}", urgency=urgency))
    widget = show(page, ticker)
    expect(widget.locator(".mark")).to_have_text(["Flash", "Bulletin", "Urgent"])
    shape = "mark => { const s = getComputedStyle(mark, '::before'); return s.rotate + s.clipPath + s.borderRadius }"
    assert len({mark.evaluate(shape) for mark in widget.locator(".mark").all()}) == 3
    expect(rows(widget).last.locator(".mark")).to_have_count(0)


def test_the_page_gets_an_event_for_every_entry_and_none_for_the_backlog(page: Page, ticker: FakeTicker) -> None:
    collect_events(page, "ticker-item")
    first = an_item(1, "One")
    ticker.publish(first)
    widget = show(page, ticker, 'edition="en" tombstone="0"')
    expect(rows(widget)).to_have_count(1)
    ticker.publish(an_item(2, "Two"), later(first, "withdraw", note=english("Wrong.")))
    expect(rows(widget)).to_have_count(1)
    expect(rows(widget)).to_contain_text(["Two"])
    assert [(detail["item"]["uri"][-1], detail["change"]) for detail in event_details(page)] == [
        ("2", "added"),
        ("1", "removed"),
    ]


@pytest.mark.deep
def test_server_rendered_items_are_shown_without_script_and_until_the_first_list(
    context: BrowserContext, ticker: FakeTicker
) -> None:
    served = "<ol><li>Served line</li></ol>"
    ticker.behave(ws="silent", sse="silent", json="silent")
    page = context.new_page()
    widget = show(page, ticker, inside=served)
    expect(widget).to_have_js_property("state", "connecting")
    expect(page.get_by_text("Served line")).to_be_visible()
    ticker.behave()
    ticker.publish(an_item(1, "Live line"))
    page.reload()
    expect(page.get_by_text("Live line")).to_be_visible()
    expect(page.get_by_text("Served line")).to_be_hidden()
    browser = context.browser
    assert browser
    without = browser.new_context(java_script_enabled=False)
    plain = without.new_page()
    show(plain, ticker, inside=served)
    expect(plain.get_by_text("Served line")).to_be_visible()
    without.close()


@pytest.mark.deep
@pytest.mark.parametrize(
    ("language", "disclosure"),
    [
        ("en", "Made with AI · reviewed by Night editor"),
        ("es", "Hecho con IA · revisado por Night editor"),
        ("ar", "أُنشئ بالذكاء الاصطناعي · راجعه Night editor"),
    ],
)
def test_readers_see_that_a_machine_made_the_text_and_who_checked_it(
    page: Page, ticker: FakeTicker, language: str, disclosure: str
) -> None:
    synthetic = {"digitalSourceType": "compositeWithTrainedAlgorithmicMedia", "reviewedBy": "Night editor"}
    human = {"digitalSourceType": "humanEdits", "reviewedBy": "Night editor"}
    ticker.publish(an_item(1, "Ferries run again", **human), an_item(2, "Ferries are suspended", **synthetic))
    widget = show(page, ticker, f'edition="en" lang="{language}"')
    expect(rows(widget)).to_have_count(2)
    expect(rows(widget).first.locator("p.note")).to_have_text(disclosure)
    expect(rows(widget).nth(1).locator("p.note")).to_have_count(0)
    reviewer = rows(widget).first.locator("p.note bdi")
    assert reviewer.evaluate("bdi => getComputedStyle(bdi).unicodeBidi") == "isolate"


def test_an_element_with_a_story_shows_only_the_items_of_that_story(page: Page, ticker: FakeTicker) -> None:
    story = {"id": "flood", "title": english("Flood")}
    ticker.publish(an_item(1, "The river rises", story=story))
    widget = show(page, ticker, 'story="flood"')
    expect(rows(widget)).to_have_count(1)
    ticker.publish(later(an_item(1, "The river rises"), "update", story={**story, "id": "rain"}))
    expect(rows(widget)).to_have_count(0)
