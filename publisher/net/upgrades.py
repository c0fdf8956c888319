"""HTTP/1.1 that ignores a request to upgrade and answers the request itself (RFC 9110, 7.8)."""

from typing import Any, Final

import httptools

from publisher.net.fair_http import FairHttp

_FRAMING_HEADERS: Final = frozenset({b"content-length", b"transfer-encoding"})


class NoUpgradeHttp(FairHttp):
    """Reads on after a request that asks for an upgrade; Java's client asks for h2c with its first request.

    httptools ends at such a request and takes its body for the other protocol. A new parser reads the body, after a
    short head that says only how the body is framed.
    """

    def __init__(self, **options: Any) -> None:  # Any: as `FairHttp` takes them
        super().__init__(**options)
        self._is_framing = False
        """The parser reads the short head, which is no request."""
        self._skipped_framing: bytes | None = None
        """The framing headers of a body that the parser is about to skip."""

    def _feed(self, data: bytes) -> bytes:
        """Parses `data`; returns what follows a request that asks for an upgrade."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self.parser = httptools.HttpRequestParser(self)
            if self._skipped_framing is not None:
                self._is_framing, framing = True, self._skipped_framing
                self.parser.feed_data(b"POST / HTTP/1.1\r\n" + framing + b"\r\n")
                self._is_framing, self._skipped_framing = False, None
            return data[upgrade.args[0] :]
        return b""

    def _note_upgrade(self) -> None:
        """Remembers the framing of the body where the head that was just read asks for an upgrade."""
        if self.parser.should_upgrade():
            framing = [pair for pair in self.headers if pair[0] in _FRAMING_HEADERS and pair[1] != b"0"]
            self._skipped_framing = b"".join(b"%b: %b\r\n" % pair for pair in framing) or None
