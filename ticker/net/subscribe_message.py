"""The `subscribe` message of a client: its text, read into a subscription or refused with a close code."""

from typing import Final

import msgspec

from ticker.contract.closes import CloseCode
from ticker.contract.site import Site
from ticker.core.joins import Subscription
from ticker.core.query import ParameterError, Query, subscribe_pairs

# A valid message has one object and a few lists.
BRACKETS_LIMIT: Final = 100


class MessageError(Exception):
    """The message is refused; the connection is closed with `code` and `reason`."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(reason)


def read_subscribe(text: str, site: Site) -> Subscription:
    """The subscription that a text message asks for; raises `MessageError`."""
    try:
        # Counted first: a decoder at the end of the stack leaves no stack to the code that is called after it.
        if text.count("[") + text.count("{") > BRACKETS_LIMIT:
            raise msgspec.DecodeError
        content = msgspec.json.decode(text, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeError):
        raise MessageError(CloseCode.BAD_MESSAGE, "Send a JSON object.") from None
    if content.get("type") != "subscribe":
        raise MessageError(CloseCode.BAD_MESSAGE, 'Send nothing but {"type":"subscribe", …}.')
    wrong: list[str] = []
    pairs = subscribe_pairs(content, wrong.append)
    if wrong:
        raise MessageError(CloseCode.BAD_PARAMETER, f"{wrong[0][:40]}: give text, a number or a list of them.")
    try:
        return Query(pairs, site).subscription()
    except ParameterError as error:
        raise MessageError(CloseCode.BAD_PARAMETER, str(error)) from None
