"""The tables of docs/protocol.md, from which AsyncAPI and OpenAPI take what a field, a parameter or a message means."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

import msgspec

_FILE: Final = Path(__file__).with_name("protocol.toml")


class MessageRow(msgspec.Struct, frozen=True):
    """When a message is sent, and what its fields are, in Markdown."""

    when: str
    fields: str

    def field_names(self) -> list[str]:
        """The fields in the order of the table; a name in brackets only explains another."""
        return re.findall(r"`([a-z]+)`", re.sub(r"\([^)]*\)", "", self.fields))


class ProtocolTables(msgspec.Struct, frozen=True):
    """Meanings in Markdown. A key of `item` and `parameters` has the names of one row, with spaces between them."""

    item: dict[str, str]
    parameters: dict[str, str]
    messages: dict[str, MessageRow]


@cache
def protocol_tables() -> ProtocolTables:
    """The tables, read once, when a description is first asked for."""
    return msgspec.convert(tomllib.loads(_FILE.read_text("utf-8")), ProtocolTables)


def meanings(rows: Mapping[str, str]) -> dict[str, str]:
    """The meaning of each name in `rows`."""
    return {name: meaning for names, meaning in rows.items() for name in names.split()}
