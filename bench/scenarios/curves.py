"""Measures cost as work grows (subscribers, burst size, filters, backlog) and describes where it rises."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from bench.contenders.flashwire import Flashwire
from bench.knees import describe_knee
from bench.plot import Lines, lines
from bench.scenario import OURS, Picture, Row, Run, Scenario, Section
from bench.session import audience
from bench.stats import figure, median, ratio, table
from ticker.contract.site import load_site

WITH: Final = (OURS, "limit", "nchan")
Points = Sequence[tuple[float, float]]


class Point(msgspec.Struct, frozen=True):
    """One point of one line."""

    at: int
    cpu_us: float
    last_ms: float


class Curve(msgspec.Struct, frozen=True):
    """One picture and the sentences about its lines."""

    chart: Lines
    unit: str
    load: str
    per: bool = False
    """Whether values are divided by the work before the knee is computed, so that proportional cost has none."""

    def sentences(self) -> list[str]:
        """Returns one sentence for each line."""
        knees = []
        for name, points in self.chart.series.items():
            costs = [(x, y / x * 1000) for x, y in points] if self.per else points
            knees.append(
                describe_knee(name, costs, f"{self.unit} for each thousand" if self.per else self.unit, self.load)
            )
        return knees


async def measure(run: Run) -> Section:
    run.part(0, 4)
    grown = await run.in_turn(WITH, lambda name: subscribers(run, name), repeats=_repeats(run, 2))
    run.part(1, 4)
    bursts = await run.in_turn(WITH, lambda name: burst(run, name), repeats=_repeats(run, 2))
    run.part(2, 4)
    counts = (1, 10) if run.quick else (1, 10, 100, 200, 1000)
    filtered = await run.in_turn(
        [f"{count} filters" for count in counts],
        lambda name: filters(run, int(name.split()[0])),
        repeats=_repeats(run, 3),
    )
    run.part(3, 4)
    lengths = (10, 100) if run.quick else (10, 1000, 10_000)
    stored = await run.in_turn(
        [f"backlog {length}" for length in lengths],
        lambda name: backlog(run, int(name.split()[1])),
        repeats=_repeats(run, 2),
    )

    per_filter = [(float(name.split()[0]), median(values)) for name, values in filtered.items()]
    per_length = {
        title: [(float(name.split()[1]), median([value[field] for value in values])) for name, values in stored.items()]
        for field, title in enumerate(("a join with 10 items", "a delivery", "a replayed entry"))
    }
    charts = (
        Curve(Lines("Server CPU per delivery, µs", "subscribers", _lines(grown, "cpu_us")), "µs", "subscribers"),
        Curve(Lines("To the last, ms", "subscribers", _lines(grown, "last_ms"), False), "ms", "subscribers", True),
        Curve(Lines("Server CPU per delivery, µs", "items in a burst", _lines(bursts, "cpu_us")), "µs", "items"),
        Curve(Lines("Server CPU per delivery, µs", "filters", {OURS: per_filter}), "µs", "filters"),
        Curve(Lines("Server CPU, µs", "entries in the backlog", per_length), "µs", "entries"),
    )
    titles = ("Subscribers", "Subscribers: how long the last waits", "Burst", "Filters", "Backlog")
    text = "\n\n".join(_describe(title, curve) for title, curve in zip(titles, charts, strict=True))
    text += f"""

Medians over the turns, each with a new server. A line bends where the cost of a unit rises above 1.25 × the lowest
before it and stays there. Subscribers: one item at a time. Bursts and filters: {_few(run):,} and
{_subscriber_count(run):,} subscribers, which all receive all items; connections use the filters in turn, and each
filter matches every item. Backlog: the number of earlier entries; a join gets a snapshot of 10 items, and a client that
resumes gets a replay of all entries.
"""
    data = {"subscribers": grown, "burst": bursts, "filters": filtered, "backlog": stored}
    picture = Picture(lines([curve.chart for curve in charts]), says="The curves; each line is described above")
    return Section(text, data, _rows(filtered), (picture,))


def _repeats(run: Run, preferred: int) -> int:
    return 1 if run.quick else min(preferred, run.repeats)


def _few(run: Run) -> int:
    return 100 if run.quick else 2000


def _subscriber_count(run: Run) -> int:
    return 200 if run.quick else 10_000


async def subscribers(run: Run, name: str) -> list[Point]:
    """Measures one server with a growing number of subscribers."""
    points, there = [], 0
    async with audience(run, run.contenders[name]()) as session:
        for count in (100, 200) if run.quick else (1000, 2000, 5000, 10_000, 19_000):
            await session.join(count - there)
            there = count
            await session.deliver()
            deliveries = await session.series(2 if run.quick else 6)
            cost = (
                sum(delivery.server_cpu for delivery in deliveries)
                * 1e6
                / sum(delivery.deliveries for delivery in deliveries)
            )
            points.append(Point(count, cost, median([delivery.last_ms for delivery in deliveries])))
    return points


async def burst(run: Run, name: str) -> list[Point]:
    """Measures one server with bursts of growing size."""
    points = []
    async with audience(run, run.contenders[name]()) as session:
        await session.join(_few(run))
        for count in (1, 5, 20):
            await session.deliver(count)
            deliveries = await session.series(2 if run.quick else 10, count)
            cost = (
                sum(delivery.server_cpu for delivery in deliveries)
                * 1e6
                / sum(delivery.deliveries for delivery in deliveries)
            )
            points.append(Point(count, cost, median([delivery.last_ms for delivery in deliveries])))
    return points


async def filters(run: Run, count: int) -> float:
    """Returns server CPU per delivery in µs if subscribers use `count` different filters that match every item."""
    async with audience(run, Flashwire(), paths=filter_paths(count)) as session:
        await session.join(_subscriber_count(run))
        await session.deliver()
        deliveries = await session.series(2 if run.quick else 10)
        return (
            sum(delivery.server_cpu for delivery in deliveries)
            * 1e6
            / sum(delivery.deliveries for delivery in deliveries)
        )


def filter_paths(count: int) -> list[str]:
    """Returns `count` paths with different filters, all of which match the benchmark's items."""
    others = [section for section in load_site(None).sections if section != "health"]
    chosen = itertools.chain.from_iterable(itertools.combinations(others, size) for size in range(len(others) + 1))
    paths = (
        f"/v1/live?backlog=0&section=health{''.join(f'&section={section}' for section in sections)}"
        f"&urgency={urgency}{language}"
        for language, sections, urgency in itertools.product(("", "&language=en"), chosen, range(2, 8))
    )
    return list(itertools.islice(paths, count))


async def backlog(run: Run, length: int) -> tuple[float, float, float]:
    """Returns server CPU in µs after `length` entries: per join with 10 items, per delivery, per replayed entry."""
    joiners, returning = (50, 3) if run.quick else (2000, 10)
    async with audience(run, Flashwire("/v1/live?backlog=10")) as session:
        await session.join(returning, first=0)
        await session.load.cut(returning)
        for start in range(0, length, 500):
            await session.publish(min(500, length - start))
        run.step("clients resume")
        spent = session.cpu_seconds()
        waiting = await session.load.expect(session.next - 1, session.next - 1)
        await session.load.resume()
        await waiting
        replay = (session.cpu_seconds() - spent) * 1e6 / (returning * length)
        spent = session.cpu_seconds()
        await session.join(joiners)
        joined = (session.cpu_seconds() - spent) * 1e6 / joiners
        await session.deliver()
        deliveries = await session.series(2 if run.quick else 10)
        return (
            joined,
            sum(delivery.server_cpu for delivery in deliveries)
            * 1e6
            / sum(delivery.deliveries for delivery in deliveries),
            replay,
        )


def _lines(points: Mapping[str, Sequence[Sequence[Point]]], field: str) -> dict[str, Points]:
    return {
        name: [
            (float(same[0].at), median([getattr(point, field) for point in same])) for same in zip(*turns, strict=True)
        ]
        for name, turns in points.items()
    }


def _describe(title: str, curve: Curve) -> str:
    series = curve.chart.series
    across = [x for x, _ in next(iter(series.values()))]
    head = (curve.chart.across, *(f"{x:,g}" for x in across))
    rows = [(f"{name}, {curve.unit}", *(f"{y:.1f}" for _, y in points)) for name, points in series.items()]
    sentences = "\n".join(f"- {sentence}" for sentence in curve.sentences())
    return f"## {title}\n\n{curve.chart.title}.\n\n{table(head, rows)}\n\n{sentences}"


def _rows(filtered: Mapping[str, Sequence[float]]) -> tuple[Row, ...]:
    with_one, with_200 = filtered.get("1 filters"), filtered.get("200 filters")
    if not with_one or not with_200:
        return ()
    times = ratio(with_200, with_one)
    beside = f"one filter {figure(with_one).text()} µs a delivery"
    ours = f"{figure(with_200).text()} µs a delivery, ×{times.text(2)}"
    return (Row("filters", ours, beside, times.median <= 1.15),)


SCENARIO: Final = Scenario("curves", "Cost as work grows", measure, seconds=270, quick_seconds=25)
