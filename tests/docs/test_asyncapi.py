"""docs/asyncapi.yaml against every type of message of a real node."""

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
    """The target of a local reference."""
    target: Any = DOCUMENT  # Any: as above
    for part in reference.removeprefix("#/").split("/"):
        target = target[part]
    return target


def check(message: dict[str, object], schema: str) -> None:
    """Validates one message, formats included."""
    whole = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    validator = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
    validator.validate(message)


def payload(kind: str) -> str:
    """The schema of a message type."""
    reference: str = DOCUMENT["components"]["messages"][kind]["payload"]["$ref"]
    return reference.rpartition("/")[2]


def receive(socket: ClientConnection, expected: str) -> dict[str, object]:
    """The next message of type `expected`; checks every message before it too."""
    while True:
        message = msgspec.json.decode(socket.recv(timeout=10), type=dict[str, object])
        kind = message["type"]
        assert isinstance(kind, str)
        check(message, payload(kind))
        if kind == expected:
            return message


def test_every_reference_resolves() -> None:
    targets = set(references(DOCUMENT))
    assert targets
    for reference in targets:
        assert resolved(reference)


def test_every_schema_is_valid() -> None:
    for schema in SCHEMAS.values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_it_describes_every_type_of_message_and_no_other() -> None:
    sent = {reference["$ref"].rpartition("/")[2] for reference in DOCUMENT["operations"]["follow"]["messages"]}
    assert sent == set(get_args(Kind))
    assert {SCHEMAS[payload(kind)]["properties"]["type"]["const"] for kind in sent} == sent


def test_it_describes_every_field_of_an_item_and_no_other() -> None:
    fields = [field.encode_name for field in msgspec.structs.fields(Item)]
    assert SCHEMAS["Item"]["required"] == fields == list(SCHEMAS["Item"]["properties"])
    assert tuple(SCHEMAS["Item"]["properties"]["act"]["enum"]) == ACTS
    assert tuple(SCHEMAS["InfoSource"]["properties"]["role"]["enum"]) == ROLES


def test_the_protocol_page_names_the_same_fields() -> None:
    page = (Path(__file__).parents[2] / "docs/protocol.md").read_text("utf-8")
    for kind in get_args(Kind):
        row = re.search(rf"^\| `{kind}` \|.*\|(.*)\|$", page, re.MULTILINE)
        assert row, kind
        assert re.findall(r"`([a-z]+)`", row[1]) == SCHEMAS[payload(kind)]["required"][1:]


@pytest.mark.parametrize("schema", ["Snapshot", "Live", "Item"])
def test_a_message_without_a_field_is_invalid(schema: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check({"type": "item", "cursor": "a.1.b"}, schema)


# The last test of the file: it stops the service.
def test_every_message_of_a_real_node_is_valid(running: Running) -> None:
    address = running.ticker.replace("http", "ws") + "/v1/live"
    with connect(address) as socket:
        cursor = receive(socket, "snapshot")["cursor"]
        uri = running.publish(link="https://news.example/1", sections=["health"], urgency=1)
        receive(socket, "item")
        running.act(uri, 1, act="correction", note="The time was wrong.", headline="Wards open at nine")
        receive(socket, "item")
        arabic = {"value": "افتتاح الأجنحة", "language": "ar", "direction": "rtl"}
        source = [{"name": "مراسل الصحيفة", "role": "correspondent"}]
        reply = running.post("/v1/items", {"headline": arabic, "infoSources": source, "edition": "ar"})
        assert reply.status_code == 201, reply.text
        receive(socket, "item")
        running.act(uri, 2, act="withdraw", note="This was not so.")
        receive(socket, "item")
        receive(socket, "heartbeat")
        with connect(f"{address}?cursor={cursor}") as again:
            assert len(msgspec.convert(receive(again, "replay")["items"], list[object])) == 2
        with connect(f"{address}?cursor=lost.9.0") as lost:
            assert receive(lost, "snapshot")["complete"] is False
        change = {"type": "subscribe", "edition": ["ar"], "urgency": 4, "backlog": 1}
        check(change, "Subscribe")
        socket.send(msgspec.json.encode(change).decode())
        assert len(msgspec.convert(receive(socket, "snapshot")["items"], list[object])) == 1
        running.process.send_signal(signal.SIGTERM)
        receive(socket, "bye")
