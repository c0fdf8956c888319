"""The wire format: each message is one JSON object on one line, with the signed bytes of its items inside."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.items import item, items
from ticker.contract import message
from ticker.contract.cursor import Cursor
from ticker.contract.item import Item, decode_item, encode_item
from ticker.contract.message import Message

CURSOR, TEXT, TIME = Cursor("e1", 7, "0a1b2c3d4e"), "e1.7.0a1b2c3d4e", "2026-05-01T09:30:00.125Z"
ITEM = encode_item(item())

ALL = {
    "snapshot": message.snapshot(CURSOR, [ITEM, ITEM], complete=False, heartbeat=15.0, time=TIME),
    "replay": message.replay(CURSOR, [ITEM], heartbeat=0.5, time=TIME, stale=True),
    "item": message.live(CURSOR, ITEM),
    "heartbeat": message.heartbeat(CURSOR, time=TIME, stale=True),
    "bye": message.bye(CURSOR, reason='drain "now"', reconnect=1.23456),
}


def read(sent: Message) -> dict[str, Any]:  # Any: JSON
    assert b"\n" not in sent.body and b"\r" not in sent.body
    fields = json.loads(sent.body)
    assert isinstance(fields, dict) and fields["type"] == sent.kind
    return fields


def test_a_snapshot_says_whether_it_is_complete() -> None:
    assert read(ALL["snapshot"]) == {
        "type": "snapshot",
        "cursor": TEXT,
        "complete": False,
        "heartbeat": 15.0,
        "time": TIME,
        "stale": False,
        "items": [json.loads(ITEM)] * 2,
    }
    whole = read(message.snapshot(CURSOR, [], complete=True, heartbeat=15, time=TIME, stale=True))
    assert (whole["complete"], whole["stale"], whole["items"]) == (True, True, [])


def test_a_replay_is_always_complete() -> None:
    assert read(ALL["replay"]) == {
        "type": "replay",
        "cursor": TEXT,
        "complete": True,
        "heartbeat": 0.5,
        "time": TIME,
        "stale": True,
        "items": [json.loads(ITEM)],
    }
    assert read(message.replay(CURSOR, iter(()), heartbeat=15, time=TIME))["items"] == []


def test_a_live_entry_is_one_item_with_its_cursor() -> None:
    assert read(ALL["item"]) == {"type": "item", "cursor": TEXT, "item": json.loads(ITEM)}


def test_a_heartbeat_says_whether_the_stream_is_lost() -> None:
    assert read(ALL["heartbeat"]) == {"type": "heartbeat", "cursor": TEXT, "time": TIME, "stale": True}
    assert read(message.heartbeat(CURSOR, time=TIME, stale=False))["stale"] is False


def test_a_bye_says_when_to_reconnect() -> None:
    assert read(ALL["bye"]) == {"type": "bye", "reason": 'drain "now"', "reconnect": 1.23}


@given(items)
def test_the_bytes_of_an_item_are_never_encoded_again(original: Item) -> None:
    data = encode_item(original)
    for sent in (
        message.live(CURSOR, data),
        message.replay(CURSOR, [ITEM, data], heartbeat=15, time=TIME),
        message.snapshot(CURSOR, [data, ITEM], complete=True, heartbeat=15, time=TIME),
    ):
        assert data in sent.body
        fields = read(sent)
        encodings = [
            decode_item(json.dumps(fields_of_item).encode())
            for fields_of_item in fields.get("items", [fields.get("item")])
        ]
        assert original in encodings


def test_signed_bytes_stay_as_they_are_if_json_has_another_spelling() -> None:
    odd = ITEM.replace(b'"version":1', b'"version" : 1').replace(b"5.9", b"5\\u002e9")
    assert b'"version" : 1' in odd and odd in message.live(CURSOR, odd).body


@pytest.mark.parametrize("kind", ALL)
def test_a_message_has_a_kind_and_a_cursor(kind: str) -> None:
    assert (ALL[kind].kind, ALL[kind].cursor) == (kind, TEXT)


@given(st.sampled_from(sorted(ALL)), st.text(st.characters(codec="utf-8"), min_size=1, max_size=20))
def test_every_message_can_be_a_cloud_event(kind: str, source: str) -> None:
    sent = ALL[kind]
    data = message.cloud_event(sent, source=source, time=TIME)
    assert b"\n" not in data and sent.body in data
    assert json.loads(data) == {
        "specversion": "1.0",
        "id": f"{kind}/{TEXT}",
        "source": source,
        "type": f"flashwire.{kind}",
        "time": TIME,
        "datacontenttype": "application/json",
        "data": json.loads(sent.body),
    }
