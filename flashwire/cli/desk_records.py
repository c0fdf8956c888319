"""The desk's database for commands, and the options for what a user or token may do."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from flashwire.cli.console import refuse
from flashwire.cli.settings import load
from publisher.core.roles import ROLES, Role

if TYPE_CHECKING:
    from publisher.core.permission import Editions
    from publisher.records.database import Database

EditionOption = Annotated[
    list[str] | None,
    typer.Option(help="An edition to which it is limited; may be repeated.", show_default="every edition"),
]


def check_role(role: str) -> Role:
    """The role; ends the command if there is none of that name."""
    for known in ROLES:
        if role == known:
            return known
    refuse(f"“{role}” is not a role: choose one of {', '.join(ROLES)}.", status=1)


def check_editions(names: list[str] | None, data: str | None) -> "Editions":
    """The editions of the options, None where there is none; ends the command if the site has no such edition."""
    from publisher.settings import DeskSettings
    from ticker.contract.site import SiteError, load_site

    if not names:
        return None
    try:
        known = load_site(load(DeskSettings, data=data).site).editions
    except SiteError as error:
        refuse(str(error))
    for name in names:
        if name not in known:
            refuse(f"“{name}” is not an edition: choose one of {', '.join(known)}.", status=1)
    return frozenset(names)


@contextmanager
def open_desk(data: str | None, *, creates: bool = False) -> Iterator["Database"]:
    """The desk's database; ends the command where it cannot be used."""
    from publisher.records.database import open_database
    from publisher.records.errors import DatabaseError
    from publisher.records.sqlite import FILE
    from publisher.settings import DeskSettings

    settings = load(DeskSettings, data=data)
    folder = settings.data.resolve()
    # A desk that has not started yet has no file: accept a directory only if it was named and exists.
    is_first = creates and "data" in settings.model_fields_set and folder.is_dir()
    if not (settings.database_url or is_first or (folder / FILE).exists()):
        refuse(f"{folder} has no tokens of a desk: name its data directory, which must exist, with --data.", status=1)
    try:
        with closing(open_database(folder, settings.database_url)) as database:
            yield database
    except DatabaseError as error:
        refuse(str(error), status=1)
