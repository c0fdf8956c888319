"""The simulator itself: histories hold, are the same in each run, and planted faults are found and made small."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count

import pytest

from tests.simulation.history import Event, events_of, run_history
from tests.simulation.planted import FAULTS, planted
from tests.simulation.shrink import smallest

_SECONDS = float(os.environ.get("SIMULATION_SECONDS", "0"))
# The faults of this list are found in some hundred histories.
_RARE = ("a reader that joins in a round", "a reader that caught up in a round", "entries that a failover lost")

# Histories that failed once, by the fault that they found: the seed, and the events.
FOUND = {
    "a change of the filter that came together with more input was not answered": (
        953,
        [
            Event("join", (721, 599, 854)),
            Event("wait", (104, 813, 161)),
            Event("change", (990, 980, 628)),
            Event("ping", (754, 842, 711)),
        ],
    ),
    "an answer to a ping was written between the pieces of a long list": (
        729,
        [
            Event("join", (118, 338, 522)),
            Event("join", (746, 481, 695)),
            Event("join", (142, 304, 69)),
            Event("join", (898, 73, 988)),
            Event("wait", (972, 179, 803)),
            Event("publish", (621, 316, 890)),
            Event("change", (990, 900, 2)),
            Event("ping", (874, 676, 318)),
            Event("ping", (98, 621, 878)),
            Event("publish", (83, 910, 185)),
            Event("publish", (248, 643, 974)),
        ],
    ),
    "a replay left out a version whose successor a failover had lost": (
        588,
        [
            Event("join", (983, 274, 251)),
            Event("publish", (409, 925, 678)),
            Event("wait", (194, 835, 137)),
            Event("act", (749, 968, 227)),
            Event("act", (154, 777, 107)),
            Event("leave", (457, 261, 920)),
            Event("fail_over", (676, 853, 201)),
            Event("wait", (33, 710, 0)),
        ],
    ),
    "a list had a version of a ledger whose entry was not read yet": (
        1330,
        [
            Event("join", (308, 910, 927)),
            Event("fail_over", (181, 55, 462)),
            Event("wait", (426, 37, 38)),
            Event("redis_slow", (363, 992, 895)),
            Event("unreadable", (617, 395, 587)),
            Event("join", (60, 923, 603)),
            Event("wait", (873, 701, 924)),
            Event("wait", (314, 464, 571)),
            Event("unreadable", (2, 219, 676)),
            Event("wait", (531, 97, 332)),
            Event("wait", (838, 106, 14)),
            Event("act", (85, 952, 486)),
        ],
    ),
    "a reader waited for a long list that another reader had compressed": (
        1313709585,
        [
            Event("join", (923, 423, 754)),
            Event("join", (760, 942, 450)),
            Event("join", (542, 684, 541)),
            Event("restart", (271, 630, 431)),
            Event("publish", (297, 331, 444)),
            Event("join", (880, 105, 548)),
            Event("fail_over", (825, 160, 358)),
            Event("wipe", (612, 899, 139)),
            Event("publish", (435, 859, 873)),
        ],
    ),
    "an event stream was closed with the cursor of a list that had not been sent": (
        3013415,
        [
            Event("join", (892, 359, 586)),
            Event("join", (908, 345, 466)),
            Event("join", (165, 955, 355)),
            Event("join", (472, 422, 973)),
            Event("publish", (582, 428, 350)),
            Event("wait", (97, 388, 459)),
            Event("join", (602, 378, 373)),
            Event("publish", (66, 883, 389)),
            Event("vanish", (234, 548, 932)),
            Event("wait", (213, 447, 313)),
            Event("drain", (301, 516, 721)),
        ],
    ),
    "a change whose cursor is older than what a failover lost got a complete replay": (
        4100015964,
        [
            Event("join", (457, 632, 294)),
            Event("join", (508, 414, 78)),
            Event("fail_over", (515, 560, 803)),
            Event("join", (200, 115, 753)),
            Event("drain", (236, 374, 939)),
            Event("change", (167, 918, 918)),
            Event("publish", (403, 894, 779)),
            Event("freeze", (173, 797, 750)),
            Event("ping", (236, 101, 877)),
            Event("fail_over", (797, 200, 176)),
            Event("wait", (438, 856, 780)),
            Event("wait", (530, 555, 95)),
        ],
    ),
}


def _failure_from(first: int, *, histories: int | None = None, seconds: float | None = None) -> tuple[int, str] | None:
    """The first seed that fails, and how."""
    end = None if seconds is None else time.monotonic() + seconds
    for number in count():
        if number == histories or (end is not None and time.monotonic() > end):
            return None
        failure = run_history(first + number, events_of(first + number)).failure
        if failure is not None:
            return first + number, failure
    return None


def test_each_reader_sees_each_entry_once_and_in_order_or_is_told_of_a_gap() -> None:
    assert _failure_from(1, histories=40) is None


@pytest.mark.deep
def test_histories_of_more_seeds_hold() -> None:
    assert _failure_from(1_000, histories=300) is None


@pytest.mark.slow
def test_histories_of_many_seeds_hold() -> None:
    assert _failure_from(20_000, histories=400) is None


@pytest.mark.slow
@pytest.mark.skipif(not _SECONDS, reason="a long form")
def test_histories_of_new_seeds_hold(say: Callable[[str], None]) -> None:
    first = random.SystemRandom().randrange(2**32)
    say(f"python -m tests.simulation --seed {first}, {_SECONDS:.0f} s")
    assert _failure_from(first, seconds=_SECONDS) is None


@pytest.mark.parametrize("name", FOUND)
def test_a_history_that_failed_once_holds(name: str) -> None:
    assert run_history(*FOUND[name]).failure is None


def test_a_seed_gives_the_same_history_in_each_process() -> None:
    digests = set()
    for hash_seed in ("1", "2"):
        command = [sys.executable, "-m", "tests.simulation", "--seed", "1", "--histories", "5"]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        output = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        digests.add(output.splitlines()[-1])
    assert len(digests) == 1


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.deep if name.startswith(_RARE) else []) for name in FAULTS]
)
def test_a_planted_fault_is_found(name: str) -> None:
    with planted(name):
        assert _failure_from(1, histories=1_000) is not None


def test_a_failing_history_is_made_as_small_as_it_can_be() -> None:
    with planted("a list after a gap is called complete"):
        found = _failure_from(1, histories=100)
        assert found is not None
        seed, _ = found
        events = events_of(seed)
        kept = smallest(seed, events)
        assert run_history(seed, [events[number] for number in kept]).failure is not None
        for left_out in kept:
            shorter = [events[number] for number in kept if number != left_out]
            assert run_history(seed, shorter).failure is None
    assert len(kept) < len(events) / 2


@pytest.mark.deep
def test_a_failure_is_printed_with_the_command_that_repeats_it() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.simulation",
        "--plant",
        str(list(FAULTS).index("a list after a gap is called complete") + 1),
    ]
    search = subprocess.run([*command, "--seed", "1", "--histories", "100"], capture_output=True, text=True)
    assert search.returncode == 1
    *_, again = search.stdout.splitlines()
    repeated = subprocess.run([sys.executable, *again.split()[2:]], capture_output=True, text=True)
    assert repeated.returncode == 1 and "complete" in repeated.stdout
