"""Items for tests of the contract: one plain item, and any item that the desk could make."""

import msgspec
from hypothesis import strategies as st

from ticker.contract.item import ACTS, ROLES, InfoSource, Item, Story, Text
from ticker.contract.item import moment as written

texts = st.builds(
    Text,
    value=st.text(st.characters(codec="utf-8"), min_size=1, max_size=80),
    language=st.sampled_from(["en", "ar", "es-419", "fa"]),
    direction=st.sampled_from(["ltr", "rtl", "auto"]),
)
sources = st.builds(
    InfoSource, name=texts, role=st.sampled_from(ROLES), uri=st.just(msgspec.UNSET) | st.text(max_size=9)
)
moments = st.floats(0, 4e9).map(written)
names = st.lists(st.text(max_size=9), max_size=3).map(tuple)
items = st.builds(
    Item,
    uri=st.from_regex(r"urn:flashwire:[0-9A-HJKMNP-TV-Z]{26}", fullmatch=True),
    version=st.integers(1, 2**31),
    act=st.sampled_from(ACTS),
    pub_status=st.sampled_from(["usable", "withheld", "canceled"]),
    urgency=st.integers(1, 8),
    headline=texts,
    info_sources=st.lists(sources, min_size=1, max_size=3).map(tuple),
    edition=st.sampled_from(["en", "ar", "es"]),
    sections=names,
    places=names,
    link=st.none() | st.text(max_size=40),
    note=st.none() | texts,
    first_created=moments,
    version_created=moments,
    expires=st.none() | moments,
    pinned_until=st.none() | moments,
    translation_of=st.none() | st.text(max_size=40),
    story=st.none() | st.builds(Story, id=st.from_regex(r"[a-z0-9][a-z0-9-]{0,9}", fullmatch=True), title=texts),
    digital_source_type=st.none() | st.sampled_from(["trainedAlgorithmicMedia", "humanEdits"]),
    reviewed_by=st.none() | st.text(max_size=40),
)


def item(**changes: object) -> Item:
    """One published line; `changes` are fields of `Item`."""
    plain = Item(
        uri="urn:flashwire:01JD0000000000000000000000",
        version=1,
        act="publish",
        pub_status="usable",
        urgency=2,
        headline=Text("زلزال يضرب الساحل — “5.9”", "ar", "rtl"),
        info_sources=(InfoSource(Text("Civil Defence", "en", "ltr"), "official"),),
        edition="ar",
        sections=("world",),
        places=(),
        link=None,
        note=None,
        first_created="2026-05-01T09:30:00.125Z",
        version_created="2026-05-01T09:30:00.125Z",
        expires=None,
        pinned_until=None,
        translation_of=None,
    )
    return msgspec.structs.replace(plain, **changes)
