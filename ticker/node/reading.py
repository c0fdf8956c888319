"""What a connection has while it waits: its place in the work queue, and the long message that its client reads."""

from collections.abc import Callable
from typing import Final, Protocol

from ticker.core.frame import Encoded, Format
from ticker.core.long import LongMessage, long_message
from ticker.node.held import Held
from ticker.node.work_queue import STEP_SECONDS, Work

# A client that waited longer has probably gone; it is told to come back.
LATE_SECONDS: Final = 10.0
# Where too much is held already, long messages go uncompressed, which needs no memory (RFC 7692, 6: any may).
_UNCOMPRESSED: Final = {Format.DEFLATED: Format.PLAIN, Format.CLOUDEVENTS_DEFLATED: Format.CLOUDEVENTS}


class Reading:
    """One client's reading of a long message; what it has not taken counts as held."""

    __slots__ = ("_encoded", "_form", "_held", "_long", "_number", "_packed_size", "_piece")

    def __init__(self, held: Held, encoded: Encoded, form: Format | None) -> None:
        self._held = held
        self._encoded = encoded
        self._form = form
        self._long: LongMessage = long_message(encoded, form)
        self._number = 0
        self._piece: bytes | None = None
        self._packed_size = 0
        if self._long.packed:
            self._hold_packed()

    @property
    def packed(self) -> bool:
        """Whether its pieces can be asked for."""
        return self._long.packed

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
        if self._held.full:
            self._form = _UNCOMPRESSED[self._form] if self._form in _UNCOMPRESSED else self._form
            self._long = long_message(self._encoded, self._form)
            return
        until = steady() + STEP_SECONDS
        self._long.pack(lambda: steady() >= until)
        if self._long.packed:
            self._hold_packed()

    def next_piece(self) -> bytes | None:
        """The next piece, or None after the last; the one before it is not held any more."""
        self._release_piece()
        piece = self._long.piece(self._number)
        if piece is not None:
            self._number += 1
            self._piece = piece
            if not self._packed_size:
                self._held.hold(piece, len(piece))
        return piece

    def close(self) -> None:
        """Holds nothing any more."""
        self._release_piece()
        if self._packed_size:
            self._held.release(self._long, self._packed_size)
            self._packed_size = 0

    def _hold_packed(self) -> None:
        # Of a compressed one all pieces stay until its last reader has gone; others are made when they are read.
        self._packed_size = self._long.packed_size
        if self._packed_size:
            self._held.hold(self._long, self._packed_size)

    def _release_piece(self) -> None:
        piece, self._piece = self._piece, None
        if piece is not None and not self._packed_size:
            self._held.release(piece, len(piece))


class _Client(Protocol):
    def run_job(self, job: "QueuedJoin") -> bool:
        """As `ticker.node.work_queue.Job.run`."""

    def refuse_job(self) -> None:
        """As `ticker.node.work_queue.Job.refuse`."""


class _Node(Protocol):
    work: Work
    steady: Callable[[], float]
    entering: int


class QueuedJoin:
    """A connection's place in the work queue; `head` is what its reply begins with where it has not joined yet."""

    __slots__ = ("_client", "_node", "_since", "address", "early", "enters", "head", "wants_status")

    def __init__(self, client: _Client, node: _Node, address: str, *, enters: bool, head: bytes = b"") -> None:
        self._client = client
        self._node = node
        self._since = node.steady()
        self.enters = enters
        """Whether it waits to join."""
        node.entering += enters
        self.address = address
        self.head = head
        self.wants_status = False
        """Whether a refusal must have its own status: a proxy then tries another node."""
        self.early = b""
        """What the client said meanwhile."""

    def is_late(self) -> bool:
        """Whether it waited for too long."""
        return self._node.steady() - self._since > LATE_SECONDS

    def joined(self) -> None:
        """It does not wait to join any more."""
        self._node.entering -= self.enters
        self.enters = False

    def leave(self) -> None:
        """Its connection has gone, or needs it no more."""
        self.joined()
        self._node.work.discard(self)

    def run(self) -> bool:
        return self._client.run_job(self)

    def refuse(self) -> None:
        self._client.refuse_job()
