"""`flashwire audit`: checks, exports and follows the audit in the desk's database."""

import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from flashwire.cli.console import isolated, notice, refuse, show
from flashwire.cli.desk_records import open_desk
from flashwire.cli.settings import DeskDataOption
from ticker.shared.process import output

if TYPE_CHECKING:
    from publisher.core.audit import Fault, Head, Record

_FOLLOW_SECONDS: Final = 1.0
# Desks of one database may differ in their clocks.
_CLOCK_SECONDS: Final = 60.0
_MEANING: Final = {
    "changed": "its content is not what was recorded",
    "removed": "it is missing",
    "moved": "it does not follow the record before it: one of the two was changed, moved or put in",
    "cut off": "the chain ends before it, but it was recorded",
    "another chain": "the chain is another one than the head says",
}

app = typer.Typer(no_args_is_help=True, help="Check, export and follow the audit of the desk.")


@app.command("verify")
def verify(
    head: Annotated[str | None, typer.Option("--head", help="A head that was kept, as NUMBER:HASH.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="Check this export and not the database.")] = None,
    data: DeskDataOption = None,
) -> None:
    """Check that no record was changed, removed or moved, and that no end was cut off; exit status 1 if one was.

    It prints the head of the chain. Keep it in another place: with --head it proves that the chain up to there is the
    same, even if somebody computed a new one. An audit that was lost as a whole is a fault until a head is given that
    was kept since then.
    """
    from publisher.core.audit import chain_faults
    from publisher.records.audit import AuditLog, first_actor_made

    kept = None if head is None else _read_head(head)
    if file is not None:
        records, end = _read_export(file)
        _report(chain_faults(records, end, kept), end, _losses(records, None, kept))
        return
    with open_desk(data) as database:
        log = AuditLog(database)
        # The head first: a desk may append while this reads, and what comes after it is no fault.
        end = log.head()
        records = [record for record in log.all() if record.number <= end.number]
        _report(chain_faults(records, end, kept), end, _losses(records, first_actor_made(database), kept))


@app.command("export")
def export(
    after: Annotated[int, typer.Option(help="Only records with a higher number.")] = 0, data: DeskDataOption = None
) -> None:
    """Print every record as a line of JSON, and the head of the chain as the last line; the export is recorded.

    Example: flashwire audit export > audit.jsonl && flashwire audit verify --file audit.jsonl
    """
    import msgspec

    from publisher.records.audit import AuditLog, record_command

    with open_desk(data) as database:
        record_command(database, "export", "audit", {"after": str(after)})
        log = AuditLog(database)
        end = log.head()
        for record in log.all(after):
            if record.number <= end.number:
                output.print_result(msgspec.json.encode(record).decode())
        output.print_result(msgspec.json.encode({"head": str(end)}).decode())


@app.command("tail")
def tail(
    lines: Annotated[int, typer.Option(min=0, max=1000, help="Records to begin with.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", help="Go on with new records until Ctrl+C.")] = False,
    data: DeskDataOption = None,
) -> None:
    """Print the newest records, the last one last."""
    from publisher.records.audit import AuditFilter, AuditLog

    with open_desk(data) as database:
        log = AuditLog(database)
        newest = log.newest(AuditFilter(), lines)[::-1] if lines else []
        number = newest[-1].number if newest else log.head().number
        for record in newest:
            show(_line(record))
        while follow:
            time.sleep(_FOLLOW_SECONDS)
            for record in log.records_after(number):
                show(_line(record))
                number = record.number


def _line(record: "Record") -> str:
    from ticker.contract.item import moment

    fields = (moment(record.time / 1000), record.action, isolated(record.actor), record.object, record.details)
    return f"{record.number}  " + "  ".join(field for field in fields if field and field != "{}")


def _losses(records: "Sequence[Record]", first_actor: float | None, kept: "Head | None") -> list[str]:
    """What was lost before the chain began, which the chain itself cannot show; a kept head says that it is known."""
    from ticker.contract.item import moment

    if kept is not None and kept.number:
        return []
    if records and records[0].action == "audit-file-missing":
        return ["Record 1: the audit was missing when the desk started, and what it had recorded is lost."]
    if not records and first_actor is not None:
        return [f"The audit is empty, but a user or token was made at {moment(first_actor)}: its records are lost."]
    if records and first_actor is not None and records[0].time / 1000 > first_actor + _CLOCK_SECONDS:
        notice(
            f"The chain begins at {moment(records[0].time / 1000)}, and the first user or token was made at"
            f" {moment(first_actor)}: this desk was upgraded from a release without an audit, or records are lost."
        )
    return []


def _report(faults: "Iterable[Fault]", end: "Head", losses: "Sequence[str]" = ()) -> None:
    count = len(losses)
    for loss in losses:
        notice(loss)
    for fault in faults:
        count += 1
        notice(f"Record {fault.number}: {_MEANING[fault.kind]} ({fault.kind}).")
    output.print_result(f"head {end}")
    if count:
        refuse(f"The audit has {count} {'fault' if count == 1 else 'faults'}: see docs/security.md.", status=1)
    notice(f"{end.number} records, no fault. Keep the head in another place.")


def _read_head(text: str) -> "Head":
    from publisher.core.audit import Head

    number, _, hash_ = text.removeprefix("head ").strip().partition(":")
    if not (number.isascii() and number.isdigit() and len(hash_) == 64):
        refuse("--head is a number and a hash, as flashwire audit verify prints them: NUMBER:HASH.")
    return Head(int(number), hash_)


def _read_export(file: Path) -> "tuple[list[Record], Head]":
    import msgspec

    from publisher.core.audit import Record

    lines = file.read_bytes().splitlines()
    try:
        head = _read_head(msgspec.json.decode(lines[-1], type=dict[str, str])["head"])
        return [msgspec.json.decode(line, type=Record) for line in lines[:-1]], head
    except (IndexError, KeyError, msgspec.MsgspecError):
        refuse(f"{file} is not an export of the audit, or its end is missing.", status=1)
