"""`flashwire user`: makes, lists and changes the users of the desk, also while the desk does not run."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from flashwire.cli.console import plain, refuse, show
from flashwire.cli.desk_records import EditionOption, check_editions, check_role, open_desk
from flashwire.cli.settings import DeskDataOption, load
from publisher.core.roles import ROLES
from ticker.shared.process import output

if TYPE_CHECKING:
    from publisher.records.database import Database
    from publisher.records.people import People
    from publisher.records.users import User

app = typer.Typer(no_args_is_help=True, help="Make, list and change the users of the desk.")

NameArgument = Annotated[str, typer.Argument(help="Name or e-mail address of the user.", show_default=False)]


@app.command("add")
def add_user(
    name: Annotated[str, typer.Argument(help="The name that colleagues see.", show_default=False)],
    role: Annotated[str, typer.Option(help=f"What the user may do: {', '.join(ROLES)}.")] = "editor",
    edition: EditionOption = None,
    email: Annotated[str | None, typer.Option(help="E-mail address, for a sign-in by OIDC.")] = None,
    data: DeskDataOption = None,
) -> None:
    """Make a user and print the link by which the user sets up a sign-in; it counts for three days.

    Example: flashwire user add "Amal Haddad" --role editor --edition ar
    """
    checked_role, editions = check_role(role), check_editions(edition, data)
    with _people(data, creates=True) as (database, people):
        from publisher.core.permission import editions_phrase

        details = {"role": checked_role, "editions": editions_phrase(editions)}
        _record(database, "user-create", f"user:{plain(name)[:60]}", details)
        user = people.users.create(name, checked_role, editions, email)
        _show_link(people, user, data, reset=False)


@app.command("list")
def list_users(data: DeskDataOption = None) -> None:
    """List every user, with role, editions, state and ways to sign in."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from publisher.core.permission import editions_phrase
    from ticker.contract.item import moment

    table = Table("name", "role", "editions", "state", "signs in with", "last sign-in", box=None, pad_edge=False)
    with _people(data) as (_, people):
        for user in people.users.all():
            ways = [f"{user.passkeys} passkeys"] if user.passkeys else []
            ways += ["password"] if user.has_password else []
            last = moment(user.signed_in) if user.signed_in else "never"
            ways_text = ", ".join(ways) or "nothing yet"
            table.add_row(Text(user.name), user.role, editions_phrase(user.editions), user.state, ways_text, last)
    Console(soft_wrap=True).print(table)


@app.command("role")
def set_role(
    name: NameArgument,
    role: Annotated[str, typer.Argument(help=f"One of {', '.join(ROLES)}.", show_default=False)],
    edition: EditionOption = None,
    data: DeskDataOption = None,
) -> None:
    """Give a user another role and other editions (every edition if none is named), and sign the user out."""
    checked_role, editions = check_role(role), check_editions(edition, data)
    with _people(data) as (database, people):
        from publisher.core.permission import editions_phrase

        user = _user(people, name)
        details = {"role": checked_role, "editions": editions_phrase(editions)}
        _record(database, "user-change", f"user:{user.name}", details)
        people.users.change(user.id, role=checked_role, editions=editions)


@app.command("disable")
def disable_user(name: NameArgument, data: DeskDataOption = None) -> None:
    """Let a user no longer sign in, and sign the user out, from the next request on."""
    with _people(data) as (database, people):
        user = _user(people, name)
        _record(database, "user-change", f"user:{user.name}", {"state": "disabled"})
        people.users.change(user.id, state="disabled")


@app.command("enable")
def enable_user(name: NameArgument, data: DeskDataOption = None) -> None:
    """Let a disabled user sign in again."""
    with _people(data) as (database, people):
        user = _user(people, name)
        _record(database, "user-change", f"user:{user.name}", {"state": "active"})
        people.users.change(user.id, state="active")


@app.command("invite")
def invite_user(name: NameArgument, data: DeskDataOption = None) -> None:
    """Print a new link for a user who lost the last one; what the user signs in with stays."""
    with _people(data) as (database, people):
        user = _enabled(people, name)
        _record(database, "user-invite", f"user:{user.name}", {"reset": "false"})
        _show_link(people, user, data, reset=False)


@app.command("reset")
def reset_user(name: NameArgument, data: DeskDataOption = None) -> None:
    """Remove the passkeys, password, recovery codes and sessions of a user, and print a new link."""
    with _people(data) as (database, people):
        user = _enabled(people, name)
        _record(database, "user-invite", f"user:{user.name}", {"reset": "true"})
        _show_link(people, user, data, reset=True)


@app.command("sessions")
def list_sessions(
    name: NameArgument,
    end: Annotated[bool, typer.Option("--end", help="End all of them.")] = False,
    data: DeskDataOption = None,
) -> None:
    """List the sessions of a user, or end all of them."""
    from publisher.records.sessions import Sessions
    from ticker.contract.item import moment

    with _people(data) as (database, people):
        user = _user(people, name)
        sessions = Sessions(database)
        if end:
            count = sessions.close_of_user(user.id)
            _record(database, "sessions-end", f"user:{user.name}", {})
            show(f"{count} ended.")
            return
        for session in sessions.of_user(user.id):
            show(plain(f"{moment(session.used)}  {session.way}  {session.address}  {session.agent}"))


@contextmanager
def _people(data: str | None, *, creates: bool = False) -> "Iterator[tuple[Database, People]]":
    """The records of people; ends the command where something is refused."""
    import time

    from publisher.core.sentences import sentence
    from publisher.records.people import open_people
    from publisher.records.users import LastChiefError
    from ticker.contract.sentences import RefusedError

    with open_desk(data, creates=creates) as database:
        try:
            yield database, open_people(database, time.time, failures=1)
        except (RefusedError, LastChiefError) as error:
            refuse(sentence(error if isinstance(error, RefusedError) else RefusedError("last-chief")), status=1)


def _user(people: "People", name: str) -> "User":
    user = people.users.find(name)
    if user is None:
        refuse(f"No user is called “{name}”: see flashwire user list", status=1)
    return user


def _enabled(people: "People", name: str) -> "User":
    user = _user(people, name)
    if user.state == "disabled":
        refuse(f"“{user.name}” is disabled: run flashwire user enable first.", status=1)
    return user


def _show_link(people: "People", user: "User", data: str | None, *, reset: bool) -> None:
    from publisher.records.invitations import invitation_link
    from publisher.settings import DeskSettings

    settings = load(DeskSettings, data=data)
    invitation = people.invitations.invite(user.id, reset=reset)
    assert invitation is not None
    address = settings.desk_url or f"http://localhost:{settings.desk_port}"
    output.print_result(invitation_link(address, invitation[1]))


def _record(database: "Database", action: str, object: str, details: dict[str, str]) -> None:
    from publisher.records.audit import record_command

    record_command(database, action, object, details)
