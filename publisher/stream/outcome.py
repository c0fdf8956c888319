"""What comes of storing a version: it is published, or refused for one of three reasons."""

import msgspec

from ticker.contract.cursor import Cursor
from ticker.contract.item import Item


class Published(msgspec.Struct, frozen=True):
    """An item in the stream and its position there."""

    item: Item
    item_json: bytes
    cursor: Cursor
    is_repeat: bool
    """An earlier request with the same Idempotency-Key put it there."""
    siblings: tuple["Published", ...] = ()
    """The items that were published together with it."""


class StaleError(Exception):
    """Another request stored a version first: the item is at version `current`."""

    def __init__(self, current: int) -> None:
        self.current = current
        super().__init__(f"the current version is {current}")


class MismatchError(Exception):
    """The Idempotency-Key was used before, for another request."""


class UnreadableAnswerError(Exception):
    """The request was carried out before, and no signing key verifies its answer; it concerned the item `uri`."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        super().__init__(f"the earlier answer about {uri} cannot be read")
