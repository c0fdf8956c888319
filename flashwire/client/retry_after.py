"""`Retry-After` of a refusal: seconds, or a date by the clock of its sender (RFC 9110, 10.2.3)."""

import time
from email.utils import mktime_tz, parsedate_tz


def retry_after_seconds(value: str, date: str = "") -> float:
    """The wait that `value` names; 0 for none, for a time that has passed, and for what is neither number nor date.

    `date` is the `Date` of the same answer; without it, this machine's clock counts.
    """
    if value.isascii() and value.isdigit():
        return float(value)
    moment = _moment(value)
    if moment is None:
        return 0.0
    now = _moment(date)
    return max(0.0, moment - (time.time() if now is None else now))


def _moment(date: str) -> float | None:
    """The seconds since 1970 of an HTTP date, or None if it is none."""
    parts = parsedate_tz(date)
    try:
        return None if parts is None else float(mktime_tz(parts))
    except (ValueError, OverflowError):
        return None
