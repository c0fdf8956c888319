"""`flashwire token`: makes, lists and revokes the desk's API tokens, in the desk's own file."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer

from flashwire.cli.desk_settings import DataOption, desk_settings, fail
from publisher.core.roles import ROLES
from publisher.core.sentences import sentence
from publisher.records.database import open_database
from publisher.records.errors import DatabaseError
from publisher.records.sqlite import FILE
from publisher.records.tokens import Tokens
from ticker.contract.item import moment
from ticker.contract.sentences import RefusedError
from ticker.shared.process import output

token_app = typer.Typer(no_args_is_help=True, help="Make, list and revoke the API tokens of the desk.")


@token_app.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="Who or what holds it.", show_default=False)],
    role: Annotated[str, typer.Option(help=f"What it may do: {', '.join(ROLES)}.")] = "editor",
    unlimited: Annotated[bool, typer.Option("--unlimited", help="Exempt from the rate rule.")] = False,
    data: DataOption = None,
) -> None:
    """Make a token and print it, alone and this once, on standard output.

    Example: export FLASHWIRE_TOKEN=$(flashwire token create night-desk --role editor)
    """
    if role not in ROLES:
        fail(f"“{role}” is no role: choose one of {', '.join(ROLES)}.")
    with _tokens(data, for_new=True) as tokens:
        try:
            token = tokens.create(name, role, unlimited=unlimited)
        except RefusedError as error:
            fail(sentence(error))
        output.say(token)
        if (failure := output.failure()) is not None:
            # Nobody has seen it, and its name would be taken.
            tokens.discard(token)
            fail(f"No token was made: standard output did not take it ({failure.strerror}).")


@token_app.command("list")
def list_tokens(data: DataOption = None) -> None:
    """List every token by name, with its role and state; the tokens themselves are not kept."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("name", "role", "made", "state", box=None, pad_edge=False)
    with _tokens(data) as tokens:
        for token in tokens.all():
            state = "unlimited" if token.unlimited else "in force"
            state = f"revoked {moment(token.revoked)}" if token.revoked else state
            table.add_row(Text(token.name), token.role, moment(token.created), state)
    Console(soft_wrap=True).print(table)


@token_app.command("revoke")
def revoke_token(
    name: Annotated[str, typer.Argument(help="The token's name.", show_default=False)], data: DataOption = None
) -> None:
    """Revoke a token: it and the sessions opened with it are refused from the next request on."""
    with _tokens(data) as tokens:
        if not tokens.revoke(name):
            fail(f"No token in force is called “{name}”: see flashwire token list")


@contextmanager
def _tokens(data: str | None, *, for_new: bool = False) -> Iterator[Tokens]:
    settings = desk_settings(data=data)
    folder = settings.data.resolve()
    # Only a folder that was named, and is there, may be of a desk that has not started yet.
    is_first = for_new and "data" in settings.model_fields_set and folder.is_dir()
    if not (settings.database_url or is_first or (folder / FILE).exists()):
        fail(f"No desk keeps its tokens in {folder}: name its data directory, which must exist, with --data.")
    try:
        with closing(open_database(folder, settings.database_url)) as database:
            yield Tokens(database)
    except DatabaseError as error:
        fail(str(error))
