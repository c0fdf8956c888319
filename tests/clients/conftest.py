"""The npm package as a user installs it: packed, and installed into an empty folder."""

import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `node_modules/@flashwire/client`, installed from the tarball that would be published."""
    folder = tmp_path_factory.mktemp("npm")
    packed = ["npm", "pack", "--silent", "--pack-destination", str(folder)]
    subprocess.run(packed, cwd=ROOT / "web/client", check=True, capture_output=True, timeout=60)
    [tarball] = folder.glob("*.tgz")
    (folder / "package.json").write_text('{"private": true, "type": "module"}')
    install = ["npm", "install", "--offline", "--no-audit", "--no-fund", "--loglevel", "error", str(tarball)]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=60)
    return folder
