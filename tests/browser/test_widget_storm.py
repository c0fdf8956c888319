"""After a storm of acts, cuts, restarts and slow links, the page shows the editorial truth."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.desk.conftest import Service, run_service
from tests.browser.editorial import Editors
from tests.support.slow_link import SlowLink
from tests.support.waiting import until
from ticker.contract.site import DEFAULT_SITE

pytestmark = pytest.mark.browser

ACTS: Final = 500
SEEDS: Final = int(os.environ.get("SEEDS", "50"))
FIRST_SEED: Final = int(os.environ.get("FIRST_SEED", "1"))
LANES: Final = 5
"""How many storms are at the same time, each in an edition and a page of its own."""
# The rows of the list with a headline: its text, and all the words of the row.
_ROWS: Final = """() => [...document.querySelector("breaking-ticker").shadowRoot.querySelectorAll("li")]
  .filter((row) => row.getClientRects().length && row.querySelector(".headline"))
  .map((row) => [row.querySelector(".headline").textContent, row.textContent])"""
_EDITION: Final = '\n[editions.{name}]\nlanguage = "en"\ndirection = "ltr"\nname = "Edition {name}"\n'


def _edition(seed: int) -> str:
    return f"e{seed % LANES}"


@pytest.fixture(scope="module")
def service(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("storm")
    site = folder / "site.toml"
    editions = "".join(_EDITION.format(name=_edition(lane)) for lane in range(LANES))
    site.write_text(f"{DEFAULT_SITE.read_text()}\n{editions}")
    yield from run_service(redis_url, folder, FLASHWIRE_SITE=str(site))


class Storm:
    """One storm: its acts in a thread of its own, what the page shows in the thread of the browser."""

    restarts = threading.Lock()
    """Held while the ticker restarts, which all storms notice."""

    def __init__(self, chromium: Browser, service: Service, seed: int) -> None:
        self._service = service
        self._seed = seed
        self._random = random.Random(seed)
        self._editors = Editors(service, seed, _edition(seed))
        self._faults: list[str] = []
        self._link = SlowLink(int(service.ticker.url.rpartition(":")[2]))
        self._running = self._link.running()
        self._running.__enter__()
        self._context = chromium.new_context(locale="en-GB")
        self._page = self._context.new_page()
        self._page.goto(f"{self._link.url}/embed?edition={_edition(seed)}&backlog=100")
        self._page.evaluate("document.querySelector('breaking-ticker').setAttribute('show', '100')")

    def run(self) -> None:
        """All acts with their faults; the link is whole after them."""
        chance = self._random
        heal_at = 0
        for number in range(ACTS):
            if number == heal_at:
                self._link.heal()
            elif number > heal_at and chance.random() < 0.04:
                fault = chance.choice(("cut", "cut", "freeze", "slow", "slow", "restart", "refuse"))
                self._faults.append(fault)
                heal_at = number + chance.randrange(5, 60)
                self._spoil(fault)
            self._editors.act()
            # Some acts come in a burst, and some with a moment between.
            time.sleep(chance.choice((0, 0, 0, 0.01, 0.05)))
        self._link.heal()

    def compare(self) -> str:
        """Waits until the page shows the truth, ends the storm, and returns what happened in it."""
        truth = self._editors.seen()
        took = until(lambda: _shows(self._page, truth), f"the truth of seed {self._seed} after {self._faults}")
        assert self._page.locator("breaking-ticker").evaluate("ticker => ticker.state") == "live"
        self._context.close()
        self._running.__exit__(None, None, None)
        self._editors.withdraw_all()
        return f"seed {self._seed}: {len(truth)} items, {len(self._faults)} faults, equal after {took:.1f} s"

    def _spoil(self, fault: str) -> None:
        link = self._link
        if fault == "cut":
            link.cut()
        elif fault == "freeze":
            link.is_frozen = True
        elif fault == "slow":
            link.delay = self._random.choice((0.05, 0.3))
        elif fault == "refuse":
            link.refuses = True
            link.cut()
        else:
            with self.restarts:
                self._service.ticker.stop()
                self._service.ticker.start()


def _shows(page: Page, truth: list[tuple[str, str]]) -> bool:
    rows: list[tuple[str, str]] = page.evaluate(_ROWS)
    return [headline for headline, _ in rows] == [headline for headline, _ in truth] and all(
        note in row for (_, row), (_, note) in zip(rows, truth, strict=True)
    )


def run_storms(chromium: Browser, service: Service, seeds: range) -> Iterator[str]:
    """Runs the storms of `seeds`, as many at a time as there are editions, and yields what happened in each."""
    with ThreadPoolExecutor(LANES) as threads:
        for start in range(seeds.start, seeds.stop, LANES):
            storms = [Storm(chromium, service, seed) for seed in range(start, min(start + LANES, seeds.stop))]
            for run in [threads.submit(storm.run) for storm in storms]:
                run.result()
            for storm in storms:
                yield storm.compare()


@pytest.mark.deep
def test_the_page_shows_the_editorial_truth_after_a_storm(
    chromium: Browser, service: Service, say: Callable[[str], None]
) -> None:
    for outcome in run_storms(chromium, service, range(FIRST_SEED, FIRST_SEED + 1)):
        say(outcome)


@pytest.mark.slow
def test_the_page_shows_the_editorial_truth_after_fifty_storms(
    chromium: Browser, service: Service, say: Callable[[str], None]
) -> None:
    outcomes = []
    for outcome in run_storms(chromium, service, range(FIRST_SEED, FIRST_SEED + SEEDS)):
        print(outcome, flush=True)
        outcomes.append(outcome)
    say(f"{len(outcomes)} seeds of {ACTS} acts, each page equal to the editorial truth")
