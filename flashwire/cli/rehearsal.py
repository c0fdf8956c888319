"""Publishes the items of a file in order, at a chosen rate; it prints nothing.

1. A line is a request body of `POST /v1/items`, or a headline in three languages (`{"document", "en", "ar", "es"}`),
   which becomes one item per edition, attributed to the outlet that the document's name begins with.
2. Requests of one edition follow one another, so that the order of the file is the order of the stream. Editions run in
   parallel.
3. The Idempotency-Key of an item is made of the file's content and the line number: an interrupted replay that is
   run again publishes only what is missing.
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
_MOST_LATENCIES: Final = 100_000
_EDITIONS: Final = ("en", "ar", "es")


class Post(msgspec.Struct, frozen=True):
    """One request: its edition, body and key, and its line in the file."""

    edition: str
    body: bytes
    key: str
    line: int


class Summary(msgspec.Struct):
    """The outcome of a replay so far. A latency is that of the attempt that was answered, in seconds."""

    acknowledged: int = 0
    refused: int = 0
    unknown: int = 0
    seconds: float = 0.0
    latencies: deque[float] = msgspec.field(default_factory=lambda: deque(maxlen=_MOST_LATENCIES))
    first_error: str | None = None

    def rate(self) -> float:
        """Acknowledged items per second."""
        return self.acknowledged / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """The latency of the slowest item within the fastest `share` (nearest rank), or 0 without items."""
        ranked = sorted(self.latencies)
        return ranked[max(0, math.ceil(share * len(ranked)) - 1)] if ranked else 0.0


class FileError(Exception):
    """The file cannot be replayed. The message is one sentence with the line number."""


def read_posts(path: Path, *, salt: str = "") -> list[Post]:
    """The requests in the file at `path`, in order; raises `FileError`. Another `salt` gives other keys."""
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
            raise FileError(f"Line {number} of {path} is not an item as JSON: correct it or remove it.") from None
    if not posts:
        raise FileError(f"{path} has no items.")
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
    summary: Summary,
    *,
    rate: float | None = None,
    parallel: int = 4,
    loop: bool = False,
    on_progress: Callable[[], None] = lambda: None,
) -> None:
    """Publishes `posts`, at most `rate` per second and `parallel` at a time; with `loop` until it is cancelled.

    Counts every outcome in `summary`, which is also right after a cancellation. A request that is refused, or whose
    outcome stays unknown, does not end the replay.
    """
    started = time.monotonic()
    slots = asyncio.Semaphore(parallel)
    queues: dict[str, asyncio.Queue[Post | None]] = {post.edition: asyncio.Queue(1) for post in posts}

    async def publish_edition(queue: "asyncio.Queue[Post | None]") -> None:
        while (post := await queue.get()) is not None:
            async with slots:
                await _publish(post, desk, summary)
            summary.seconds = time.monotonic() - started
            on_progress()

    async def feed() -> None:
        sent = 0
        for round_number in count() if loop else range(1):
            for post in posts:
                if rate:
                    await asyncio.sleep(max(0.0, started + sent / rate - time.monotonic()))
                sent += 1
                key = f"{post.key}-{round_number}" if round_number else post.key
                await queues[post.edition].put(msgspec.structs.replace(post, key=key))
        for queue in queues.values():
            await queue.put(None)

    async with asyncio.TaskGroup() as group:
        for queue in queues.values():
            group.create_task(publish_edition(queue))
        group.create_task(feed())


async def _publish(post: Post, desk: DeskClient, summary: Summary) -> None:
    try:
        published = await desk.publish(post.body, post.key)
    except asyncio.CancelledError:
        # The desk may have published it before the interruption.
        _count_unknown(post, "Interrupted.", summary)
        raise
    except UnknownOutcomeError as error:
        _count_unknown(post, str(error), summary)
    except AnswerUnreadableError:
        # An earlier run published it.
        summary.acknowledged += 1
    except NotPublishedError as error:
        summary.refused += 1
        summary.first_error = summary.first_error or f"Line {post.line}: {error}"
    else:
        summary.acknowledged += 1
        summary.latencies.append(published.seconds)


def _count_unknown(post: Post, reason: str, summary: Summary) -> None:
    summary.unknown += 1
    summary.first_error = summary.first_error or (
        f"Line {post.line}: {reason} It is not known yet whether this is published: run the same command again."
    )
