"""`flashwire rekey` as a shell shows it: a bar while it runs, and what was done in a few lines."""

from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from publisher.settings import DeskSettings
from publisher.stream.rekey import RekeyResult, rekey
from publisher.stream.store import Store
from ticker.contract.item import Item
from ticker.contract.keys import load_keyring

_NAMED: Final = 20


async def rekey_with_report(settings: DeskSettings, *, dry_run: bool) -> tuple[list[str], bool]:
    """Signs all again; the lines that say what was done, and whether nothing is left to do.

    Raises `KeyringError` or `StreamAwayError`.
    """
    keyring = load_keyring(settings.signing_keys, settings.data, settings.brand, create=False)
    store = Store.open(settings, keyring)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    try:
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("Signing", total=None)
            result = await rekey(
                store,
                dry_run=dry_run,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
            )
    finally:
        await store.aclose()
    return _lines(result, keyring.signer, dry_run), not (result.unreadable_items or result.changed_meanwhile)


def _lines(result: RekeyResult, signer: str, dry_run: bool) -> list[str]:
    verb = "to sign" if dry_run else "signed"
    entries, unreadable = len(result.signed), len(result.unreadable_items)
    lines = [f"{result.items} items; {verb} with {signer}: {result.bodies} bodies in ledgers, {entries} entries."]
    if dry_run:
        # A stolen key may have signed what is no news of this desk's: a person looks before it is signed again.
        lines += [f"{item.uri} {item.version} {item.pub_status}: {printable(item)}" for item in result.signed]
    if result.unreadable:
        counts = ", ".join(f"{count} ({reason})" for reason, count in sorted(result.unreadable.items()))
        lines.append(f"Not readable with these keys: {counts}.")
    if result.unreadable_items:
        names = " ".join(result.unreadable_items[:_NAMED])
        lines.append(f"Items whose newest version cannot be read: {unreadable}. A chief can withdraw them: {names}")
    if result.changed_meanwhile:
        lines.append(f"Items that changed meanwhile: {result.changed_meanwhile}. Run this again.")
    return lines


def printable(item: Item) -> str:
    """Source and headline on one line, with dots for what a terminal must not be sent."""
    text = f"{item.info_sources[0].name.value}: {item.headline.value}"
    return "".join(character if character.isprintable() else "·" for character in text)
