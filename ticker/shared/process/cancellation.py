"""A loop that ends only by the cancellation of its task."""

import asyncio


def stop_if_cancelled() -> None:
    """Raises `CancelledError` where this task was cancelled; every loop that ends only by that calls it.

    Before Python 3.12 `asyncio.wait_for`, by which redis-py sends, can swallow a cancellation.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
