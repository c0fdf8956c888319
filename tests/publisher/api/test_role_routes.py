"""The lowest role of every route that writes; the routes are read from the application, so that none is missing."""

import re

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from publisher.core.roles import ROLES
from tests.publisher.conftest import ClientFor

pytestmark = pytest.mark.anyio

# One's own things, and what changes nothing for others. Signing in and out is in test_every_write.py.
ANYONE = {
    "POST /v1/split", "POST /v1/similar", "POST /v1/canary", "PUT /v1/presence", "DELETE /v1/presence",
    "POST /v1/drafts", "PUT /v1/drafts/{id}", "DELETE /v1/drafts/{id}",
}  # fmt: skip
OWN = re.compile(r"/v1/(account|session|welcome|invitation)\b")
# What each request asks for; a body that is right, so that only the role can refuse it.
ACT = {"act": "update", "urgency": 2}
LINE = {"edition": "en", "text": "Civil Defence: Bridge closed"}
EDITOR = {
    "POST /v1/items": LINE,
    "POST /v1/items/{uri}/acts": ACT,
    "POST /v1/items/{uri}/settled": {"version": 1},
    "POST /v1/approvals": {"request": LINE},
    "PUT /v1/approvals/{id}": {"request": LINE},
    "DELETE /v1/approvals/{id}": {},
    "PUT /v1/schedule/{id}": {"request": LINE},
    "DELETE /v1/schedule/{id}": {},
    "POST /v1/schedule/{id}/publish": {"digest": "x"},
    "POST /v1/approvals/{id}/approve": {"digest": "x"},
    "POST /v1/approvals/{id}/bypass": {"digest": "x", "reason": "x"},
    "POST /v1/approvals/{id}/refuse": {"reason": "x"},
    "POST /v1/sources": {"role": "official", "names": {"en": "Port Authority", "ar": "الميناء", "es": "Puerto"}},
    "PATCH /v1/sources/{id}": {"retired": True},
}
CHIEF = {
    "POST /v1/kill": {"scope": "user", "name": "x", "reason": "x"},
    "POST /v1/kill/{id}/lift": {"reason": "x"},
    "POST /v1/users": {"name": "New Person", "role": "reporter"},
    "PATCH /v1/users/{id}": {"role": "reporter"},
    "POST /v1/users/{id}/invitation": {},
    "DELETE /v1/users/{id}/sessions": {},
    "DELETE /v1/users/{id}/sessions/{session}": {},
    "POST /v1/tokens": {"name": "script", "role": "reporter"},
    "DELETE /v1/tokens/{name}": {},
}


async def test_every_route_that_writes_has_its_lowest_role(client_for: ClientFor, app: Starlette) -> None:
    clients = {role: client_for(role) for role in ROLES}
    unknown = []
    for route in app.routes:
        assert isinstance(route, Route)
        for method in sorted((route.methods or set()) - {"GET", "HEAD", "OPTIONS"}):
            name = f"{method} {route.path}"
            if name in ANYONE or OWN.match(route.path):
                continue
            body = EDITOR.get(name, CHIEF.get(name))
            if body is None:
                unknown.append(name)
                continue
            lowest = 1 if name in EDITOR else 2
            path = re.sub(r"\{[^}]*\}", "x", route.path)
            for number, role in enumerate(ROLES):
                answer = await clients[role].request(method, path, json=body, headers={"If-Match": '"1"'})
                if number >= lowest:
                    assert answer.status_code != 403, (name, role, answer.text)
                else:
                    # A thing that this person may not see is not found.
                    assert answer.status_code in (403, 404), (name, role, answer.text)
    assert not unknown, "add these to the table"
