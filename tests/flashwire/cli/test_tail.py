"""The output of `flashwire tail` for the events of a subscription, without a service."""

import io

import msgspec

from flashwire.cli.console import console
from flashwire.cli.filters import matcher
from flashwire.cli.printer import Printer
from flashwire.client import Event, ItemEvent, Replay, Snapshot
from flashwire.client.items import decode_any_item


def english(text: str) -> dict[str, str]:
    return {"value": text, "language": "en", "direction": "ltr"}


def version(number: int, version: int, **changes: object) -> bytes:
    """One version of an item as it travels; numbers are in the order of first versions."""
    item = {
        "uri": f"urn:flashwire:{number:026d}", "version": version, "act": "publish", "pubStatus": "usable",
        "urgency": 4, "headline": english(f"Line {number}"), "edition": "en", "sections": [], "places": [],
        "infoSources": [{"name": english("Police"), "role": "official"}], "link": None, "note": None,
        "firstCreated": f"2026-05-01T09:{number:02d}:00.000Z", "versionCreated": "2026-05-01T12:00:00.000Z",
        "expires": None, "pinnedUntil": None, "translationOf": None, "corrections": [], **changes,
    }  # fmt: skip
    return msgspec.json.encode(item)


GONE: dict[str, object] = {"act": "withdraw", "pubStatus": "canceled", "headline": None, "infoSources": []}


def printed(*events: Event, as_json: bool = False, urgency: int | None = None, **filters: list[str]) -> list[str]:
    out = io.StringIO()
    printer = Printer(console(out), console(io.StringIO()), as_json=as_json, matches=matcher(filters, urgency))
    for event in events:
        printer.print(event)
    return out.getvalue().splitlines()


def snapshot(*bodies: bytes, is_complete: bool = True) -> Snapshot:
    return Snapshot(tuple(map(decode_any_item, bodies)), "", is_complete, bodies)


def replay(*bodies: bytes) -> Replay:
    return Replay(tuple(map(decode_any_item, bodies)), "", bodies)


def live(body: bytes) -> ItemEvent:
    return ItemEvent(decode_any_item(body), "", (body,))


def test_tail_prints_a_list_in_the_order_of_first_versions() -> None:
    lines = printed(snapshot(version(1, 1, pinnedUntil="2026-06-01T00:00:00.000Z"), version(3, 1), version(2, 2)))
    assert [line.split("Police: ")[1][:6] for line in lines] == ["Line 1", "Line 2", "Line 3"]
    assert "first published" in lines[1] and "first published" not in lines[0]


def test_tail_prints_the_earlier_headline_of_a_withdrawn_item() -> None:
    note = {"note": english("Wrong.")}
    lines = printed(snapshot(version(1, 1)), replay(version(1, 2, **GONE, **note), version(2, 5, **GONE)))
    assert len(lines) == 2
    assert "WITHDRAWN" in lines[1] and "Line 1" in lines[1] and "(Wrong.)" in lines[1]
    # A program gets every entry: it may know the item from an earlier run.
    assert len(printed(replay(version(2, 5, **GONE)), as_json=True)) == 1


def test_tail_prints_the_newest_correction_with_later_versions() -> None:
    correction = {
        "version": 2,
        "act": "correction",
        "note": english("It was two."),
        "versionCreated": "2026-05-01T11:00:00.000Z",
    }
    [line] = printed(replay(version(1, 3, act="refile", corrections=[correction])))
    assert "REFILED" in line and "(Correction of " in line and "It was two.)" in line


def test_tail_omits_new_items_that_do_not_match() -> None:
    moved = version(2, 3, act="correction", sections=["politics"], note=english("No cup."))
    assert printed(live(moved), section=["sport"], language=["en"], urgency=4) == []
    first = version(2, 2, sections=["sport"])
    lines = printed(snapshot(first), live(moved), section=["sport"], language=["en"], urgency=4)
    assert len(lines) == 2 and "CORRECTION" in lines[1]


def test_tail_prints_the_older_versions_of_a_rolled_back_stream() -> None:
    lines = printed(snapshot(version(1, 3)), snapshot(version(1, 2), is_complete=False))
    assert len(lines) == 2


def test_tail_prints_only_lines_of_the_story_that_it_follows() -> None:
    story = {"story": {"id": "flood", "title": english("Flood")}}
    lines = printed(snapshot(version(1, 1, **story), version(2, 1, story=None), version(3, 1)), story=["flood"])
    assert len(lines) == 1 and "Line 1" in lines[0]
