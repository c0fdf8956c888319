"""A small OpenID provider on loopback: discovery, keys, and tokens for codes that a test has made."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

CLIENT, SECRET = "desk", "of-the-desk"


class Provider:
    """The provider; a test changes what it answers with `claims` and `key`."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.key = self._published = ECKey.generate_key("P-256", {"kid": "k1"})
        self.claims: dict[str, object] = {}
        """Claims that replace those of the next ID tokens."""
        self._codes: dict[str, dict[str, str]] = {}

    def authorize(self, address: str, **claims: object) -> tuple[str, str]:
        """What the provider does after a person has signed in there: a code and the state."""
        parameters = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.issuer}/authorize?") and parameters["response_type"] == "code"
        assert parameters["client_id"] == CLIENT and "openid" in parameters["scope"]
        code = secrets.token_urlsafe(8)
        self._codes[code] = parameters
        self.claims = claims
        return code, parameters["state"]

    def answer(self, path: str, form: dict[str, str], authorization: str) -> Any:  # Any: JSON
        """The answer to a request of the desk; None for a refusal."""
        if path == "/.well-known/openid-configuration":
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            addresses = dict(
                zip(names, (f"{self.issuer}/{name}" for name in ("authorize", "token", "keys")), strict=True)
            )
            return {"issuer": self.issuer, **addresses}
        if path == "/keys":
            return KeySet([self._published]).as_dict(private=False)
        return self._token(form) if authorization == _basic() else None

    def _token(self, form: dict[str, str]) -> Any:  # Any: as above
        parameters = self._codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode()
        if (
            parameters is None
            or parameters["code_challenge"] != challenge.rstrip("=")
            or parameters["code_challenge_method"] != "S256"
        ):
            return None
        assert parameters["redirect_uri"] == form["redirect_uri"]
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer, "aud": CLIENT, "sub": "s1", "nonce": parameters["nonce"], "iat": now, "exp": now + 300,
        }  # fmt: skip
        token = jwt.encode({"alg": "ES256", "kid": "k1"}, claims | self.claims, self.key)
        return {"access_token": "a", "token_type": "Bearer", "id_token": token}


def _basic() -> str:
    return "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()


@contextmanager
def provider() -> Iterator[Provider]:
    """A provider that runs within the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._reply({name: values[0] for name, values in parse_qs(body).items()})

        def _reply(self, form: dict[str, str]) -> None:
            value = running.answer(self.path, form, self.headers.get("Authorization", ""))
            body = json.dumps(value).encode()
            self.send_response(400 if value is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = Provider(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
