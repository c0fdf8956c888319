"""Runs random histories of the ticker; if one fails, prints the smallest part of it that fails, and its command."""

import argparse
import random
import sys
import time
from contextlib import nullcontext

from tests.simulation.history import events_of, run_history
from tests.simulation.planted import FAULTS, planted
from tests.simulation.shrink import smallest


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="the first seed (default: a random one)")
    parser.add_argument("--keep", help="the numbers of the seed's events to run, separated by commas (default: all)")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to run (default: 1)")
    parser.add_argument("--histories", type=int, help="how many histories to run, instead of --minutes")
    parser.add_argument("--plant", type=int, choices=range(1, len(FAULTS) + 1), help="plant this fault into the ticker")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(2**32) if options.seed is None else options.seed
    fault = None if options.plant is None else list(FAULTS)[options.plant - 1]
    with nullcontext() if fault is None else planted(fault):
        if fault is not None:
            print(f"planted: {fault}")
        if options.keep is not None:
            return _replay(seed, [int(number) for number in options.keep.split(",") if number])
        more = "" if options.plant is None else f" --plant {options.plant}"
        return _search(seed, options.minutes * 60, options.histories, more)


def _search(first: int, seconds: float, histories: int | None, more: str) -> int:
    start, count, messages, digest = time.monotonic(), 0, 0, 0
    print(f"from seed {first}", flush=True)
    while count < histories if histories else time.monotonic() - start < seconds:
        seed = first + count
        count += 1
        outcome = run_history(seed, events_of(seed))
        messages += outcome.messages
        digest ^= outcome.digest
        if outcome.failure is not None:
            print(f"seed {seed} fails, history {count}, after {time.monotonic() - start:.1f} s: {outcome.failure}")
            _report(seed, more)
            return 1
    took = time.monotonic() - start
    print(f"{count} histories in {took:.1f} s, {count / took * 60:.0f} a minute: no failure")
    print(f"{messages} messages checked, digest {digest:08x}")
    return 0


def _report(seed: int, more: str) -> None:
    events = events_of(seed)
    kept = smallest(seed, events)
    print(f"smallest failing history, {len(kept)} of {len(events)} events:")
    for number in kept:
        print(f"  {number:3} {events[number].name} {events[number].numbers}")
    print(f"  {run_history(seed, [events[number] for number in kept]).failure}")
    print(f"again: python -m tests.simulation --seed {seed} --keep {','.join(map(str, kept))}{more}")


def _replay(seed: int, kept: list[int]) -> int:
    events = events_of(seed)
    failure = run_history(seed, [events[number] for number in kept]).failure
    print(failure or "passes")
    return 1 if failure else 0


if __name__ == "__main__":
    sys.exit(main())
