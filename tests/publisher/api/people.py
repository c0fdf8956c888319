"""What the tests about people share: clients of the desk's page, and users who have signed in."""

import time
from collections.abc import Callable
from typing import Any

import httpx2
import pyotp

from publisher.api.parts import Parts
from publisher.core.permission import Editions
from publisher.core.roles import Role
from publisher.records.credentials import Passkey
from publisher.records.users import User
from tests.support.authenticator import Authenticator

PAGE = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
PASSWORD = "seven lamps over the harbour"

Page = Callable[[], httpx2.AsyncClient]


def kind(answer: httpx2.Response) -> str:
    """The type of a problem, without its prefix."""
    return str(answer.json()["type"]).rpartition(":")[2]


async def send(client: httpx2.AsyncClient, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    """The answer to a POST that must have `status`; empty where it has no body."""
    answer = await client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return dict(answer.json()) if answer.content else {}


def user(parts: Parts, name: str, role: Role = "editor", editions: Editions = None, **fields: str) -> User:
    """A user with a passkey that no test has."""
    new_user = parts.people.users.create(name, role, editions, fields.get("email"))
    key = Passkey(name, new_user.id, name.encode(), b"", 0, "", 1.0, None, False)
    parts.people.credentials.add_passkey(key)
    found = parts.people.users.get(new_user.id)
    assert found is not None
    return found


async def invitation(parts: Parts, name: str, role: Role = "editor", editions: Editions = None) -> str:
    """The code of a new user's invitation."""
    new_user = parts.people.invitations.invite(parts.people.users.create(name, role, editions).id)
    assert new_user is not None
    return new_user[1]


async def with_passkey(client: httpx2.AsyncClient, code: str, **fields: str) -> tuple[Authenticator, dict[str, Any]]:
    """Accepts an invitation with a new passkey; the client is signed in then."""
    key = Authenticator()
    options = await send(client, "/v1/invitation/passkey/options", {"code": code, **fields})
    body = {"code": code, "credential": key.create(options["publicKey"]), **fields}
    return key, await send(client, "/v1/invitation/passkey", body, 201)


async def with_password(client: httpx2.AsyncClient, code: str, **fields: str) -> tuple[str, dict[str, Any]]:
    """Accepts an invitation with a password; returns the TOTP secret. The code of this step is used then."""
    setup = await send(client, "/v1/invitation/password/setup", {"code": code, **fields})
    body = {"setup": setup["setup"], "password": PASSWORD, "totp": pyotp.TOTP(setup["secret"]).now()}
    return setup["secret"], await send(client, "/v1/invitation/password", {"code": code, **fields, **body}, 201)


async def sign_in(client: httpx2.AsyncClient, key: Authenticator) -> httpx2.Response:
    """Signs in with a passkey."""
    options = await send(client, "/v1/session/passkey/options", {})
    return await client.post("/v1/session/passkey", json={"credential": key.get(options["publicKey"])})


def next_code(secret: str) -> str:
    """The TOTP code of the step after this one, which the desk accepts too."""
    return pyotp.TOTP(secret).at(int(time.time()) + 30)
