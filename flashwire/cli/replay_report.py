"""`flashwire replay` as a shell shows it: a bar while it runs."""

from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from flashwire.cli.replay import Post, Summary, replay
from flashwire.client import DeskClient

# A replay waits out a rate rule's whole minute and more.
_REPLAY_PATIENCE: Final = 180.0


async def replay_with_bar(
    posts: list[Post], url: str, token: str, summary: Summary, *, rate: float | None, loop: bool, parallel: int
) -> None:
    """Publishes `posts` into `summary` while a bar on standard error shows how far it is."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.1f}/s"),
        TextColumn("{task.fields[errors]} refused"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("Publishing", total=None if loop else len(posts), rate=0.0, errors=0)

        def show(now: Summary) -> None:
            ended = now.acknowledged + now.refused + now.unknown
            bar.update(task, completed=ended, rate=now.rate(), errors=now.refused)

        async with DeskClient(url, token, patience=_REPLAY_PATIENCE, connections=parallel) as client:
            await replay(posts, client, rate=rate, parallel=parallel, loop=loop, progress=show, summary=summary)
