"""The split of "Source: text"; the table is shared with the desk page's own split."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.core.split import SEPARATORS, split
from ticker.contract.site import Site, Source
from ticker.contract.text import SOURCE_LIMIT

_TABLE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "split_examples.json").read_text("utf-8"))
_SITE = Site(editions={}, sources=msgspec.convert(_TABLE["sources"], dict[str, Source]))


@pytest.mark.parametrize("example", _TABLE["examples"], ids=lambda example: example["why"])
def test_a_line_is_split_as_the_table_says(example: dict[str, Any]) -> None:
    halves = split(example["line"], _SITE)
    if example["source"] is None:
        assert halves is None
    else:
        assert halves and (halves.label, halves.text, halves.source) == (
            example["source"],
            example["text"],
            example["id"],
        )


@given(st.text(alphabet=st.sampled_from(": ：1a/١ع\u00a0"), max_size=40) | st.text(max_size=300))
def test_a_split_gives_two_halves_of_the_line_and_nothing_else(line: str) -> None:
    halves = split(line, _SITE)
    if halves:
        assert 1 <= len(halves.label) <= SOURCE_LIMIT and halves.text
        start, end = line.index(halves.label), line.rindex(halves.text)
        between = line[start + len(halves.label) : end]
        assert len(between.strip()) == 1 and between.strip() in SEPARATORS
