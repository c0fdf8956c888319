"""Limits of one HTTP request, the same on both sides."""

from typing import Final

HEAD_BYTES: Final = 16_384
"""Request line and headers; httptools itself has no limit."""
