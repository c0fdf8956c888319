"""Health, metrics and version, for the machines of an operator. Liveness fails slowly, readiness fails fast."""

from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from ticker.node.node import Node
from ticker.node.pulse import show
from ticker.shared.http.callers import reason_for
from ticker.shared.http.operating import alive_reply, is_local_request, ready_reply, version_reply
from ticker.shared.process.server_state import read_state
from ticker.shared.process.version import RUNNING
from ticker.workers.shared_state import WorkerSlot

# The most hidden items that are named; an operator acts on these first.
_HIDDEN_LIMIT: Final = 20


async def alive(request: Request) -> Response:
    """200 while the process answers at all."""
    return alive_reply()


async def ready(request: Request) -> Response:
    """200 while the node follows the stream and accepts joins; else 503 with the reasons, within 5 s of the loss.

    With several workers none is ready before all have been: the kernel would give some of a load balancer's clients to
    workers that do not answer yet. Later each worker answers for itself.
    """
    node: Node = request.state["node"]
    slot: WorkerSlot | None = request.state["slot"]
    local = is_local_request(request)
    reasons: list[str] = []
    if node.draining:
        reasons.append("draining")
    if node.lost is not None:
        reasons.append(("" if node.is_ahead else "stream away: ") + reason_for(node.lost, local=local))
        # On one machine the keeper of the embedded server knows more than a refused connection says.
        state = read_state(node.settings.data) if (node.settings.redis_url or "").startswith("unix:") else None
        if state is not None and state.state != "ready" and state.reason and local:
            reasons.append(state.reason)
    if node.tasks.reason is not None:
        reasons.append(node.tasks.reason)
    if slot is not None and not slot.shared.has_started:
        reasons.append("other workers are starting")
    further: dict[str, object] = {
        "cursor": str(node.backlog.newest),
        "connections": len(node.hub),
        "entries": len(node.backlog),
        "hidden": len(node.backlog.hidden),
    }
    if local and node.backlog.hidden:
        further["hiddenItems"] = sorted(node.backlog.hidden)[:_HIDDEN_LIMIT]
    if slot is not None:
        further["workers"] = {"ready": slot.shared.ready_count, "wanted": slot.shared.worker_count}
    return ready_reply(reasons, further)


async def metrics(request: Request) -> Response:
    """Prometheus' text format; with several workers, of all of them."""
    node: Node = request.state["node"]
    slot: WorkerSlot | None = request.state["slot"]
    show(node, slot)
    return Response(node.metrics.render(slot.shared if slot else None), media_type=CONTENT_TYPE_LATEST)


async def about(request: Request) -> Response:
    """Which release answers."""
    return version_reply("ticker", RUNNING)
