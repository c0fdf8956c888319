"""`python -m bench capacity`: hosts, Redis and bandwidth for many readers, from the results in docs/performance.

Each figure is measured by a scenario, computed from such figures, or an option. The command prints which is which, and
measures nothing itself. docs/capacity.md explains the terms.
"""

import math
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from bench.stats import median, table

RESULTS: Final = Path("docs/performance")
MONTH_HOURS: Final = 730


class MissingError(Exception):
    """A scenario has no result yet; the message names the command that measures it."""


class Measured(msgspec.Struct, frozen=True):
    """The figures of the scenarios that capacity depends on."""

    delivery_us: float
    """CPU of a worker per delivery (`steady`)."""
    quiet_us: float
    """CPU per quiet reader and second, heartbeats included (`hold`)."""
    return_us: float
    """CPU per reader that comes back with a cursor (`storm`)."""
    reader_kib: float
    """Memory of a worker per reader (`steady`), without the kernel's."""
    item_bytes: float
    """A message on the wire (`wire`)."""
    deflated_bytes: float
    redis_idle_us: float
    """CPU of Valkey per node and second (`nodes`)."""
    redis_item_us: float
    """CPU of Valkey per node and item (`nodes`)."""
    nodes_measured: int
    """The most nodes that `nodes` has run."""


class Inputs(msgspec.Struct, frozen=True):
    """What the operator decides or buys."""

    readers: float
    items_per_minute: float
    last_ms: float
    cores: int
    headroom: float
    link_gbit: float
    kernel_kib: float
    packet_bytes: int
    redis_share: float
    price: float | None


class Capacity(msgspec.Struct, frozen=True):
    """What the readers need."""

    readers_per_worker: int
    workers: int
    hosts: int
    limited_by: str
    """Whether the time to the last reader or the CPU decides about the number of workers."""
    host_memory_gib: float
    peak_gbit: float
    """Of a host while it sends an item, without compression."""
    average_mbit: float
    """Of all hosts together, without compression and with it."""
    average_deflated_mbit: float
    redis_share: float
    """Of one core, for all nodes."""
    most_nodes: int
    """The nodes at which Redis uses the share that it may."""
    storm_seconds: float
    """Until the readers of one lost host are back on the others, by CPU alone."""
    return_seconds: float
    """Until all readers are back after all hosts have restarted."""


def read_measured(folder: Path) -> Measured:
    """Returns the figures of the last runs; raises `MissingError`."""
    steady, hold, storm = _data(folder, "steady"), _data(folder, "hold"), _data(folder, "storm")
    wire, nodes = _data(folder, "wire")["wire"], _data(folder, "nodes")
    largest = max(nodes, key=lambda row: int(row["nodes"]))
    ours = steady["flashwire"]
    return Measured(
        delivery_us=median([row["cpu_us"] for row in ours]),
        quiet_us=hold["quiet_cpu"] * 1e6 / hold["subscribers"],
        # Results of earlier releases have ours alone.
        return_us=median([row["cpu_us"] for row in (storm["flashwire"] if isinstance(storm, dict) else storm)]),
        reader_kib=median([row["memory_kib"] for row in ours]),
        item_bytes=median(wire["flashwire"]["items"]),
        deflated_bytes=median(wire["deflated"]["items"]),
        redis_idle_us=largest["idle_us"],
        redis_item_us=largest["item_us"],
        nodes_measured=largest["nodes"],
    )


def _data(folder: Path, name: str) -> Any:  # Any: each scenario has its own
    try:
        return msgspec.json.decode((folder / f"{name}.json").read_bytes())["data"]
    except (OSError, msgspec.DecodeError, KeyError):
        raise MissingError(
            f"{folder / name}.json has no result: run `python -m bench {name} --out {folder}`."
        ) from None


def compute(measured: Measured, inputs: Inputs) -> Capacity:
    """Returns what `inputs` need, by the figures in `measured`. A worker is one node, and uses one core."""
    rate = inputs.items_per_minute / 60
    by_time = inputs.last_ms * 1000 / measured.delivery_us
    by_cpu = inputs.headroom * 1e6 / (rate * measured.delivery_us + measured.quiet_us)
    per_worker = max(1, int(min(by_time, by_cpu)))
    workers = math.ceil(inputs.readers / per_worker)
    hosts = math.ceil(workers / inputs.cores)
    on_host = inputs.readers / hosts
    packet, deflated = (size + inputs.packet_bytes for size in (measured.item_bytes, measured.deflated_bytes))
    node_us = measured.redis_idle_us + rate * measured.redis_item_us
    # A worker writes as fast as its core can; the readers of a host share its cores.
    writing = min(inputs.cores, workers) * 1e6 / measured.delivery_us
    remaining = max(1, workers - inputs.cores)
    return Capacity(
        readers_per_worker=per_worker,
        workers=workers,
        hosts=hosts,
        limited_by="the time to the last reader" if by_time <= by_cpu else "the CPU",
        host_memory_gib=on_host * (measured.reader_kib + inputs.kernel_kib) / 2**20,
        peak_gbit=writing * packet * 8 / 1e9,
        average_mbit=inputs.readers * rate * packet * 8 / 1e6,
        average_deflated_mbit=inputs.readers * rate * deflated * 8 / 1e6,
        redis_share=workers * node_us / 1e6,
        most_nodes=int(inputs.redis_share * 1e6 / node_us),
        storm_seconds=min(on_host, inputs.readers) * measured.return_us / 1e6 / remaining,
        return_seconds=inputs.readers * measured.return_us / 1e6 / workers,
    )


def page(measured: Measured, inputs: Inputs, capacity: Capacity) -> str:
    """Returns the answer as Markdown: what was measured, what was given, what follows."""
    source = [
        ("CPU per delivery", f"{measured.delivery_us:.1f} µs", "`steady`"),
        ("CPU per quiet reader and second", f"{measured.quiet_us:.2f} µs", "`hold`"),
        ("CPU per reader that comes back", f"{measured.return_us:.0f} µs", "`storm`"),
        ("memory of a worker per reader", f"{measured.reader_kib:.2f} KiB", "`steady`"),
        (
            "an item on the wire, and deflated",
            f"{measured.item_bytes:.0f} and {measured.deflated_bytes:.0f} B",
            "`wire`",
        ),
        ("Redis CPU per node and second", f"{measured.redis_idle_us:.0f} µs", "`nodes`"),
        ("Redis CPU per node and item", f"{measured.redis_item_us:.0f} µs", "`nodes`"),
    ]
    given = [
        ("readers", f"{inputs.readers:,.0f}"),
        ("items a minute", f"{inputs.items_per_minute:g}"),
        ("publish → last reader of a worker", f"{inputs.last_ms:g} ms"),
        ("cores of a host, one worker each", f"{inputs.cores}"),
        ("share of the CPU that may be used", f"{inputs.headroom:.0%}"),
        ("kernel memory per connection", f"{inputs.kernel_kib:g} KiB"),
        ("headers of a packet", f"{inputs.packet_bytes} B"),
        ("share of a core that Redis may use", f"{inputs.redis_share:.0%}"),
    ]
    fits = capacity.workers <= capacity.most_nodes
    link = "fits" if capacity.peak_gbit <= inputs.link_gbit else "the link delays the last reader"
    result = [
        ("readers per worker", f"{capacity.readers_per_worker:,}, limited by {capacity.limited_by}"),
        ("workers and hosts", f"{capacity.workers:,} workers on {capacity.hosts:,} hosts"),
        ("memory of a host for readers", f"{capacity.host_memory_gib:.1f} GiB"),
        ("a host while it sends an item", f"{capacity.peak_gbit:.2f} of {inputs.link_gbit:g} Gbit/s: {link}"),
        (
            "all hosts on average",
            f"{capacity.average_mbit:,.0f} Mbit/s, deflated {capacity.average_deflated_mbit:,.0f}",
        ),
        ("Redis", f"{capacity.redis_share:.0%} of a core for {capacity.workers:,} nodes"),
        ("most nodes on one Redis", f"{capacity.most_nodes:,}: {'enough' if fits else 'too few, relays are needed'}"),
        ("one host is lost: its readers are back", f"{capacity.storm_seconds:.1f} s of CPU on the others"),
        ("all hosts restart: all readers are back", f"{capacity.return_seconds:.1f} s of CPU"),
    ]
    if inputs.price is not None:
        total = capacity.hosts * inputs.price * MONTH_HOURS
        million = total / inputs.readers * 1e6
        result.append(("cost of the hosts a month", f"{total:,.0f}; per million readers {million:,.0f}"))
    if capacity.workers > measured.nodes_measured:
        result.append(("beyond what was measured", f"`nodes` ran {measured.nodes_measured} nodes on one Redis"))
    return "\n\n".join(
        [
            table(("measured", "figure", "scenario"), source),
            table(("given", "value"), given),
            table(("computed", "figure"), result),
        ]
    )


def capacity_command(
    readers: Annotated[float, typer.Option(min=1, help="How many readers are connected, for example 5e6.")],
    items_per_minute: Annotated[float, typer.Option(min=0.001, help="How many items are published.")] = 3,
    last_ms: Annotated[float, typer.Option(min=1, help="The time in which a worker writes to its last reader.")] = 300,
    cores: Annotated[int, typer.Option(min=1, help="Cores of a host; each runs one worker.")] = 8,
    headroom: Annotated[float, typer.Option(min=0.01, max=1, help="The share of the CPU that may be used.")] = 0.5,
    link_gbit: Annotated[float, typer.Option(min=0.01, help="The network link of a host.")] = 10,
    kernel_kib: Annotated[float, typer.Option(min=0, help="Kernel memory per connection (see docs/capacity.md).")] = 4,
    packet_bytes: Annotated[int, typer.Option(min=0, help="Ethernet, IP and TCP headers of a packet.")] = 66,
    redis_share: Annotated[float, typer.Option(min=0.01, max=1, help="The share of a core that Redis may use.")] = 0.5,
    price: Annotated[
        float | None, typer.Option(min=0, help="What an hour of a host costs; there is no default.")
    ] = None,
    results: Annotated[Path, typer.Option(help="The folder with the results of the scenarios.")] = RESULTS,
) -> None:
    """Compute hosts, Redis and bandwidth for many readers from the measured results; measures nothing itself.

    [dim]$ python -m bench capacity --readers 5e6 --items-per-minute 3[/dim]
    """
    inputs = Inputs(
        readers, items_per_minute, last_ms, cores, headroom, link_gbit, kernel_kib, packet_bytes, redis_share, price
    )
    try:
        measured = read_measured(results)
    except MissingError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    print(page(measured, inputs, compute(measured, inputs)))
