"""Receipts as counts: they add up across nodes, and a quantile is near the true one."""

import random

import msgspec
import pytest

from ticker.contract.receipt import (
    LAST_BUCKET,
    REPORT_LIMIT,
    EntryReport,
    Report,
    bucket_of,
    decode_report,
    merged,
    quantile,
)


@pytest.mark.parametrize("share", [0.5, 0.9, 0.99, 1.0])
def test_a_quantile_is_at_most_a_fifth_above_the_true_one(share: float) -> None:
    numbers = random.Random(1)
    times = sorted(numbers.lognormvariate(-3, 1.5) for _ in range(5000))
    counts: dict[int, int] = {}
    for time in times:
        counts[bucket_of(time)] = counts.get(bucket_of(time), 0) + 1
    true, found = times[max(0, int(len(times) * share) - 1)], quantile(counts, share)
    assert found is not None and true * 0.99 <= found <= max(true, 0.001) * 1.2


def test_the_quantile_of_several_nodes_is_that_of_all_their_connections() -> None:
    nodes = [{bucket_of(0.01): 99}, {bucket_of(2.0): 1}, {}]
    assert quantile(merged(nodes), 0.5) == pytest.approx(0.01, rel=0.2)
    assert quantile(merged(nodes), 1.0) == pytest.approx(2.0, rel=0.2)
    assert quantile({}, 0.5) is None


@pytest.mark.parametrize(("seconds", "bucket"), [(-5.0, 0), (0.0, 0), (0.001, 0), (0.002, 4), (1e9, LAST_BUCKET)])
def test_every_time_has_a_bucket(seconds: float, bucket: int) -> None:
    assert bucket_of(seconds) == bucket


def test_a_report_comes_back_as_it_was() -> None:
    report = Report("n1", 12, [EntryReport("urn:a", 2, {0: 3, 71: 1}, 0.25, 4, 1, {9: 1})], {"": 5, "en": 7}, True)
    assert decode_report(msgspec.json.encode(report)) == report


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b'["n",1]', b'["n",-1,[]]', b'["n",1,[["u",1,{"99":1},0,0,0]]]',
        b'["n",1,[["u",1,{"0":-1},0,0,0]]]',
        b'["n",1,[["u",1,{},0,0,0,{"99":1}]]]', b'["n",1,[["u",1,{},0,0,0,{"0":-1}]]]',
        b'["n",1,[["u",1,{},0,-1,0]]]', b'["' + b"n" * 40 + b'",1,[]]', b" " * (REPORT_LIMIT + 1),
        b'["n",1,[],{"en":-1}]', b'["n",1,[],{"en":"1"}]', b'["n",1,[],{},1]',
        msgspec.json.encode(["n", 1, [], {str(number): 1 for number in range(201)}]),
    ],
)  # fmt: skip
def test_anything_else_is_no_report(data: bytes) -> None:
    assert decode_report(data) is None
