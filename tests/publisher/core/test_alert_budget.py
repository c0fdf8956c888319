"""How many flashes and bulletins an edition had today, by the clock of its time zone."""

import msgspec
import pytest

from bench.similar.corpus import item
from publisher.core.advice import budget_advice
from publisher.core.alert_budget import Alerts
from publisher.core.sentences import sentence
from ticker.contract.item import Item, instant, moment


def alert(uri: str, time: str, **changes: object) -> Item:
    return msgspec.structs.replace(
        item(uri, "en", "Bridge closed"), version_created=moment(instant(time)), **{"urgency": 1, **changes}
    )


@pytest.mark.parametrize(
    ("zone", "now", "count"),
    [
        ("UTC", "2026-03-10T23:30:00Z", 2),
        ("UTC", "2026-03-11T00:10:00Z", 0),
        ("Europe/Madrid", "2026-03-10T22:50:00Z", 2),
        ("Europe/Madrid", "2026-03-10T23:10:00Z", 0),
        ("America/New_York", "2026-03-11T03:50:00Z", 2),
    ],
)
def test_the_day_begins_at_midnight_in_the_time_zone_of_the_edition(zone: str, now: str, count: int) -> None:
    alerts = Alerts()
    alerts.add(alert("a", "2026-03-10T15:00:00Z"))
    alerts.add(alert("b", "2026-03-10T22:00:00Z", urgency=2))
    alerts.add(alert("c", "2026-03-10T22:00:00Z", urgency=3))
    alerts.add(alert("d", "2026-03-10T22:00:00Z", edition="es"))
    assert alerts.budget("en", zone, None, now=instant(now)).today == count


def test_an_act_that_raises_the_urgency_is_an_alert_and_further_versions_are_not() -> None:
    alerts = Alerts()
    alerts.add(alert("a", "2026-03-10T10:00:00Z", urgency=4))
    alerts.add(alert("a", "2026-03-10T10:05:00Z", urgency=1, act="update", version=2))
    alerts.add(alert("a", "2026-03-10T10:06:00Z", urgency=1, act="refile", version=3))
    alerts.add(alert("b", "2026-03-10T10:07:00Z", act="correction", version=9))
    budget = alerts.budget("en", "UTC", 1, now=instant("2026-03-10T10:17:00Z"))
    assert (budget.today, budget.seconds_since_last, budget.is_over) == (1, 720, True)
    assert not alerts.budget("en", "UTC", 2, now=instant("2026-03-10T10:17:00Z")).is_over
    assert alerts.budget("en", "UTC", 1, now=instant("2026-03-10T10:17:00Z"), but_not="a").today == 0


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "1, the last 12 min ago; the limit is 1."), ("es", "la última hace 12 min"), ("ar", "آخرها قبل 12 دقيقة")],
)
def test_the_budget_is_one_sentence(language: str, words: str) -> None:
    alerts = Alerts()
    alerts.add(alert("a", "2026-03-10T10:00:00Z"))
    advice = budget_advice(alerts.budget("en", "UTC", 1, now=instant("2026-03-10T10:12:00Z")), "English")
    assert words in sentence(advice.refusal(), language) and advice.asks
