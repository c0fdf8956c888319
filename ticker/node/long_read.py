"""One client's reading of a long message, piece by piece, and the memory that this takes."""

from collections.abc import Callable
from typing import Final

from ticker.core.frame import Encoded, Format
from ticker.core.long import LongMessage, long_message
from ticker.node.unsent import UnsentBytes
from ticker.node.work_queue import STEP_SECONDS

# Where too much is held already, long messages go uncompressed, which needs no memory (RFC 7692, 6: any may).
_UNCOMPRESSED: Final = {Format.DEFLATED: Format.PLAIN, Format.CLOUDEVENTS_DEFLATED: Format.CLOUDEVENTS}


class LongRead:
    """One client's reading of a long message; what it has not taken counts as held."""

    __slots__ = ("_encoded", "_form", "_long", "_number", "_packed_size", "_piece", "_unsent")

    def __init__(self, unsent: UnsentBytes, encoded: Encoded, form: Format | None) -> None:
        self._unsent = unsent
        self._encoded = encoded
        self._form = form
        self._long: LongMessage = long_message(encoded, form)
        self._number = 0
        self._piece: bytes | None = None
        self._packed_size = 0
        if self._long.is_packed:
            self._hold_packed()

    @property
    def packed(self) -> bool:
        """Whether its pieces can be asked for."""
        return self._long.is_packed

    @property
    def is_begun(self) -> bool:
        """Whether a part of it was handed over, so that nothing else may be said before its end."""
        return self._number > 0

    @property
    def size(self) -> int:
        """The length of the whole message where it is not compressed."""
        return self._encoded.message.size

    def pack(self, steady: Callable[[], float]) -> None:
        """Goes on compressing for some milliseconds."""
        if self._unsent.is_full:
            self._form = _UNCOMPRESSED[self._form] if self._form in _UNCOMPRESSED else self._form
            self._long = long_message(self._encoded, self._form)
            return
        until = steady() + STEP_SECONDS
        self._long.pack(lambda: steady() >= until)
        if self._long.is_packed:
            self._hold_packed()

    def next_piece(self) -> bytes | None:
        """The next piece, or None after the last; the one before it is not held any more."""
        self._release_piece()
        piece = self._long.piece(self._number)
        if piece is not None:
            self._number += 1
            self._piece = piece
            if not self._packed_size:
                self._unsent.add(piece, len(piece))
        return piece

    def close(self) -> None:
        """Holds nothing any more."""
        self._release_piece()
        if self._packed_size:
            self._unsent.remove(self._long, self._packed_size)
            self._packed_size = 0

    def _hold_packed(self) -> None:
        # Of a compressed one all pieces stay until its last reader has gone; others are made when they are read.
        self._packed_size = self._long.packed_size
        if self._packed_size:
            self._unsent.add(self._long, self._packed_size)

    def _release_piece(self) -> None:
        piece, self._piece = self._piece, None
        if piece is not None and not self._packed_size:
            self._unsent.remove(piece, len(piece))
