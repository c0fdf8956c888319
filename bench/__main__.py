"""Entry point of `python -m bench`."""

import typer

from bench.command import command

if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.command()(command)
    app(prog_name="python -m bench")
