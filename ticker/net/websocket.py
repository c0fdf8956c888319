"""A WebSocket client, by uvicorn's `ws=` interface.

The router makes one for each plain join (`open`), uvicorn for any other upgrade (`data_received`). Messages to a client
are complete frames that all clients share. Frames from a client go to the Sans-I/O parser of `websockets`, made when a
client first sends something other than a pong: a client that only listens has none.
"""

import logging
from typing import Any, Final

from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, SEND_EOF, Protocol, Side

from ticker.contract import message
from ticker.contract.closes import REASONS, CloseCode
from ticker.core.frame import ALONE, PLAIN_OF, WINDOW_BITS, Encoded
from ticker.core.query import ParameterError
from ticker.net.client_address import peer_of
from ticker.net.connection import CLOSE_SECONDS
from ticker.net.frames import only_pongs, only_whole
from ticker.net.handshake import PATH, RefusalError, Request, accept, read_head, refusal, refusal_bytes
from ticker.net.joining import JoiningConnection
from ticker.net.subscribe_message import MessageError, read_subscribe
from ticker.net.subscription_changes import SubscriptionChanges
from ticker.node.connection_job import ConnectionJob

# A subscribe message has a few values, and a client sends nothing else.
MESSAGE_LIMIT: Final = 4096
# Input that is read at once; more waits in the work queue. 80 empty frames take 2 ms.
AT_ONCE_BYTES: Final = 512
# With these a client says that it could not read a message (RFC 6455, 7.4.1).
_BROKEN_CODES: Final = (1002, 1003, 1007, 1010)
# The parser's errors are the client's and go to it as a close code, never to the log.
_no_log = logging.getLogger("flashwire.websocket")
_no_log.setLevel(logging.CRITICAL)


class WebSocketConnection(JoiningConnection):
    """From the upgrade request to the last close frame."""

    __slots__ = ("_changes", "_open", "_parser")

    transport_name = "websocket"
    message_limit: int = MESSAGE_LIMIT

    # uvicorn passes its lifespan state, which is a plain dict of anything.
    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        super().__init__(app_state["node"])
        self._open = False
        self._parser: Protocol | None = None
        self._changes: SubscriptionChanges | None = None

    def data_received(self, data: bytes) -> None:
        if not self._open:
            # uvicorn sets the protocol after this call; a first message that fills the buffer must find it set already.
            self.transport.set_protocol(self)
            self.address = peer_of(self.transport)
            self.open(read_head(data))
            return
        self.last_heard = self.node.steady()
        if self._job is not None:
            # Bytes that were read before reading was paused; the job parses them.
            self._job.early += data
        elif self._parser is None and only_pongs(data):
            return
        elif len(data) > AT_ONCE_BYTES or self.node.work_queue.exhausted or self.inside_message:
            self.transport.pause_reading()
            self._queue(early=data)
        else:
            self._receive(data)
            self._read_change()
            self.node.work_queue.charge(self.last_heard)

    def _receive(self, data: bytes) -> None:
        is_new = self._parser is None
        if self._parser is None:
            self._parser = self._make_parser()
        self._parse(self._parser, data)
        if is_new and self._group is not None and only_whole(data):
            # The parser has no partial data; free its 2.5 KiB until the client sends something again.
            self._drop_parser()

    def open(self, request: Request) -> None:
        """Answers the opening handshake: joins, or replies with the problem and closes."""
        node = self.node
        try:
            if request.path != PATH:
                raise refusal(404, "not-found", "Open the WebSocket at /v1/live.")
            self.admit(request.headers)
            subscription = node.questions.subscription(request.query)
            deflate = node.settings.deflate
            resumes = subscription.cursor is not None
            if deflate == "shared" and node.window_faults.is_suspect(self.address, resumes=resumes):
                deflate = "fresh"
            head, form = accept(request, deflate)
        except ParameterError as error:
            self.refuse_join(RefusalError(error.problem()))
        except RefusalError as refused:
            self.refuse_join(refused)
        else:
            self._open = True
            self.last_heard = node.steady()
            self.enter(head, subscription, form)

    def refuse_join(self, refused: RefusalError) -> None:
        self.node.metrics.refused.labels(str(refused.problem.status)).inc()
        self.transport.write(refusal_bytes(refused))
        self.transport.close()

    def _make_parser(self) -> Protocol:
        parser = Protocol(Side.SERVER, state=OPEN, max_size=self.message_limit, logger=_no_log)
        if self.form in PLAIN_OF:
            parser.extensions = [
                PerMessageDeflate(
                    remote_no_context_takeover=True,
                    local_no_context_takeover=True,
                    remote_max_window_bits=15,
                    local_max_window_bits=WINDOW_BITS,
                )
            ]
        return parser

    def _drop_parser(self) -> None:
        if self._parser is not None:
            # The parser and its generator refer to each other: only the garbage collector would free them.
            self._parser.parser.close()
            self._parser = None

    def _parse(self, parser: Protocol, data: bytes) -> None:
        parser.receive_data(data)
        # First the parser's own answers: to pings, to a close, to a client that broke the protocol.
        self._send(parser)
        for event in parser.events_received():
            if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._read_frame(parser, event)
        self._send(parser)

    def _send(self, parser: Protocol, prefix: bytes = b"") -> None:
        writes = parser.data_to_send()
        data = prefix + b"".join(writes)
        if data and not self.transport.is_closing():
            self.write(data)
        if self._group is not None and parser.close_rcvd is not None and parser.close_rcvd.code in _BROKEN_CODES:
            self._note_broken(says_so=True)
        if SEND_EOF in writes:
            self.leave()
            self.transport.close()
        elif parser.close_expected() and self._group is not None:
            self.leave()
        if parser.close_expected():
            self.node.closing.setdefault(self, self.node.steady() + CLOSE_SECONDS)

    def _note_broken(self, *, says_so: bool = False) -> None:
        """Notes an end that may come from a message that the client could not decompress."""
        if self.form in ALONE:
            connections = self.node.address_counts.count(self.address)
            self.node.window_faults.note_end(self.address, connections, says_so=says_so)

    def _read_frame(self, parser: Protocol, frame: Frame) -> None:
        if self._group is None:
            return
        changes = self._get_changes()
        if frame.opcode is not Opcode.CONT:
            changes.is_binary = frame.opcode is Opcode.BINARY
            changes.parts = b""
        changes.parts += frame.data
        if frame.fin:
            data, changes.parts = changes.parts, b""
            if changes.is_binary:
                self.bytes_message(data)
                return
            try:
                text = data.decode()
            except UnicodeDecodeError:
                parser.fail(1007, "not UTF-8")
            else:
                self.text_message(text)

    def bytes_message(self, data: bytes) -> None:
        """Closes the connection: no binary message has a meaning here."""
        self.close_with(CloseCode.BAD_MESSAGE, "Send text, not bytes.")

    def text_message(self, data: str) -> None:
        """Notes a complete text message; of several in one read the last counts."""
        self._get_changes().text = data

    def _get_changes(self) -> SubscriptionChanges:
        if self._changes is None:
            self._changes = SubscriptionChanges(self.node.steady())
        return self._changes

    def _read_change(self) -> None:
        """Reads the newest text message as a change of the subscription, or closes the connection."""
        changes = self._changes
        if changes is None or changes.text is None or self._group is None:
            return
        text, changes.text = changes.text, None
        if not changes.allow(self.node.steady()):
            self.close_with(CloseCode.BUSY)
            return
        try:
            changes.next = read_subscribe(text, self.node.site)
        except MessageError as error:
            self.close_with(error.code, error.reason)
        else:
            self._change_next(changes)

    def _change_next(self, changes: SubscriptionChanges) -> None:
        # A job of this client in the work queue makes the change, too.
        if changes.next is None or changes.is_waiting or self._group is None or self._job is not None:
            return
        node = self.node
        seconds = changes.wait(node.steady())
        if seconds > 0:
            changes.call_later(seconds, lambda: self._change_next(changes))
        elif not node.may_answer(changes.next):
            self._queue()
        else:
            self._change_now(changes)

    def _change_now(self, changes: SubscriptionChanges) -> None:
        subscription = changes.take(self.node.steady())
        if subscription is not None:
            self.change(subscription)

    def run_job(self, job: ConnectionJob) -> bool:
        if self._changes is not None and self._group is not None:
            self._change_now(self._changes)
        finished = super().run_job(job)
        if job.early and not self.transport.is_closing() and not job.enters:
            if self.inside_message:
                # An answer must not come between the pieces of a message; the last piece submits the job again.
                self._job = job
                return True
            # Frames that are parsed below may need this job.
            self._job = job
            data, job.early = job.early[:AT_ONCE_BYTES], job.early[AT_ONCE_BYTES:]
            self._receive(data)
            if not job.early:
                self._read_change()
            if job.early or self._is_packing():
                if not self._is_queued():
                    # The connection is closing, which ended its job; the client's close frame is still to be parsed.
                    self._job = job
                    self.node.work_queue.submit(job)
                return False
            self._job = None
            if not self._is_full:
                self.transport.resume_reading()
            self._change_next(self._get_changes())
        return finished

    def close_with(self, code: CloseCode, reason: str | None = None, reconnect: float | None = None) -> None:
        if self._group is None:
            return
        node = self.node
        reason = REASONS[code] if reason is None else reason
        bye = b""
        if reconnect is not None:
            content = message.bye(self.position, reason=reason, reconnect=reconnect)
            bye = Encoded(content, node.time_text()).bytes_for(self.form)
        node.metrics.closes.labels(str(code)).inc()
        if self.inside_message:
            self.leave()
            self.abort()
            return
        self.leave()
        if self._parser is None:
            self._parser = self._make_parser()
        # A close frame takes 123 bytes of reason (RFC 6455, 5.5); cut between characters.
        self._parser.send_close(code, reason.encode()[:123].decode("utf-8", "ignore"))
        self._send(self._parser, bye)

    def pause_writing(self) -> None:
        super().pause_writing()
        # Each ping needs an answer. The answers of a client that sends pings and reads nothing must not pile up.
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self.last_heard = self.node.steady()
        if self._job is None:
            self.transport.resume_reading()
        super().resume_writing()

    def eof_received(self) -> bool | None:
        if self._group is not None:
            self._note_broken()
        return super().eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._group is not None:
            self._note_broken()
        super().connection_lost(exc)
        self.node.closing.pop(self, None)
        if self._changes is not None:
            self._changes.close()
        self._drop_parser()
