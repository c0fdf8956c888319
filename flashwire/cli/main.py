"""The command `flashwire`: every command's name, and `run`, the one place that knows desk and ticker both.

Commands import what they need when they run: `flashwire --help` loads neither a server nor a client.
"""

import errno
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from flashwire.cli import doctor, tail
from flashwire.cli import ticker as node
from flashwire.cli.console import console, notice, plain, refuse
from ticker.shared.process import output

if TYPE_CHECKING:
    import socket

    from flashwire.cli.run_settings import RunSettings
    from flashwire.service.children import Part
    from publisher.settings import DeskSettings

SERVE: Final = "Serve"
PUBLISH: Final = "Publish"
WATCH: Final = "Watch, prove and measure"
# Not the servers: what is in their environment could not be changed by a rolling restart any more.
CLIENTS: Final = ("post", "replay", "tail", "doctor")

app = typer.Typer(
    name="flashwire",
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    # A traceback that shows local variables would show tokens and keys.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"flashwire {version('flashwire')}\n")
        raise typer.Exit


@app.callback(
    epilog="Settings: FLASHWIRE_… variables, REDIS_URL, a .env file or flags; docs/settings.md lists them all."
)
def flashwire(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A live breaking-news push service: from an editor's line to every screen, attributed and in order.

    [bold]First steps[/bold]

    [dim]$ flashwire run[/dim]  serves everything here and prints the addresses

    [dim]$ flashwire tail[/dim]  follows the ticker in another terminal

    [dim]$ flashwire post "Health ministry: Hospital reopens"[/dim]  publishes (needs FLASHWIRE_TOKEN)
    """
    if not {"-h", "--help"} & set(sys.argv):
        from flashwire.cli.run_settings import RunSettings
        from flashwire.cli.settings import check_names, read_env_file
        from publisher.settings import DeskSettings

        check_names((RunSettings, DeskSettings), ("TOKEN",))
        if context.invoked_subcommand in CLIENTS:
            read_env_file(("TOKEN", "TICKER_URL", "DESK_URL"))


@app.command(rich_help_panel=SERVE)
def run(
    data: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Directory of the store, keys, tokens and logs.", show_default="./data"),
    ] = None,
    ticker_port: Annotated[int | None, typer.Option(help="The audience's port.", show_default="8000")] = None,
    desk_port: Annotated[int | None, typer.Option(help="The editors' port.", show_default="8001")] = None,
    workers: Annotated[int | None, typer.Option(help="Ticker nodes on this machine.", show_default="1")] = None,
    drain_seconds: Annotated[
        float | None, typer.Option(help="Time over which clients are sent away at a stop.", show_default="10")
    ] = None,
) -> None:
    """Serve everything on this machine: ticker, desk, and a private Valkey unless REDIS_URL is set.

    Ctrl+C or SIGTERM ends it in order; a second Ctrl+C at once. SIGHUP replaces the ticker's nodes by fresh ones, one
    after another. On the first run it prints a link that makes the first editor.

    [dim]$ flashwire run --data /var/lib/flashwire --workers 2[/dim]
    """
    from flashwire.cli.run_settings import RunSettings
    from flashwire.cli.settings import load
    from publisher.settings import DeskSettings

    flags = {"data": data, "drain_seconds": drain_seconds}
    settings = load(RunSettings, ticker_port=ticker_port, workers=workers, **flags)
    desk_settings = load(DeskSettings, data=data, desk_port=desk_port)
    raise typer.Exit(_run(settings, desk_settings, flags))


def _run(settings: "RunSettings", desk_settings: "DeskSettings", flags: dict[str, Any]) -> int:
    from flashwire.service.service import Service
    from flashwire.valkey.errors import EmbeddedError
    from flashwire.valkey.keeper import Keeper
    from flashwire.valkey.log import check_first_key as check_log
    from publisher.records.errors import DatabaseError
    from publisher.stream.signing_key import check_signing_key as check_stream
    from ticker.contract.keys import KeyringError, load_keyring
    from ticker.contract.site import SiteError, load_site
    from ticker.shared.process.listen import ListenError, bind, http_url

    output.protect(blocks=False)
    # Whatever any of the processes writes is this user's own.
    os.umask(0o077)
    try:
        load_site(settings.site)
        ticker_host, desk_host = settings.ticker_host, desk_settings.desk_host
        doors = bind(ticker_host, settings.ticker_port, settings.workers, "--ticker-port", "FLASHWIRE_TICKER_HOST")
        desk_door = bind(desk_host, desk_settings.desk_port, 1, "--desk-port", "FLASHWIRE_DESK_HOST")[0]
        ticker_url, desk_url = http_url(doors[0]), http_url(desk_door)
        keeper = None if settings.redis_url else Keeper(settings.data, settings.redis_server, notice=notice)
        place = {"data": settings.data.resolve(), "redis_url": settings.redis_url}

        if keeper:
            # Before the server starts, which makes a log of its own.
            check_log(settings.data, settings.brand, settings.signing_keys)

        def parts() -> "tuple[list[Part], list[Part]]":
            if not keeper:
                node.looped(check_stream(desk_settings))
            load_keyring(settings.signing_keys, settings.data, settings.brand, create=True)
            if keeper:
                place["redis_url"] = keeper.url
            # As browsers reach it, which is not this machine's own address where that is public.
            ticker_at = settings.public_url or ticker_url
            desk_at = {} if "ticker_url" in desk_settings.model_fields_set else {"ticker_url": ticker_at}
            node_at = {} if settings.desk_url else {"desk_url": desk_url}
            nodes = node.node_parts(settings.model_copy(update=place | node_at), doors, flags)
            return _desk_parts(desk_settings.model_copy(update=place | desk_at), desk_door), nodes

        service = Service(
            keeper,
            parts,
            drain=settings.drain_seconds,
            announce=partial(_announce, settings, desk_settings, ticker_url, desk_url),
            notice=notice,
        )
        return service.run()
    except (DatabaseError, EmbeddedError, KeyringError, ListenError, SiteError) as error:
        refuse(str(error))


def _desk_parts(settings: "DeskSettings", door: "socket.socket") -> "list[Part]":
    from flashwire.service.children import Part
    from publisher.records.database import open_database
    from publisher.records.errors import DatabaseError
    from publisher.server import serve
    from ticker.contract.keys import KeyringError
    from ticker.contract.site import SiteError
    from ticker.shared.process.listen import ListenError

    # A file that cannot be used is said here in one line, and not by each process that tries to serve the desk.
    open_database(settings.data, settings.database_url).close()
    reasons = (DatabaseError, KeyringError, ListenError, SiteError)
    return [Part("desk", door, lambda _: node.serve_or_say(serve(settings, door), *reasons))]


def _announce(settings: "RunSettings", desk_settings: "DeskSettings", ticker_url: str, desk_url: str) -> None:
    from flashwire.valkey.server import LOG_FILE

    data = settings.data.resolve()
    out = console(sys.stdout)
    out.print("Flashwire is live.", style="bold green")
    out.print(f"  Ticker  {ticker_url}")
    out.print(f"  Desk    {desk_url}")
    out.print(f"  Data    {data}" + ("" if settings.redis_url else f"  (store's log: {data / LOG_FILE})"))
    if link := _welcome_link(data, settings.desk_url or desk_url, desk_settings.database_url):
        out.print(f"  Open    {link}", style="bold")
        out.print("          once, to make the first editor; a new link comes with each start until then.")
    out.print("  Ctrl+C stops it.", style="dim")
    sys.stdout.flush()


def _welcome_link(data: Path, address: str, database: str | None) -> str | None:
    from publisher.records.errors import DatabaseError
    from publisher.records.welcome import welcome_link

    try:
        return welcome_link(data, address, database)
    except DatabaseError as error:
        # The service runs; the desk says the same of itself.
        notice(str(error))
        return None


app.command("ticker", rich_help_panel=SERVE)(node.command)
app.command("tail", rich_help_panel=WATCH)(tail.command)
app.command("doctor", rich_help_panel=WATCH)(doctor.command)


def _mount_desk() -> None:
    """Adds the desk's commands, unless one is asked for that is the ticker's: they take 0.1 s to import."""
    own = {command.name or "run" for command in app.registered_commands}
    if own & set(sys.argv[1:2]):
        return
    from flashwire.cli.desk import mount

    mount(app)
    for command in app.registered_commands:
        if not isinstance(command.rich_help_panel, str):
            command.rich_help_panel = SERVE if command.name == "desk" else PUBLISH
    for group in app.registered_groups:
        group.rich_help_panel = PUBLISH


def _check_words(words: list[str]) -> None:
    """Ends the process where a word is not text: JSON, SQLite and the desk take nothing else."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            output.tell(f"{word!a} is not text in UTF-8: write it, or name the file, in UTF-8.")
            raise SystemExit(2) from None


def main() -> None:
    """Runs the command line; ends with status 1 where standard output did not take the result."""
    output.protect(blocks=True)
    try:
        _check_words(sys.argv[1:])
        _mount_desk()
        from flashwire.valkey.data_dir import redis_url

        app(prog_name="flashwire", obj=redis_url)
    except KeyboardInterrupt:
        # While a command is imported; each handles its own from then on.
        raise SystemExit(130) from None
    except OSError as error:
        if error.filename is None:
            raise
        # A path that nobody may look into, or that is too long, whichever command comes to it first.
        output.tell(plain(f"{error.filename} cannot be used ({error.strerror})."))
        raise SystemExit(2) from None
    except SystemExit as end:
        failure = output.failure()
        if failure is None or end.code:
            raise
        if failure.errno != errno.EPIPE:
            output.tell(f"Standard output did not take the result: {os.strerror(failure.errno or 0)}.")
        raise SystemExit(1) from None
