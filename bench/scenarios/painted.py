"""Measures the time from publishing a line at the desk until the widget has painted it in a real browser."""

import asyncio
import random
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.editors import editors
from bench.installed import service, tokens
from bench.load_reports import MissedError
from bench.plot import Lines, lines
from bench.scenario import Picture, Row, Run, Scenario, Section
from bench.stats import figure, quantile, table

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

POSTED, TYPED = "posted", "typed"
P50_MS: Final = 50.0
P99_MS: Final = 250.0
INSTALL: Final = "pip install playwright && sudo apt-get install chromium"
_ARGUMENTS: Final = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
# At the callback of the second animation frame, the frame that contains the line has been painted.
_WATCH: Final = r"""() => {
  const root = document.querySelector("breaking-ticker").shadowRoot;
  window.painted = {};
  const look = () => {
    for (const [, number] of root.textContent.matchAll(/\((\d+)\)/g)) {
      if (number in window.painted) continue;
      window.painted[number] = 0;
      requestAnimationFrame(() => requestAnimationFrame(() => {
        window.painted[number] = performance.timeOrigin + performance.now();
      }));
    }
  };
  new MutationObserver(look).observe(root, { subtree: true, childList: true, characterData: true });
  look();
}"""
_NOW: Final = "() => performance.timeOrigin + performance.now()"


async def measure(run: Run) -> Section:
    try:
        from playwright.async_api import Error, async_playwright
    except ImportError:
        return _left_out(run)
    posts, keys = (10, 2) if run.quick else (120, 67)  # over 200 keys in three rounds
    with tempfile.TemporaryDirectory(prefix="fwp") as name:
        folder = Path(name)
        run.step("starting the service and a browser")
        async with service(folder) as (_, ticker_port, desk_port), async_playwright() as playwright:
            token = (await tokens(folder, 1))[0]
            try:
                browser = await playwright.chromium.launch(
                    executable_path=shutil.which("chromium"), args=list(_ARGUMENTS)
                )
            except Error:
                return _left_out(run)
            reader = await _reader(browser, ticker_port)
            skew = await _skew(reader)

            async def one_round(name: str) -> list[float]:
                run.step(f"{posts if name == POSTED else keys} lines")
                if name == TYPED:
                    due = await _typed(browser, desk_port, token, keys)
                else:
                    due = await _posted(desk_port, token, posts)
                seen = await _seen(reader, due)
                return [seen[number] - skew - began * 1000 for number, began in due.items()]

            rounds = await run.in_turn((POSTED, TYPED), one_round)
            version = browser.version
            await browser.close()
    return _section(rounds, version)


async def _reader(browser: "Browser", port: int) -> "Page":
    page = await (await browser.new_context(locale="en-GB")).new_page()
    await page.goto(f"http://127.0.0.1:{port}/embed?edition=en&layout=list")
    await page.wait_for_selector("breaking-ticker:state(live)")
    await page.evaluate(_WATCH)
    return page


async def _skew(page: "Page") -> float:
    """Returns how many milliseconds the browser's clock is ahead of ours."""
    offsets = []
    for _ in range(20):
        time_before = time.time()
        theirs = await page.evaluate(_NOW)
        time_after = time.time()
        offsets.append((time_after - time_before, theirs - (time_before + time_after) / 2 * 1000))
    return float(min(offsets)[1])


async def _posted(port: int, token: str, number: int) -> dict[str, float]:
    editor = (await editors(port, [token], 1))[0]
    due = {}
    try:
        for _ in range(number):
            # Random, so that posts are not synchronised with the screen's frames.
            await asyncio.sleep(0.05 + random.random() * 0.1)
            mark = len(_marks)
            _marks.append(mark)
            due[str(mark)] = time.time()
            await editor.post(mark)
    finally:
        editor.close()
    return due


# Each line of a run has a unique number, so that a line of an earlier round is not taken for a new one.
_marks: Final[list[int]] = []


async def _typed(browser: "Browser", port: int, token: str, number: int) -> dict[str, float]:
    context = await browser.new_context(locale="en-GB")
    due = {}
    try:
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{port}")
        await page.fill("#signin-value", token)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#line:focus")
        for _ in range(number):
            mark = len(_marks)
            _marks.append(mark)
            await page.fill("#line", f"Civil Defence: Bridge in the old town reopened to all traffic ({mark})")
            await asyncio.sleep(0.3 + random.random() * 0.1)
            due[str(mark)] = time.time()
            await page.keyboard.press("Control+Enter")
            await page.keyboard.press("Enter")
            await page.wait_for_function("() => document.querySelector('#line').value === ''")
    finally:
        await context.close()
    return due


async def _seen(page: "Page", due: dict[str, float]) -> dict[str, float]:
    limit = time.monotonic() + 10
    while True:
        painted: dict[str, float] = await page.evaluate("() => window.painted")
        if all(painted.get(number) for number in due):
            return painted
        if time.monotonic() > limit:
            missed = sorted(int(number) for number in due if not painted.get(number))
            raise MissedError(f"{len(missed)} of {len(due)} lines were never painted, the first is number {missed[0]}")
        await asyncio.sleep(0.1)


_TITLES: Final = {POSTED: "posted to the desk's API", TYPED: "typed at the desk's page, Ctrl+Enter"}


def _section(rounds: dict[str, list[list[float]]], version: str) -> Section:
    def at(name: str, share: float) -> list[float]:
        return [quantile(turn, share) for turn in rounds[name]]

    rows = [
        (_TITLES[name], *(figure(at(name, share)).text(0) for share in (0.5, 0.9, 0.99)), str(sum(map(len, turns))))
        for name, turns in rounds.items()
    ]
    text = f"""{table(("a line is", "painted after, p50, ms", "p90, ms", "p99, ms", "lines"), rows)}

The whole service (`flashwire run`) and headless Chromium {version} run on the same cores, with one page that contains
the widget on a WebSocket. The time runs from before the request is written, or from before Ctrl+Enter and then Enter
are pressed through Playwright, until the second animation frame after the line is in the page, when it is painted. It
includes the disk sync, the stream, the node, the socket, the widget and up to two frames of 16.7 ms, and is corrected
for the browser's clock.
"""
    series = {
        _TITLES[name].split(",")[0]: [
            (float(share), figure(at(name, share / 100)).median) for share in (*range(5, 100, 5), 99)
        ]
        for name in rounds
    }
    chart = Lines("Painted within, ms", "share of the lines, %", series, logarithmic=False)
    p50, p99 = figure(at(POSTED, 0.5)), figure(at(POSTED, 0.99))
    reached = p50.median <= P50_MS and p99.median <= P99_MS
    row = Row(
        "painted",
        f"{p50.text(0)} / {p99.text(0)} ms",
        f"typed at the desk's page {figure(at(TYPED, 0.5)).text(0)} / {figure(at(TYPED, 0.99)).text(0)} ms",
        reached,
        "" if reached else "a browser that draws in software shares two cores with the whole service",
    )
    picture = Picture(lines([chart]), says="Within how many milliseconds which share of the lines was painted")
    return Section(text, rounds, (row,), (picture,))


def _left_out(run: Run) -> Section:
    run.notes.append(f"Not measured: no Playwright with Chromium here. {INSTALL}")
    why = f"not measured here; {INSTALL}"
    return Section(
        f"Not measured: there is no Playwright with Chromium here. {INSTALL}", {}, (Row("painted", "–", why=why),)
    )


SCENARIO: Final = Scenario(
    "painted", "From the desk to the screen", measure, seconds=150, quick_seconds=12, repeats=3, pinned=False
)
