"""Desks on both databases, and a second desk on the same one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from publisher.api.parts import Parts, open_parts
from publisher.settings import DeskSettings
from ticker.contract.site import DEFAULT_SITE


@pytest.fixture
def settings(tmp_path: Path, redis_url: str, brand: str, database_url: str | None) -> DeskSettings:
    """The desk's settings on the test's database."""
    values = {"redis_url": redis_url, "brand": brand, "data": tmp_path, "rate_per_minute": 1000}
    return DeskSettings.model_validate(values | {"database_url": database_url})


@pytest.fixture
async def other(settings: DeskSettings) -> AsyncIterator[Parts]:
    """The parts of a second desk on the same database and stream."""
    opened = open_parts(settings)
    yield opened
    await opened.store.aclose()
    await opened.audit.aclose()
    await opened.bylines.aclose()
    opened.database.close()


@pytest.fixture
def policy_settings(settings: DeskSettings, tmp_path: Path) -> DeskSettings:
    """Flashes and bulletins, and whatever becomes one, need a chief."""
    site = tmp_path / "site.toml"
    site.write_text(DEFAULT_SITE.read_text("utf-8") + "\n[[approvals]]\nurgency = 2\n", "utf-8")
    return settings.model_copy(update={"site": site})


class Clocks:
    """A wall clock and a steady clock that a test sets."""

    def __init__(self) -> None:
        self.wall = 1_790_000_000.0
        self.steady = 100.0

    def go_on(self, seconds: float) -> None:
        """Time passes on both clocks."""
        self.wall += seconds
        self.steady += seconds


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()
