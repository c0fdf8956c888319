"""`python -m bench`: what reaching an audience costs on this machine, next to other servers in the same run."""

import typer

from bench.command import command

if __name__ == "__main__":
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.command()(command)
    app(prog_name="python -m bench")
