"""A long message that one client reads piece by piece, and the memory that this takes."""

from collections.abc import Callable

from ticker.core.frame import ALONE, PLAIN_OF, Encoded, Format
from ticker.core.long import LongMessage, long_message
from ticker.node.unsent import UnsentBytes
from ticker.node.work_queue import STEP_SECONDS


class LongRead:
    """A long message that one client reads; its bytes that the client has not taken count as unsent."""

    __slots__ = ("_encoded", "_form", "_long", "_number", "_packed_size", "_piece", "_unsent")

    def __init__(self, unsent: UnsentBytes, encoded: Encoded, form: Format | None) -> None:
        self._unsent = unsent
        self._encoded = encoded
        self._form = None if form is None else ALONE.get(form, form)
        self._long: LongMessage = long_message(encoded, self._form)
        self._number = 0
        self._piece: bytes | None = None
        self._packed_size = 0
        if self._long.is_packed:
            self._count_packed()

    @property
    def packed(self) -> bool:
        """Whether its pieces are ready."""
        return self._long.is_packed

    @property
    def is_begun(self) -> bool:
        """Whether a piece was taken, so that no other message may be sent before the last one."""
        return self._number > 0

    @property
    def size(self) -> int:
        """The length of the whole message without compression."""
        return self._encoded.message.size

    def pack(self, steady: Callable[[], float]) -> None:
        """Compresses for a few milliseconds more."""
        if self._unsent.is_full:
            # Uncompressed it needs no memory.
            self._form = None if self._form is None else PLAIN_OF.get(self._form, self._form)
            self._long = long_message(self._encoded, self._form)
            return
        until = steady() + STEP_SECONDS
        self._long.pack(lambda: steady() >= until)
        if self._long.is_packed:
            self._count_packed()

    def next_piece(self) -> bytes | None:
        """Returns the next piece, or None after the last; the piece before it no longer counts as unsent."""
        self._release_piece()
        piece = self._long.piece(self._number)
        if piece is not None:
            self._number += 1
            self._piece = piece
            if not self._packed_size:
                self._unsent.add(piece, len(piece))
        return piece

    def close(self) -> None:
        """Frees what counts as unsent."""
        self._release_piece()
        if self._packed_size:
            self._unsent.remove(self._long, self._packed_size)
            self._packed_size = 0

    def _count_packed(self) -> None:
        # All pieces of a compressed message stay until its last reader has left; others are made when they are read.
        self._packed_size = self._long.packed_size
        if self._packed_size:
            self._unsent.add(self._long, self._packed_size)

    def _release_piece(self) -> None:
        piece, self._piece = self._piece, None
        if piece is not None and not self._packed_size:
            self._unsent.remove(piece, len(piece))
