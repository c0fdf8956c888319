"""The release of the running process; after an upgrade in place, the files on disk are those of another release."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final


def _installed() -> str:
    try:
        return version("flashwire")
    except PackageNotFoundError:
        return "source"


RUNNING: Final = _installed()
"""Read when the process starts; `source` if the package is not installed."""
