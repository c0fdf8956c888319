"""`flashwire rekey`: signs everything again, with a progress bar and a report."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from flashwire.cli.console import refuse
from flashwire.cli.settings import DeskDataOption, load
from ticker.shared.process import output

if TYPE_CHECKING:
    from publisher.settings import DeskSettings
    from publisher.stream.rekey import RekeyResult
    from ticker.contract.item import Item

_MOST_URIS: Final = 20


def command(
    data: DeskDataOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would be signed; change nothing.")] = False,
) -> None:
    """Sign everything again with the first signing key, so that the other keys can be removed.

    Desk and nodes must have the new key in front of the old one. It may be interrupted and run again.
    """
    from flashwire.cli.loop import run_loop
    from flashwire.valkey.data_dir import redis_url
    from publisher.settings import DeskSettings
    from ticker.contract.keys import KeyringError
    from ticker.stream.redis_stream import StreamAwayError

    settings = load(DeskSettings, data=data)
    if settings.redis_url is None:
        settings.redis_url = redis_url(settings.data)
    try:
        lines, is_complete = run_loop(_rekey_with_bar(settings, dry_run=dry_run))
    except (KeyringError, StreamAwayError) as error:
        refuse(str(error), status=1)
    for line in lines:
        output.print_result(line)
    if not dry_run:
        output.report_undelivered(lines[0].removesuffix("."))
    raise typer.Exit(0 if is_complete else 1)


async def _rekey_with_bar(settings: "DeskSettings", *, dry_run: bool) -> tuple[list[str], bool]:
    """Signs everything again; returns the report, and whether nothing is left to sign.

    Raises `KeyringError` or `StreamAwayError`.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from publisher.stream.rekey import rekey
    from publisher.stream.store import Store
    from ticker.contract.keys import load_keyring

    keyring = load_keyring(settings.signing_keys, settings.data, settings.brand, create=False)
    store = Store.open(settings, keyring)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("Signing", total=None)
            result = await rekey(
                store,
                dry_run=dry_run,
                progress=lambda completed, total: bar.update(task, completed=completed, total=total),
            )
    finally:
        await store.aclose()
    is_complete = not (result.unreadable_items or result.changed_meanwhile)
    return _lines(result, keyring.signer, dry_run), is_complete


def _lines(result: "RekeyResult", signer: str, dry_run: bool) -> list[str]:
    verb = "to sign" if dry_run else "signed"
    entries, unreadable = len(result.signed), len(result.unreadable_items)
    lines = [f"{result.items} items; {verb} with {signer}: {result.bodies} bodies in ledgers, {entries} entries."]
    if dry_run:
        # A stolen key may have signed false items: a person must see them before they are signed again.
        lines += [f"{item.uri} {item.version} {item.pub_status}: {printable_line(item)}" for item in result.signed]
    if result.unreadable:
        counts = ", ".join(f"{count} ({reason})" for reason, count in sorted(result.unreadable.items()))
        lines.append(f"Not readable with these keys: {counts}.")
    if result.unreadable_items:
        uris = " ".join(result.unreadable_items[:_MOST_URIS])
        lines.append(f"Items whose newest version cannot be read: {unreadable}. A chief can withdraw them: {uris}")
    if result.changed_meanwhile:
        lines.append(f"Items that changed meanwhile: {result.changed_meanwhile}. Run this again.")
    return lines


def printable_line(item: "Item") -> str:
    """Source and headline on one line, with dots for characters that a terminal would obey."""
    text = f"{item.info_sources[0].name.value}: {item.headline.value}"
    return "".join(character if character.isprintable() else "·" for character in text)
