"""Finds Node and the packages of the contenders that run in it."""

from pathlib import Path
from typing import Final

import msgspec

from bench.contenders.program import find_program, printed_version

PACKAGES: Final = ("ws", "socket.io", "@socket.io/redis-streams-adapter", "redis")
FOLDER: Final = Path("build/bench")
INSTALL: Final = f"npm install --prefix {FOLDER} {' '.join(PACKAGES)}"


class _Package(msgspec.Struct):
    version: str


def modules() -> Path:
    """Returns `build/bench/node_modules` of the working directory or of the checkout."""
    roots = (Path.cwd(), Path(__file__).parents[2])
    candidates = [base / FOLDER / "node_modules" for base in roots]
    return next((folder for folder in candidates if folder.is_dir()), candidates[0])


def lacking(*packages: str) -> str | None:
    """Returns one line that names what is missing of Node and `packages` and how to install it, or `None`."""
    if find_program("node") is None:
        return f"Node is not installed; install it with: apt-get install nodejs npm; then: {INSTALL}"
    absent = [package for package in packages if not (modules() / package / "package.json").exists()]
    return f"{', '.join(absent)} not installed; install with: {INSTALL}" if absent else None


def node_versions(*packages: str) -> str:
    """Returns the versions of Node and `packages` in one line."""
    node = find_program("node")
    versions = [f"node {printed_version(node, '--version') if node else ''}"]
    for package in packages:
        package_json = msgspec.json.decode((modules() / package / "package.json").read_bytes(), type=_Package)
        versions.append(f"{package} {package_json.version}")
    return ", ".join(versions)


def node_command(script: str, *arguments: str) -> list[str | Path]:
    """Returns the command that runs `script`, a file in this folder."""
    return [find_program("node") or "node", Path(__file__).with_name(script), *arguments]


def node_environment() -> dict[str, str]:
    """Returns environment variables with which Node finds the packages and runs them in production mode."""
    return {"NODE_PATH": str(modules()), "NODE_ENV": "production"}
