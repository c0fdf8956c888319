"""`flashwire tail`: the live ticker in a terminal, or as JSON lines for a program."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from flashwire.cli.console import console, refuse
from flashwire.cli.settings import DEFAULT_TICKER, TickerOption, read_address
from ticker.shared.process import output

if TYPE_CHECKING:
    from flashwire.cli.printer import Printer
    from flashwire.client import Subscription

_Names = list[str] | None


def command(
    ticker: TickerOption = DEFAULT_TICKER,
    edition: Annotated[_Names, typer.Option(help="Only this edition; may be repeated.")] = None,
    section: Annotated[_Names, typer.Option(help="Only this section; may be repeated.")] = None,
    place: Annotated[_Names, typer.Option(help="Only this place; may be repeated.")] = None,
    role: Annotated[_Names, typer.Option(help="Only sources of this role; may be repeated.")] = None,
    source: Annotated[_Names, typer.Option(help="Only this source; may be repeated.")] = None,
    language: Annotated[_Names, typer.Option(help="Only lines in this language; may be repeated.")] = None,
    story: Annotated[_Names, typer.Option(help="Only this story, by its id; may be repeated.")] = None,
    urgency: Annotated[int | None, typer.Option(min=1, max=8, help="At least as urgent: 1 flash … 8.")] = None,
    backlog: Annotated[int, typer.Option(min=0, max=100, help="Current items to start with.")] = 10,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")] = False,
) -> None:
    """Follow the live ticker; Ctrl+C ends it.

    Reconnects by itself when the connection breaks, and prints what was published until then. The state of the
    connection is printed on standard error.

    [dim]$ flashwire tail --edition en --urgency 2[/dim]

    [dim]$ flashwire tail --json | jq -r .item.headline.value[/dim]
    """
    from flashwire.cli.filters import matcher
    from flashwire.cli.printer import Printer
    from flashwire.client import Subscription, SubscriptionRefusedError
    from flashwire.client.address import ticker_address

    filters = {
        "edition": edition or (),
        "section": section or (),
        "place": place or (),
        "role": role or (),
        "source": source or (),
        "language": language or (),
        "story": story or (),
    }
    ticker = read_address(ticker_address, "ticker", ticker)
    parameters = [(name, value) for name, values in filters.items() for value in values]
    parameters += [("urgency", str(urgency))] if urgency else []
    parameters.append(("backlog", str(backlog)))
    matches = matcher(filters, urgency)
    printer = Printer(console(sys.stdout), console(sys.stderr), as_json=json, matches=matches)
    try:
        asyncio.run(_tail(Subscription(ticker, parameters), printer))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None
    except SubscriptionRefusedError as error:
        refuse(str(error), status=1)


async def _tail(events: "Subscription", printer: "Printer") -> None:
    async with events:
        async for event in events:
            printer.print(event)
            if output.failure() is not None:
                # Nothing more can be printed; `main` says why.
                return
