"""`flashwire run`: the whole service on one machine; this module knows both sides."""

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flashwire.cli.console import console, notice, refuse
from ticker.shared.process import output

if TYPE_CHECKING:
    import socket

    from flashwire.cli.run_settings import RunSettings
    from flashwire.service.children import ServerSpec
    from publisher.settings import DeskSettings


def command(
    data: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Directory of the store, keys, tokens and logs.", show_default="./data"),
    ] = None,
    ticker_port: Annotated[int | None, typer.Option(help="Port of the ticker.", show_default="8000")] = None,
    desk_port: Annotated[int | None, typer.Option(help="Port of the desk.", show_default="8001")] = None,
    workers: Annotated[int | None, typer.Option(help="Ticker nodes on this machine.", show_default="1")] = None,
    drain_seconds: Annotated[
        float | None, typer.Option(help="Seconds over which a stop closes connections.", show_default="10")
    ] = None,
    rehearsal: Annotated[
        bool | None,
        typer.Option("--rehearsal", help="Rehearse: keys, data and colours of its own.", show_default="live"),
    ] = None,
) -> None:
    """Serve everything on this machine: ticker, desk, and a private Valkey unless REDIS_URL is set.

    Ctrl+C or SIGTERM stops it in order; a second Ctrl+C at once. SIGHUP replaces the ticker's nodes one after another
    by new processes. On the first run it prints a link that makes the first editor.

    [dim]$ flashwire run --data /var/lib/flashwire --workers 2[/dim]
    """
    from flashwire.cli.run_settings import RunSettings
    from flashwire.cli.settings import load
    from publisher.settings import DeskSettings

    flags = {"data": data, "drain_seconds": drain_seconds, "rehearsal": rehearsal}
    settings = load(RunSettings, ticker_port=ticker_port, workers=workers, **flags)
    desk_settings = load(DeskSettings, data=data, desk_port=desk_port, rehearsal=rehearsal)
    raise typer.Exit(_run(settings, desk_settings, flags))


def _run(settings: "RunSettings", desk_settings: "DeskSettings", flags: dict[str, Any]) -> int:
    from flashwire.cli.loop import run_loop
    from flashwire.cli.ticker import node_specs
    from flashwire.service.supervisor import Supervisor
    from flashwire.valkey.embedded_server import EmbeddedServer
    from flashwire.valkey.errors import EmbeddedError
    from flashwire.valkey.log import check_first_key as check_log
    from publisher.records.errors import DatabaseError
    from publisher.stream.signing_key import check_signing_key as check_stream
    from ticker.contract.keys import KeyringError, load_keyring
    from ticker.contract.site import SiteError, load_site
    from ticker.shared.process.listen import ListenError, bind, http_url

    output.protect(blocks=False)
    # Every file that any of the processes writes is private to this user.
    os.umask(0o077)
    try:
        load_site(settings.site)
        ticker_host, desk_host = settings.ticker_host, desk_settings.desk_host
        sockets = bind(ticker_host, settings.ticker_port, settings.workers, "--ticker-port", "FLASHWIRE_TICKER_HOST")
        [desk_socket] = bind(desk_host, desk_settings.desk_port, 1, "--desk-port", "FLASHWIRE_DESK_HOST")
        ticker_url, desk_url = http_url(sockets[0]), http_url(desk_socket)
        server = None if settings.redis_url else EmbeddedServer(settings.data, settings.redis_server, notice=notice)
        location = {"data": settings.data.resolve(), "redis_url": settings.redis_url}

        if server:
            # Before the server starts, because it creates a log.
            check_log(settings.data, settings.brand, settings.signing_keys)

        def make_specs() -> "tuple[list[ServerSpec], list[ServerSpec]]":
            if not server:
                run_loop(check_stream(desk_settings))
            load_keyring(settings.signing_keys, settings.data, settings.brand, create=True)
            if server:
                location["redis_url"] = server.url
            # Browsers need the public address of the ticker, if it has one.
            public_url = settings.public_url or ticker_url
            ticker_at = {} if "ticker_url" in desk_settings.model_fields_set else {"ticker_url": public_url}
            desk_at = {} if settings.desk_url else {"desk_url": desk_url}
            nodes = node_specs(settings.model_copy(update=location | desk_at), sockets, flags)
            return _desk_specs(desk_settings.model_copy(update=location | ticker_at), desk_socket), nodes

        supervisor = Supervisor(
            server,
            make_specs,
            drain=settings.drain_seconds,
            announce=partial(_announce, settings, desk_settings, ticker_url, desk_url),
            notice=notice,
        )
        return supervisor.run()
    except (DatabaseError, EmbeddedError, KeyringError, ListenError, SiteError) as error:
        refuse(str(error))


def _desk_specs(settings: "DeskSettings", sock: "socket.socket") -> "list[ServerSpec]":
    from flashwire.cli.loop import serve_or_exit
    from flashwire.service.children import ServerSpec
    from publisher.records.database import open_database
    from publisher.records.errors import DatabaseError
    from publisher.server import serve
    from ticker.contract.keys import KeyringError
    from ticker.contract.site import SiteError
    from ticker.shared.process.listen import ListenError

    # A database that cannot be used ends the start here, with one line instead of one for each attempt of the desk.
    open_database(settings.data, settings.database_url).close()
    reasons = (DatabaseError, KeyringError, ListenError, SiteError)
    return [ServerSpec("desk", sock, lambda _: serve_or_exit(serve(settings, sock), *reasons))]


def _announce(settings: "RunSettings", desk_settings: "DeskSettings", ticker_url: str, desk_url: str) -> None:
    from flashwire.valkey.server_process import LOG_FILE

    data = settings.data.resolve()
    out = console(sys.stdout)
    if settings.rehearsal:
        out.print("Flashwire rehearses: nothing here reaches readers of the live stream.", style="bold magenta")
    else:
        out.print("Flashwire is live.", style="bold green")
    out.print(f"  Ticker  {ticker_url}")
    out.print(f"  Desk    {desk_url}")
    out.print(f"  Data    {data}" + ("" if settings.redis_url else f"  (store's log: {data / LOG_FILE})"))
    if link := _welcome_link(data, settings.desk_url or desk_url, desk_settings.database_url):
        out.print(f"  Open    {link}", style="bold")
        out.print("          once, to make the first editor; until then each start prints a new link.")
    out.print("  Ctrl+C stops it.", style="dim")
    sys.stdout.flush()


def _welcome_link(data: Path, address: str, database: str | None) -> str | None:
    from publisher.records.errors import DatabaseError
    from publisher.records.welcome import welcome_link

    try:
        return welcome_link(data, address, database)
    except DatabaseError as error:
        # The service runs, and the desk reports the same error.
        notice(str(error))
        return None
