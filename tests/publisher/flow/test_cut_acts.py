"""Every form of an act, cut off in the middle: by a server that freezes, and by a network that is cut."""

import re
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
import redis

from tests.support.cut_network import CutNetwork
from tests.support.desk_process import Machine
from tests.support.sample_items import line
from tests.support.waiting import until
from ticker.contract.item import moment
from ticker.contract.site import DEFAULT_SITE

Fault = Literal["frozen", "cut"]
Send = Callable[[], httpx2.Response]
BULK = 3


class Newsroom:
    """A desk whose way to the stream can fail, and two chiefs: `first` writes, `second` approves."""

    def __init__(self, machine: Machine, network: CutNetwork) -> None:
        self.machine = machine
        self.network = network
        self.first = machine.http
        self.second = machine.client(str(machine.http.base_url), machine.new_token("second"))

    def begin(self, fault: Fault) -> None:
        """The next publication reaches the server, and no answer comes back; or nothing reaches it."""
        if fault == "frozen":
            self.machine.valkey.send_signal(signal.SIGSTOP)
        else:
            self.network.cut_after(b"publish")

    def end(self, fault: Fault) -> None:
        if fault == "frozen":
            self.machine.valkey.send_signal(signal.SIGCONT)
        else:
            self.network.heal()

    def family(self, text: str, **fields: Any) -> dict[str, Any]:
        """A request for three editions whose headlines are in no other one."""
        siblings = [
            {"edition": "ar", "text": f"الدفاع المدني: {text} ar"},
            {"edition": "es", "text": f"Protección Civil: {text} es"},
        ]
        return line(text=f"Civil Defence: {text} en", siblings=siblings, **fields)

    def publish(self, body: dict[str, Any]) -> dict[str, Any]:
        answer = self.first.post("/v1/items", json=body)
        assert answer.status_code == 201, answer.text
        item: dict[str, Any] = answer.json()["item"]
        return item

    def ask(self, body: dict[str, Any], **target: Any) -> dict[str, Any]:
        answer = self.first.post("/v1/approvals", json={"request": body, **target})
        assert answer.status_code == 201, answer.text
        waiting: dict[str, Any] = answer.json()["waiting"]
        return waiting

    def act(self, item: dict[str, Any], **body: Any) -> Send:
        headers = {"If-Match": f'"{item["version"]}"', "Idempotency-Key": f"act {item['uri']}"}
        return lambda: self.first.post(f"/v1/items/{item['uri']}/acts", json=body, headers=headers)

    def approve(self, waiting: dict[str, Any]) -> Send:
        path = f"/v1/approvals/{waiting['id']}/approve"
        return lambda: self.second.post(path, json={"digest": waiting["digest"]})

    def versions(self) -> list[tuple[str, str]]:
        """The uri and number of every version in the stream."""
        with redis.Redis(unix_socket_path=str(self.machine.socket)) as raw:
            [key] = [key for key in raw.scan_iter("*:items")]
            bodies = [fields[b"body"] for _, fields in raw.xrange(key)]
        found = [re.search(rb'"uri":"(urn:flashwire:\w+)","version":(\d+)', body) for body in bodies]
        return [(match[1].decode(), match[2].decode()) for match in found if match]


@pytest.fixture
def newsroom(request: pytest.FixtureRequest) -> Iterator[Newsroom]:
    """Its flashes and bulletins need a second person; a rehearsal where the parameter says so."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fw")))
        site = folder / "site.toml"
        site.write_text(DEFAULT_SITE.read_text("utf-8") + "\n[[approvals]]\nurgency = 2\n", "utf-8")
        network = stack.enter_context(CutNetwork(folder / "s").running())
        environment = {"REDIS_URL": f"redis://127.0.0.1:{network.port}", "FLASHWIRE_SITE": str(site)}
        environment["FLASHWIRE_REHEARSAL"] = request.param
        machine = Machine(folder, environment=environment)
        stack.callback(machine.close)
        opened = Newsroom(machine, network)
        stack.callback(opened.second.close)
        yield opened


def says_unknown(answer: httpx2.Response) -> bool:
    """The desk does not know yet, and says neither that it is done nor that it is not."""
    if answer.status_code == 503:
        return answer.json()["type"].endswith(":stream-away") and "retry-after" in answer.headers
    waiting = answer.json().get("waiting", {})
    return (waiting.get("state"), (waiting.get("problem") or {}).get("code")) == ("scheduled", "stream-away")


@pytest.mark.parametrize(("fault", "newsroom"), [("frozen", "false"), ("cut", "true")], indirect=["newsroom"])
def test_acts_of_every_form_that_are_cut_off_are_told_as_unknown_and_done_once(
    newsroom: Newsroom, fault: Fault
) -> None:
    room = newsroom
    original, raised = room.publish(room.family("Bridge closed")), room.publish(room.family("Road closed"))
    bulk = [room.publish(line(text=f"Civil Defence: Bulk {number}")) for number in range(BULK)]
    before = room.versions()
    flash = room.ask(room.family("Explosion", urgency=1))
    rise = room.ask({"act": "update", "urgency": 1, "siblings": True}, uri=raised["uri"], seen=1)
    due = room.family("Curfew", publishAt=moment(time.time() + 1.5))
    assert room.first.post("/v1/items", json=due).status_code == 202
    three = room.family("Train stopped")
    sends: list[Send] = [
        lambda: room.first.post("/v1/items", json=three, headers={"Idempotency-Key": "three"}),
        *(room.act(item, act="hold") for item in bulk),
        room.act(original, act="correction", note="It is open.", siblings=True),
        room.approve(flash),
        room.approve(rise),
    ]
    room.begin(fault)
    with ThreadPoolExecutor(len(sends)) as pool:
        answers = list(pool.map(lambda send: send(), sends))
    assert all(says_unknown(answer) for answer in answers), [answer.text for answer in answers]
    assert [waiting["item"]["headline"]["value"] for waiting in scheduled(room)].count("Curfew en") == 1
    room.end(fault)
    until(lambda: room.machine.ready() is True, "the stream is back", seconds=20)
    until(lambda: not scheduled(room), "what was approved and what was due is published", seconds=20)
    # The same requests under the same keys, and once more: the truth, and nothing new.
    first, again = [[send() for send in sends[: BULK + 2]] for _ in range(2)]
    assert [answer.status_code for answer in first] == [201, *[200] * BULK, 200], [answer.text for answer in first]
    assert [answer.json()["item"] for answer in first] == [answer.json()["item"] for answer in again]
    assert all("item" in sibling for sibling in first[-1].json()["siblings"])
    stored = Counter(room.versions())
    assert set(stored.values()) == {1}
    assert len(stored) - len(before) == 3 + BULK + 3 + 3 + 3 + 3
    items = room.first.get("/v1/items", params={"limit": 100}).json()["items"]
    headlines = Counter(item["headline"]["value"] for item in items)
    assert set(headlines.values()) == {1} and {"Explosion es", "Curfew ar", "Train stopped en"} <= headlines.keys()


def scheduled(room: Newsroom) -> list[dict[str, Any]]:
    """The lines that are to be published and are not yet."""
    lines: list[dict[str, Any]] = room.first.get("/v1/schedule").json()["schedule"]
    return lines
