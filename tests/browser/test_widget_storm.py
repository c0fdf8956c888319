"""After a storm of acts, cuts, restarts and slow links, the page shows the editorial truth."""

import os
import random
import time
from collections.abc import Callable, Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.desk.conftest import Service, run_service
from tests.browser.editorial import Editors
from tests.support.slow_link import SlowLink
from tests.support.waiting import until

pytestmark = pytest.mark.browser

ACTS: Final = 500
SEEDS: Final = int(os.environ.get("SEEDS", "50"))
FIRST_SEED: Final = int(os.environ.get("FIRST_SEED", "1"))
# The rows of the list with a headline: its text, and all the words of the row.
_ROWS: Final = """() => [...document.querySelector("breaking-ticker").shadowRoot.querySelectorAll("li")]
  .filter((row) => row.getClientRects().length && row.querySelector(".headline"))
  .map((row) => [row.querySelector(".headline").textContent, row.textContent])"""


@pytest.fixture(scope="module")
def service(redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    yield from run_service(redis_url, tmp_path_factory.mktemp("storm"))


def storm(chromium: Browser, service: Service, seed: int) -> str:
    """Runs one storm and returns what happened in it."""
    chance = random.Random(seed)
    editors = Editors(service, seed)
    faults: list[str] = []
    ticker_port = int(service.ticker.url.rpartition(":")[2])
    with SlowLink(ticker_port).running() as link:
        context = chromium.new_context(locale="en-GB")
        page = context.new_page()
        page.goto(f"{link.url}/embed?edition=en&backlog=100")
        page.evaluate("document.querySelector('breaking-ticker').setAttribute('show', '100')")
        heal_at = 0
        for number in range(ACTS):
            if number == heal_at:
                link.heal()
            elif number > heal_at and chance.random() < 0.04:
                fault = chance.choice(("cut", "cut", "freeze", "slow", "slow", "restart", "refuse"))
                faults.append(fault)
                heal_at = number + chance.randrange(5, 60)
                _spoil(link, service, fault, chance)
            editors.act()
            # Some acts come in a burst, and some with a moment between.
            time.sleep(chance.choice((0, 0, 0, 0.01, 0.05)))
        link.heal()
        truth = editors.seen()
        took = until(lambda: _shows(page, truth), f"the truth of seed {seed} after {faults}", seconds=60)
        assert page.locator("breaking-ticker").evaluate("ticker => ticker.state") == "live"
        context.close()
    editors.withdraw_all()
    return f"seed {seed}: {len(truth)} items, {len(faults)} faults, equal after {took:.1f} s"


def _spoil(link: SlowLink, service: Service, fault: str, chance: random.Random) -> None:
    if fault == "cut":
        link.cut()
    elif fault == "freeze":
        link.is_frozen = True
    elif fault == "slow":
        link.delay = chance.choice((0.05, 0.3))
    elif fault == "refuse":
        link.refuses = True
        link.cut()
    else:
        service.ticker.stop()
        service.ticker.start()


def _shows(page: Page, truth: list[tuple[str, str]]) -> bool:
    rows: list[tuple[str, str]] = page.evaluate(_ROWS)
    return [headline for headline, _ in rows] == [headline for headline, _ in truth] and all(
        note in row for (_, row), (_, note) in zip(rows, truth, strict=True)
    )


@pytest.mark.deep
def test_the_page_shows_the_editorial_truth_after_a_storm(
    chromium: Browser, service: Service, say: Callable[[str], None]
) -> None:
    say(storm(chromium, service, seed=FIRST_SEED))


@pytest.mark.slow
def test_the_page_shows_the_editorial_truth_after_fifty_storms(chromium: Browser, service: Service) -> None:
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        print(storm(chromium, service, seed), flush=True)
