"""docs/asyncapi.yaml is a copy of what a ticker serves as `/asyncapi.json`; this module writes it.

python -m tests.docs.asyncapi_file
"""

from typing import Any

import yaml

from tests.docs.pages import ROOT
from ticker.http.asyncapi import LOCAL, document

FILE = ROOT / "docs/asyncapi.yaml"
# The version of a working copy differs between machines.
VERSION = "0.1.0"
HEAD = "# Written by `python -m tests.docs.asyncapi_file`; a ticker serves the same as /asyncapi.json.\n"


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML has no types
    """Without anchors: each schema is written where it is used."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def written() -> str:
    """The text of the file."""
    described = document(VERSION, LOCAL)
    text: str = yaml.dump(described, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return HEAD + text


if __name__ == "__main__":
    FILE.write_text(written(), "utf-8")
