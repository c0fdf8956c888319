"""The messages of `GET /v1/live`, and the problem body of a refusal, as the client reads them."""

import msgspec

from flashwire.client.problems import UNREADABLE, read_problem


class Message(msgspec.Struct, frozen=True):
    """One message; unknown fields are ignored, and `items` and `item` stay undecoded."""

    type: str
    cursor: str = ""
    items: tuple[msgspec.Raw, ...] | None = None
    # Not `Raw | None`: msgspec reads that as None alone.
    item: msgspec.Raw = msgspec.Raw()
    complete: bool = True
    heartbeat: float = 15.0
    stale: bool = False
    reason: str = ""
    reconnect: float = 0.0

    @property
    def is_first(self) -> bool:
        """Whether a connection may begin with it."""
        return self.type in ("snapshot", "replay") and self.items is not None


_decoder = msgspec.json.Decoder(Message)


def read_message(data: str | bytes) -> Message | None:
    """The message in `data`, or None if it is not one."""
    try:
        return _decoder.decode(data)
    except UNREADABLE:
        return None


def problem_sentence(body: bytes, status: int) -> str:
    """What a refusal says, for a person."""
    problem = read_problem(body)
    return problem.field_errors or problem.detail or f"it answered {status}"
