"""Work on passwords, TOTP codes and passkeys that takes milliseconds of CPU or a heavy import, in separate threads.

Publishing never waits for it. Two threads are as many as a small machine has cores, and bound the memory of argon2.
"""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from argon2 import PasswordHasher

_THREADS: Final = ThreadPoolExecutor(2, "secrets")
# Of a random password that is thrown away, with the parameters of `_hasher`: an unknown account takes as long as a
# wrong password.
_DUMMY_HASH: Final = "$argon2id$v=19$m=65536,t=3,p=1$3/Yu+jsOtK8p5yr9lmVR2A$aMebCpxUCSUXkky/xD4eNSBOOXOYAe5EieYNrWELRRw"
_DUMMY_SECRET: Final = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
TOTP_SECONDS: Final = 30

Value = TypeVar("Value")


async def in_thread(function: Callable[..., Value], *args: object, **kwargs: object) -> Value:
    """Calls `function` in one of the threads."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, lambda: function(*args, **kwargs))


def hash_password(password: str) -> str:
    """The argon2id hash of a password, with its parameters and salt."""
    return _hasher().hash(password)


def is_password(stored: str | None, password: str) -> bool:
    """Whether the password is the one of the hash; takes as long without a hash."""
    from argon2.exceptions import Argon2Error, InvalidHashError

    try:
        _hasher().verify(stored or _DUMMY_HASH, password)
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


def new_totp_secret() -> str:
    """A secret for an authenticator app, of 160 bits (RFC 4226, 4)."""
    import pyotp

    return pyotp.random_base32()


def totp_uri(secret: str, name: str, issuer: str) -> str:
    """The otpauth address of a secret, which an app reads as a QR code."""
    import pyotp

    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def totp_step(secret: str | None, code: str, now: float) -> int | None:
    """The time step of a TOTP code, None if it is wrong; a code of the step before or after counts (RFC 6238, 5.2)."""
    import pyotp

    generator = pyotp.TOTP(secret or _DUMMY_SECRET)
    current = int(now // TOTP_SECONDS)
    code = "".join(code.split())
    outcome = None
    for step in (current - 1, current, current + 1):
        expected = generator.generate_otp(step)
        if secrets.compare_digest(expected.encode(), code.encode("utf-8", "surrogatepass")) and secret:
            outcome = step
    return outcome


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher

    # RFC 9106, 4, the second choice, with one lane: 0.1 s of one core.
    return PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)
