"""axe-core finds nothing serious on any page of the desk, in any state, language, scheme and size."""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.sync_api import Browser, Page

from publisher.page.templates import PAGES
from tests.browser.desk.conftest import run_service
from tests.browser.desk.walks import SITE, STYLE, WALKS, Stage, Walk
from tests.support.axe import serious_findings

pytestmark = pytest.mark.browser

# Language, scheme, forced colours, and width.
Look = tuple[str, str, str, int]
LOOKS: Final[tuple[Look, ...]] = (
    ("en", "light", "none", 1366),
    ("ar", "dark", "none", 1366),
    ("en", "dark", "active", 1366),
    ("ar", "light", "none", 1366),
    ("en", "dark", "none", 1366),
)
FURTHER_LOOKS: Final[tuple[Look, ...]] = (
    ("es", "light", "none", 1366),
    ("ar", "light", "active", 1366),
    ("en", "light", "none", 320),
    ("ar", "dark", "none", 320),
    ("es", "dark", "none", 683),
)
SHOW: Final = """(language) => {
  const select = document.getElementById("language");
  select.value = language;
  select.dispatchEvent(new Event("change"));
}"""


@pytest.fixture(scope="module")
def stage(redis_url: str, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One service with lines in every state for all walks."""
    data = tmp_path_factory.mktemp("walks")
    (data / "site.toml").write_text(SITE, "utf-8")
    (data / "style").mkdir()
    (data / "style" / "en.toml").write_text(STYLE, "utf-8")
    for service in run_service(redis_url, data, FLASHWIRE_SITE=str(data / "site.toml")):
        stage = Stage(service, chromium)
        stage.fill()
        yield stage


def show(page: Page, look: Look) -> None:
    """Shows the page in a look, without touching its focus or an open dialog."""
    language, scheme, forced, width = look
    page.emulate_media(color_scheme=scheme, forced_colors=forced)  # type: ignore[arg-type]  # two literals each
    page.set_viewport_size({"width": width, "height": 648})
    page.evaluate(SHOW, language)


def findings(stage: Stage, walk: Walk, looks_of: list[tuple[Look, ...]]) -> list[str]:
    """What is serious in the states of the walk; the looks of the n-th state are the n-th of `looks_of`, cyclic."""
    problems: list[str] = []
    try:
        for index, (state, page) in enumerate(walk(stage)):
            for look in looks_of[index % len(looks_of)]:
                show(page, look)
                problems += [f"{state}, {' '.join(map(str, look))}: {finding}" for finding in serious_findings(page)]
            show(page, LOOKS[0])
    finally:
        stage.close()
    return problems


OFTEN: Final = [pytest.param(walk, id=walk.__name__) for walks in WALKS.values() for walk in walks.often]
EVERY_WALK: Final = OFTEN + [pytest.param(walk, id=walk.__name__) for walks in WALKS.values() for walk in walks.further]


def test_every_page_of_the_desk_is_looked_at() -> None:
    assert {page.path for page in PAGES} == set(WALKS)


@pytest.mark.deep
@pytest.mark.parametrize("walk", OFTEN)
def test_nothing_serious_is_found_in_any_state(stage: Stage, walk: Walk) -> None:
    problems = findings(stage, walk, [(look,) for look in LOOKS])
    assert not problems, "\n".join(problems)


@pytest.mark.slow
@pytest.mark.parametrize("walk", EVERY_WALK)
def test_nothing_serious_is_found_in_any_state_in_any_look(stage: Stage, walk: Walk) -> None:
    problems = findings(stage, walk, [LOOKS + FURTHER_LOOKS])
    assert not problems, "\n".join(problems)
