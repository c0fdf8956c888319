"""Which passwords a user may choose: long ones that are not guessed first (NIST SP 800-63B, 3.1.1)."""

from typing import Final

from ticker.contract.sentences import RefusedError

LEAST: Final = 12
MOST: Final = 200
# Fewer different characters are a pattern, such as "aaaabbbbcccc".
_DIFFERENT: Final = 5
# The beginnings of common passwords, and the rows of keyboards that people type.
_COMMON: Final = (
    "password", "passw0rd", "qwerty", "azerty", "letmein", "welcome", "iloveyou", "admin", "abc123", "flashwire",
    "newsroom", "breaking", "contraseña", "contrasena",
)  # fmt: skip
_RUNS: Final = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")


def check_password(password: str, name: str) -> None:
    """Raises `RefusedError` (field `password`) for a password that is too short, or is guessed first."""
    if not LEAST <= len(password) <= MOST:
        raise RefusedError("password-length", "password", least=LEAST, most=MOST)
    plain = password.casefold()
    letters = "".join(character for character in plain if character.isalpha())
    is_guessed = (
        len(set(plain)) < _DIFFERENT
        or (len(name) > 3 and name.casefold() in plain)
        # Digits and signs after a common word are what most people add.
        or any(letters == common for common in _COMMON)
        or any(plain in run or plain[::-1] in run for run in _RUNS)
    )
    if is_guessed:
        raise RefusedError("password-guessed", "password")
