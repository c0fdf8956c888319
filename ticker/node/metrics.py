"""The metrics of a node, for Prometheus; each node has a registry, so that one process can have several nodes.

With several workers, each puts its samples in their shared state, and any of them answers for all.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import product
from typing import Final, Generic, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ticker.contract.closes import CloseCode
from ticker.shared.process.output import lines_dropped
from ticker.workers.shared_state import SharedState
from ticker.workers.totals import Family, Snapshot, total

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
# Gauges for which the largest value of all workers counts; others are added up.
LARGEST: Final = frozenset(
    {"flashwire_stale", "flashwire_reader_lag_seconds", "flashwire_backlog_entries", "flashwire_hidden_items"}
)
# The values of labels.
STREAMS: Final = ("websocket", "sse")
FIRST_KINDS: Final = ("snapshot", "replay", "lost")
REFUSAL_STATUSES: Final = ("400", "403", "404", "426", "431", "503")
CLOSE_CODES: Final = tuple(str(code) for code in CloseCode)
POISON_REASONS: Final = ("oversize", "malformed", "schema", "key", "signature", "stream", "ledger")
TASKS: Final = ("reader", "sweep", "pulse", "receipts")
WORKER_ENDS: Final = ("ended", "hung", "rolled")

Kind = TypeVar("Kind", bound=MetricWrapperBase)


class Labelled(Generic[Kind]):
    """A metric with known label values: each has a series from the start, at 0.

    `increase` in an alarm misses the first event of a series that appears with it. Children are looked up once, in
    0.1 µs instead of 2 µs.
    """

    def __init__(self, metric: Kind, *values: Iterable[str]) -> None:
        self.labels: Callable[..., Kind] = cache(metric.labels)
        self.collect: Callable[[], Iterable[Metric]] = metric.collect
        for labels in product(*values):
            self.labels(*labels)


class Tally(Collector):
    """A metric that every join changes: one plain number per series, 0.1 µs where the library's child takes 0.8.

    All label values are known, as in `Labelled`. Only the thread of the event loop may change it.
    """

    def __init__(
        self,
        family: type[CounterMetricFamily] | type[GaugeMetricFamily],
        name: str,
        text: str,
        labels: Sequence[str],
        *values: Iterable[str],
        registry: CollectorRegistry,
    ) -> None:
        self._new_family = partial(family, name, text, labels=labels)
        self.counts: dict[tuple[str, ...], int] = dict.fromkeys(product(*values), 0)
        """By label values."""
        registry.register(self)

    def collect(self) -> Iterable[Metric]:
        result = self._new_family()
        for labels, count in self.counts.items():
            result.add_metric(labels, count)
        return (result,)


class NodeMetrics:
    """The metrics of one node; docs/metrics.md says what each means."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.connections = Tally(
            GaugeMetricFamily, "flashwire_connections", "Live connections", ["transport"], STREAMS, registry=r
        )
        self.entries = Counter("flashwire_entries", "Entries taken from the stream", registry=r)
        self.deliveries = Counter("flashwire_deliveries", "Entries handed to connections", registry=r)
        self.bytes = Counter("flashwire_bytes", "Bytes handed to connections", registry=r)
        self.joins = Tally(
            CounterMetricFamily,
            "flashwire_joins",
            "Joins by the kind of the first message",
            ["transport", "kind"],
            (*STREAMS, "poll"),
            FIRST_KINDS,
            registry=r,
        )
        self.refused = Labelled(
            Counter("flashwire_refused", "Joins refused, by HTTP status", ["status"], registry=r), REFUSAL_STATUSES
        )
        self.address_refusals = Counter(
            "flashwire_address_refusals", "Joins refused because of their address's other connections", registry=r
        )
        self.closes = Labelled(
            Counter("flashwire_closes", "Connections closed by the node, by code", ["code"], registry=r), CLOSE_CODES
        )
        self.slow = Counter("flashwire_slow_closes", "Connections closed because they did not read", registry=r)
        self.lagging = Gauge("flashwire_slow_connections", "Connections that are lagging now", registry=r)
        self.pending = Gauge("flashwire_pending_connections", "Connections without a whole request yet", registry=r)
        # The old name of the one above, for one release.
        self.knocking = Gauge("flashwire_knocking", "Deprecated: flashwire_pending_connections", registry=r)
        self.http_connections = Gauge(
            "flashwire_http_connections", "Connections of HTTP that are no live ones", registry=r
        )
        self.queue = Gauge("flashwire_work_queue", "Joins and requests in the queue", registry=r)
        self.lookups = Gauge("flashwire_lookups", "Lookups in Redis that clients wait for", registry=r)
        self.deferred = Counter("flashwire_work_deferred", "Joins and requests that were queued", registry=r)
        self.unsent = Gauge("flashwire_held_bytes", "Bytes of long answers that clients have not read yet", registry=r)
        self.poison = Labelled(
            Counter("flashwire_poison_entries", "Entries skipped, by reason", ["reason"], registry=r), POISON_REASONS
        )
        self.rebuilds = Counter("flashwire_rebuilds", "Times the node lost its place in the stream", registry=r)
        self.stale = Gauge("flashwire_stale", "1 while the stream cannot be followed", registry=r)
        self.lag = Gauge("flashwire_reader_lag_seconds", "Seconds since the stream last answered", registry=r)
        self.latency = Histogram(
            "flashwire_publish_to_write_seconds",
            "From the stream's taking an entry to its last write on this node",
            buckets=_SECONDS,
            registry=r,
        )
        self.backlog = Gauge("flashwire_backlog_entries", "Entries held in memory", registry=r)
        self.hidden = Gauge(
            "flashwire_hidden_items", "Items whose newest version cannot be read, so that none is shown", registry=r
        )
        self.loop_delay = Histogram(
            "flashwire_loop_delay_seconds", "Delay of the event loop", buckets=_SECONDS, registry=r
        )
        self.gc_pause = Histogram(
            "flashwire_gc_pause_seconds", "Duration of garbage collections", buckets=_SECONDS, registry=r
        )
        self.workers = Gauge("flashwire_workers", "Workers that accept clients", registry=r)
        self.task_restarts = Labelled(
            Counter("flashwire_task_restarts", "Tasks that ended and were started again", ["task"], registry=r), TASKS
        )
        self.painted = Histogram(
            "flashwire_painted_seconds", "Time from publish to paint on sampled pages", buckets=_SECONDS, registry=r
        )
        self.paint_refused = Counter("flashwire_paint_refused", "Reports of pages that came too often", registry=r)
        self.log_lines_dropped = Counter(
            "flashwire_log_lines_dropped", "Log lines that could not be written", registry=r
        )
        self._lines_dropped = 0
        self._poisoned: set[str] = set()
        # Counted by the parent of the workers, in their shared state; here it has its name and kind.
        Labelled(
            Counter("flashwire_worker_restarts", "Workers started again, by reason", ["reason"], registry=r),
            WORKER_ENDS,
        )

    def count_join(self, transport: str, kind: str, *, resumes: bool) -> None:
        """Counts a first message by its kind; a snapshot for a client that `resumes` counts as `lost`."""
        self.joins.counts[transport, "lost" if resumes and kind == "snapshot" else kind] += 1

    def count_delivered(self, entries: int, sent: int) -> None:
        """Counts entries and bytes written to connections."""
        self.deliveries.inc(entries)
        self.bytes.inc(sent)

    def count_entries(self, added: Sequence[float], now: float) -> None:
        """Counts entries that were `added` to the stream at these times and are written at `now`."""
        self.entries.inc(len(added))
        for time in added:
            # Two clocks: that of Redis and this one; a skew must not make a negative latency.
            self.latency.observe(max(0.0, now - time))

    def count_poison(self, reason: str) -> bool:
        """Counts a skipped entry; returns whether it is the first with this reason."""
        self.poison.labels(reason).inc()
        first = reason not in self._poisoned
        self._poisoned.add(reason)
        return first

    def count_dropped_lines(self) -> None:
        """Counts the log lines that this process could not write since the last call."""
        previous, self._lines_dropped = self._lines_dropped, lines_dropped()
        self.log_lines_dropped.inc(self._lines_dropped - previous)

    def snapshot(self) -> Snapshot:
        """All samples of this node, for the shared state."""
        return {
            metric.name: Family(
                metric.type,
                [
                    (sample.name, tuple(sorted(sample.labels.items())), float(sample.value))
                    for sample in metric.samples
                    if not sample.name.endswith("_created")
                ],
            )
            for metric in self.registry.collect()
        }

    def render(self, shared: SharedState | None = None) -> bytes:
        """The text exposition: of this node, or of all workers on `shared`, which has this node's snapshot too."""
        return generate_latest(self.registry if shared is None else _AllWorkers(self.registry, shared))


class _AllWorkers(CollectorRegistry):
    """The metrics of one registry with the samples of all workers, as `generate_latest` reads them."""

    def __init__(self, registry: CollectorRegistry, shared: SharedState) -> None:
        super().__init__()
        self._registry = registry
        self._shared = shared

    def collect(self) -> Iterator[Metric]:
        totals = total(self._shared.snapshots(), LARGEST)
        for metric in self._registry.collect():
            merged = Metric(metric.name, metric.documentation, metric.type)
            family = totals.get(metric.name)
            for name, labels, value in family.samples if family else ():
                merged.add_sample(name, dict(labels), value)
            yield merged
