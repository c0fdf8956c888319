"""Publishes a file of items, one a line, at a given pace: for rehearsals and load.

1. A line is a request as `POST /v1/items` takes it, or a headline in three languages
   (`{"document", "en", "ar", "es"}`), which becomes one item an edition, attributed to the outlet that the
   document's name begins with.
2. Posts of one edition go one after the other, so that their order in the file is their order in the stream;
   editions go side by side.
3. An item's Idempotency-Key is made of the file's content and the place in it: a replay that was interrupted and
   is run again publishes only what is missing.
"""

import asyncio
import hashlib
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Final

import msgspec

from flashwire.client import AnswerUnreadableError, DeskClient, NotPublishedError, UnknownOutcomeError

# A replay in a loop may run for days.
_LATENCIES_KEPT: Final = 100_000
_EDITIONS: Final = ("en", "ar", "es")


class Post(msgspec.Struct, frozen=True):
    """One item to publish: its edition, the request's bytes, its key, and its line in the file."""

    edition: str
    body: bytes
    key: str
    line: int


class Summary(msgspec.Struct):
    """What became of a replay; latencies in seconds, of the attempt that was answered."""

    acknowledged: int = 0
    refused: int = 0
    unknown: int = 0
    seconds: float = 0.0
    latencies: deque[float] = msgspec.field(default_factory=lambda: deque(maxlen=_LATENCIES_KEPT))
    first_error: str | None = None

    def rate(self) -> float:
        """Acknowledged items a second."""
        return self.acknowledged / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The latency within which `share` of the items were acknowledged (nearest rank), or 0 for none."""
        ranked = sorted(self.latencies)
        return ranked[max(0, math.ceil(share * len(ranked)) - 1)] if ranked else 0.0


class FileError(Exception):
    """The file cannot be replayed; the message is one sentence with the line."""


def read_posts(path: Path, *, salt: str = "") -> list[Post]:
    """The posts that `path` holds, in its order; raises `FileError`. Another `salt` gives other keys."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise FileError(f"{path} cannot be read ({type(error).__name__}).") from None
    name = hashlib.sha256(content + salt.encode()).hexdigest()[:32]
    posts: list[Post] = []
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            fields = msgspec.json.decode(line, type=dict[str, msgspec.Raw])
            posts += _posts(line, fields, name, number)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise FileError(f"Line {number} of {path} is not an item as JSON: mend it or take it out.") from None
    if not posts:
        raise FileError(f"{path} holds no items.")
    return posts


def _posts(line: bytes, fields: dict[str, msgspec.Raw], name: str, number: int) -> Iterator[Post]:
    if "document" not in fields:
        edition = msgspec.json.decode(fields.get("edition", b'""'), type=str)
        yield Post(edition, bytes(line), f"replay-{name}-{number}", number)
        return
    outlet = msgspec.json.decode(fields["document"], type=str).rpartition(".")[0]
    for edition in _EDITIONS:
        if edition in fields:
            headline = msgspec.json.decode(fields[edition], type=str)
            body = {"headline": headline, "infoSources": [{"name": outlet, "role": "platform"}], "edition": edition}
            yield Post(edition, msgspec.json.encode(body), f"replay-{name}-{number}-{edition}", number)


async def replay(
    posts: list[Post],
    desk: DeskClient,
    *,
    rate: float | None = None,
    parallel: int = 4,
    loop: bool = False,
    progress: Callable[[Summary], None] = lambda summary: None,
    summary: Summary | None = None,
) -> Summary:
    """Publishes `posts`, at most `rate` a second and `parallel` at once; in a `loop` until it is cancelled.

    Posts that are refused, or whose outcome stays unknown, are counted and passed over. `summary` is filled as it
    goes, so that it is there after a cancellation too.
    """
    kept = summary or Summary()
    started = time.monotonic()
    turns = asyncio.Semaphore(parallel)
    lanes: dict[str, asyncio.Queue[Post | None]] = {post.edition: asyncio.Queue(1) for post in posts}

    async def lane(queue: "asyncio.Queue[Post | None]") -> None:
        while (post := await queue.get()) is not None:
            async with turns:
                await _publish(post, desk, kept)
            kept.seconds = time.monotonic() - started
            progress(kept)

    async def feed() -> None:
        sent = 0
        for turn in count() if loop else range(1):
            for post in posts:
                if rate:
                    await asyncio.sleep(max(0.0, started + sent / rate - time.monotonic()))
                sent += 1
                key = f"{post.key}-{turn}" if turn else post.key
                await lanes[post.edition].put(msgspec.structs.replace(post, key=key))
        for queue in lanes.values():
            await queue.put(None)

    async with asyncio.TaskGroup() as group:
        for queue in lanes.values():
            group.create_task(lane(queue))
        group.create_task(feed())
    return kept


async def _publish(post: Post, desk: DeskClient, kept: Summary) -> None:
    try:
        done = await desk.publish(post.body, post.key)
    except asyncio.CancelledError:
        # The desk may have published it before the interruption.
        _count_unknown(post, "Interrupted.", kept)
        raise
    except UnknownOutcomeError as error:
        _count_unknown(post, str(error), kept)
        return
    except AnswerUnreadableError:
        # An earlier run published it.
        kept.acknowledged += 1
        return
    except NotPublishedError as error:
        kept.refused += 1
        kept.first_error = kept.first_error or f"Line {post.line}: {error}"
        return
    kept.acknowledged += 1
    kept.latencies.append(done.seconds)


def _count_unknown(post: Post, why: str, kept: Summary) -> None:
    kept.unknown += 1
    kept.first_error = kept.first_error or (
        f"Line {post.line}: {why} It is not known yet whether this is published: run the same command again."
    )
