"""Commands in the documentation: the table of docs/commands.md, and every command that a reader may paste."""

import ast
import importlib
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import typer.main

from bench.command import command as bench
from bench.scenarios import scenario_names as scenarios
from tests.docs.command_line import commands
from tests.docs.pages import DIRECTORIES, PAGES, ROOT, code_blocks, code_words, read, table, without_blocks

# The programs of other projects that pages use; a name that is missing here is usually a typing error.
FOLDERS = (".venv/bin/", "/opt/flashwire/.venv/bin/", "deploy/")
PROGRAMS = {
    *(
        "createdb",
        "createuser",
        "curl",
        "node",
        "openssl",
        "docker",
        "echo",
        "export",
        "sudo",
        "systemctl",
        "sysctl",
        "promtool",
        "git",
        "cd",
        "cp",
    ),
    *("pg_dump", "pg_restore"),
    *("redis-cli", "redis-check-aof", "nstat", "kill", "tar", "printf", "pg_dump", "psql", "pip", "python3", "nginx"),
}


def statements(block: str) -> Iterator[str]:
    """The lines of a block with their continuations, without comments."""
    for line in block.replace("\\\n", " ").splitlines():
        if statement := re.sub(r"(^|\s)#.*", "", line).strip():
            yield statement


def pasted() -> list[tuple[str, str]]:
    """Every statement of every `sh` block, with the name of its page."""
    blocks = [(page.name, block) for page in PAGES for block in code_blocks(page.read_text("utf-8"), "sh")]
    return [(name, statement) for name, block in blocks for statement in statements(block)]


def arguments(program: str, statement: str) -> Iterator[list[str]]:
    """The words after each call of a program in a statement, up to the end of that call."""
    for match in re.finditer(rf"(?:^|[\s(/]){program}[ \t]+([^|&;)]*)", statement):
        yield shlex.split(match[1])


def test_every_command_and_option_is_documented_and_no_other() -> None:
    rows = table(read("commands.md"), "## Table")
    documented = {re.sub(r"( [A-Z]+)+$", "", code_words(row[0])[0]): set(code_words(row[2])) for row in rows}
    assert documented == commands()


def test_every_flashwire_command_in_a_block_has_its_options() -> None:
    options_of = commands()
    checked = 0
    for page, statement in pasted():
        for argv in arguments("flashwire", statement):
            names = [f"flashwire {' '.join(argv[:count])}" for count in (2, 1)]
            name = next((name for name in names if name in options_of), None)
            assert name or argv[0] in ("--help", "--version"), f"{page}: {statement}"
            options = {argument.partition("=")[0] for argument in argv if argument.startswith("--")}
            assert name is None or options <= options_of[name] | {"--help"}, f"{page}: {statement}"
            checked += 1
    assert checked >= 10


def test_every_make_target_in_a_page_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    used = {target for page in PAGES for target in re.findall(r"`make ([a-z-]+)", page.read_text("utf-8"))}
    for _, statement in pasted():
        for argv in arguments("make", statement):
            used |= {argument for argument in argv if "=" not in argument and not argument.startswith("-")}
    assert {"run", "test", "check"} <= used <= targets


def test_every_option_in_the_args_of_a_make_target_exists() -> None:
    typer_app = typer.Typer()
    typer_app.command()(bench)
    bench_options = {option for parameter in typer.main.get_command(typer_app).params for option in parameter.opts}
    targets = {"run": commands()["flashwire run"], "bench": bench_options | set(scenarios())}
    checked = 0
    text = "\n".join(page.read_text("utf-8") for page in PAGES)
    for target, args in re.findall(r'make ([a-z]+) ARGS="([^"]*)"', text):
        if target in targets:
            argv = {argument.partition("=")[0] for argument in args.split() if not re.match(r"[0-9.]", argument)}
            assert argv <= targets[target], args
            checked += 1
    assert checked >= 5


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_python_block_compiles_and_its_imports_exist(page: Path) -> None:
    for block in code_blocks(page.read_text("utf-8"), "python"):
        compile(block, page.name, "exec")
        imports = [node for node in ast.walk(ast.parse(block)) if isinstance(node, ast.ImportFrom)]
        for node in imports:
            module = importlib.import_module(str(node.module))
            assert [alias.name for alias in node.names if not hasattr(module, alias.name)] == []


def test_every_statement_is_shell_and_names_programs_and_files_that_exist() -> None:
    for page, statement in pasted():
        bash = subprocess.run(["bash", "-n", "-c", statement], capture_output=True, text=True, check=False)
        assert bash.returncode == 0, f"{page}: {statement}\n{bash.stderr}"
        program = re.sub(r"^(\w+=\S*\s+)*", "", statement).split(" ")[0]
        is_local = program in ("make", "flashwire") or program.startswith(
            (".venv/bin/", "/opt/flashwire/.venv/bin/", "deploy/")
        )
        assert is_local or program in PROGRAMS or re.match(r"\w+=", program), f"{page}: {statement}"
        for path in re.findall(rf"(?:^|\s)((?:{DIRECTORIES})/[\w./-]+)", statement):
            assert (ROOT / path).exists(), f"{page}: {path}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_in_running_text_exists(page: Path) -> None:
    text = without_blocks(page.read_text("utf-8"))
    names = {name.split(" ")[1] for name in commands()}
    assert set(re.findall(r"`(?:\.venv/bin/)?flashwire ([a-z]+)", text)) <= names


def test_make_help_lists_every_public_target() -> None:
    listing = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("install", "run", "test", "check", "journey", "bench", "lock", "clean"):
        assert re.search(rf"^  make {target} ", listing, re.MULTILINE), target
