"""Typed addresses, tokens and keys: brought into one form, or refused in one line."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flashwire.cli.main import app
from flashwire.client.address import ticker_address
from ticker.shared.http.addresses import typed_address

NONE = (
    "", " ", "htp://news.example", "ftp://news.example", "http://", "http://[::1", "http://news.example:port",
    "http://news.example:99999", "http://news.example:0", "http://news.example/?edition=en", "http://u:p@news.example",
    "http://news example", "javascript:alert(1)", "unix:///run/desk.sock", "http://news.example/#top", "//news.example",
)  # fmt: skip


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "items.jsonl").write_text('{"text": "Civil Defence: x", "edition": "en"}\n')


def run(*arguments: str, **variables: str) -> Result:
    named = {"FLASHWIRE_TOKEN": "fw_x", "FLASHWIRE_DESK_URL": None, "FLASHWIRE_TICKER_URL": None}
    return CliRunner().invoke(app, list(arguments), env=named | variables)


@pytest.mark.parametrize("value", NONE)
@pytest.mark.parametrize(
    "arguments",
    [("tail", "--ticker"), ("doctor", "--ticker"), ("doctor", "--desk"), ("post", "Civil Defence: x", "--desk"),
     ("replay", "items.jsonl", "--desk")],
)  # fmt: skip
def test_a_wrong_address_is_one_line_at_once(arguments: tuple[str, ...], value: str) -> None:
    refused = run(*arguments, value)
    # A desk that was looked for would make it 1.
    assert refused.exit_code == 2 and not refused.stdout
    assert refused.stderr.count("\n") == 1 and arguments[-1] in refused.stderr, refused.stderr
    assert "u:p" not in refused.stderr, "it may hold a password"


@pytest.mark.parametrize(
    ("read", "typed", "meant"),
    [
        (typed_address, "127.0.0.1:8001", "http://127.0.0.1:8001"),
        (typed_address, " 'https://desk.example/newsroom/' ", "https://desk.example/newsroom"),
        (typed_address, "desk", "http://desk"),
        (ticker_address, "WSS://news.example/v1/live/", "https://news.example"),
        (ticker_address, "ws://127.0.0.1:8000", "http://127.0.0.1:8000"),
        (ticker_address, "news.example/ticker/v1/live", "http://news.example/ticker"),
    ],
)
def test_an_address_is_brought_into_one_form(read: Callable[[str], str], typed: str, meant: str) -> None:
    assert read(typed) == meant


@pytest.mark.parametrize("key", ["", "ключ", "a\nb", "a\x7f"])
def test_a_key_that_was_not_printed_publishes_nothing(key: str) -> None:
    refused = run("post", "Civil Defence: x", "--desk", "http://127.0.0.1:9", "--key", key)
    assert refused.exit_code == 1 and refused.stderr.count("\n") == 1 and "--key" in refused.stderr


def test_quotes_around_a_token_are_not_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    received_tokens: list[str] = []

    class Client:
        def __init__(self, url: str, token: str, **_: object) -> None:
            received_tokens.append(token)
            raise KeyboardInterrupt

    monkeypatch.setattr("flashwire.client.desk.DeskClient", Client)
    run("post", "Civil Defence: x", FLASHWIRE_TOKEN=' "fw_x" ')
    assert received_tokens == ["fw_x"]
