"""The product's Python source as syntax trees, for tests that compare the documentation with it."""

import ast
from collections.abc import Iterator
from functools import cache

from tests.docs.pages import ROOT

# The packages that are shipped; the benchmark is not.
PRODUCT = [name for name in ("flashwire", "ticker", "publisher") if (ROOT / name).is_dir()]


@cache
def nodes(folder: str) -> tuple[ast.AST, ...]:
    """Every syntax node of the modules below a folder."""
    paths = [path for path in sorted((ROOT / folder).rglob("*.py")) if "bench" not in path.parts]
    return tuple(node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8"))))


def calls(folder: str) -> Iterator[ast.Call]:
    """Every call in the modules below a folder."""
    return (node for node in nodes(folder) if isinstance(node, ast.Call))


def called_name(call: ast.Call) -> str:
    """The last name of the called expression; empty where it has none."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def constant(call: ast.Call, position: int) -> object:
    """The value of a literal argument, or None."""
    argument = call.args[position] if len(call.args) > position else None
    return argument.value if isinstance(argument, ast.Constant) else None
