"""ULIDs (github.com/ulid/spec): 48 bits of milliseconds and 80 random bits, in Crockford's base 32."""

from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
# Two characters at a time takes half the steps; each publication makes a ULID.
_PAIRS: Final = tuple(first + second for first in _ALPHABET for second in _ALPHABET)
CHANCE_BYTES: Final = 10
# The first moment that an RFC 3339 date cannot express.
_YEAR_9999_MS: Final = 253_402_300_800_000


def ulid(seconds: float, chance: bytes) -> str:
    """26 characters of Crockford's base 32 that sort by `seconds` since 1970; `chance` is 10 random bytes."""
    if len(chance) != CHANCE_BYTES:
        raise ValueError(f"a ULID takes {CHANCE_BYTES} random bytes")
    number = int(seconds * 1000) << 80 | int.from_bytes(chance)
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(120, -1, -10)])


def ulid_seconds(text: str) -> float | None:
    """The time in a ULID, in seconds since 1970; None if `text` is not a ULID or its time is out of range."""
    digits = [_ALPHABET.find(character) for character in text.upper()]
    if len(digits) != 26 or -1 in digits:
        return None
    milliseconds = 0
    for digit in digits[:10]:
        milliseconds = milliseconds << 5 | digit
    return milliseconds / 1000 if milliseconds < _YEAR_9999_MS else None
