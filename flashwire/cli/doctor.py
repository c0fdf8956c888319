"""`flashwire doctor`: proves the way from desk to socket, and says what is broken and what to do."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from flashwire.cli.console import console, plain, write_json
from flashwire.cli.tail import DEFAULT_URL

if TYPE_CHECKING:
    from flashwire.cli.checks import Finding
    from ticker.shared.process.settings import StreamSettings


def command(
    ticker: Annotated[str, typer.Option(envvar="FLASHWIRE_TICKER_URL", help="Address of the ticker.")] = DEFAULT_URL,
    desk: Annotated[
        str, typer.Option(envvar="FLASHWIRE_DESK_URL", help="Address of the desk.")
    ] = "http://127.0.0.1:8001",
    data: Annotated[
        str | None, typer.Option(metavar="PATH", help="Directory of keys and store.", show_default="./data")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Prove the whole way, from the desk through the stream to a socket, with a canary that no reader sees.

    Looks at the settings, the data directory, the keys, the stream and both sides first. The token is taken from
    FLASHWIRE_TOKEN. The exit status is 1 if anything is broken.

    [dim]$ export FLASHWIRE_TOKEN=$(flashwire token create doctor --role reporter)[/dim]

    [dim]$ flashwire doctor[/dim]
    """
    import os

    from flashwire.cli.settings import load, read_address
    from flashwire.client.address import ticker_address
    from ticker.shared.http.addresses import typed_address, unquoted
    from ticker.shared.process.settings import StreamSettings

    ticker, desk = read_address(ticker_address, "ticker", ticker), read_address(typed_address, "desk", desk)
    settings = load(StreamSettings, data=data)
    findings = asyncio.run(_examine(settings, ticker, desk, unquoted(os.environ.get("FLASHWIRE_TOKEN", ""))))
    broken = [finding for finding in findings if not finding.ok]
    if json:
        import msgspec

        write_json(sys.stdout, msgspec.json.encode({"ok": not broken, "steps": findings}).decode())
    else:
        _print(findings, len(broken))
    raise typer.Exit(1 if broken else 0)


async def _examine(settings: "StreamSettings", ticker: str, desk: str, token: str) -> "list[Finding]":
    from flashwire.cli.checks import Finding, check_canary, check_data, check_keys, check_side, check_stream
    from flashwire.cli.stored import check_stored
    from flashwire.valkey.data_dir import redis_url

    keys, keyring = check_keys(settings)
    found = [Finding("settings", True, f"brand {settings.brand}"), check_data(settings), keys]
    found += await check_stream(settings.redis_url or redis_url(settings.data), settings, keyring)
    if keyring is not None and not any(finding.step == "stream" and not finding.ok for finding in found):
        found += await check_stored(settings.redis_url or redis_url(settings.data), settings, keyring)
    for side, url in (("ticker", ticker), ("desk", desk)):
        found += await check_side(side, url)
    if {finding.step for finding in found if not finding.ok} & {"ticker", "desk"}:
        return [*found, Finding("canary", False, "not sent", "Mend the ticker and the desk first.")]
    return found + await check_canary(ticker, desk, token)


def _print(findings: "list[Finding]", broken: int) -> None:
    from rich.text import Text

    out = console(sys.stdout)
    for finding in findings:
        word, style = ("ok", "green") if finding.ok else ("broken", "bold red")
        took = f"  {finding.milliseconds:.1f} ms" if finding.milliseconds is not None else ""
        out.print(Text.assemble((f"{word:<7}", style), f"{finding.step:<10} {plain(finding.found)}", (took, "dim")))
        if finding.fix:
            out.print(f"{'':7}{'':10} → {plain(finding.fix)}", style="yellow")
    if broken:
        out.print(f"{broken} broken.", style="bold red")
    else:
        out.print("The whole way works.", style="bold green")
