"""Two desks behind the nginx.conf that is shipped, on one PostgreSQL and one Redis: they share sessions and tokens."""

import re
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.deploy.stack import Stack, program
from tests.support.postgresql import Server
from tests.support.waiting import until

DESKS = ("desk", "desk-2")


class Service:
    """The desks, nginx in front of them, and a token."""

    def __init__(self, stack: Stack, database_url: str) -> None:
        self.stack = stack
        self.database = {"FLASHWIRE_DATABASE_URL": database_url}
        stack.start_redis()
        self.tokens = {name: stack.start_desk(name, **self.database) for name in DESKS}
        first, second = (stack.ports[name] for name in DESKS)
        stack.start_nginx(
            {
                f"server 127.0.0.1:{first} max_fails=0;": "".join(
                    f"server 127.0.0.1:{port} max_fails=0;" for port in (first, second)
                ),
                "proxy_next_upstream off;": "proxy_next_upstream error timeout;",
            }
        )
        self.address = f"http://{stack.desk}"
        self._requests = 0

    def browser(self) -> httpx2.Client:
        """A browser with the desk's page open: it sends cookies, and the page's origin."""
        return httpx2.Client(base_url=self.address, headers={"Origin": self.address}, timeout=10, trust_env=False)

    def desk_of(self, answer: httpx2.Response) -> str:
        """The name of the desk that gave `answer`, the newest one, by the log of nginx."""
        log = self.stack.folder / "nginx" / "access.log"
        path = str(answer.request.url.path)

        def lines() -> list[str]:
            return [line for line in log.read_text("utf-8").splitlines() if "/v1/" in line]

        self._requests += 1
        until(lambda: len(lines()) == self._requests, "nginx logged the request")
        match = re.search(rf' {path}" {answer.status_code} .* 127\.0\.0\.1:(\d+)$', lines()[-1])
        assert match, lines()[-1]
        return {str(self.stack.ports[name]): name for name in DESKS}[match[1]]


@pytest.fixture
def service(postgresql: Server) -> Iterator[Service]:
    for name in ("redis-server", "nginx", "openssl"):
        program(name)
    with tempfile.TemporaryDirectory(prefix="fw") as folder, postgresql.new_url() as url:
        Path(folder).chmod(0o755)
        stack = Stack(Path(folder))
        try:
            yield Service(stack, url)
        finally:
            stack.close()


@pytest.mark.deep
def test_a_session_of_one_desk_publishes_at_the_other_and_ends_at_both_with_its_token(service: Service) -> None:
    line = {"text": "Civil Defence: Bridge in the old town closed", "edition": "en"}
    with service.browser() as browser:
        signed_in = browser.post("/v1/session", json={"token": service.tokens["desk"]})
        assert signed_in.status_code == 200 and signed_in.json()["name"] == "desk chief"
        first = service.desk_of(signed_in)
        published = browser.post("/v1/items", json=line, headers={"Idempotency-Key": "one"})
        assert published.status_code == 201 and service.desk_of(published) != first
        again = browser.post("/v1/items", json=line, headers={"Idempotency-Key": "one"})
        assert again.content == published.content and service.desk_of(again) == first

        # The command of the first desk; nothing tells the second one.
        service.stack.token_command(
            "revoke", "desk chief", "--data", str(service.stack.folder / first), **service.database
        )
        refused = [browser.post("/v1/items", json=line) for _ in DESKS]
        assert [answer.status_code for answer in refused] == [401, 401]
        bearer = {"Authorization": f"Bearer {service.tokens['desk']}"}
        assert [browser.get("/v1/items", headers=bearer).status_code for _ in DESKS] == [401, 401]

    # An editor does not notice that one desk is away.
    service.stack.stop("desk-2", signal.SIGKILL)
    with service.browser() as browser:
        token = {"Authorization": f"Bearer {service.tokens['desk-2']}"}
        for number in range(4):
            answer = browser.post("/v1/items", json=line, headers=token | {"Idempotency-Key": f"after {number}"})
            assert answer.status_code == 201, answer.text
