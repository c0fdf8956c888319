"""The answers to requests that a connection refuses before any route sees them."""

from collections.abc import Iterable

from publisher.api.metrics import Metrics
from publisher.api.problems import ApiError, problem_bytes
from publisher.net.refusal import Refusal


class ConnectionRefusals:
    """Counts refusals in the desk's metrics, and writes each as a problem in the client's language."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def count(self, refusal: Refusal) -> None:
        """Counts a refused request, answered or not."""
        self._metrics.refused.labels(refusal.code).inc()

    def answer(self, refusal: Refusal, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
        """The whole HTTP response; `headers` are those of the request that have arrived."""
        return problem_bytes(
            ApiError(refusal.status, refusal.code, headers=None, errors=(), **refusal.parameters), headers
        )
