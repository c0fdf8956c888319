"""Lets a loop that runs until its task is cancelled notice a lost cancellation."""

import asyncio


def stop_if_cancelled() -> None:
    """Raises `CancelledError` if the current task was cancelled. Every endless loop must call it.

    Before Python 3.12, `asyncio.wait_for` can swallow a cancellation, and redis-py sends with it.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
