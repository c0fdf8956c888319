"""The address of a ticker, in any form in which a person writes it."""

from typing import Final

from ticker.shared.http.addresses import typed_address, unquoted

LIVE: Final = "/v1/live"


def ticker_address(url: str) -> str:
    """The http or https address of the ticker at `url` (http, https, ws, wss or no scheme; with or without /v1/live).

    Raises `ValueError`, which says what to write instead.
    """
    scheme, separator, rest = unquoted(url).partition("://")
    scheme = {"ws": "http", "wss": "https"}.get(scheme.lower(), scheme)
    return typed_address(scheme + separator + rest).removesuffix(LIVE)


def live_address(url: str) -> str:
    """The WebSocket address of the ticker at `url`; raises `ValueError`."""
    return "ws" + ticker_address(url).removeprefix("http") + LIVE
