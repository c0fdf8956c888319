"""A rehearsal's stream and data are apart from the live ones, whatever the settings name."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from publisher.settings import DeskSettings
from ticker.settings import TickerSettings
from ticker.stream.keys import Keys


@pytest.mark.parametrize("kind", [DeskSettings, TickerSettings])
def test_a_rehearsal_of_a_brand_has_other_keys_and_another_data_folder(
    kind: type[DeskSettings | TickerSettings],
) -> None:
    live, rehearsal = (kind(brand="news", data=Path("/var/lib/desk"), rehearsal=flag) for flag in (False, True))
    assert (rehearsal.brand, rehearsal.data) == ("news-rehearsal", Path("/var/lib/desk/rehearsal"))
    assert live.data == Path("/var/lib/desk")
    keys = [
        {keys.items, keys.canary, keys.meta, keys.newest, keys.ledger("u"), keys.answer("d")}
        for keys in (Keys(live.brand), Keys(rehearsal.brand))
    ]
    assert not keys[0] & keys[1]


def test_settings_that_were_read_by_a_parent_stay_the_same_in_its_child() -> None:
    parent = DeskSettings(brand="news", data=Path("/d"), rehearsal=True)
    child = DeskSettings(brand=parent.brand, data=parent.data, rehearsal=True)
    assert (child.brand, child.data) == (parent.brand, parent.data)


def test_a_live_service_cannot_name_the_keys_of_a_rehearsal() -> None:
    with pytest.raises(ValidationError, match="belongs to a rehearsal"):
        DeskSettings(brand="news-rehearsal")


def test_a_brand_that_is_too_long_for_a_rehearsal_is_refused() -> None:
    with pytest.raises(ValidationError, match="21 characters"):
        DeskSettings(brand="n" * 22, rehearsal=True)
