"""The reconnect rule of the Python client, against the examples that the JavaScript client runs too."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from flashwire.client import reconnect
from flashwire.client.reconnect import Reconnect

EXAMPLES = msgspec.json.decode((Path(__file__).parents[2] / "reconnect_examples.json").read_bytes())


def test_the_constants_are_those_of_the_examples() -> None:
    assert EXAMPLES["rule"] == {
        "first_wait": reconnect.FIRST_WAIT,
        "longest_wait": reconnect.LONGEST_WAIT,
        "min_uptime": reconnect.MIN_UPTIME,
        "spread": reconnect.SPREAD,
        "longest_server_wait": reconnect.LONGEST_SERVER_WAIT,
    }


@pytest.mark.parametrize("case", EXAMPLES["cases"], ids=lambda case: case["name"])
def test_each_example_holds(case: dict[str, Any]) -> None:  # Any: JSON
    chances: list[float | None] = [None]

    def chance() -> float:
        assert chances[0] is not None, "no random number may matter at this event"
        return chances[0]

    rule = Reconnect(chance)
    rule.open()
    # The examples count from the start of the case; a monotonic clock starts anywhere.
    for event in case["events"]:
        now = 1000.0 + event["at"]
        chances[0] = event.get("random")
        match event["event"]:
            case "snapshot" | "heartbeat":
                rule.message(now)
                continue
            case "bye":
                rule.bye(now, event["reconnect"])
                continue
            case "closed":
                wait = rule.closed(now, event["code"])
            case "refused":
                wait = rule.refused(
                    event["status"], has_problem=event["problem"], retry_after=event.get("retry_after", 0)
                )
            case other:
                raise AssertionError(other)
        assert wait == (None if event.get("stop") else pytest.approx(event["wait"]))
        rule.open()
