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
# What an attacker may get: what it asked for, however slowly, or that there is too much of it.
ANSWERS: Final = ("101", "200", "503", "snapshot", "replay", "code 4005")


class Attack(NamedTuple):
    """Attackers of one kind."""

    name: str
    kind: str
    clients: int
    short: bool = False
    answers: tuple[str, ...] = ANSWERS
    """One of these must have been said to an attacker; empty where attackers wait for no answer."""
    loses: bool = False
    """Whether the stream's place is lost in the middle of it."""


ATTACKS: Final = (
    Attack("subscribe flood", "subscribe_flood", 10, short=True, answers=("replay", "code 4005")),
    Attack("one by one", "subscribe_one_by_one", 20, short=True, answers=("code 4005",)),
    Attack("40 joins at a time", "join_flood", 40),
    Attack("200 joins at a time", "join_flood", 200, short=True),
    Attack("deflated replays", "deflate_flood", 40),
    Attack("narrow snapshots", "snapshot_flood", 40),
    Attack("pages and histories", "page_flood", 40),
    Attack("long polls", "poll_flood", 40),
    Attack("1,000 waiting polls", "waiting_polls", 1_000),
    Attack("poll visits", "poll_visits", 100, answers=()),
    Attack("100 slow subscribers", "subscribe_politely", 100, answers=("replay",)),
    Attack("tiny frames", "frame_flood", 20, short=True),
    Attack("half handshakes", "handshake_flood", 40, answers=("400",)),
    Attack("unread JSON", "unread_json", 300, short=True),
    Attack("3,000 unread JSON", "unread_json", 3_000, answers=("503",)),
    Attack("unread streams", "unread_live", 300),
    Attack("unread pipelines", "unread_pages", 100),
    Attack("unread snapshots", "unread_snapshots", 1_000),
    Attack("2,500 filters", "many_filters", 2_500, answers=("joined",)),
    Attack("2,500 filters, a loss", "many_filters", 2_500, answers=("joined",), loses=True),
    Attack("short visits", "short_visits", 40, answers=()),
    Attack("odd requests", "odd_requests", 40),
    Attack("packed frames", "packed_frames", 40, answers=("code 1009", "code 1002")),
    Attack("wrong questions", "wrong_questions", 40, answers=("400",)),
    Attack("long filters", "long_filters", 40),
    Attack("huge heads", "huge_heads", 40),
    Attack("packed requests", "packed_requests", 20, answers=()),
    Attack("dripping requests", "dripping_requests", 1_000, answers=()),
    Attack("knocks", "knocks", 40, answers=()),
)
MUTANT: Final = next(attack for attack in ATTACKS if attack.name == "200 joins at a time")

Say = Callable[[str], None]


def is_late(outcome: Outcome) -> bool:
    """Whether news was later than promised: nothing is taken off for the machine, the listeners or the measuring."""
    return outcome.delay_p99 > LATE_SECONDS


def failures(outcome: Outcome, control: Outcome, answers: tuple[str, ...]) -> list[str]:
    """What is not as promised."""
    problems: list[str] = []
    if is_late(outcome):
        problems.append(f"news {outcome.delay_p99:.3f} s late, without an attack {control.delay_p99:.3f} s")
    if outcome.missed:
        problems.append(f"{outcome.missed} lines missed")
    if outcome.restarts:
        problems.append(f"{outcome.restarts} restarts of the worker")
    if answers and not any(outcome.answers.get(answer) for answer in answers):
        problems.append(f"no attacker was answered {' or '.join(answers)}")
    if outcome.memory_mb - control.memory_mb >= MEMORY_MB:
        problems.append(f"{outcome.memory_mb - control.memory_mb:.0f} MB more memory")
    return problems


async def test_an_attack_does_not_delay_other_clients(folder: Path, say: Say) -> None:
    table = ["", HEADING]
    broken: list[str] = []
    async with measured(folder) as pressed:
        for attack in ATTACKS:
            if (SHORT and not attack.short) or not fnmatch(attack.name, ONLY):
                continue
            control = await pressed.attack("  control", CONTROL_SECONDS, lose=attack.loses)
            outcome = await pressed.attack(attack.name, SECONDS, (attack.kind, attack.clients), lose=attack.loses)
            problems = failures(outcome, control, attack.answers)
            table += [control.row(), outcome.row() + (" NOT HELD" if problems else "")]
            say("\n".join(table))
            broken += [f"{attack.name}: {failure}" for failure in problems]
    assert not broken, "; ".join(broken)


async def test_without_the_work_budget_an_attack_delays_all_clients(folder: Path, say: Say) -> None:
    # The mutant. Python runs this file when it starts, in the ticker's process too.
    (folder / "sitecustomize.py").write_text(
        "import ticker.node.work_queue as w\nw.STEP_SECONDS = float('inf')\n", "utf-8"
    )
    async with measured(folder, PYTHONPATH=str(folder)) as pressed:
        control = await pressed.attack("  control", CONTROL_SECONDS)
        outcome = await pressed.attack("no budget", SECONDS, (MUTANT.kind, MUTANT.clients))
    say("\n".join(("", HEADING, control.row(), outcome.row())))
    assert is_late(outcome)


@pytest.mark.skipif(SHORT, reason="a long form")
async def test_a_flood_through_the_shipped_nginx_does_not_delay_other_clients(folder: Path, say: Say) -> None:
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
    assert not failures(outcome, control, attack.answers)
