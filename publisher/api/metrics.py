"""The desk's Prometheus metrics, in a separate registry, so that two desks in one process do not share them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from publisher.api.problems import CODES
from ticker.contract.item import ACTS
from ticker.shared.process.output import lines_dropped


class Metrics:
    """The metrics of one desk; every label has a fixed set of values."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.published = Counter(
            "flashwire_desk_published", "Versions put into the stream", ["act"], registry=self._registry
        )
        # Every series exists from the start: an alarm on an increase cannot see the event that creates a series.
        for act in ACTS:
            self.published.labels(act)
        self.again = Counter(
            "flashwire_desk_answered_again", "Requests answered from their Idempotency-Key", registry=self._registry
        )
        self.refused = Counter(
            "flashwire_desk_refused", "Requests answered with an error", ["reason"], registry=self._registry
        )
        for code in CODES:
            self.refused.labels(code)
        self.seconds = Histogram(
            "flashwire_desk_publish_seconds",
            "Time from a request's last byte to its answer, for what was published",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
            registry=self._registry,
        )
        self.ready = Gauge("flashwire_desk_ready", "1 while a publication would be taken", registry=self._registry)
        self.task_restarts = Counter(
            "flashwire_task_restarts", "Tasks that ended and were started again", ["task"], registry=self._registry
        )
        for name in ("watch", "database", "preparation"):
            self.task_restarts.labels(name)
        self.log_lines_dropped = Counter(
            "flashwire_log_lines_dropped", "Log lines that could not be written", registry=self._registry
        )
        self._lines_dropped = 0
        self.pending = Gauge(
            "flashwire_desk_pending_connections",
            "Connections that have not sent a whole request yet",
            registry=self._registry,
        )
        self.dropped = Counter(
            "flashwire_desk_dropped_connections",
            "Connections ended by the desk for the time or the room that they take",
            ["reason"],
            registry=self._registry,
        )
        for reason in ("slow", "full", "unread"):
            self.dropped.labels(reason)

    def page(self) -> bytes:
        """The metrics in the Prometheus text format."""
        previous, self._lines_dropped = self._lines_dropped, lines_dropped()
        self.log_lines_dropped.inc(self._lines_dropped - previous)
        return generate_latest(self._registry)
