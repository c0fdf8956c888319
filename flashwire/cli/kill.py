"""`flashwire kill`: stops publishing from the command line, also while Redis or the database is away."""

import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flashwire.cli.console import isolated, notice, refuse, show
from flashwire.cli.settings import DeskDataOption, load_without_redis

if TYPE_CHECKING:
    from publisher.core.stops import Scope, Stop
    from publisher.records.database import Database
    from publisher.records.stops import Stops

app = typer.Typer(no_args_is_help=True, help="Stop publishing for a user, an edition or everything.")

ReasonOption = Annotated[str, typer.Option("--reason", help="Why; every editor sees it.", show_default=False)]
SessionsOption = Annotated[bool, typer.Option("--end-sessions", help="Sign the people out, too.")]


@app.command("all")
def kill_all(reason: ReasonOption, end_sessions: SessionsOption = False, data: DeskDataOption = None) -> None:
    """Stop all publishing. Holding and withdrawing go on.

    Example: flashwire kill all --reason "An account was stolen" --end-sessions
    """
    _stop("all", "", reason, data, ends_sessions=end_sessions)


@app.command("edition")
def kill_edition(
    name: Annotated[str, typer.Argument(help="The edition.", show_default=False)],
    reason: ReasonOption,
    data: DeskDataOption = None,
) -> None:
    """Stop publishing in one edition."""
    _stop("edition", name, reason, data)


@app.command("user")
def kill_user(
    name: Annotated[str, typer.Argument(help="Name of the user or token.", show_default=False)],
    reason: ReasonOption,
    end_sessions: SessionsOption = False,
    data: DeskDataOption = None,
) -> None:
    """Stop publishing by one user, or with one token."""
    _stop("user", name, reason, data, ends_sessions=end_sessions)


@app.command("list")
def list_stops(data: DeskDataOption = None) -> None:
    """List the stops in force."""
    from publisher.records.errors import DatabaseError
    from publisher.records.stop_file import StopFile

    folder, url = _place(data)
    stops = StopFile(folder).stops()
    try:
        with closing(_open(folder, url)) as database:
            stops = [*_records(database).in_force(), *stops]
    except DatabaseError as error:
        notice(f"Only the stops of this desk: {error}")
    for stop in stops:
        name = f" {isolated(stop.name)}" if stop.name else ""
        show(f"{stop.id}  {stop.since}  {stop.scope}{name}  {isolated(stop.by)}: {isolated(stop.reason)}")


@app.command("lift")
def lift(
    id: Annotated[str, typer.Argument(help="The id of the stop: see flashwire kill list.", show_default=False)],
    reason: ReasonOption,
    data: DeskDataOption = None,
) -> None:
    """End a stop."""
    from publisher.records.audit import record_command
    from publisher.records.command_actor import command_actor
    from publisher.records.errors import DatabaseError
    from publisher.records.stop_file import StopFile
    from ticker.contract.item import moment

    folder, url = _place(data)
    is_lifted = StopFile(folder).remove(id)
    try:
        with closing(_open(folder, url)) as database:
            record_command(database, "kill-lift", f"stop:{id}", {"reason": reason})
            is_lifted = _records(database).lift(id, command_actor(), reason, moment(time.time())) or is_lifted
    except DatabaseError as error:
        if not is_lifted:
            refuse(str(error), status=1)
    if not is_lifted:
        refuse(f"No stop {id} is in force: see flashwire kill list", status=1)


def _stop(scope: "Scope", name: str, reason: str, data: str | None, *, ends_sessions: bool = False) -> None:
    from publisher.core.stops import REASON_LIMIT
    from publisher.records.command_actor import command_actor
    from publisher.records.errors import DatabaseError
    from publisher.records.stop_file import StopFile, new_stop
    from ticker.contract.item import moment
    from ticker.contract.sentences import RefusedError
    from ticker.contract.text import clean

    folder, url = _place(data)
    try:
        stop = new_stop(scope, name.strip(), command_actor(), clean(reason, limit=REASON_LIMIT), moment(time.time()))
    except RefusedError:
        refuse(f"--reason is one line of text, of at most {REASON_LIMIT} characters.")
    _check_name(stop, data)
    file, is_known = StopFile(folder), True
    # First the file, which the desk reads before each publication: a database may take seconds, or not answer at all.
    file.add(stop)
    try:
        from publisher.records.audit import record_command

        with closing(_open(folder, url)) as database:
            records = _records(database)
            # The desk may have moved the stop already, and has recorded it then.
            if not any(known.id == stop.id for known in records.in_force()):
                record_command(database, "kill", f"{scope}:{name}" if name else scope, {"reason": stop.reason})
            records.add(stop, ends_sessions=ends_sessions)
            is_known = scope != "user" or records.is_known(stop.name)
        file.remove(stop.id)
    except DatabaseError as error:
        notice(f"{error} The stop counts at the desk of {folder} alone; it moves to the database when that answers.")
        if ends_sessions:
            notice("No session was ended: repeat the command when the database answers.")
    show(stop.id)
    if not is_known:
        refuse(f"No user or token is called {isolated(stop.name)}: the stop is in force and stops nobody.", status=1)


def _check_name(stop: "Stop", data: str | None) -> None:
    from publisher.settings import DeskSettings
    from ticker.contract.site import SiteError, load_site

    if stop.scope != "edition":
        return
    try:
        known = load_site(load_without_redis(DeskSettings, data=data).site).editions
    except SiteError as error:
        refuse(str(error))
    if stop.name not in known:
        refuse(f"“{stop.name}” is not an edition: choose one of {', '.join(known)}.", status=1)


def _place(data: str | None) -> tuple[Path, str | None]:
    from publisher.settings import DeskSettings

    settings = load_without_redis(DeskSettings, data=data)
    folder = settings.data.resolve()
    if not folder.is_dir():
        refuse(f"{folder} is not the data directory of a desk: name it with --data.", status=1)
    return folder, settings.database_url


def _open(folder: Path, url: str | None) -> "Database":
    from publisher.records.database import open_database
    from publisher.records.errors import DatabaseError
    from publisher.records.sqlite import FILE

    if url is None and not (folder / FILE).exists():
        raise DatabaseError(f"{folder} has no file {FILE}.")
    return open_database(folder, url)


def _records(database: "Database") -> "Stops":
    from publisher.records.changes import Changes
    from publisher.records.stops import Stops

    return Stops(database, Changes(database))
