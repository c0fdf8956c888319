"""Setting a password: first a TOTP secret for the user's app, then the password with a code that shows it works."""

import msgspec

from publisher.api.parts import Parts
from publisher.api.qr import qr_code
from publisher.api.secrets_work import hash_password, in_thread, new_totp_secret, totp_step, totp_uri
from publisher.core.passwords import check_password
from publisher.core.refusals import Refusals
from publisher.records.credentials import Password


class TotpSetup(msgspec.Struct, frozen=True):
    """A TOTP secret that waits for its first code, and whose it will be."""

    secret: str
    user: str
    name: str


async def begin_setup(parts: Parts, user: str, name: str) -> dict[str, object]:
    """A new secret as the page shows it: the handle of this step, the secret, its otpauth address and QR code."""
    secret = new_totp_secret()
    handle = await parts.database.call(parts.people.challenges.make, "totp", TotpSetup(secret, user, name))
    uri = totp_uri(secret, name, f"Flashwire {parts.settings.brand}")
    return {"setup": handle, "secret": secret, "uri": uri, "qr": await in_thread(qr_code, uri)}


async def checked_password(parts: Parts, setup: TotpSetup | None, name: str, password: str, code: str) -> Password:
    """What to store of a password; raises `RefusalsError` with everything that is wrong (`setup`, `password`, `totp`).

    The setup still counts after a wrong code.
    """
    refusals = Refusals()
    with refusals.at("password"):
        check_password(password, name)
    step = None
    if setup is None:
        refusals.add("setup-ended", "setup")
    else:
        step = totp_step(setup.secret, code, parts.clock())
        if step is None:
            refusals.add("code-wrong", "totp")
    refusals.raise_any()
    assert setup is not None and step is not None
    return Password(await in_thread(hash_password, password), setup.secret, step)
