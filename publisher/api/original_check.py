"""Refuses a translation whose original is off the screens: what was taken back must not return in another language."""

from collections.abc import Collection

from publisher.api.parts import Parts
from publisher.api.problems import ApiError
from publisher.core.stale import obstacle
from publisher.core.waiting import Waiting
from ticker.contract.item import Item, moment
from ticker.contract.sentences import RefusedError
from ticker.stream.redis_stream import StreamAwayError


async def check_original(parts: Parts, item: Item, together: Collection[str]) -> None:
    """Raises `ApiError` 409 if the original of the new `item` was withdrawn or is on hold.

    `together` are the uris that are published with it. Raises `StreamAwayError`.
    """
    original = await _original(parts, item, together)
    problem = obstacle(original) if original else None
    if problem == "original-withdrawn":
        raise ApiError(409, "original-withdrawn")
    if problem == "original-held":
        raise ApiError(409, "original-held")


async def original_refusal(parts: Parts, item: Item) -> RefusedError | None:
    """What `check_original` would raise, as a warning of a dry run; None while the stream cannot be read."""
    try:
        await check_original(parts, item, ())
    except ApiError as error:
        return RefusedError(error.code, "translationOf")
    except StreamAwayError:
        return None
    return None


async def waiting_obstacle(parts: Parts, line: Waiting) -> str | None:
    """Why a waiting translation is not published now, or None; also a correction since it was written."""
    original = await _original(parts, line.item, line.uris) if line.seen is None else None
    written = line.created if line.written is None else line.written
    return obstacle(original, moment(written)) if original else None


async def _original(parts: Parts, item: Item, together: Collection[str]) -> Item | None:
    """The original as it is stored; None where there is none to look at, or none that can be read."""
    if item.translation_of is None or item.translation_of in together:
        return None
    record = await parts.store.record(item.translation_of)
    return record.item if record else None
