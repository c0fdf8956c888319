"""The commands and options that `flashwire` has."""

from collections.abc import Iterator

import typer.main
from typer.core import TyperGroup

from flashwire.cli.main import app


def _commands(group: TyperGroup, prefix: str) -> Iterator[tuple[str, set[str]]]:
    for name, command in sorted(group.commands.items()):
        if isinstance(command, TyperGroup):
            yield from _commands(command, f"{prefix} {name}")
        else:
            options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
            yield f"{prefix} {name}", options - {"--help"}


def commands() -> dict[str, set[str]]:
    """The options of every command, by its whole name, such as `flashwire token create`."""
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)
    return dict(_commands(group, "flashwire"))
