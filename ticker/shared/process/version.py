"""The release that runs here; after an upgrade in place the files on disk are already those of another."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final


def _installed() -> str:
    try:
        return version("flashwire")
    except PackageNotFoundError:
        return "source"


RUNNING: Final = _installed()
"""Read when the process starts; `source` where it runs without being installed."""
