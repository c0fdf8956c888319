"""`flashwire token`: makes, lists and revokes the API tokens in the desk's database."""

from typing import Annotated

import typer

from flashwire.cli.console import refuse
from flashwire.cli.desk_records import EditionOption, check_editions, check_role, open_desk
from flashwire.cli.settings import DeskDataOption
from publisher.core.roles import ROLES
from ticker.shared.process import output

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke the API tokens of the desk.")


@app.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="Name of its person or program.", show_default=False)],
    role: Annotated[str, typer.Option(help=f"What it may do: {', '.join(ROLES)}.")] = "editor",
    unlimited: Annotated[bool, typer.Option("--unlimited", help="Exempt from the rate limit.")] = False,
    edition: EditionOption = None,
    data: DeskDataOption = None,
) -> None:
    """Make a token and print it on standard output, this once.

    Example: export FLASHWIRE_TOKEN=$(flashwire token create night-desk --role editor)
    """
    from publisher.core.sentences import sentence
    from publisher.records.audit import record_command
    from publisher.records.tokens import Tokens
    from ticker.contract.sentences import RefusedError

    checked_role, editions = check_role(role), check_editions(edition, data)
    with open_desk(data, creates=True) as database:
        tokens = Tokens(database)
        record_command(database, "token-create", f"token:{name}", {"role": role, "editions": " ".join(edition or [])})
        try:
            token = tokens.create(name, checked_role, unlimited=unlimited, editions=editions)
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

    from publisher.core.permission import editions_phrase
    from publisher.records.tokens import Tokens
    from ticker.contract.item import moment

    table = Table("name", "role", "editions", "made", "last use", "state", box=None, pad_edge=False)
    with open_desk(data) as database:
        for token in Tokens(database).all():
            state = "unlimited" if token.unlimited else "in force"
            state = f"revoked {moment(token.revoked)}" if token.revoked else state
            used = moment(token.used) if token.used else "never"
            editions = editions_phrase(token.editions)
            table.add_row(Text(token.name), token.role, editions, moment(token.created), used, state)
    Console(soft_wrap=True).print(table)


@app.command("revoke")
def revoke_token(
    name: Annotated[str, typer.Argument(help="The token's name.", show_default=False)], data: DeskDataOption = None
) -> None:
    """Revoke a token and the sessions that it opened, from the next request on."""
    from publisher.records.audit import record_command
    from publisher.records.tokens import Tokens

    with open_desk(data) as database:
        record_command(database, "token-revoke", f"token:{name}")
        if not Tokens(database).revoke(name):
            refuse(f"No valid token is called “{name}”: see flashwire token list", status=1)
