"""`flashwire ticker`: the audience's side alone, for several machines."""

import socket
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flashwire.cli.console import notice, refuse, show

if TYPE_CHECKING:
    from flashwire.service.children import ServerSpec
    from ticker.settings import TickerSettings
    from ticker.workers.shared_state import WorkerSlot


def command(
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default="8000")] = None,
    workers: Annotated[int | None, typer.Option(help="Nodes, each with its own socket.", show_default="1")] = None,
    data: Annotated[
        str | None, typer.Option(metavar="PATH", help="Directory of the signing key.", show_default="./data")
    ] = None,
    drain_seconds: Annotated[
        float | None, typer.Option(help="Seconds over which a stop closes connections.", show_default="10")
    ] = None,
) -> None:
    """Serve the ticker alone, from the stream in REDIS_URL.

    The nodes need the desk's signing key: FLASHWIRE_SIGNING_KEYS, or its signing.key in --data. SIGHUP replaces the
    nodes one after another by new processes, which read code, settings, site file and keys again.

    [dim]$ REDIS_URL=redis://10.0.0.5:6379 flashwire ticker --host 0.0.0.0 --workers 2[/dim]
    """
    from flashwire.cli.settings import load
    from flashwire.service.supervisor import Supervisor
    from flashwire.valkey.errors import EmbeddedError
    from ticker.contract.keys import KeyringError, load_keyring
    from ticker.contract.site import SiteError, load_site
    from ticker.settings import TickerSettings
    from ticker.shared.process import output
    from ticker.shared.process.listen import ListenError, bind, http_url

    output.protect(blocks=False)
    flags = {"data": data, "drain_seconds": drain_seconds}
    settings = load(TickerSettings, ticker_host=host, ticker_port=port, workers=workers, **flags)
    if not settings.redis_url:
        refuse("Set REDIS_URL to the desk's Redis; `flashwire run` brings a server of its own.")
    try:
        load_keyring(settings.signing_keys, settings.data, settings.brand, create=False)
        load_site(settings.site)
        sockets = bind(settings.ticker_host, settings.ticker_port, settings.workers, "--port")
        supervisor = Supervisor(
            None,
            lambda: ([], node_specs(settings, sockets, flags)),
            drain=settings.drain_seconds,
            announce=lambda: show(f"Ticker  {http_url(sockets[0])}"),
            notice=notice,
        )
        status = supervisor.run()
    except (EmbeddedError, KeyringError, ListenError, SiteError) as error:
        refuse(str(error))
    raise typer.Exit(status)


def node_specs(
    settings: "TickerSettings", sockets: list[socket.socket], flags: dict[str, Any] | None = None
) -> "list[ServerSpec]":
    """One node for each socket. Imports everything that a node needs, so that its process can be forked.

    `flags` are the command line's; a process that replaces a node reads everything else again.
    """
    from flashwire.cli.worker import fresh_node
    from flashwire.service.children import ServerSpec
    from flashwire.valkey.errors import EmbeddedError
    from ticker.server import check_descriptors, serve
    from ticker.workers.shared_state import SharedState

    try:
        check_descriptors()
    except ValueError as error:
        raise EmbeddedError(str(error)) from None

    shared = SharedState.create(len(sockets))
    specs = []
    for number, sock in enumerate(sockets, 1):
        name = "ticker" if len(sockets) == 1 else f"ticker {number}"
        serve_node = partial(_serve_node, serve, settings, sock)
        specs.append(ServerSpec(name, sock, serve_node, shared, fresh_node(settings, flags or {})))
    return specs


def _serve_node(serve: Any, settings: "TickerSettings", sock: socket.socket, slot: "WorkerSlot | None") -> None:
    from flashwire.cli.loop import serve_or_exit
    from ticker.contract.keys import KeyringError
    from ticker.contract.site import SiteError
    from ticker.shared.process.listen import ListenError

    serve_or_exit(serve(settings, sock, slot), KeyringError, ListenError, SiteError)
