"""The limit of checks: a script must not take the CPU time of the desk with lines that it does not publish."""

import math

from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.records.tokens import Actor


def count_check(parts: Parts, actor: Actor) -> None:
    """Counts one check or dry run; raises `ApiError` 429. The tokens of a user count as the user."""
    seconds = parts.check_allowance.admit(actor.names[-1], parts.steady())
    if seconds:
        wait = max(1, math.ceil(seconds))
        raise ApiError(429, "check-rate", headers={"Retry-After": str(wait)}, seconds=wait)
