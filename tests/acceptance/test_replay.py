"""The main job: a file of headlines in three languages goes out to an audience of 350, half of it cut and resumed.

Each client gets exactly the entries of its filter, in the stream's order, once, but for versions that newer ones
replace while it is away or behind; and what it shows at the end is the stream folded by uri.
"""

import asyncio
import gc
import json
import random
import re
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import pytest

from tests.acceptance.audience import Client, Received, caught_up, listening, seq_of
from tests.acceptance.service import Editor, environment, make_token, running
from tests.acceptance.truth import (
    Entry,
    Item,
    Parameters,
    belonging,
    current,
    folded,
    public,
    read_stream,
    replayed,
)
from tests.support.commands import FLASHWIRE, Running

pytestmark = pytest.mark.anyio

HEADLINES: Final = Path(__file__).parents[3] / "shared" / "data" / "headlines" / "headlines.jsonl"
Say = Callable[[str], None]

FILTERS: Final[tuple[Parameters, ...]] = (
    (),
    (("edition", "en"),),
    (("edition", "ar"),),
    (("edition", "es"),),
    (("edition", "en"), ("edition", "ar")),
    (("language", "ar"),),
    (("language", "es"), ("role", "platform")),
    (("urgency", "2"),),
    (("urgency", "3"), ("edition", "en")),
    (("section", "politics"),),
    (("section", "economy"), ("section", "world")),
    (("place", "europe"), ("edition", "es")),
    (("role", "platform"),),
    (("role", "official"),),
    (("source", "civil-defence"), ("source", "health-ministry")),
    (("edition", "ar"), ("section", "health")),
)
# After so many publications the editor does one thing more; the rest of the acts come when the file is through.
_EVERY: Final = 3
_INVENTED: Final = "Invented for a test."


class Newsroom:
    """An editor who follows the ticker like anyone, and does every act to what passes."""

    def __init__(self, editor: Editor, chance: random.Random) -> None:
        self.acts: Counter[str] = Counter()
        self._editor = editor
        self._chance = chance
        self._items: dict[str, Item] = {}

    async def one_more(self, passing: Item) -> None:
        """Notes a publication, then acts on a current item or publishes a line."""
        self._items.setdefault(passing["uri"], passing)
        chance = self._chance
        target = self._items[chance.choice(list(self._items))]
        act = chance.choice(_MAY[target["pubStatus"]])
        self.acts[act] += 1
        if act == "own":
            source, place_name = (
                chance.choice(["Civil Defence", "Health ministry", "Central bank"]),
                chance.choice(_PLACES),
            )
            await self._editor.publish(
                f"{source}: Line {self.acts[act]}, invented for a test",
                urgency=chance.randint(1, 5), sections=[chance.choice(_SECTIONS)], places=[place_name],
            )  # fmt: skip
            return
        answer = await self._editor.act(
            target["uri"], target["version"], act, **_CHANGES[act](chance, target["version"])
        )
        if answer["pubStatus"] == "canceled":
            del self._items[answer["uri"]]
        else:
            self._items[answer["uri"]] = answer


_SECTIONS: Final = ("politics", "economy", "world", "health", "sport")
_PLACES: Final = ("europe", "africa", "global")


def _facts(chance: random.Random, version: int) -> dict[str, object]:
    # The address makes sure that each update changes something.
    link = f"https://news.example/{version}"
    return {"urgency": chance.randint(1, 5), "sections": [chance.choice(_SECTIONS)], "places": ["europe"], "link": link}


_CHANGES: Final[dict[str, Callable[[random.Random, int], dict[str, object]]]] = {
    "update": _facts,
    "refile": lambda _, version: {"link": f"https://news.example/again/{version}"},
    "correction": lambda chance, _: {"note": _INVENTED, "urgency": chance.randint(1, 5)},
    "hold": lambda *_: {},
    "release": lambda *_: {},
    "withdraw": lambda *_: {"note": _INVENTED},
}


_MAY: Final = {
    # Three times the one that moves an item from filter to filter.
    "usable": ("own", "update", "update", "update", "refile", "correction", "hold", "withdraw"),
    "withheld": ("release", "release", "correction", "withdraw"),
}


class Cutter:
    """Cuts every second client, some more than once, at moments of the stream that the seed chooses."""

    def __init__(self, clients: list[Client], entries: int, chance: random.Random) -> None:
        self.cut = clients[::2]
        self._due: dict[int, list[Client]] = {}
        for client in self.cut:
            for moment in chance.sample(range(2, entries - 10), chance.choice((1, 1, 2, 3))):
                self._due.setdefault(moment, []).append(client)

    def passes(self, seq: int) -> None:
        for client in self._due.pop(seq, ()):
            client.cut()


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    """The audience keeps all it hears: the collector would walk it again and again, and be measured as latency."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.skipif(not HEADLINES.exists(), reason="the headlines are not beside this checkout")
@pytest.mark.deep
async def test_the_real_headlines_reach_350_clients_exactly_once_while_half_are_cut(folder: Path, say: Say) -> None:
    with running(folder, FLASHWIRE_HEARTBEAT_SECONDS="2") as service:
        await _prove(service, HEADLINES, 369, clients=(300, 50), rate="50", seed=20261122, say=say)


@pytest.mark.deep
async def test_generated_lines_at_full_speed_reach_clients_of_two_nodes(folder: Path, say: Say) -> None:
    lines = [
        {"document": f"outlet.{n}", "en": f"Line {n} of a test", "ar": f"سطر اختبار {n}", "es": f"Línea {n} de prueba"}
        for n in range(60)
    ]
    file = folder / "lines.jsonl"
    file.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    with running(folder, "--workers", "2", FLASHWIRE_HEARTBEAT_SECONDS="2") as service:
        await _prove(service, file, 180, clients=(80, 16), rate=None, seed=7, say=say)


async def _prove(
    service: Running, file: Path, items: int, *, clients: tuple[int, int], rate: str | None, seed: int, say: Say
) -> None:
    chance = random.Random(seed)
    token = make_token(service.folder, "rehearsal")
    audience = _audience(service.ticker, clients, chance)
    cutter = Cutter(audience, items, chance)
    passing: asyncio.Queue[Item | None] = asyncio.Queue()
    watcher = Client(service.ticker, "websocket")

    def watch(received: Received) -> None:
        for item in received.items():
            cutter.passes(watcher.seq)
            if item["act"] == "publish":
                passing.put_nowait(item)

    watcher.on_message = watch
    async with Editor(service.desk, token) as editor, listening([watcher, *audience]):
        newsroom = Newsroom(editor, chance)
        acting = asyncio.create_task(_act(newsroom, passing))
        replayed = await _replay(service, file, token, rate)
        passing.put_nowait(None)
        await acting
        entries = read_stream(service.data)
        await caught_up([watcher, *audience], entries[-1].seq)

    _check_stream(replayed, entries, items, newsroom)
    assert all(client.connections > 1 for client in cutter.cut), "every second client was cut and came back"
    for client in [watcher, *audience]:
        expected = belonging(entries, client.parameters)
        _check_told(client, expected)
        client_items = {uri: public(item) for uri, item in client.visible().items()}
        assert client_items == folded(public(entry.item) for entry in expected)
        assert client.kinds() == ["snapshot"] + ["replay"] * (client.connections - 1)
        assert all(received.message.get("complete", True) for received in client.received)
    for parameters in FILTERS:
        fresh = _fresh(service, parameters)
        assert fresh == current((entry.item for entry in entries), parameters)[:100]
    assert "Traceback" not in service.errors()
    say(_figures(service, replayed, [watcher, *audience], entries, newsroom))


def _audience(url: str, clients: tuple[int, int], chance: random.Random) -> list[Client]:
    sockets, events = clients
    audience = [
        Client(url, "websocket" if number < sockets else "sse", FILTERS[number % len(FILTERS)],
               chance=random.Random(chance.random()))
        for number in range(sockets + events)
    ]  # fmt: skip
    # So that every second one, which is cut, is of any filter.
    chance.shuffle(audience)
    return audience


async def _act(newsroom: Newsroom, passing: "asyncio.Queue[Item | None]") -> None:
    count = 0
    while (item := await passing.get()) is not None:
        count += 1
        if count % _EVERY == 0:
            await newsroom.one_more(item)


async def _replay(service: Running, file: Path, token: str, rate: str | None) -> str:
    pace = ["--rate", rate] if rate else []
    process = await asyncio.create_subprocess_exec(
        *FLASHWIRE, "replay", str(file), "--desk", service.desk, *pace,
        env=environment(FLASHWIRE_TOKEN=token), cwd=service.folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    out, _ = await asyncio.wait_for(process.communicate(), 80)
    assert process.returncode == 0, out.decode()
    return out.decode().strip()


def _check_stream(replayed: str, entries: list[Entry], items: int, newsroom: Newsroom) -> None:
    assert f"{items} acknowledged, 0 refused" in replayed
    headlines = [entry.item for entry in entries if entry.item["version"] == 1 and "invented" not in _headline(entry)]
    assert len(headlines) == items
    # The outlet that published a line, and no one else, is who says it.
    assert {source["role"] for item in headlines for source in item["infoSources"]} == {"platform"}
    assert Counter(item["edition"] for item in headlines) == {name: items // 3 for name in ("en", "ar", "es")}
    assert len(entries) == items + newsroom.acts.total()
    assert {*_CHANGES, "own"} == set(newsroom.acts), "every act was done"


def _check_told(client: Client, expected: list[Entry]) -> None:
    """Every message says what came between its cursor and the one before it, and nothing else."""
    position = 0
    for received in client.received:
        if "cursor" not in received.message:
            continue
        seq = seq_of(received.message["cursor"])
        since = [entry for entry in expected if position < entry.seq <= seq]
        if received.kind == "item":
            # One that is behind is brought up to date like by a replay: no version comes that a newer one replaced.
            *earlier, own = since
            assert own.seq == seq and received.message["item"] in (own.item, public(own.item)), client.parameters
            later = {entry.item["uri"] for entry in expected if entry.seq >= seq}
            assert {entry.item["uri"] for entry in earlier} <= later, client.parameters
        else:
            assert received.items() == replayed(since), client.parameters
        position = max(position, seq)


def _headline(entry: Entry) -> str:
    return str(entry.item["headline"]["value"])


def _fresh(service: Running, parameters: Parameters) -> list[Item]:
    """What a client that joins now is shown."""
    query = urlencode([*parameters, ("backlog", "100")])
    with urllib.request.urlopen(f"{service.ticker}/v1/live?{query}", timeout=5) as answer:
        items: list[Item] = json.load(answer)["items"]
    return items


def _figures(service: Running, replayed: str, clients: list[Client], entries: list[Entry], newsroom: Newsroom) -> str:
    added = {entry.mark: entry.added for entry in entries}
    late = sorted(
        received.at - added[item["uri"], item["version"]]
        for client in clients
        for received in client.received
        if received.kind == "item"
        for item in received.items()
    )
    p50, p99 = (late[int(share * len(late))] * 1000 for share in (0.5, 0.99))
    with urllib.request.urlopen(f"{service.ticker}/metrics", timeout=5) as answer:
        counted = re.findall(r'flashwire_joins_total\{kind="(\w+)",transport="(\w+)"\} (\d+)', answer.read().decode())
    joins = ", ".join(f"{transport} {kind} {count}" for kind, transport, count in counted if count != "0")
    acts = ", ".join(f"{act} {count}" for act, count in sorted(newsroom.acts.items()))
    return (
        f"{replayed}; {len(entries)} entries ({acts}); {len(clients)} clients, {len(late)} live deliveries: publish to"
        f" received p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {late[-1] * 1000:.1f} ms; joins at one node: {joins}"
    )
