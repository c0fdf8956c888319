"""The command `flashwire`: its subcommands, global options and exit status.

Commands import what they need when they run: `flashwire --help` loads neither a server nor a client.
"""

import errno
import os
import sys
from typing import Annotated, Final

import typer

from flashwire.cli import audit, desk, doctor, kill, post, rekey, replay, run, tail, ticker, token, user
from flashwire.cli.console import plain
from ticker.shared.process import output

_SERVE: Final = "Serve"
_PUBLISH: Final = "Publish"
_WATCH: Final = "Watch and check"
# Not the servers: a rolling restart could no longer change what is in their environment.
_READ_ENV_FILE: Final = ("post", "replay", "tail", "doctor")

app = typer.Typer(
    name="flashwire",
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    # A traceback with local variables would show tokens and keys.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for panel, commands in (
    (_SERVE, {"run": run, "ticker": ticker, "desk": desk}),
    (_PUBLISH, {"post": post, "replay": replay, "rekey": rekey}),
    (_WATCH, {"tail": tail, "doctor": doctor}),
):
    for name, module in commands.items():
        app.command(name, rich_help_panel=panel)(module.command)
app.add_typer(token.app, name="token", rich_help_panel=_PUBLISH)
app.add_typer(user.app, name="user", rich_help_panel=_PUBLISH)
app.add_typer(kill.app, name="kill", rich_help_panel=_PUBLISH)
app.add_typer(audit.app, name="audit", rich_help_panel=_WATCH)


def _version(is_set: bool) -> None:
    if is_set:
        from importlib.metadata import version

        sys.stdout.write(f"flashwire {version('flashwire')}\n")
        raise typer.Exit


@app.callback(
    epilog="Settings: FLASHWIRE_… variables, REDIS_URL, a .env file or flags; docs/settings.md lists them all."
)
def flashwire(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A live breaking-news push service: from an editor's line to every screen, attributed and in order.

    [bold]First steps[/bold]

    [dim]$ flashwire run[/dim]  serves everything here and prints the addresses

    [dim]$ flashwire tail[/dim]  follows the ticker in another terminal

    [dim]$ flashwire post "Health ministry: Hospital reopens"[/dim]  publishes (needs FLASHWIRE_TOKEN)
    """
    if not {"-h", "--help"} & set(sys.argv):
        from flashwire.cli.run_settings import RunSettings
        from flashwire.cli.settings import check_names, read_env_file
        from publisher.settings import DeskSettings

        check_names((RunSettings, DeskSettings), ("TOKEN",))
        if context.invoked_subcommand in _READ_ENV_FILE:
            read_env_file(("TOKEN", "TICKER_URL", "DESK_URL"))


def _check_words(arguments: list[str]) -> None:
    """Ends the process if a argument is not text in UTF-8, which JSON, SQLite and the desk require."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError:
            output.print_notice(f"{argument!a} is not text in UTF-8: write it, or name the file, in UTF-8.")
            raise SystemExit(2) from None


def main() -> None:
    """Runs the command line; ends with status 1 if standard output did not accept the result."""
    output.protect(blocks=True)
    try:
        _check_words(sys.argv[1:])
        app(prog_name="flashwire")
    except KeyboardInterrupt:
        # While a command is being imported; later each command handles its own.
        raise SystemExit(130) from None
    except OSError as error:
        if error.filename is None:
            raise
        # A path that this user may not open, or that is too long, in any command.
        output.print_notice(plain(f"{error.filename} cannot be used ({error.strerror})."))
        raise SystemExit(2) from None
    except SystemExit as end:
        failure = output.failure()
        if failure is None or end.code:
            raise
        if failure.errno != errno.EPIPE:
            output.print_notice(f"Standard output did not take the result: {os.strerror(failure.errno or 0)}.")
        raise SystemExit(1) from None
