"""The check of what readers have after each task of the scenario `desk`: a wrong, lost or doubled line fails it."""

import msgspec
import pytest

from bench.desk.readers import Expected, Readers
from bench.desk.tasks import SOURCES, TASKS, TEXTS
from bench.load_reports import MissedError
from bench.scenario import Run
from bench.scenarios import desk
from tests.support.items import item
from ticker.contract.item import InfoSource, Item, Text

pytestmark = pytest.mark.anyio


def versions(line: Expected, uri: str) -> list[Item]:
    """The versions of `line` as the ticker sends them."""
    first = item(
        uri=f"urn:flashwire:{uri}",
        version=1,
        edition=line.edition,
        headline=Text(line.published, line.edition, "auto"),
        info_sources=(InfoSource(Text(line.source, line.edition, "auto"), "official"),),
    )
    if line.version == 1:
        return [first]
    second = msgspec.structs.replace(
        first,
        version=2,
        act=line.act,
        pub_status="canceled" if line.act == "withdraw" else "usable",
        headline=Text(line.published + line.added, line.edition, "auto"),
        note=Text(line.note or "", line.edition, "auto"),
    )
    return [first, second]


def all_versions(title: str, number: int = 1) -> list[Item]:
    lines = enumerate(TASKS[title].outcome(number))
    return [version for index, line in lines for version in versions(line, f"{number}-{index}")]


@pytest.mark.parametrize("title", TASKS)
async def test_each_task_is_right_if_readers_have_its_lines_once(title: str) -> None:
    readers = Readers()
    # An earlier run had almost the same words.
    for version in (*all_versions(title, 12), *all_versions(title)):
        readers.add(version)
    await readers.check(TASKS[title].outcome(1))


@pytest.mark.parametrize("title", TASKS)
async def test_a_task_fails_without_its_last_version_and_with_a_second_line(title: str) -> None:
    *earlier, last = all_versions(title)
    readers = Readers()
    for version in earlier:
        readers.add(version)
    with pytest.raises(MissedError, match="readers did not get"):
        await readers.check(TASKS[title].outcome(1), seconds=0.05)
    readers.add(last)
    readers.add(versions(TASKS[title].outcome(1)[0], "again")[0])
    with pytest.raises(MissedError, match="items instead of"):
        await readers.check(TASKS[title].outcome(1))


@pytest.mark.parametrize("field", ["headline", "info_sources", "edition", "note", "act"])
async def test_a_line_with_a_wrong_field_is_not_the_one_that_was_meant(field: str) -> None:
    [line] = TASKS["field to corrected"].outcome(1)
    first, second = versions(line, "1")
    other = Text("Something else", "en", "ltr")
    wrong = {
        "headline": other, "info_sources": (InfoSource(other, "official"),), "edition": "es", "note": None,
        "act": "update",
    }  # fmt: skip
    readers = Readers()
    if field == "edition":
        first = msgspec.structs.replace(first, edition="es")
    readers.add(first)
    readers.add(msgspec.structs.replace(second, **{field: wrong[field]}))
    with pytest.raises(MissedError):
        await readers.check([line], seconds=0.05)


def test_three_editions_have_a_text_and_a_source_each() -> None:
    lines = TASKS["three editions at once"].outcome(7)
    assert {line.edition for line in lines} == set(TEXTS) == set(SOURCES)
    assert all(line.published.endswith(" 7") for line in lines)


@pytest.mark.browser
@pytest.mark.deep
async def test_every_task_can_be_done_at_the_page_by_its_keys() -> None:
    run = Run(quick=True, repeats=1, server_core=0, client_core=0, contenders={})
    section = await desk.measure(run)
    assert section.data.keys() == TASKS.keys()
    assert section.rows[0].reached, section.rows[0]
