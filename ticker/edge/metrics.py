"""What a node counts, as Prometheus reads it; one registry a node, so that several can live in one process."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class NodeMetrics:
    """The table in docs/operating.md says what each means and when to be woken by it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        self.connections = Gauge("flashwire_connections", "Live connections", ["transport"], registry=r)
        self.entries = Counter("flashwire_entries", "Entries taken from the stream", registry=r)
        self.deliveries = Counter("flashwire_deliveries", "Entries handed to connections", registry=r)
        self.bytes = Counter("flashwire_bytes", "Bytes handed to connections", registry=r)
        self.joins = Counter("flashwire_joins", "First messages by what they were", ["transport", "kind"], registry=r)
        self.refused = Counter("flashwire_refused", "Joins refused, by HTTP status", ["status"], registry=r)
        self.closes = Counter("flashwire_closes", "Connections closed by the node, by code", ["code"], registry=r)
        self.slow = Counter("flashwire_slow_closes", "Connections closed because they did not read", registry=r)
        self.behind = Gauge("flashwire_slow_connections", "Connections that are behind now", registry=r)
        self.poison = Counter("flashwire_poison_entries", "Entries skipped, by reason", ["reason"], registry=r)
        self.rebuilds = Counter("flashwire_rebuilds", "Times the node lost its place in the stream", registry=r)
        self.stale = Gauge("flashwire_stale", "1 while the stream does not answer", registry=r)
        self.lag = Gauge("flashwire_reader_lag_seconds", "Seconds since the stream last answered", registry=r)
        self.latency = Histogram(
            "flashwire_publish_to_write_seconds",
            "From the stream's taking an entry to its last write on this node",
            buckets=_SECONDS,
            registry=r,
        )
        self.backlog = Gauge("flashwire_backlog_entries", "Entries held in memory", registry=r)

    def render(self) -> bytes:
        """The text exposition of all of it."""
        return generate_latest(self.registry)
