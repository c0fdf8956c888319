"""The messages of `GET /v1/live`, and the problem body of a refusal, as the client reads them."""

import msgspec

from ticker.contract.problem import FieldError


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
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class _Problem(msgspec.Struct):
    detail: str = ""
    errors: tuple[FieldError, ...] = ()


def problem_sentence(body: bytes, status: int) -> str:
    """What a refusal says, for a person."""
    try:
        problem = msgspec.json.decode(body, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        problem = _Problem()
    fields = " ".join(f"{error.field}: {error.message}" for error in problem.errors)
    return fields or problem.detail or f"it answered {status}"
