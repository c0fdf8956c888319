"""Holds 300,000 readers on one machine for ten minutes, and counts every item on every reader."""

from typing import Final

from bench.crowds import FILTERS, Crowd, Plan, gather_crowd
from bench.kernel_memory import readers_per_gb
from bench.plot import Lines, lines
from bench.scenario import Picture, Row, Run, Scenario, Section
from bench.stats import figure, quantile, table

PLAN: Final = Plan(
    key="crowd", readers=300_000, seconds=600.0, item_seconds=10.0, heartbeat_seconds=60.0, last_seconds=3.0
)


async def measure(run: Run) -> Section:
    return section_of(await gather_crowd(run, PLAN), PLAN)


def section_of(crowd: Crowd, plan: Plan) -> Section:
    """Returns the page of `crowd`, and its row."""
    news = figure(crowd.last_ms)
    rows = [
        (
            "readers",
            f"{crowd.readers:,} on {len(crowd.spread)} workers ({min(crowd.spread):,} to {max(crowd.spread):,})",
        ),
        ("all joined within", f"{crowd.joined_seconds:.0f} s, {crowd.joins_cpu_us:.0f} µs of server CPU each"),
        ("joins refused under load, and repeated", f"{crowd.refused:,}"),
        ("held for", f"{crowd.seconds:.0f} s; {len(crowd.last_ms)} items, {crowd.heartbeats:,} heartbeats received"),
        ("publish → last of all", f"{news.text(0)} ms; p99 {quantile(crowd.last_ms, 0.99):,.0f} ms"),
        ("server CPU per delivery", f"{figure(crowd.delivery_us).text()} µs"),
        ("the load clients' CPU per delivery", f"{figure(crowd.client_us).text()} µs"),
        ("bytes received per delivery", f"{crowd.bytes:.0f}"),
        ("memory of the workers without readers", f"{crowd.base_mib:,.0f} MiB"),
        ("memory per reader", f"{crowd.own_kib:.2f} KiB; the kernel's structures {crowd.kernel_kib:.2f} KiB"),
        ("readers per GB, kernel included", f"{readers_per_gb(crowd.own_kib, crowd.kernel_kib):,.0f}"),
        ("memory left on the machine", f"{crowd.left_gib:.1f} GiB"),
    ]
    changed = "".join(f"- {line}\n" for line in crowd.settings) or "- none\n"
    stopped = (
        f"**Stopped at {crowd.readers:,} of {crowd.wanted:,} readers: {crowd.stopped}.**\n\n" if crowd.stopped else ""
    )
    text = f"""{stopped}{table(("measure", "figure"), rows)}

`flashwire ticker --workers {len(crowd.spread)}`, a private Valkey that syncs each entry to disk, and as many
load clients ran on the same machine, all on all cores. A heartbeat came every {plan.heartbeat_seconds:g} s, the
longest interval that a client may choose: with its answer it takes about 40 µs of server CPU. Readers negotiated
permessage-deflate and used {FILTERS} different filters, each of which matches every item. Every reader received
every item in order and once, and no connection was lost.

Settings of the kernel that were raised, and put back:

{changed}"""
    return Section(text, crowd, (_row(crowd, plan),), (_picture(crowd),))


def _row(crowd: Crowd, plan: Plan) -> Row:
    missed = []
    if crowd.readers < plan.readers:
        missed.append(f"{crowd.readers:,} only{f': {crowd.stopped}' if crowd.stopped else ''}")
    if crowd.seconds < plan.seconds * 0.9:
        missed.append(f"they were held for {crowd.seconds:.0f} s only")
    slowest = max(crowd.last_ms)
    if slowest > plan.last_seconds * 1e3:
        cpu = figure(crowd.delivery_us).median + figure(crowd.client_us).median
        missed.append(f"the slowest item took {slowest / 1e3:.1f} s, at {cpu:.1f} µs a delivery with the load client's")
    text = (
        f"{crowd.readers:,} for {crowd.seconds:.0f} s; last {figure(crowd.last_ms).text(0)} ms; "
        f"{readers_per_gb(crowd.own_kib, crowd.kernel_kib):,.0f} readers per GB"
    )
    return Row(plan.key, text, "", not missed, "; ".join(missed))


def _picture(crowd: Crowd) -> Picture:
    memory = [(sample.at, sample.pss_mib) for sample in crowd.samples] or [(0.0, crowd.base_mib)]
    cpu = [(sample.at, sample.cpu) for sample in crowd.samples] or [(0.0, 0.0)]
    items = [(float(number), ms) for number, ms in enumerate(crowd.last_ms, 1)]
    charts = [
        Lines("Publish → last of all, ms", "item", {"items": items}, logarithmic=False),
        Lines("Memory of the workers, MiB", "seconds", {"workers": memory}, logarithmic=False),
        Lines("Server CPU, share of one core", "seconds", {"workers": cpu}, logarithmic=False),
    ]
    says = "The time until the last reader has each item; over the time, memory and CPU of the workers"
    return Picture(lines(charts), says=says)


SCENARIO: Final = Scenario(
    "crowd",
    "300,000 readers on one machine",
    measure,
    seconds=PLAN.seconds + 180,
    quick_seconds=15,
    repeats=1,
    default=False,
    pinned=False,
)
