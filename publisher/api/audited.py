"""The audit of one version: the intention before it is stored, and what became of it after.

Taking an item back goes through while the audit cannot be written; publishing does not.
"""

from typing import Literal

import structlog

from publisher.api.parts import Parts
from publisher.api.problems import unavailable
from publisher.core.roles import ACTS_THAT_TAKE_BACK
from publisher.records.errors import DatabaseError
from publisher.records.tokens import Actor
from ticker.contract.item import Item

Outcome = Literal["done", "repeated", "refused", "unknown"]

_log = structlog.get_logger(__name__)


async def record_intention(parts: Parts, actor: Actor, item: Item, item_json: bytes) -> str:
    """Records that `actor` is about to store `item`; returns the id of the event. Raises `ApiError` 503."""
    details = {"edition": item.edition, "urgency": str(item.urgency), "version": str(item.version)}
    try:
        return await parts.audit.record(
            actor.name, item.act, item.uri, details, item_json, may_spool=item.act in ACTS_THAT_TAKE_BACK
        )
    except DatabaseError as error:
        _log.error("not published without an audit record", reason=str(error), uri=item.uri, by=actor.name)
        raise unavailable("audit-away") from None


def record_outcome(parts: Parts, actor: Actor, item: Item, event: str, outcome: Outcome) -> None:
    """Records what became of the intention `event`."""
    parts.audit.outcome(event, actor.name, f"{item.act}-{outcome}", item.uri, {"version": str(item.version)})
