"""`flashwire replay`: publishes a file of items, with a progress bar."""

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flashwire.cli.console import refuse
from flashwire.cli.post import UNKNOWN
from flashwire.cli.settings import DEFAULT_DESK, DeskOption, TokenOption, read_desk
from ticker.shared.process import output

if TYPE_CHECKING:
    from flashwire.cli.rehearsal import Post, Summary

# Longer than the minute of the rate limit.
_PATIENCE_SECONDS: Final = 180.0


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="Items, one per line.", show_default=False)],
    rate: Annotated[float | None, typer.Option(min=0.01, help="Items per second (default: as accepted).")] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Start again at the end, until interrupted.")] = False,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Requests at a time; one per edition at most.")] = 4,
    fresh: Annotated[bool, typer.Option("--fresh", help="Publish again what an earlier run published.")] = False,
    url: DeskOption = DEFAULT_DESK,
    token: TokenOption = "",
) -> None:
    """Publish a file of items, for rehearsals and load; an interrupted replay continues where it stopped.

    A line is a request body of POST /v1/items, or {"document", "en", "ar", "es"}: one headline in three languages,
    attributed to the outlet that the document's name begins with. The token should be --unlimited, or the rate limit
    sets the pace. Exit status 1: something was refused. Exit status 3: the outcome of something is unknown; the same
    command asks again and publishes nothing twice.
    """
    from flashwire.cli.loop import run_loop, terminating_as_interrupt
    from flashwire.cli.rehearsal import FileError, Summary, read_posts

    try:
        posts = read_posts(file, salt=secrets.token_hex(8) if fresh else "")
    except FileError as error:
        refuse(str(error), status=1)
    url, token = read_desk(url, token)
    summary = Summary()
    try:
        with terminating_as_interrupt():
            run_loop(_replay_with_bar(posts, url, token, summary, rate=rate, loop=loop, parallel=parallel))
    except KeyboardInterrupt:
        output.print_notice("Interrupted; run it again to publish what is missing.")
    unknown = f", {summary.unknown} not known yet" if summary.unknown else ""
    result = (
        f"{summary.acknowledged} acknowledged, {summary.refused} refused{unknown} in {summary.seconds:.1f} s"
        f" ({summary.rate():.1f}/s); acknowledged in p50 {summary.percentile(0.5) * 1000:.1f} ms,"
        f" p99 {summary.percentile(0.99) * 1000:.1f} ms"
    )
    output.print_result(result)
    output.report_undelivered(result)
    if summary.first_error:
        refuse(summary.first_error, 1 if summary.refused else UNKNOWN)


async def _replay_with_bar(
    posts: "list[Post]", url: str, token: str, summary: "Summary", *, rate: float | None, loop: bool, parallel: int
) -> None:
    """Publishes `posts` and counts in `summary`, with a progress bar on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from flashwire.cli.rehearsal import replay
    from flashwire.client import DeskClient

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

        def update() -> None:
            completed = summary.acknowledged + summary.refused + summary.unknown
            bar.update(task, completed=completed, rate=summary.rate(), errors=summary.refused)

        async with DeskClient(url, token, patience=_PATIENCE_SECONDS, connections=parallel) as desk:
            await replay(posts, desk, summary, rate=rate, parallel=parallel, loop=loop, on_progress=update)
