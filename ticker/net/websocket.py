"""A WebSocket client: our own small class on uvicorn's `ws=` seam.

The gate makes one for each plain join (`meet`), uvicorn for any other upgrade (`data_received`). Messages to a client
are ready frames that all share. Frames from a client go to the Sans-I/O code of `websockets`, which is made when one
first says something other than a pong: a listener costs no parser.
"""

import logging
from typing import Any, Final

import msgspec
from uvicorn.config import Config
from uvicorn.server import ServerState
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN, SEND_EOF, Protocol, Side

from ticker.contract import message
from ticker.contract.closes import REASONS, CloseCode
from ticker.core.frame import WINDOW_BITS, Encoded, Format
from ticker.core.query import ParameterError, Query, subscribe_pairs
from ticker.net.client_address import peer_of
from ticker.net.connection import LEAVE_SECONDS
from ticker.net.frames import only_pongs, only_whole
from ticker.net.handshake import PATH, RefusalError, Request, accept, read_head, refusal, refusal_bytes
from ticker.net.joining import JoiningConnection
from ticker.net.subscription_changes import SubscriptionChanges
from ticker.node.connection_job import ConnectionJob

# A subscribe message names a few values; nothing else is for a client to say.
MESSAGE_LIMIT: Final = 4096
# Of what a client says; more waits in the work queue. 80 frames of nothing take 2 ms.
AT_ONCE_BYTES: Final = 512
# It has an object and a few lists.
BRACKETS_LIMIT: Final = 100
# What the parser finds wrong is the client's doing and goes to it as a close code, never to the log.
_silent = logging.getLogger("flashwire.websocket")
_silent.setLevel(logging.CRITICAL)


class WebSocketConnection(JoiningConnection):
    """From the upgrade request to the last close frame."""

    __slots__ = ("_changes", "_open", "_parser")

    transport_name = "websocket"
    message_limit: int = MESSAGE_LIMIT

    # uvicorn's seam passes its lifespan state, which is a plain dict of anything.
    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        super().__init__(app_state["node"])
        self._open = False
        self._parser: Protocol | None = None
        self._changes: SubscriptionChanges | None = None

    def data_received(self, data: bytes) -> None:
        if not self._open:
            # uvicorn hands the socket over after us; a first message that fills the buffer must find us there already.
            self.transport.set_protocol(self)
            self.address = peer_of(self.transport)
            self.meet(read_head(data))
            return
        self.last_heard = self.node.steady()
        if self._job is not None:
            # Only what was read already: nothing more is, until this is heard.
            self._job.early += data
        elif self._parser is None and only_pongs(data):
            return
        elif len(data) > AT_ONCE_BYTES or self.node.work_queue.exhausted:
            self.transport.pause_reading()
            self._queue(early=data)
        else:
            self._hear(data)
            self._read_change()
            self.node.work_queue.charge(self.last_heard)

    def _hear(self, data: bytes) -> None:
        fresh = self._parser is None
        if self._parser is None:
            self._parser = self._make_parser()
        self._parse(self._parser, data)
        if fresh and self._group is not None and only_whole(data):
            # Nothing is left in it, and it costs 2.5 KiB: who has spoken once is a listener again.
            self._drop_parser()

    def meet(self, request: Request) -> None:
        """Answers the opening handshake: joins, or replies with the problem and hangs up."""
        node = self.node
        try:
            if request.path != PATH:
                raise refusal(404, "not-found", "Open the WebSocket at /v1/live.")
            self.admit(request.headers)
            subscription = node.questions.subscription(request.query)
            head, form = accept(request)
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
        parser = Protocol(Side.SERVER, state=OPEN, max_size=self.message_limit, logger=_silent)
        if self.form in (Format.DEFLATED, Format.CLOUDEVENTS_DEFLATED):
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
            # It and its generator hold each other, and would wait for the garbage collector.
            self._parser.parser.close()
            self._parser = None

    def _parse(self, parser: Protocol, data: bytes) -> None:
        parser.receive_data(data)
        # First what the parser has decided by itself: answers to pings, to a close, to one who broke a rule.
        self._send(parser)
        for event in parser.events_received():
            if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
                self._part(parser, event)
        self._send(parser)

    def _send(self, parser: Protocol, before: bytes = b"") -> None:
        writes = parser.data_to_send()
        data = before + b"".join(writes)
        if data and not self.transport.is_closing():
            self.write(data)
        if SEND_EOF in writes:
            self.left()
            self.transport.close()
        elif parser.close_expected() and self._group is not None:
            self.left()
        if parser.close_expected():
            self.node.closing.setdefault(self, self.node.steady() + LEAVE_SECONDS)

    def _part(self, parser: Protocol, frame: Frame) -> None:
        if self._group is None:
            return
        said = self._said()
        if frame.opcode is not Opcode.CONT:
            said.is_binary = frame.opcode is Opcode.BINARY
            said.parts = b""
        said.parts += frame.data
        if frame.fin:
            whole, said.parts = said.parts, b""
            if said.is_binary:
                self.bytes_message(whole)
                return
            try:
                text = whole.decode()
            except UnicodeDecodeError:
                parser.fail(1007, "not UTF-8")
            else:
                self.text_message(text)

    def bytes_message(self, data: bytes) -> None:
        """A whole binary message; none has a meaning here."""
        self.close_with(CloseCode.BAD_MESSAGE, "Send text, not bytes.")

    def text_message(self, data: str) -> None:
        """A whole text message; of several in one read the last counts."""
        self._said().text = data

    def _said(self) -> SubscriptionChanges:
        if self._changes is None:
            self._changes = SubscriptionChanges(self.node.steady())
        return self._changes

    def _read_change(self) -> None:
        """Takes a change of what is subscription for, or ends the connection."""
        changes = self._changes
        if changes is None or changes.text is None or self._group is None:
            return
        data, changes.text = changes.text, None
        if not changes.allow(self.node.steady()):
            self.close_with(CloseCode.BUSY)
            return
        try:
            # Counted first: a decoder that goes to the end of the stack leaves none to whatever is called from there.
            if data.count("[") + data.count("{") > BRACKETS_LIMIT:
                raise msgspec.DecodeError
            content = msgspec.json.decode(data, type=dict[str, object])
        except (msgspec.DecodeError, UnicodeError):
            self.close_with(CloseCode.BAD_MESSAGE, "Send a JSON object.")
            return
        if content.get("type") != "subscribe":
            self.close_with(CloseCode.BAD_MESSAGE, 'Send nothing but {"type":"subscribe", …}.')
            return
        wrong: list[str] = []
        pairs = subscribe_pairs(content, wrong.append)
        try:
            if wrong:
                self.close_with(CloseCode.BAD_PARAMETER, f"{wrong[0][:40]}: give text, a number or a list of them.")
                return
            subscription = Query(pairs, self.node.site).subscription()
        except ParameterError as error:
            self.close_with(CloseCode.BAD_PARAMETER, str(error))
            return
        changes.next = subscription
        self._change_next(changes)

    def _change_next(self, changes: SubscriptionChanges) -> None:
        # What waits in the queue for this client comes to the change, too.
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
            # What is said below may need this job.
            self._job = job
            data, job.early = job.early[:AT_ONCE_BYTES], job.early[AT_ONCE_BYTES:]
            self._hear(data)
            if not job.early:
                self._read_change()
            if job.early or self._is_packing():
                if not self._is_queued():
                    # It was told to close, which ended its job; its answer to that is still to be heard.
                    self._job = job
                    self.node.work_queue.submit(job)
                return False
            self._job = None
            if not self._full:
                self.transport.resume_reading()
        return finished

    # What the node calls

    def close_with(self, code: CloseCode, reason: str | None = None, reconnect: float | None = None) -> None:
        if self._group is None:
            return
        node = self.node
        reason = REASONS[code] if reason is None else reason
        bye = b""
        if reconnect is not None:
            words = message.bye(self.position, reason=reason, reconnect=reconnect)
            bye = Encoded(words, node.time_text()).bytes_for(self.form)
        node.metrics.closes.labels(str(code)).inc()
        if self.inside_message:
            self.left()
            self.abort()
            return
        self.left()
        if self._parser is None:
            self._parser = self._make_parser()
        # A close frame has room for 123 bytes of reason (RFC 6455, 5.5); cut at a character.
        self._parser.send_close(code, reason.encode()[:123].decode("utf-8", "ignore"))
        self._send(self._parser, bye)

    def pause_writing(self) -> None:
        super().pause_writing()
        # Answers to pings are owed by the protocol; one who asks without reading must not pile them up.
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        self.last_heard = self.node.steady()
        if self._job is None:
            self.transport.resume_reading()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.node.closing.pop(self, None)
        if self._changes is not None:
            self._changes.close()
        self._drop_parser()
