"""`flashwire doctor`: checks the path from the desk to a socket, and prints what is wrong and what to do."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from flashwire.cli.console import console, plain, write_json
from flashwire.cli.settings import DEFAULT_DESK, DEFAULT_TICKER, DeskOption, TickerOption, load, read_address

if TYPE_CHECKING:
    from flashwire.cli.checks import Finding
    from ticker.shared.process.settings import StreamSettings


def command(
    ticker: TickerOption = DEFAULT_TICKER,
    desk: DeskOption = DEFAULT_DESK,
    data: Annotated[
        str | None, typer.Option(metavar="PATH", help="Directory of keys and store.", show_default="./data")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")] = False,
) -> None:
    """Check the end-to-end path: desk, stream, node and socket, with a canary that no reader sees.

    Before that it checks settings, data directory, keys, stream and both sides. The token is FLASHWIRE_TOKEN. The exit
    status is 1 if a check failed.

    [dim]$ export FLASHWIRE_TOKEN=$(flashwire token create doctor --role reporter)[/dim]

    [dim]$ flashwire doctor[/dim]
    """
    import os

    from flashwire.client.address import ticker_address
    from ticker.shared.http.addresses import typed_address, unquoted
    from ticker.shared.process.settings import StreamSettings

    ticker, desk = read_address(ticker_address, "ticker", ticker), read_address(typed_address, "desk", desk)
    settings = load(StreamSettings, data=data)
    findings = asyncio.run(_check(settings, ticker, desk, unquoted(os.environ.get("FLASHWIRE_TOKEN", ""))))
    failed = [finding for finding in findings if not finding.ok]
    if json:
        import msgspec

        write_json(sys.stdout, msgspec.json.encode({"ok": not failed, "steps": findings}).decode())
    else:
        _print(findings, len(failed))
    raise typer.Exit(1 if failed else 0)


async def _check(settings: "StreamSettings", ticker: str, desk: str, token: str) -> "list[Finding]":
    from flashwire.cli.checks import Finding, check_canary, check_data, check_keys, check_side, check_stream
    from flashwire.cli.store_checks import check_stored
    from flashwire.valkey.data_dir import redis_url

    keys, keyring = check_keys(settings)
    findings = [Finding("settings", True, f"brand {settings.brand}"), check_data(settings), keys]
    findings += await check_stream(settings.redis_url or redis_url(settings.data), settings, keyring)
    if keyring is not None and not any(finding.step == "stream" and not finding.ok for finding in findings):
        findings += await check_stored(settings.redis_url or redis_url(settings.data), settings, keyring)
    for side, url in (("ticker", ticker), ("desk", desk)):
        findings += await check_side(side, url)
    if {finding.step for finding in findings if not finding.ok} & {"ticker", "desk"}:
        return [*findings, Finding("canary", False, "not sent", "Fix the ticker and the desk first.")]
    return findings + await check_canary(ticker, desk, token)


def _print(findings: "list[Finding]", failed: int) -> None:
    from rich.text import Text

    out = console(sys.stdout)
    for finding in findings:
        result, style = ("ok", "green") if finding.ok else ("failed", "bold red")
        duration = f"  {finding.milliseconds:.1f} ms" if finding.milliseconds is not None else ""
        out.print(
            Text.assemble(
                (f"{result:<7}", style), f"{finding.step:<10} {plain(finding.description)}", (duration, "dim")
            )
        )
        if finding.fix:
            out.print(f"{'':7}{'':10} → {plain(finding.fix)}", style="yellow")
    if failed:
        out.print("1 check failed." if failed == 1 else f"{failed} checks failed.", style="bold red")
    else:
        out.print("All checks passed.", style="bold green")
