"""What the contenders that run in Node share: where Node and its packages are, and what is missing of them."""

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
    """`build/bench/node_modules`, here or in the checkout, whichever is there."""
    roots = (Path.cwd(), Path(__file__).parents[2])
    candidates = [base / FOLDER / "node_modules" for base in roots]
    return next((folder for folder in candidates if folder.is_dir()), candidates[0])


def lacking(*packages: str) -> str | None:
    """What of Node and `packages` is missing, with the command that installs it; None: nothing."""
    if find_program("node") is None:
        return f"Node is not installed; install it with: apt-get install nodejs npm; then: {INSTALL}"
    absent = [package for package in packages if not (modules() / package / "package.json").exists()]
    return f"{', '.join(absent)} not installed; install with: {INSTALL}" if absent else None


def node_versions(*packages: str) -> str:
    """The versions of Node and `packages`, in one line."""
    node = find_program("node")
    versions = [f"node {printed_version(node, '--version') if node else ''}"]
    for package in packages:
        package_json = msgspec.json.decode((modules() / package / "package.json").read_bytes(), type=_Package)
        versions.append(f"{package} {package_json.version}")
    return ", ".join(versions)


def node_command(script: str, *arguments: str) -> list[str | Path]:
    """The command that runs `script`, a file in this folder, as in production."""
    return [find_program("node") or "node", Path(__file__).with_name(script), *arguments]


def node_environment() -> dict[str, str]:
    """What makes Node find the packages, and packages leave out what is for development."""
    return {"NODE_PATH": str(modules()), "NODE_ENV": "production"}
