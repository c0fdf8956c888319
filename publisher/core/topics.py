"""The topics about which pages of the desk learn that something has changed."""

from collections.abc import Mapping
from typing import Final

TOPICS: Final = ("approvals", "drafts", "kill", "presence", "schedule", "sessions", "siblings", "sources", "users")


def encode_seen(numbers: Mapping[str, int]) -> str:
    """What a page sends back: the number of each topic, in the order of `TOPICS`."""
    return ".".join(str(numbers.get(topic, 0)) for topic in TOPICS)


def decode_seen(seen: str) -> dict[str, int] | None:
    """The numbers that `encode_seen` wrote; None for anything else, also from a release with other topics."""
    digits = seen.split(".")
    if len(digits) != len(TOPICS) or not all(part.isascii() and part.isdigit() and len(part) < 16 for part in digits):
        return None
    return dict(zip(TOPICS, map(int, digits), strict=True))


def changed_topics(seen: Mapping[str, int], numbers: Mapping[str, int]) -> list[str]:
    """The topics whose number is not the one that the page has seen."""
    return [topic for topic in TOPICS if seen.get(topic, 0) != numbers.get(topic, 0)]
