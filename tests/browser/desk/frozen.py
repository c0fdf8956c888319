"""A server of the stream that stops answering and keeps its connections."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import redis


@contextmanager
def frozen(redis_url: str) -> Iterator[None]:
    """Stops the server's process, as a long pause of its machine would."""
    with redis.Redis.from_url(redis_url) as client:
        process = int(client.info("server")["process_id"])
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)
