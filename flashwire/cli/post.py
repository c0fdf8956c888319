"""`flashwire post`: publishes one line."""

import secrets
import shlex
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flashwire.cli.console import refuse
from flashwire.cli.settings import DEFAULT_DESK, DeskOption, TokenOption, read_desk
from ticker.contract.item import ROLES
from ticker.shared.process import output

if TYPE_CHECKING:
    from ticker.contract.item import Item

# A restarted server is back within seconds, and a person waits in front of the terminal.
_PATIENCE_SECONDS: Final = 15.0
# The exit status of an unknown outcome: a script must not treat it as a refusal.
UNKNOWN: Final = 3
# Later the desk may have forgotten the key, and the same command would publish a second line.
_ASK_AGAIN: Final = "Ask again within 24 hours (the desk's FLASHWIRE_IDEMPOTENCY_HOURS):"


def command(
    text: Annotated[str, typer.Argument(help='The line: "Source: text".', show_default=False)],
    role: Annotated[str | None, typer.Option(help=f"Role of an unregistered source: {', '.join(ROLES)}.")] = None,
    edition: Annotated[str, typer.Option(help="Edition to publish in.")] = "en",
    urgency: Annotated[int, typer.Option(help="1 flash, 2 bulletin, 3 urgent, 4 routine … 8.")] = 4,
    language: Annotated[str | None, typer.Option(help="Language of the line, if not the edition's.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check the line and show it; publish nothing.")] = False,
    key: Annotated[str | None, typer.Option(help="Key of an earlier call, to ask for its outcome.")] = None,
    url: DeskOption = DEFAULT_DESK,
    token: TokenOption = "",
) -> None:
    """Publish one line, and print what readers will see.

    The token is FLASHWIRE_TOKEN. While the desk or the stream is unreachable, post retries for 15 seconds and never
    publishes twice. Exit status 1: nothing was published. Exit status 3: the outcome is unknown; the same call with the
    printed --key asks again.

    Example: flashwire post "Civil Defence: Bridge in the old town reopened" --urgency 3
    """
    from flashwire.cli.loop import run_loop, terminating_as_interrupt
    from flashwire.client import AnswerUnreadableError, DeskClient, NotPublishedError, UnknownOutcomeError

    optional = {"role": role, "language": language}
    body = {"text": text, "edition": edition, "urgency": urgency, "dryRun": dry_run}
    body |= {name: value for name, value in optional.items() if value is not None}
    url, token = read_desk(url, token)
    sent_before = key is not None and not dry_run
    key = _request_key(key)

    async def publish() -> None:
        async with DeskClient(url, token, patience=_PATIENCE_SECONDS) as desk:
            published = await desk.publish(body, key, sent_before=sent_before)
        state = "not published (dry run)" if dry_run else f"{published.item.uri}  version {published.item.version}"
        output.print_result(f"{state}\n{item_line(published.item)}")
        for warning in published.warnings:
            output.print_notice(f"{warning.field}: {warning.message}")
        output.report_undelivered(state if dry_run else f"Published as {state}")

    try:
        with terminating_as_interrupt():
            run_loop(publish())
    except (UnknownOutcomeError, KeyboardInterrupt) as error:
        if dry_run:
            refuse(str(error) or "Interrupted.", status=1)
        # The same body, or the desk refuses the key. The token must not be printed.
        options = {"edition": edition, "urgency": urgency, **optional, "desk": url, "key": key}
        flags = [part for name, value in options.items() if value is not None for part in (f"--{name}", str(value))]
        again = shlex.join(["flashwire", "post", *flags, "--", text])
        sentence = f"{error} It is not known yet whether this line is published. {_ASK_AGAIN} {again}"
        refuse(sentence.strip(), UNKNOWN)
    except AnswerUnreadableError as error:
        output.print_notice(str(error))
    except NotPublishedError as error:
        refuse(str(error), status=1)


def item_line(item: "Item") -> str:
    """An item as readers see it, on one line."""
    sources = ", ".join(f"{source.name.value} ({source.role})" for source in item.info_sources)
    return f"{sources}: {item.headline.value}"


def _request_key(key: str | None) -> str:
    """The key of an earlier call, or a new one."""
    if key is None:
        return f"post-{secrets.token_hex(16)}"
    if not (key and key.isascii() and key.isprintable()):
        # Another key would publish again what an earlier call may have published.
        refuse("--key is not a key: copy it as it was printed.", status=1)
    return key
