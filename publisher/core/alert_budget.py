"""Counts the alerts of each edition: readers silence an app that sends too many.

1. An alert is a line that becomes a flash or a bulletin: by publishing, or by an act that raises its urgency.
2. A day begins at midnight in the time zone of the edition.
"""

from collections import deque
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from ticker.contract.item import Item, instant

ALERT_URGENCY: Final = 2
"""Urgency 1 is a flash, 2 a bulletin."""
# A day has at most 25 hours.
_KEPT_SECONDS: Final = 26 * 3600.0
_LIMIT: Final = 5000


class Budget(msgspec.Struct, frozen=True, rename="camel"):
    """What one edition sent today, before the alert that is being written."""

    edition: str
    today: int
    limit: int | None
    seconds_since_last: int | None
    story: int | None
    is_over: bool


class _Alert(msgspec.Struct, frozen=True):
    time: float
    uri: str
    edition: str
    story: str | None


class Alerts:
    """The alerts of the last day."""

    def __init__(self) -> None:
        self._alerts: deque[_Alert] = deque(maxlen=_LIMIT)
        self._urgencies: dict[str, int] = {}

    def add(self, item: Item) -> None:
        """Counts a version, if it is an alert; versions of one item come in their order."""
        is_alert = item.urgency <= ALERT_URGENCY and item.pub_status == "usable"
        earlier = self._urgencies.get(item.uri)
        if is_alert and (item.act == "publish" or (earlier is not None and earlier > ALERT_URGENCY)):
            self._alerts.append(_Alert(instant(item.version_created), item.uri, item.edition, story_of(item)))
        self._urgencies[item.uri] = item.urgency
        while len(self._urgencies) > _LIMIT:
            del self._urgencies[next(iter(self._urgencies))]

    def budget(
        self, edition: str, zone: str, limit: int | None, *, now: float, story: str | None = None, but_not: str = ""
    ) -> Budget:
        """The budget of `edition` at `now` (seconds since 1970), whose day follows the time zone `zone`.

        `but_not` is the uri of the item that is being written.
        """
        while self._alerts and self._alerts[0].time < now - _KEPT_SECONDS:
            self._alerts.popleft()
        local = datetime.fromtimestamp(now, ZoneInfo(zone))
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        others = [alert for alert in self._alerts if alert.edition == edition and alert.uri != but_not]
        today = [alert for alert in others if alert.time >= midnight]
        last = max((alert.time for alert in others), default=None)
        return Budget(
            edition=edition,
            today=len(today),
            limit=limit,
            seconds_since_last=None if last is None else max(0, int(now - last)),
            story=None if story is None else sum(alert.story == story for alert in today),
            is_over=limit is not None and len(today) >= limit,
        )


def story_of(item: Item) -> str | None:
    """The id of the story that an item belongs to."""
    return None if item.story is None else item.story.id
