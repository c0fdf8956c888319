"""Attacks on a ticker with a full stream: live news for others is on time, no worker ends, and memory is bounded.

`make faults` tries every kind; with SHORT=1 it tries fewer, for less long. The table is shown at the end of the run.
"""

import os
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.acceptance.pressed import HEADING, Outcome, Ticker, measured
from tests.deploy.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

SHORT: Final = bool(os.environ.get("SHORT"))
ONLY: Final = os.environ.get("ATTACK", "*")
SECONDS: Final = 4.0 if SHORT else 8.0
CONTROL_SECONDS: Final = 2.0
# What is promised for the 99th percentile of the delays, with all that machine, listeners and measuring add to them.
LATE_SECONDS: Final = 0.25
# Beyond what the ticker had before the attack.
MEMORY_MB: Final = 150.0


class Attack(NamedTuple):
    """Attackers of one kind."""

    name: str
    kind: str
    clients: int
    short: bool = False
    answer: str = ""
    """What at least one attacker must be answered."""
    loses: bool = False
    """Whether the stream's place is lost in the middle of it."""
    on_time: bool = True
    """Whether news keeps its 250 ms; docs/operating.md names the attacks under which it does not."""


ATTACKS: Final = (
    Attack("subscribe flood", "subscribe_flood", 10, short=True),
    Attack("40 joins at a time", "join_flood", 40),
    Attack("200 joins at a time", "join_flood", 200, short=True),
    Attack("deflated replays", "deflate_flood", 40),
    Attack("narrow snapshots", "snapshot_flood", 40),
    Attack("pages and histories", "page_flood", 40),
    Attack("long polls", "poll_flood", 40),
    Attack("100 slow subscribers", "subscribe_politely", 100),
    Attack("tiny frames", "frame_flood", 20, short=True),
    Attack("half handshakes", "handshake_flood", 40),
    Attack("unread JSON", "unread_json", 300, short=True, on_time=False),
    Attack("unread streams", "unread_live", 300),
    Attack("unread pipelines", "unread_pages", 100),
    Attack("unread snapshots", "unread_snapshots", 1_000),
    Attack("2,500 filters", "many_filters", 2_500),
    Attack("2,500 filters, a loss", "many_filters", 2_500, loses=True, on_time=False),
    Attack("short visits", "short_visits", 40),
    Attack("odd requests", "odd_requests", 40),
    Attack("packed frames", "packed_frames", 40),
)
MUTANT: Final = ATTACKS[2]

Say = Callable[[str], None]


def is_late(outcome: Outcome, loss_seconds: float = 0.0) -> bool:
    """Whether news was later than promised: nothing is taken off for the machine, the listeners or the measuring.

    A loss of place has the stream read anew before the next news, which takes `loss_seconds` without any attacker, too.
    """
    return outcome.delay_p99 > LATE_SECONDS + loss_seconds


def other_failures(outcome: Outcome, control: Outcome, answer: str) -> list[str]:
    """What else is not as promised."""
    found: list[str] = []
    if outcome.missed:
        found.append(f"{outcome.missed} lines missed")
    if outcome.restarts:
        found.append(f"{outcome.restarts} restarts of the worker")
    if answer and not outcome.answers.get(answer):
        found.append(f"no attacker was answered {answer}")
    if outcome.memory_mb - control.memory_mb >= MEMORY_MB:
        found.append(f"{outcome.memory_mb - control.memory_mb:.0f} MB more memory")
    return found


async def test_an_attack_holds_up_nobody_else(folder: Path, say: Say) -> None:
    table = ["", HEADING]
    broken: list[str] = []
    async with measured(folder) as pressed:
        for attack in ATTACKS:
            if (SHORT and not attack.short) or not fnmatch(attack.name, ONLY):
                continue
            control = await pressed.attack("  control", CONTROL_SECONDS, lose=attack.loses)
            outcome = await pressed.attack(attack.name, SECONDS, (attack.kind, attack.clients), lose=attack.loses)
            late, found = (
                is_late(outcome, control.delay_p99 if attack.loses else 0.0),
                other_failures(outcome, control, attack.answer),
            )
            table += [control.row(), outcome.row() + (" NOT HELD" if late or found else "")]
            say("\n".join(table))
            if late and attack.on_time:
                found.append(f"news {outcome.delay_p99:.3f} s late, without an attack {control.delay_p99:.3f} s")
            broken += [f"{attack.name}: {failure}" for failure in found]
    assert not broken, "; ".join(broken)


async def test_without_the_budget_an_attack_holds_up_everybody(folder: Path, say: Say) -> None:
    # The mutant. Python runs this file when it starts, in the ticker's process too.
    (folder / "sitecustomize.py").write_text("import ticker.edge.work as w\nw.STEP_SECONDS = float('inf')\n", "utf-8")
    async with measured(folder, PYTHONPATH=str(folder)) as pressed:
        control = await pressed.attack("  control", CONTROL_SECONDS)
        outcome = await pressed.attack("no budget", SECONDS, (MUTANT.kind, MUTANT.clients))
    say("\n".join(("", HEADING, control.row(), outcome.row())))
    assert is_late(outcome)


@pytest.mark.skipif(SHORT, reason="a long form")
async def test_a_flood_through_the_shipped_nginx_holds_up_nobody_else(folder: Path, say: Say) -> None:
    stack = Stack(folder)

    def front(ticker: Ticker) -> str:
        stack.ports["ticker-1"] = stack.ports["ticker-2"] = ticker.port
        stack.start_nginx()
        return f"http://{stack.front}"

    attack = ATTACKS[0]
    try:
        async with measured(folder, front=front) as pressed:
            control = await pressed.attack("  control", CONTROL_SECONDS)
            outcome = await pressed.attack("flood through nginx", SECONDS, (attack.kind, attack.clients))
    finally:
        stack.close()
    say("\n".join(("", HEADING, control.row(), outcome.row())))
    assert not is_late(outcome) and not other_failures(outcome, control, attack.answer)
