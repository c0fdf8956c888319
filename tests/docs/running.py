"""A running service, as tests of the documentation use it."""

import subprocess

import httpx2
import msgspec


class Running(msgspec.Struct, frozen=True):
    """The process of `flashwire run`, its two addresses, and the token of a chief."""

    process: "subprocess.Popen[str]"
    ticker: str
    desk: str
    token: str

    def post(self, path: str, body: dict[str, object], **headers: str) -> httpx2.Response:
        """Sends a request to the desk."""
        all_headers = {
            "Authorization": f"Bearer {self.token}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return httpx2.post(self.desk + path, json=body, headers=all_headers, timeout=10)

    def publish(self, **body: object) -> str:
        """Publishes an item; returns its uri."""
        reply = self.post("/v1/items", {"text": "Health ministry: Wards open", "edition": "en", **body})
        assert reply.status_code == 201, reply.text
        uri: str = reply.json()["item"]["uri"]
        return uri

    def act(self, uri: str, version: int, **body: object) -> None:
        """Changes an item."""
        reply = self.post(f"/v1/items/{uri}/acts", body, If_Match=f'"{version}"')
        assert reply.status_code == 200, reply.text
