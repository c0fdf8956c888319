"""Limits on what a client may send and how long it may take; the limit on a head's bytes is the ticker's."""

from typing import Final

HEADER_LINES: Final = 100
PIPELINED: Final = 16
HEAD_SECONDS: Final = 10.0
BODY_SECONDS: Final = 10.0
# A body gets one more second for each of these; the framing of chunks does not count.
BODY_BYTES_PER_SECOND: Final = 1024
# Read and discarded after an answer that did not wait for the body: closing at once would reset the connection, and
# the client would lose the answer.
DISCARDED_BYTES: Final = 65_536
DISCARD_SECONDS: Final = 5.0
# How long a client may leave an answer unread.
UNREAD_SECONDS: Final = 20.0
# Bytes received per byte of body: a chunk of one byte has six.
FRAMING_FACTOR: Final = 8

CONNECTIONS: Final = 800
PENDING: Final = 256
CONNECTIONS_PER_ADDRESS: Final = 100
