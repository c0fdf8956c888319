"""Measures the keys and seconds of an editor's tasks at the desk's page, by the keyboard alone, in a real browser."""

import itertools
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from bench.desk.keyboard import Keyboard
from bench.desk.readers import readers
from bench.desk.tasks import TASKS, publish
from bench.installed import service, tokens
from bench.scenario import Row, Run, Scenario, Section
from bench.stats import figure, table

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

INSTALL: Final = "pip install playwright && sudo apt-get install chromium"
PUBLISH, WITHDRAW = "blank to published", "field to withdrawn"
WITHDRAWAL_KEYS: Final = 4
_ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


class Round(msgspec.Struct, frozen=True):
    """One run of a task, whose outcome readers had afterwards."""

    seconds: float
    commands: int
    reasons: int
    letters: int


async def measure(run: Run) -> Section:
    try:
        from playwright.async_api import Error, async_playwright
    except ImportError:
        return _left_out(run)
    numbers = itertools.count(1)
    with tempfile.TemporaryDirectory(prefix="fwd") as name:
        folder = Path(name)
        run.step("starting the service and a browser")
        async with (
            service(folder) as (_, ticker_port, desk_port),
            readers(ticker_port) as client,
            async_playwright() as playwright,
        ):
            token = (await tokens(folder, 1, role="chief"))[0]
            try:
                browser = await playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=list(_ARGUMENTS)
                )
            except Error:
                return _left_out(run)
            page = await _signed_in(browser, desk_port, token)

            async def one_round(title: str) -> Round:
                task, number = TASKS[title], next(numbers)
                if task.needs_line:
                    await publish(Keyboard(page), number)
                keyboard = Keyboard(page)
                began = time.monotonic()
                await task.run(keyboard, number)
                seconds = time.monotonic() - began
                await client.check(task.outcome(number))
                return Round(seconds, keyboard.commands, keyboard.reasons, keyboard.letters)

            rounds = await run.in_turn(TASKS, one_round)
            version = browser.version
            await browser.close()
    return _section(rounds, version)


async def _signed_in(browser: "Browser", port: int, token: str) -> "Page":
    page = await (await browser.new_context(locale="en-GB")).new_page()
    await page.goto(f"http://127.0.0.1:{port}")
    await page.fill("#signin-value", token)
    await page.keyboard.press("Enter")
    await page.wait_for_selector("#line:focus")
    return page


def _section(rounds: dict[str, list[Round]], version: str) -> Section:
    seconds = {title: figure([turn.seconds for turn in turns]) for title, turns in rounds.items()}
    rows = [
        (title, seconds[title].text(2), *_keys(turns), str(len(turns)), str(len(TASKS[title].outcome(0))))
        for title, turns in rounds.items()
    ]
    head = ("task", "seconds, p50", "keys", "keys for the reason", "letters typed", "runs", "lines checked per run")
    text = f"""{table(head, rows)}

The whole service (`flashwire run`) and headless Chromium {version} run on the same cores. A script presses the keys
without a pause, so the seconds are those of the page and the desk: add the time of a person's hands. The time runs
from the first key, with the focus in the composer, until the page says that the desk has acknowledged it. A key is a
key or a chord that is no letter of a text; a prepared note is chosen by one more. Before a correction or a withdrawal
the script publishes the line that it is about. After each run a client of the ticker must have had every line once, in
its edition, with its source, its words and its note; a run without that fails the measurement.
"""
    withdrawal = rounds[WITHDRAW][0]
    row = Row(
        "desk",
        f"{withdrawal.commands} keys, {seconds[WITHDRAW].text(2)} s",
        f"{PUBLISH}: {rounds[PUBLISH][0].commands} keys, {seconds[PUBLISH].text(2)} s",
        withdrawal.commands <= WITHDRAWAL_KEYS,
    )
    data: dict[str, Any] = {title: msgspec.to_builtins(turns) for title, turns in rounds.items()}  # Any: JSON
    return Section(text, data, (row,))


def _keys(turns: list[Round]) -> tuple[str, str, str]:
    """The keys of every run of a task, which are the same, and the letters, which have more digits later."""
    counts = ([turn.commands for turn in turns], [turn.reasons for turn in turns], [turn.letters for turn in turns])
    commands, reasons, letters = (figure(count).text(0) for count in counts)
    return commands, reasons, letters


def _left_out(run: Run) -> Section:
    run.notes.append(f"Not measured: no Playwright with Chromium here. {INSTALL}")
    why = f"not measured here; {INSTALL}"
    return Section(
        f"Not measured: there is no Playwright with Chromium here. {INSTALL}", {}, (Row("desk", "–", why=why),)
    )


SCENARIO: Final = Scenario(
    "desk", "An editor's tasks by the keyboard", measure, seconds=420, quick_seconds=25, repeats=20, pinned=False
)
