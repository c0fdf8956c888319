"""Times on pages for readers: absolute, in the time zone of the edition, with the zone's name."""

from datetime import datetime
from zoneinfo import ZoneInfo


def page_time(moment: str, zone: str) -> str:
    """`moment` (RFC 3339) as `2026-05-01 11:30 CEST`; an unnamed zone has its offset."""
    local = datetime.fromisoformat(moment).astimezone(ZoneInfo(zone))
    return local.strftime("%Y-%m-%d %H:%M %Z")
