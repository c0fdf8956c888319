"""An item as `flashwire tail` reads it: also one that comes without its words, because it is held or withdrawn."""

from collections.abc import Callable, Sequence
from typing import Self

import msgspec

from ticker.contract.item import Correction, InfoSource, Text


class Line(msgspec.Struct, frozen=True, rename="camel"):
    """One version of one line; `headline` is None and `info_sources` empty where it was taken off."""

    uri: str
    version: int
    act: str
    pub_status: str
    urgency: int
    headline: Text | None
    info_sources: tuple[InfoSource, ...]
    edition: str
    note: Text | None
    first_created: str
    version_created: str
    sections: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()

    def with_words_of(self, earlier: Self | None) -> Self:
        """This version, with the words of the one that was printed before."""
        if earlier is None:
            return self
        return msgspec.structs.replace(self, headline=earlier.headline, info_sources=earlier.info_sources)


_decoder = msgspec.json.Decoder(Line)


def decode_line(data: bytes) -> Line:
    """The line in `data`; raises `msgspec.DecodeError`."""
    line = _decoder.decode(data)
    if line.pub_status == "usable" and (line.headline is None or not line.info_sources):
        raise msgspec.ValidationError("an item without words that is not taken off")
    return line


def matcher(parameters: Sequence[tuple[str, str]]) -> Callable[[Line], bool]:
    """Whether a line is what these parameters of a join ask for.

    A source is judged by the node alone, which knows its other names.
    """
    asked: dict[str, set[str]] = {}
    for name, value in parameters:
        asked.setdefault(name, set()).add(value)
    urgency = min(map(int, asked.get("urgency", {"8"})))

    def given(name: str, values: Sequence[str]) -> bool:
        return name not in asked or not asked[name].isdisjoint(values)

    def speaks(language: str) -> bool:
        # "es" asks for its regional forms too (docs/protocol.md, Subscribing).
        return any(language == tag or language.startswith(f"{tag}-") for tag in asked["language"])

    def matches(line: Line) -> bool:
        return (
            line.urgency <= urgency
            and given("edition", [line.edition])
            and given("section", line.sections)
            and given("place", line.places)
            and given("role", [source.role for source in line.info_sources])
            and ("language" not in asked or (line.headline is not None and speaks(line.headline.language)))
        )

    return matches
