"""The AsyncAPI description against its tables, its copy in docs/, and every type of message of a real node."""

import signal
from collections.abc import Iterator
from typing import Any, get_args

import httpx2
import jsonschema
import msgspec
import pytest
from websockets.sync.client import ClientConnection, connect

from tests.docs.asyncapi_file import FILE, written
from tests.docs.pages import code_words, read, table
from tests.docs.running import Running
from ticker.contract.item import Item
from ticker.contract.message import Kind
from ticker.contract.protocol_tables import protocol_tables
from ticker.contract.site import load_site
from ticker.core.query import Query, filter_names
from ticker.http.asyncapi import LOCAL, document
from ticker.http.live_parameters import filter_parameters, live_parameters

DOCUMENT: dict[str, Any] = document("0", LOCAL)  # Any: a document of any depth
SCHEMAS = DOCUMENT["components"]["schemas"]


def closed(schema: Any) -> Any:  # Any: a schema of any depth
    """A schema that refuses fields that it does not describe: clients ignore those, a test must not."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(part) for name, part in schema.items()}
    return inner | {"additionalProperties": False} if isinstance(schema.get("properties"), dict) else inner


CLOSED = closed(DOCUMENT["components"])


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
    whole = {"$ref": f"#/components/schemas/{schema}", "components": CLOSED}
    validator = jsonschema.Draft202012Validator(whole, format_checker=jsonschema.FormatChecker())
    validator.validate(message)


def payload(kind: str) -> str:
    """The schema of a message type."""
    reference: str = DOCUMENT["components"]["messages"][kind]["payload"]["$ref"]
    return reference.rpartition("/")[2]


received: set[str] = set()
"""The types of message that came."""


def receive(socket: ClientConnection, expected: str) -> dict[str, object]:
    """The next message of type `expected`; checks every message before it too."""
    while True:
        message = msgspec.json.decode(socket.recv(timeout=10), type=dict[str, object])
        kind = message["type"]
        assert isinstance(kind, str)
        received.add(kind)
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
    assert list(SCHEMAS["Item"]["properties"]) == list(SCHEMAS["RedactedItem"]["properties"]) == fields
    assert all(schema["description"] for schema in SCHEMAS["Item"]["properties"].values())


def test_its_tables_are_those_of_the_protocol_page() -> None:
    page, tables = read("protocol.md"), protocol_tables()
    rows = {" ".join(code_words(name)): meaning for name, meaning in table(page, "## The item")}
    assert rows == tables.item
    rows = {" ".join(code_words(name)): meaning for name, meaning in table(page, "### Parameters")}
    assert rows == tables.parameters
    messages = {name.strip("`"): (when, fields) for name, when, fields in table(page, "### Messages")}
    assert messages == {kind: (row.when, row.fields) for kind, row in tables.messages.items()}


def test_it_describes_every_parameter_and_no_other() -> None:
    query = Query([("nonsense", "1")], load_site(None))
    with pytest.raises(Exception, match="nonsense") as refused:
        query.finish()
    accepted_names = str(refused.value).partition("known are: ")[2].rstrip(".").split(", ")
    assert sorted(part["name"] for part in live_parameters()) == accepted_names
    assert [part["name"] for part in filter_parameters()] == list(filter_names())
    query_schema = DOCUMENT["channels"]["live"]["bindings"]["ws"]["query"]
    assert sorted(query_schema["properties"]) == accepted_names


def test_the_copy_in_the_documentation_is_what_a_node_serves() -> None:
    assert FILE.read_text("utf-8") == written(), "run: python -m tests.docs.asyncapi_file"


def test_every_example_is_valid_and_every_message_has_one() -> None:
    for kind, message in DOCUMENT["components"]["messages"].items():
        assert message["examples"], kind
        for example in message["examples"]:
            check(example["payload"], payload(kind))


@pytest.mark.parametrize("schema", ["Snapshot", "Live", "Item"])
def test_a_message_without_a_field_is_invalid(schema: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check({"type": "item", "cursor": "a.1.b"}, schema)


def test_a_node_serves_it_with_its_own_address(running: Running) -> None:
    served = httpx2.get(f"{running.ticker}/asyncapi.json", timeout=10).json()
    host = running.ticker.removeprefix("http://")
    assert served["servers"]["websocket"] | {"description": ""} == {"host": host, "protocol": "ws", "description": ""}
    assert {**served, "servers": 0, "info": 0} == {**DOCUMENT, "servers": 0, "info": 0}


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
    assert received == set(get_args(Kind))
