"""`flashwire token`: makes, lists and revokes the API tokens in the desk's database."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from flashwire.cli.console import refuse
from flashwire.cli.settings import DeskDataOption, load
from publisher.core.roles import ROLES
from ticker.shared.process import output

if TYPE_CHECKING:
    from publisher.records.tokens import Tokens

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke the API tokens of the desk.")


@app.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="Name of its person or program.", show_default=False)],
    role: Annotated[str, typer.Option(help=f"What it may do: {', '.join(ROLES)}.")] = "editor",
    unlimited: Annotated[bool, typer.Option("--unlimited", help="Exempt from the rate limit.")] = False,
    data: DeskDataOption = None,
) -> None:
    """Make a token and print it on standard output, this once.

    Example: export FLASHWIRE_TOKEN=$(flashwire token create night-desk --role editor)
    """
    from publisher.core.sentences import sentence
    from ticker.contract.sentences import RefusedError

    if role not in ROLES:
        refuse(f"“{role}” is not a role: choose one of {', '.join(ROLES)}.", status=1)
    with _tokens(data, creates=True) as tokens:
        try:
            token = tokens.create(name, role, unlimited=unlimited)
        except RefusedError as error:
            refuse(sentence(error), status=1)
        output.print_result(token)
        if (failure := output.failure()) is not None:
            # The caller did not get the token, which would occupy its name.
            tokens.discard(token)
            refuse(f"No token was made: standard output did not accept it ({failure.strerror}).", status=1)


@app.command("list")
def list_tokens(data: DeskDataOption = None) -> None:
    """List every token by name, with its role and state; the tokens themselves are not stored."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ticker.contract.item import moment

    table = Table("name", "role", "made", "state", box=None, pad_edge=False)
    with _tokens(data) as tokens:
        for token in tokens.all():
            state = "unlimited" if token.unlimited else "in force"
            state = f"revoked {moment(token.revoked)}" if token.revoked else state
            table.add_row(Text(token.name), token.role, moment(token.created), state)
    Console(soft_wrap=True).print(table)


@app.command("revoke")
def revoke_token(
    name: Annotated[str, typer.Argument(help="The token's name.", show_default=False)], data: DeskDataOption = None
) -> None:
    """Revoke a token and the sessions that it opened, from the next request on."""
    with _tokens(data) as tokens:
        if not tokens.revoke(name):
            refuse(f"No valid token is called “{name}”: see flashwire token list", status=1)


@contextmanager
def _tokens(data: str | None, *, creates: bool = False) -> Iterator["Tokens"]:
    from publisher.records.database import open_database
    from publisher.records.errors import DatabaseError
    from publisher.records.sqlite import FILE
    from publisher.records.tokens import Tokens
    from publisher.settings import DeskSettings

    settings = load(DeskSettings, data=data)
    folder = settings.data.resolve()
    # A desk that has not started yet has no file: accept a directory only if it was named and exists.
    is_first = creates and "data" in settings.model_fields_set and folder.is_dir()
    if not (settings.database_url or is_first or (folder / FILE).exists()):
        refuse(f"{folder} has no tokens of a desk: name its data directory, which must exist, with --data.", status=1)
    try:
        with closing(open_database(folder, settings.database_url)) as database:
            yield Tokens(database)
    except DatabaseError as error:
        refuse(str(error), status=1)
