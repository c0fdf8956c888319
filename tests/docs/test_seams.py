"""docs/seams.md against the code, both ways: private names and subclassed classes of libraries."""

import ast
import importlib
import inspect
import pkgutil
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, code_words, read, table
from tests.docs.source import PRODUCT

# Subclasses of these libraries' classes are seams. Not those of pydantic or msgspec, which are made to be subclassed.
LIBRARIES = {
    "httptools", "hiredis", "prometheus_client", "psycopg", "redis", "starlette", "uvicorn", "uvloop", "websockets",
}  # fmt: skip
# Documented functions of the standard library whose names begin with an underscore.
PUBLIC = {"os._exit"}


@cache
def rows() -> dict[str, list[str]]:
    """The cells of each row of the table, by interface."""
    return {code_words(row[0])[0]: row for row in table(read("seams.md"), "## Interfaces")}


@cache
def modules() -> dict[str, ast.Module]:
    """The syntax tree of every module of the product, by path."""
    paths = [path for folder in PRODUCT for path in sorted((ROOT / folder).rglob("*.py"))]
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text("utf-8")) for path in paths}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def defined_names(tree: ast.AST) -> set[str]:
    """Every name that the module defines, attributes included."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


@cache
def all_defined_names() -> set[str]:
    return {name for tree in modules().values() for name in defined_names(tree)}


def is_foreign(access: ast.Attribute, tree: ast.Module) -> bool:
    """Whether an access to a private name reaches into an object of another library."""
    if not is_private(access.attr) or ast.unparse(access) in PUBLIC:
        return False
    receiver = ast.unparse(access.value)
    if receiver in ("self", "cls", "super()"):
        return access.attr not in all_defined_names()
    return isinstance(access.value, ast.Attribute) or access.attr not in defined_names(tree)


def private_names() -> Iterator[tuple[str, str]]:
    """Path and name of every private attribute, module or import of another library that the product uses."""
    for path, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and is_foreign(node, tree):
                yield path, node.attr
            elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] not in PRODUCT:
                if any(is_private(part) for part in node.module.split(".")):
                    yield from ((path, alias.name) for alias in node.names)
                yield from ((path, alias.name) for alias in node.names if is_private(alias.name))


@cache
def classes() -> tuple[type, ...]:
    """Every class of the product."""
    result: list[type] = []
    for folder in PRODUCT:
        for module in pkgutil.walk_packages([str(ROOT / folder)], f"{folder}."):
            # Alembic alone can import its scripts.
            if ".migrations" not in module.name and not module.name.endswith("__main__"):
                members = vars(importlib.import_module(module.name)).values()
                result += [member for member in members if inspect.isclass(member) and member.__module__ == module.name]
    return tuple(result)


def foreign_bases(cls: type) -> list[type]:
    return [base for base in cls.__mro__ if base.__module__.split(".")[0] in LIBRARIES]


def path_of(cls: type) -> str:
    return cls.__module__.replace(".", "/") + ".py"


def attributes(cls: type) -> set[str]:
    """The attributes of a class and those that its methods set."""
    return set(vars(cls)) | set(re.findall(r"self\.(\w+)", inspect.getsource(cls)))


def inherited_private_names() -> Iterator[tuple[str, str]]:
    """Path and name of every private attribute of a library's class that a subclass here uses or overrides."""
    for cls in classes():
        names = {name for base in foreign_bases(cls) for name in attributes(base) if is_private(name)}
        if names:
            source = inspect.getsource(cls)
            used = set(re.findall(r"(?:self|super\(\))\.(_\w+)|def (_\w+)", source))
            yield from ((path_of(cls), name) for pair in used for name in pair if name in names)


def test_every_private_name_of_a_library_is_in_the_table_where_it_is_used() -> None:
    used = set(private_names()) | set(inherited_private_names())
    documented = {
        (path, interface.rsplit(".", 1)[1]) for interface, row in rows().items() for path in code_words(row[1])
    }
    assert used and used <= documented, used - documented
    private = {(path, name) for path, name in documented if is_private(name) and path.split("/")[0] in PRODUCT}
    assert private <= used, private - used


def test_every_subclass_of_a_librarys_class_is_in_the_table() -> None:
    used = set()
    for cls in classes():
        used |= {(path_of(cls), base.__name__) for base in cls.__bases__ if base in foreign_bases(cls)}
    documented = {
        (path, interface.rsplit(".", 1)[1]) for interface, row in rows().items() for path in code_words(row[1])
    }
    assert used and used <= documented, used - documented


@pytest.mark.parametrize("interface", rows())
def test_an_interface_still_exists_and_its_files_too(interface: str) -> None:
    parts = interface.split(".")
    for count in range(len(parts) - 1, 0, -1):
        try:
            target: object = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        break
    for name in parts[count:]:
        if not hasattr(target, name):
            # An attribute of instances: a method of the class sets it.
            assert inspect.isclass(target) and name in attributes(target), f"{interface} is gone"
            return
        target = getattr(target, name)
    for cell in (rows()[interface][1], rows()[interface][3]):
        assert code_words(cell) and all((ROOT / Path(path)).is_file() for path in code_words(cell)), cell


def test_the_pinned_versions_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    requirements = [re.match(r"([\w-]+)(?:\[\w+\])?(.*)", line) for line in project["dependencies"]]
    pinned = {match[1]: match[2].strip() for match in requirements if match and "<" in match[2].split(";")[0]}
    documented = table(read("seams.md"), "## Why versions are pinned")
    assert {code_words(row[0])[0]: code_words(row[1])[0] for row in documented} == pinned
