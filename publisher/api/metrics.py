"""The desk's Prometheus metrics, in a separate registry, so that two desks in one process do not share them."""

import math
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from publisher.api.problems import CODES
from publisher.core.advice_sentences import ADVICE_SENTENCES
from publisher.core.receipts import ReceiptBook
from publisher.core.waiting import OPEN_STATES
from publisher.records.sessions import WAYS
from ticker.contract.item import ACTS
from ticker.shared.process.output import lines_dropped

# One takes 4 ms, in which nothing is published, and any client may ask. A monitor asks every few seconds.
PAGES_PER_SECOND: Final = 5


class Metrics:
    """The metrics of one desk; every label has a fixed set of values."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._page = b""
        self._second = 0
        self._pages = 0
        published = Counter(
            "flashwire_desk_published", "Versions put into the stream", ["act"], registry=self._registry
        )
        # Every series exists from the start: an alarm on an increase cannot see the event that creates a series.
        # Each is looked up once, which takes longer than to count.
        self.published: dict[str, Counter] = {act: published.labels(act) for act in ACTS}
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
        self.sign_ins = Counter(
            "flashwire_desk_sign_ins", "Sign-ins at the desk page", ["way", "result"], registry=self._registry
        )
        for method in WAYS:
            for result in ("accepted", "refused", "limited"):
                self.sign_ins.labels(method, result)
        self.ready = Gauge("flashwire_desk_ready", "1 while a publication would be taken", registry=self._registry)
        self.audit_spooled = Gauge(
            "flashwire_desk_audit_spooled", "Audit records that wait for the database", registry=self._registry
        )
        self.stops = Gauge("flashwire_desk_stops", "Stops of the kill switch in force", registry=self._registry)
        self._recall_outstanding = Gauge(
            "flashwire_desk_recall_outstanding",
            "Open connections that were not written the newest correction or withdrawal of an item",
            registry=self._registry,
        )
        self._silent_nodes = Gauge(
            "flashwire_desk_silent_nodes", "Nodes that reported and do not any more", registry=self._registry
        )
        self._audience = Gauge(
            "flashwire_desk_audience", "Open connections of all nodes; NaN while unknown", registry=self._registry
        )
        self.task_restarts = Counter(
            "flashwire_task_restarts", "Tasks that ended and were started again", ["task"], registry=self._registry
        )
        tasks = ("watch", "database", "preparation", "bylines", "sources", "audit", "schedule", "stops", "receipts")
        for name in (*tasks, "recent", "style", "translations"):
            self.task_restarts.labels(name)
        self.waiting = Gauge(
            "flashwire_desk_waiting_lines",
            "Lines that wait for approval or for their time, or that need a decision",
            ["state"],
            registry=self._registry,
        )
        for state in OPEN_STATES:
            self.waiting.labels(state)
        self.schedule_late = Gauge(
            "flashwire_desk_schedule_late_seconds",
            "How late the latest scheduled line is that is not published yet",
            registry=self._registry,
        )
        self.log_lines_dropped = Counter(
            "flashwire_log_lines_dropped", "Log lines that could not be written", registry=self._registry
        )
        self._lines_dropped = 0
        self.check_seconds = Histogram(
            "flashwire_desk_check_seconds",
            "Time of one check of a line, while it is typed or after it was published",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1),
            registry=self._registry,
        )
        self.advice = Counter("flashwire_desk_advice", "Pieces of advice on lines", ["code"], registry=self._registry)
        for code in ADVICE_SENTENCES:
            self.advice.labels(code)
        self.recent_lines = Gauge(
            "flashwire_desk_recent_lines", "Versions that lines are compared with", registry=self._registry
        )
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

    def show_reports(self, book: ReceiptBook) -> None:
        """Shows what the nodes report."""

        def count() -> float:
            connections = book.audience(()).connections
            return math.nan if connections is None else connections

        self._recall_outstanding.set_function(book.outstanding)
        self._silent_nodes.set_function(lambda: book.audience(()).silent)
        self._audience.set_function(count)

    def page(self, now: float) -> bytes:
        """The metrics in the Prometheus text format; `now` is the time of a monotonic clock.

        After `PAGES_PER_SECOND` in the same second, the last one again.
        """
        if self._second != int(now):
            self._second, self._pages = int(now), 0
        if self._pages < PAGES_PER_SECOND:
            self._pages += 1
            previous, self._lines_dropped = self._lines_dropped, lines_dropped()
            self.log_lines_dropped.inc(self._lines_dropped - previous)
            self._page = generate_latest(self._registry)
        return self._page
