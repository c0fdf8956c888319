"""The arithmetic of `python -m bench capacity`, and that its figures come from the results of the scenarios."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from bench.capacity import RESULTS, Inputs, Measured, MissingError, compute, page, read_measured

MEASURED = Measured(
    delivery_us=10.0,
    quiet_us=2.0,
    return_us=100.0,
    reader_kib=0.5,
    item_bytes=600.0,
    deflated_bytes=150.0,
    redis_idle_us=200.0,
    redis_item_us=100.0,
    nodes_measured=200,
)
INPUTS = Inputs(
    readers=1_000_000,
    items_per_minute=60,
    last_ms=200,
    cores=10,
    headroom=0.5,
    link_gbit=10,
    kernel_kib=3.5,
    packet_bytes=50,
    redis_share=0.3,
    price=None,
)


def test_each_figure_follows_from_measured_ones() -> None:
    capacity = compute(MEASURED, INPUTS)
    # 200 ms at 10 µs; the CPU would allow 0.5 s / 12 µs, which is more.
    assert (capacity.readers_per_worker, capacity.limited_by) == (20_000, "the time to the last reader")
    assert (capacity.workers, capacity.hosts) == (50, 5)
    assert capacity.host_memory_gib == pytest.approx(200_000 * 4 / 2**20)
    # Ten cores write 1,000,000 packets of 650 bytes a second.
    assert capacity.peak_gbit == pytest.approx(5.2)
    assert capacity.average_mbit == pytest.approx(5_200)
    assert capacity.average_deflated_mbit == pytest.approx(1_600)
    # 50 nodes at 300 µs a second; 0.3 s are 1,000 nodes.
    assert capacity.redis_share == pytest.approx(0.015) and capacity.most_nodes == 1_000
    # 200,000 readers at 100 µs on 40 workers; all on 50.
    assert capacity.storm_seconds == pytest.approx(0.5) and capacity.return_seconds == pytest.approx(2.0)


def test_with_much_news_the_cpu_decides() -> None:
    capacity = compute(MEASURED, msgspec.structs.replace(INPUTS, items_per_minute=6_000))
    assert capacity.limited_by == "the CPU" and capacity.readers_per_worker == int(0.5e6 / 1002)


def test_a_cost_needs_a_price() -> None:
    assert "cost" not in page(MEASURED, INPUTS, compute(MEASURED, INPUTS))
    priced = msgspec.structs.replace(INPUTS, price=0.5)
    assert "1,825" in page(MEASURED, priced, compute(MEASURED, priced)), "5 hosts for 730 hours"


def test_more_nodes_than_one_redis_serves_are_reported() -> None:
    many = msgspec.structs.replace(INPUTS, readers=50e6)
    text = page(MEASURED, many, compute(MEASURED, many))
    assert "relays are needed" in text and "ran 200 nodes" in text


def test_a_missing_result_names_the_command_that_measures_it(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="python -m bench steady"):
        read_measured(tmp_path)


def test_the_command_reads_the_results_of_this_repository() -> None:
    command = [sys.executable, "-m", "bench", "capacity", "--readers", "5e6", "--items-per-minute", "3"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert f"{read_measured(RESULTS).delivery_us:.1f} µs" in output and "5,000,000" in output
