"""docs/asyncapi.yaml against the messages of a real node, every type of them."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import jsonschema
import msgspec
import pytest
import yaml
from websockets.sync.client import ClientConnection, connect

from tests.docs.running import Running
from ticker.contract.item import ACTS, ROLES, Item
from ticker.contract.message import Kind

DOCUMENT: dict[str, Any] = yaml.safe_load(  # Any: a document of any depth
    (Path(__file__).parents[2] / "docs/asyncapi.yaml").read_text("utf-8")
)
SCHEMAS = DOCUMENT["components"]["schemas"]


def references(node: object) -> Iterator[str]:
    """Every `$ref` in a document."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def resolved(reference: str) -> object:
    """What a local reference points at."""
    found: Any = DOCUMENT  # Any: as above
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def check(message: dict[str, object], schema: str) -> None:
    """Validates one message, formats included."""
    whole = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    validator = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
    validator.validate(message)


def payload(kind: str) -> str:
    """The schema of a message type."""
    reference: str = DOCUMENT["components"]["messages"][kind]["payload"]["$ref"]
    return reference.rpartition("/")[2]


def heard(socket: ClientConnection, wanted: str) -> dict[str, object]:
    """The next message of type `wanted`; every one on the way is checked too."""
    while True:
        message = msgspec.json.decode(socket.recv(timeout=10), type=dict[str, object])
        kind = message["type"]
        assert isinstance(kind, str)
        check(message, payload(kind))
        if kind == wanted:
            return message


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert found
    for reference in found:
        assert resolved(reference)


def test_every_schema_is_one() -> None:
    for schema in SCHEMAS.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_it_describes_the_messages_that_there_are() -> None:
    sent = {reference["$ref"].rpartition("/")[2] for reference in DOCUMENT["operations"]["follow"]["messages"]}
    assert sent == set(get_args(Kind))
    assert {SCHEMAS[payload(kind)]["properties"]["type"]["const"] for kind in sent} == sent


def test_it_describes_the_item_that_there_is() -> None:
    fields = [field.encode_name for field in msgspec.structs.fields(Item)]
    assert SCHEMAS["Item"]["required"] == fields == list(SCHEMAS["Item"]["properties"])
    assert tuple(SCHEMAS["Item"]["properties"]["act"]["enum"]) == ACTS
    assert tuple(SCHEMAS["InfoSource"]["properties"]["role"]["enum"]) == ROLES


def test_the_page_and_the_description_name_the_same_fields() -> None:
    page = (Path(__file__).parents[2] / "docs/protocol.md").read_text("utf-8")
    for kind in get_args(Kind):
        row = re.search(rf"^\| `{kind}` \|.*\|(.*)\|$", page, re.MULTILINE)
        assert row, kind
        assert re.findall(r"`([a-z]+)`", row[1]) == SCHEMAS[payload(kind)]["required"][1:]


@pytest.mark.parametrize("schema", ["Snapshot", "Live", "Item"])
def test_a_message_that_lacks_a_field_is_not_valid(schema: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check({"type": "item", "cursor": "a.1.b"}, schema)


# The last of this file: it stops the service.
def test_every_message_of_a_real_node_is_as_described(running: Running) -> None:
    address = running.ticker.replace("http", "ws") + "/v1/live"
    with connect(address) as socket:
        cursor = heard(socket, "snapshot")["cursor"]
        uri = running.publish(link="https://news.example/1", sections=["health"], urgency=1)
        heard(socket, "item")
        running.act(uri, 1, act="correction", note="The time was wrong.", headline="Wards open at nine")
        heard(socket, "item")
        arabic = {"value": "افتتاح الأجنحة", "language": "ar", "direction": "rtl"}
        source = [{"name": "مراسل الصحيفة", "role": "correspondent"}]
        reply = running.post("/v1/items", {"headline": arabic, "infoSources": source, "edition": "ar"})
        assert reply.status_code == 201, reply.text
        heard(socket, "item")
        running.act(uri, 2, act="withdraw", note="This was not so.")
        heard(socket, "item")
        heard(socket, "heartbeat")
        with connect(f"{address}?cursor={cursor}") as again:
            assert len(msgspec.convert(heard(again, "replay")["items"], list[object])) == 2
        with connect(f"{address}?cursor=lost.9.0") as lost:
            assert heard(lost, "snapshot")["complete"] is False
        change = {"type": "subscribe", "edition": ["ar"], "urgency": 4, "backlog": 1}
        check(change, "Subscribe")
        socket.send(msgspec.json.encode(change).decode())
        assert len(msgspec.convert(heard(socket, "snapshot")["items"], list[object])) == 1
        running.process.send_signal(signal.SIGTERM)
        heard(socket, "bye")
