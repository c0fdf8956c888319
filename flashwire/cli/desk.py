"""The desk's part of the command line: serve it, post to it, replay a file to it, and manage its tokens.

Each command imports what it alone needs when it runs: `flashwire post` loads neither the server nor the stream.
"""

import asyncio
import secrets
import shlex
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer
import uvloop

from flashwire.cli.desk_settings import DataOption, desk_and_token, desk_settings, fail, request_key
from flashwire.cli.replay import FileError, Summary, read_posts
from flashwire.cli.token import token_app
from flashwire.client import AnswerUnreadableError, DeskClient, NotPublishedError, UnknownOutcomeError
from publisher.records.errors import DatabaseError
from publisher.records.welcome import welcome_link
from ticker.contract.item import ROLES, Item
from ticker.contract.keys import KeyringError
from ticker.contract.site import SiteError
from ticker.shared.process import output
from ticker.shared.process.listen import ListenError, bind, http_url

# A server that is restarted is back within seconds; nobody watches a shell for longer than this.
_POST_PATIENCE: Final = 15.0
_DESK: Final = "http://127.0.0.1:8001"
# Exit status where nobody knows yet whether something was published: a script must not take it for a refusal.
UNKNOWN: Final = 3

# Later the desk may have forgotten the key, and the same command publishes a second line.
_ASK_AGAIN: Final = "Ask again within 24 hours (the desk's FLASHWIRE_IDEMPOTENCY_HOURS):"

Value = TypeVar("Value")

DeskOption = Annotated[str, typer.Option("--desk", envvar="FLASHWIRE_DESK_URL", help="Address of the desk.")]
TokenOption = Annotated[
    str,
    typer.Option("--token", envvar="FLASHWIRE_TOKEN", help="API token; better in the environment.", hidden=True),
]


def desk(
    data: DataOption = None,
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port to listen on; 0 takes a free one.")] = None,
) -> None:
    """Serve the desk alone: publishing and its page. Needs REDIS_URL.

    Settings come from FLASHWIRE_… variables and .env; docs/settings.md lists them. Ends within 3 s of SIGTERM.
    """
    from publisher.server import serve
    from publisher.stream.signing_key import check_signing_key

    output.protect(blocks=False)
    settings = desk_settings(data=data, desk_host=host, desk_port=port)
    if settings.redis_url is None:
        fail("Set REDIS_URL to the server that the tickers read, or start everything with: flashwire run", 2)
    try:
        sock = bind(settings.desk_host, settings.desk_port, 1, "--port")[0]
        _run(check_signing_key(settings))
        if link := welcome_link(settings.data, settings.desk_url or http_url(sock), settings.database_url):
            _run(serve(settings, sock, lambda: output.tell(f"Open {link} once, to make the first editor.")))
        else:
            _run(serve(settings, sock))
    except (SiteError, KeyringError, DatabaseError, ListenError, OSError) as error:
        fail(str(error), 2)


def post(
    text: Annotated[str, typer.Argument(help='The line: "Source: text".', show_default=False)],
    role: Annotated[str | None, typer.Option(help=f"Of an unregistered source: {', '.join(ROLES)}.")] = None,
    edition: Annotated[str, typer.Option(help="The edition it runs in.")] = "en",
    urgency: Annotated[int, typer.Option(help="1 flash, 2 bulletin, 3 urgent, 4 routine … 8.")] = 4,
    language: Annotated[str | None, typer.Option(help="Language of the line, where not the edition's.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check it and show it; publish nothing.")] = False,
    key: Annotated[str | None, typer.Option(help="Key of an earlier call, to ask again what became of it.")] = None,
    url: DeskOption = _DESK,
    token: TokenOption = "",
) -> None:
    """Publish one line, and say what readers will see.

    Takes the token from FLASHWIRE_TOKEN. While the desk or the stream is away it tries again for 15 seconds, and
    never publishes twice. Exit status 1: nothing was published. Exit status 3: not known yet; the same call with
    the --key that is printed asks again.

    Example: flashwire post "Civil Defence: Bridge in the old town reopened" --urgency 3
    """
    given = {"role": role, "language": language}
    body = {"text": text, "edition": edition, "urgency": urgency, "dryRun": dry_run}
    body |= {name: value for name, value in given.items() if value is not None}

    url, token = desk_and_token(url, token)
    was_sent_before = key is not None and not dry_run
    key = request_key(key)

    async def publish() -> None:
        async with DeskClient(url, token, patience=_POST_PATIENCE) as client:
            done = await client.publish(body, key, sent_before=was_sent_before)
        state = "not published (dry run)" if dry_run else f"{done.item.uri}  version {done.item.version}"
        output.say(f"{state}\n{shown(done.item)}")
        for caution in done.warnings:
            output.tell(f"{caution.field}: {caution.message}")
        output.done_anyway(state if dry_run else f"Published as {state}")

    try:
        with _stopped_as_by_ctrl_c():
            _run(publish())
    except (UnknownOutcomeError, KeyboardInterrupt) as error:
        if dry_run:
            fail(str(error) or "Interrupted.")
        # The same body, or the desk takes it for another request; the token stays out of what is printed.
        options = {"edition": edition, "urgency": urgency, **given, "desk": url, "key": key}
        words = [word for name, value in options.items() if value is not None for word in (f"--{name}", str(value))]
        again = shlex.join(["flashwire", "post", *words, "--", text])
        fail(f"{error} It is not known yet whether this line is published. {_ASK_AGAIN} {again}".strip(), UNKNOWN)
    except AnswerUnreadableError as error:
        output.tell(str(error))
    except NotPublishedError as error:
        fail(str(error))


def replay_file(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="Items, one a line.", show_default=False)],
    rate: Annotated[float | None, typer.Option(min=0.01, help="Items a second (default: as taken).")] = None,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again at the end, until interrupted.")] = False,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Posts in flight; one at most for each edition.")] = 4,
    fresh: Annotated[bool, typer.Option("--fresh", help="Publish again what an earlier run did.")] = False,
    url: DeskOption = _DESK,
    token: TokenOption = "",
) -> None:
    """Publish a file of items, for rehearsals and load; an interrupted replay goes on where it stopped.

    A line is a request body of POST /v1/items, or {"document", "en", "ar", "es"}: one headline in three
    languages, attributed to the outlet that the document's name begins with. The token needs --unlimited,
    else the rate rule sets the pace. Exit status 1: something was refused. Exit status 3: of something it is not known
    yet whether it is published; the same command asks again and publishes nothing twice.
    """
    from flashwire.cli.replay_report import replay_with_bar

    try:
        posts = read_posts(file, salt=secrets.token_hex(8) if fresh else "")
    except FileError as error:
        fail(str(error))
    url, token = desk_and_token(url, token)
    summary = Summary()
    try:
        with _stopped_as_by_ctrl_c():
            _run(replay_with_bar(posts, url, token, summary, rate=rate, loop=loop, parallel=parallel))
    except KeyboardInterrupt:
        output.tell("Interrupted; run it again to publish what is missing.")
    unknown = f", {summary.unknown} not known yet" if summary.unknown else ""
    figures = (
        f"{summary.acknowledged} acknowledged, {summary.refused} refused{unknown} in {summary.seconds:.1f} s"
        f" ({summary.rate():.1f}/s); acknowledged in p50 {summary.percentile(0.5) * 1000:.1f} ms,"
        f" p99 {summary.percentile(0.99) * 1000:.1f} ms"
    )
    output.say(figures)
    output.done_anyway(figures)
    if summary.first_error:
        fail(summary.first_error, 1 if summary.refused else UNKNOWN)


def rekey_all(
    context: typer.Context,
    data: DataOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would be signed; change nothing.")] = False,
) -> None:
    """Sign everything again with the first signing key, so that the others can be dropped.

    Needs the new key before the old one, on the desk and on every node. May be interrupted and run again.
    """
    from flashwire.cli.rekey_report import rekey_with_report
    from ticker.stream.redis_stream import StreamAwayError

    settings = desk_settings(data=data)
    if settings.redis_url is None:
        if context.obj is None:
            fail("Set REDIS_URL to the server that the desk writes to.", 2)
        settings.redis_url = context.obj(settings.data)
    try:
        lines, is_complete = _run(rekey_with_report(settings, dry_run=dry_run))
    except (KeyringError, StreamAwayError) as error:
        fail(str(error))
    for line in lines:
        output.say(line)
    if not dry_run:
        output.done_anyway(lines[0].removesuffix("."))
    raise typer.Exit(0 if is_complete else 1)


def mount(app: typer.Typer) -> None:
    """Adds the desk's commands to `app`; a context's `obj` gives the address of a data directory's own server."""
    app.command("rekey")(rekey_all)
    app.command("desk")(desk)
    app.command("post")(post)
    app.command("replay")(replay_file)
    app.add_typer(token_app, name="token")


def shown(item: Item) -> str:
    """An item as a reader sees it, for a terminal."""
    sources = ", ".join(f"{source.name.value} ({source.role})" for source in item.info_sources)
    return f"{sources}: {item.headline.value}"


def _run(work: Coroutine[Any, Any, Value]) -> Value:  # Any: what a coroutine is sent is nobody's business
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


@contextmanager
def _stopped_as_by_ctrl_c() -> Iterator[None]:
    """A block in which SIGTERM (`timeout`, a service manager) and a closed terminal interrupt as Ctrl+C does.

    By default they end the process without a word, and the key of a line whose outcome is unknown is lost.
    """
    numbers = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) == signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        # Python sets signals in the main thread alone.
        numbers = []
    for number in numbers:
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)
