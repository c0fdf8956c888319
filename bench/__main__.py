"""Entry point of `python -m bench`: the scenarios, or `similar`, `weights` or `capacity`, which measure no server."""

import sys

import typer

from bench.capacity import capacity_command
from bench.command import command
from bench.similar.command import similar_command
from bench.weights import weights_command

if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    if sys.argv[1:2] == ["similar"]:
        app.command()(similar_command)
        app(sys.argv[2:], prog_name="python -m bench similar")
    elif sys.argv[1:2] == ["capacity"]:
        app.command()(capacity_command)
        app(sys.argv[2:], prog_name="python -m bench capacity")
    elif sys.argv[1:2] == ["weights"]:
        weights_command()
    else:
        app.command()(command)
        app(prog_name="python -m bench")
