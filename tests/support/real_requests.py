"""Requests that the desk accepts, for each operation of its description, and the people who send them."""

import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Final

import httpx2
import pyotp
import requests

from tests.support.authenticator import Authenticator

LINE: Final = "Civil Defence: Bridge in the old town closed"
PASSWORD: Final = "seven lamps over the harbour"
QUERIES: Final[dict[str, str]] = {
    "edition": "en", "limit": "2", "status": "usable", "q": "bridge", "time": "2026-01-01T00:00:00Z", "text": LINE,
    "from": "2026-01-01T00:00:00Z", "until": "2036-01-01T00:00:00Z", "urgency": "4", "state": "submitted",
    "section": "world", "by": "root", "source": "civil", "bylines": "true", "seconds": "60", "before": "9", "wait": "0",
    "page": "0" * 32, "actor": "root", "action": "publish", "seen": "",
}  # fmt: skip
"""Values of parameters by name; the others are left out."""
PEOPLE: Final = ("no one", "reporter", "english token", "chief token", "chief")


def in_an_hour() -> str:
    """A time in RFC 3339."""
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds").replace("+00:00", "Z")


def another_address() -> dict[str, str]:
    """Headers of a client that no request came from before, so that no limit of one address is reached."""
    return {"X-Forwarded-For": f"198.51.{secrets.randbelow(250)}.{secrets.randbelow(250)}"}


class Newsroom:
    """People with a session or a token at a desk, and things that a request can name; `root` is a chief's token."""

    def __init__(self, url: str, root: str) -> None:
        # A passkey needs a name and no address.
        self.url = url.replace("127.0.0.1", "localhost")
        self.root = {"Authorization": f"Bearer {root}"}
        self.http = httpx2.Client(base_url=self.url, timeout=30, trust_env=False)
        # Keeps no cookie: it would be sent in the name of another person.
        self.connections = requests.Session()
        self.connections.trust_env = False
        self.connections.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.headers: dict[str, dict[str, str]] = {"no one": {}}
        self._users: dict[str, dict[str, Any]] = {}

    def close(self) -> None:
        """Closes the connections."""
        self.http.close()
        self.connections.close()

    def send(self, method: str, path: str, who: str = "", **how: Any) -> dict[str, Any]:
        """The answer to a request of `who`, or of `root`, that must succeed; cookies are never kept."""
        self.http.cookies.clear()
        if who and self.http.get("/v1/session", headers=self.headers[who]).status_code != 200:
            # An earlier request may have ended the session.
            self.renew()
        headers = (self.headers[who] if who else self.root) | how.pop("headers", {})
        headers |= another_address()
        answer = self.http.request(method, path, headers=headers, **how)
        assert answer.is_success, (method, path, answer.text)
        return dict(answer.json()) if answer.content else {}

    def renew(self) -> None:
        """Signs those in again who were signed out, ends every stop, and cancels what waits: a desk holds 300 lines."""
        for stop in self.send("GET", "/v1/kill")["stops"]:
            self.send("POST", f"/v1/kill/{stop['id']}/lift", json={"reason": "over"})
        for room in ("approvals", "schedule"):
            for line in self.send("GET", f"/v1/{room}")[room]:
                self.http.delete(f"/v1/{room}/{line['id']}", headers=self.root | another_address())
        for who in PEOPLE[1:]:
            self.http.cookies.clear()
            if who not in self.headers or self.http.get("/v1/session", headers=self.headers[who]).status_code != 200:
                self.headers[who] = self._token(who) if who.endswith("token") else self._session(who)

    def _token(self, who: str) -> dict[str, str]:
        rights = {"role": "chief"} if who == "chief token" else {"role": "editor", "editions": ["en"]}
        created = self.send("POST", "/v1/tokens", json={"name": f"{who} {secrets.token_hex(4)}", **rights})
        return {"Authorization": f"Bearer {created['token']}"}

    def _session(self, role: str) -> dict[str, str]:
        """A new user with a passkey, a password and recovery codes, signed in."""
        origin = {"Origin": self.url, "Sec-Fetch-Site": "same-origin"}
        created = self.invited(role)
        code = created["invitation"]["code"]
        key = Authenticator(self.url)
        options = self.send("POST", "/v1/invitation/passkey/options", headers=origin, json={"code": code})
        body = {"code": code, "credential": key.create(options["publicKey"])}
        answer = self.http.post("/v1/invitation/passkey", headers=origin | another_address(), json=body)
        assert answer.status_code == 201, answer.text
        cookie = answer.headers["set-cookie"].partition(";")[0]
        self._users[role] = created["user"] | {"recovery": answer.json()["recoveryCodes"]}
        return {"Cookie": cookie, **origin}

    def invited(self, role: str = "reporter") -> dict[str, Any]:
        """A new user, and the link."""
        return self.send("POST", "/v1/users", json={"name": f"{role} {secrets.token_hex(4)}", "role": role})

    # What a path names

    def path_parameters(self, path: str, who: str) -> dict[str, str]:
        """Things that exist, for the parameters of `path` and the request of `who`."""
        bodies = {}
        if "{uri}" in path:
            bodies["uri"] = self.stale_translation() if path.endswith("settled") else self.item()
        if "{name}" in path:
            bodies["name"] = secrets.token_hex(4)
            self.send("POST", "/v1/tokens", json={"name": bodies["name"], "role": "editor"})
        if "{session}" in path:
            bodies["session"] = "none"
        if "{id}" in path:
            bodies["id"] = self._ids(who)[path.split("/")[2]](path)
        return bodies

    def item(self) -> str:
        """The uri of a new item."""
        return str(self.send("POST", "/v1/items", json={"text": LINE, "edition": "en"})["item"]["uri"])

    def stale_translation(self) -> str:
        """The uri of a translation whose original was corrected since, in its version 2."""
        original = self.item()
        body = {
            "text": "Policía: El puente está cerrado",
            "edition": "es",
            "role": "official",
            "translationOf": original,
        }
        translation = self.send("POST", "/v1/items", json=body)["item"]["uri"]
        act = {"act": "correction", "headline": "Bridge in the old town open", "note": "It is open."}
        self.send("POST", f"/v1/items/{original}/acts", json=act, headers={"If-Match": '"1"'})
        return str(translation)

    def _ids(self, who: str) -> dict[str, Callable[[str], str]]:
        author = who if who not in ("", "no one") else ""
        return {
            "drafts": lambda _: str(self.send("POST", "/v1/drafts", author, json=draft())["draft"]["id"]),
            "approvals": lambda _: str(self.waiting()["id"]),
            "schedule": lambda _: str(self.scheduled()["id"]),
            "sources": lambda _: str(self.source()["id"]),
            "users": lambda _: str(self.invited()["user"]["id"]),
            "kill": lambda _: str(self.send("POST", "/v1/kill", json=stop(self.invited()["user"]["name"]))["id"]),
            "account": lambda path: self.passkey(who) if "passkeys" in path else self.session(who),
        }

    def waiting(self) -> dict[str, Any]:
        """A line that waits for approval."""
        request = {"text": LINE, "edition": "en", "urgency": 1}
        return dict(self.send("POST", "/v1/approvals", json={"request": request})["waiting"])

    def scheduled(self) -> dict[str, Any]:
        """A line that waits for its time."""
        body = {"text": LINE, "edition": "en", "publishAt": in_an_hour()}
        return dict(self.send("POST", "/v1/items", json=body)["waiting"])

    def source(self) -> dict[str, Any]:
        """A new source of the registry."""
        return dict(self.send("POST", "/v1/sources", json=source())["source"])

    def passkey(self, who: str) -> str:
        """A passkey of `who`, in addition to the first one."""
        if "Cookie" not in self.headers[who]:
            return "none"
        options = self.send("POST", "/v1/account/passkeys/options", who, json={})
        body = {"credential": Authenticator(self.url).create(options["publicKey"])}
        return str(self.send("POST", "/v1/account/passkeys", who, json=body)["passkey"]["id"])

    def session(self, who: str) -> str:
        """A session of `who`."""
        account = self.send("GET", "/v1/account", who) if "Cookie" in self.headers[who] else {"sessions": []}
        return next((str(one["id"]) for one in account["sessions"]), "none")

    def body(self, method: str, path: str, who: str, ids: dict[str, str]) -> dict[str, Any] | None:
        """A body for the operation; None if it has none."""
        known = self._bodies(who, ids).get(f"{method} {path}")
        return None if known is None else known()

    def _bodies(self, who: str, ids: dict[str, str]) -> dict[str, Callable[[], dict[str, Any]]]:
        published = {"text": LINE, "edition": "en"}
        return {
            "POST /v1/items": lambda: published,
            "POST /v1/items/{uri}/acts": lambda: {"act": "hold", "note": "We check this line."},
            "POST /v1/items/{uri}/settled": lambda: {"version": 2},
            "POST /v1/split": lambda: {"text": LINE},
            "POST /v1/similar": lambda: {"edition": "en", "text": LINE, "urgency": 1},
            "POST /v1/canary": lambda: {"mark": "probe"},
            "PUT /v1/presence": lambda: {"page": "0" * 32},
            "POST /v1/drafts": draft,
            "PUT /v1/drafts/{id}": lambda: draft(state="submitted"),
            "POST /v1/approvals": lambda: {"request": published | {"urgency": 1}},
            "PUT /v1/approvals/{id}": lambda: {"request": published | {"urgency": 2}},
            "PUT /v1/schedule/{id}": lambda: {"request": published | {"publishAt": in_an_hour()}},
            "POST /v1/approvals/{id}/approve": lambda: self._decision("approvals", ids),
            "POST /v1/approvals/{id}/bypass": lambda: self._decision("approvals", ids),
            "POST /v1/approvals/{id}/refuse": lambda: self._decision("approvals", ids),
            "POST /v1/schedule/{id}/publish": lambda: self._decision("schedule", ids),
            "POST /v1/sources": source,
            "PATCH /v1/sources/{id}": lambda: {"retired": True},
            "POST /v1/kill": lambda: stop(self.invited()["user"]["name"]),
            "POST /v1/kill/{id}/lift": lambda: {"reason": "It is over"},
            "POST /v1/users": lambda: {"name": secrets.token_hex(4), "role": "editor"},
            "PATCH /v1/users/{id}": lambda: {"role": "editor"},
            "POST /v1/users/{id}/invitation": lambda: {"reset": True},
            "POST /v1/tokens": lambda: {"name": secrets.token_hex(4), "role": "editor"},
            "POST /v1/session": lambda: {"token": self.root["Authorization"].partition(" ")[2]},
            "POST /v1/session/password": self._password,
            "POST /v1/session/passkey": lambda: {"credential": {}},
            "POST /v1/welcome": lambda: {"code": "none", "name": "Amal"},
            "POST /v1/invitation": lambda: {"code": self.invited()["invitation"]["code"]},
            "POST /v1/invitation/passkey/options": lambda: {"code": self.invited()["invitation"]["code"]},
            "POST /v1/invitation/password/setup": lambda: {"code": self.invited()["invitation"]["code"]},
            "POST /v1/invitation/passkey": self._invited_passkey,
            "POST /v1/invitation/password": self._invited_password,
            "POST /v1/account/passkeys": lambda: self._new_passkey(who),
            "PATCH /v1/account/passkeys/{id}": lambda: {"label": "Phone"},
            "PUT /v1/account/password": lambda: self._new_password(who),
        }  # fmt: skip

    def _decision(self, room: str, ids: dict[str, str]) -> dict[str, Any]:
        line = self.send("GET", f"/v1/{room}/{ids['id']}")["waiting"] if ids.get("id") else {"digest": ""}
        return {"digest": line["digest"], "reason": "It cannot wait"}

    def _password(self) -> dict[str, Any]:
        user = self._users["chief"]
        return {"name": user["name"], "password": "", "code": user["recovery"].pop() if user["recovery"] else "none"}

    def _invited_passkey(self) -> dict[str, Any]:
        code = self.invited()["invitation"]["code"]
        origin = {"Origin": self.url}
        options = self.send("POST", "/v1/invitation/passkey/options", headers=origin, json={"code": code})
        return {"code": code, "credential": Authenticator(self.url).create(options["publicKey"])}

    def _invited_password(self) -> dict[str, Any]:
        code = self.invited()["invitation"]["code"]
        setup = self.send("POST", "/v1/invitation/password/setup", json={"code": code})
        totp = pyotp.TOTP(setup["secret"]).now()
        return {"code": code, "setup": setup["setup"], "password": PASSWORD, "totp": totp}

    def _new_passkey(self, who: str) -> dict[str, Any]:
        if "Cookie" not in self.headers[who]:
            return {"credential": {}}
        options = self.send("POST", "/v1/account/passkeys/options", who, json={})
        return {"credential": Authenticator(self.url).create(options["publicKey"])}

    def _new_password(self, who: str) -> dict[str, Any]:
        if "Cookie" not in self.headers[who]:
            return {"password": PASSWORD, "totp": "000000"}
        setup = self.send("POST", "/v1/account/password/setup", who, json={})
        return {"setup": setup["setup"], "password": PASSWORD, "totp": pyotp.TOTP(setup["secret"]).now()}


def draft(**fields: object) -> dict[str, Any]:
    """The body of a draft."""
    return {"edition": "en", "line": {"text": LINE}, **fields}


def source() -> dict[str, Any]:
    """The body of a new source."""
    return {"role": "official", "names": {"en": f"Office {secrets.token_hex(4)}"}}


def stop(name: str) -> dict[str, Any]:
    """The body of a stop of the user `name`."""
    return {"scope": "user", "name": name, "reason": "A rehearsal"}
