"""How a client joins and changes its subscription: at once, or as a job of the node's work queue."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Final

from ticker.contract.closes import CloseCode
from ticker.core.frame import Encoded, Format
from ticker.core.joins import Subscription
from ticker.core.long import PIECE_BYTES
from ticker.net.admission import RETRY_AFTER, admit
from ticker.net.client_address import FORWARDED, client_address
from ticker.net.connection import Connection
from ticker.net.handshake import RefusalError, refusal
from ticker.net.transport import SocketTransport
from ticker.node.connection_job import ConnectionJob
from ticker.node.long_read import LongRead

TOO_BUSY: Final = "This node is busy; come back in a moment."


class JoiningConnection(Connection):
    """A connection from its request on; subclasses define how messages are framed and refusals are written."""

    __slots__ = ()

    def admit(self, headers: Mapping[bytes, bytes]) -> None:
        """Returns if a client with these `headers` may join now, else raises `RefusalError`."""
        node = self.node
        self.address = client_address(self.address, headers.get(FORWARDED), node.settings.forwarded_allow_ips)
        admit(node, headers, self.address)

    def enter(
        self,
        head: bytes,
        subscription: Subscription,
        form: Format,
        *,
        wants_status: bool = False,
    ) -> None:
        """Joins now or by the work queue; `head` is the head of the reply.

        The head and a short first message are one write. `wants_status` is that of `ConnectionJob`.
        """
        node = self.node
        self.set_limits()
        self.subscription, self.form = subscription, form
        if not node.may_answer(subscription):
            # What the client sends before it is answered stays in the socket.
            self.transport.pause_reading()
            self._queue(head, wants_status=wants_status)
        else:
            self._join(head)

    def _join(self, head: bytes) -> None:
        node, subscription = self.node, self.subscription
        start = node.steady()
        first = node.first_message_for(self, subscription)
        self._join_group(subscription)
        self.send_first(first, head)
        node.work_queue.charge(start)

    def _join_group(self, subscription: Subscription) -> None:
        self.subscription = subscription
        self._group = self.node.join(self)
        # All members of a group share its filter, which takes a kilobyte. A subscription without a cursor is shared
        # already when its query is known (75 bytes per connection).
        if subscription.cursor is not None or subscription.filter is not self._group.filter:
            self.subscription = Subscription(self._group.filter, None, subscription.backlog, subscription.heartbeat)

    def change(self, subscription: Subscription) -> None:
        """Moves to the group of `subscription`, and sends its first message."""
        group = self._group
        if group is None:
            return
        node = self.node
        node.leave(self, group)
        if self._lagging_at is None:
            start = node.steady()
            first = node.first_message_for(self, subscription)
            self._join_group(subscription)
            self.send_first(first)
            node.work_queue.charge(start)
        else:
            # A client that sends changes without reading gets one answer, to the last, when its buffer has space.
            self._join_group(subscription)
            self.subscription = subscription
            self._unanswered = True
            node.lagging.add(self)

    def send_first(self, first: Encoded, head: bytes = b"") -> None:
        if not first.message.items:
            data = first.bytes_for(self.form)
            if head:
                # By the transport, which may put it off to the end of the batch of joins (`Poller.corked`).
                self.transport.write(head + data)
            else:
                self.write(data)
            return
        # In pieces that clients share. The connection lags until the last one, so that live entries come after it.
        if head:
            self.write(head)
        self._long = LongRead(self.node.unsent, first, self.form)
        self.transport.set_write_buffer_limits(high=PIECE_BYTES // 2, low=PIECE_BYTES // 8)
        if self._lagging_at is None:
            self._begin_lagging(self.node.cursor_of(self))
        if self._long.packed:
            self._go_on()
        elif self._job is None:
            self._queue()

    # The job in the work queue

    def _queue(self, head: bytes = b"", early: bytes = b"", *, wants_status: bool = False) -> None:
        self._job = ConnectionJob(self, self.node, self.address, enters=bool(head), head=head)
        self._job.early = early
        self._job.wants_status = wants_status
        self.node.work_queue.submit(self._job)

    def run_job(self, job: ConnectionJob) -> bool:
        """Does a few milliseconds of the job; returns whether it is finished."""
        node = self.node
        if job.enters:
            if isinstance(self.transport, SocketTransport) and self.transport.is_at_end:
                # Nothing is read while the job waits, so this is the first time to see that the client has left.
                self.abort()
                return True
            reason = node.refusal(self.address, waiting=1) or (TOO_BUSY if job.is_late() else None)
            if reason is not None:
                self.refuse_job(reason)
                return True
            job.mark_joined()
            self._join(job.head)
            if not job.early:
                self.transport.resume_reading()
        elif self._long is not None and not self._long.is_begun:
            # Another client of the same message may have compressed it to the end since the last step.
            self._pack()
        if self._is_packing():
            return False
        self._job = None
        return True

    def _is_queued(self) -> bool:
        return self._job is not None

    def _is_packing(self) -> bool:
        return self._long is not None and not self._long.packed

    def _pack(self) -> None:
        if self._long is not None:
            self._long.pack(self.node.steady)
            self._go_on()

    def refuse_job(self, reason: str = TOO_BUSY) -> None:
        """Refuses the job, which is not run; called when too many jobs wait."""
        enters = False
        if self._job is not None:
            enters = self._job.enters
            self._job.cancel()
            self._job = None
        if enters:
            self.refuse_join(refusal(503, "unavailable", reason, RETRY_AFTER))
        else:
            self.close_with(CloseCode.BUSY)

    @abstractmethod
    def refuse_join(self, refused: RefusalError) -> None:
        """Answers a join with the problem, and closes the connection."""
