"""`flashwire desk`: the editors' side alone, for several machines."""

from typing import Annotated

import typer

from flashwire.cli.console import refuse
from flashwire.cli.settings import DeskDataOption, load
from ticker.shared.process import output


def command(
    data: DeskDataOption = None,
    host: Annotated[str | None, typer.Option("--host", help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Port to listen on; 0 picks a free one.")] = None,
) -> None:
    """Serve the desk alone: publishing and its page. Needs REDIS_URL.

    Settings are FLASHWIRE_… variables and .env; docs/settings.md lists them. It ends within 3 s of SIGTERM.
    """
    from flashwire.cli.loop import run_loop
    from publisher.records.errors import DatabaseError
    from publisher.records.welcome import welcome_link
    from publisher.server import serve
    from publisher.settings import DeskSettings
    from publisher.stream.signing_key import check_signing_key
    from ticker.contract.keys import KeyringError
    from ticker.contract.site import SiteError
    from ticker.shared.process.listen import ListenError, bind, http_url

    output.protect(blocks=False)
    settings = load(DeskSettings, data=data, desk_host=host, desk_port=port)
    if settings.redis_url is None:
        refuse("Set REDIS_URL to the server that the tickers read, or start everything with: flashwire run")
    try:
        [sock] = bind(settings.desk_host, settings.desk_port, 1, "--port")
        run_loop(check_signing_key(settings))
        link = welcome_link(settings.data, settings.desk_url or http_url(sock), settings.database_url)
        if link:
            run_loop(serve(settings, sock, lambda: output.print_notice(f"Open {link} once, to make the first editor.")))
        else:
            run_loop(serve(settings, sock))
    except (SiteError, KeyringError, DatabaseError, ListenError, OSError) as error:
        refuse(str(error))
