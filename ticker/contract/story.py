"""The form of a story's id: it is part of addresses, and the same in every edition and language."""

import re
from typing import Final

_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


def is_story_id(text: str) -> bool:
    """Whether `text` may be the id of a story."""
    return _ID.fullmatch(text) is not None
