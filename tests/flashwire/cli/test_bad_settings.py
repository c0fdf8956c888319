"""Values that do not serve, of every setting: one line at the start, or the form that was meant."""

import contextlib
import re
from functools import partial
from pathlib import Path

import pytest
import typer
from pydantic import ValidationError

from flashwire.cli.run_settings import RunSettings
from flashwire.cli.settings import load
from publisher.settings import DeskSettings
from ticker.contract.keys import KeyringError, load_keyring
from ticker.shared.process.setting_faults import variable
from ticker.shared.process.settings import StreamSettings

FIELDS = DeskSettings.model_fields | RunSettings.model_fields
# What no setting of its kind can mean; text that names a file or holds a secret is judged where it is read.
JUNK: dict[type, tuple[str, ...]] = {
    int: ("", " ", "many", "-1", "1.5", "nan", "1e3", "99999999999999999999999x"),
    float: ("", "soon", "-1", "nan", "inf", "-inf", "10s"),
    str: ("\x00", "no such thing!"),
}
# What another system gave, or a person reads: almost any text serves.
FREE_TEXT = {"oidc_client_id", "oidc_client_secret", "oidc_name"}
FREE = {"redis_url", "signing_keys", "ticker_host", "desk_host"} | FREE_TEXT


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in FIELDS:
        monkeypatch.delenv(f"FLASHWIRE_{name.upper()}", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


def kinds_with(name: str) -> list[type[StreamSettings]]:
    return [kind for kind in (DeskSettings, RunSettings) if name in kind.model_fields]


def junk() -> list[tuple[str, str]]:
    wrong_values = []
    for name, field in FIELDS.items():
        kind = field.annotation if field.annotation in JUNK else str
        if name not in FREE and "Path" not in str(field.annotation):
            wrong_values += [(name, value) for value in JUNK[kind] if "\x00" not in value]
    return wrong_values


@pytest.mark.parametrize("name", ["site", "redis_server", "desk_url", "signing_keys", "address_connections"])
@pytest.mark.parametrize("blank", ["", "  ", '""'])
def test_a_blank_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch, name: str, blank: str) -> None:
    monkeypatch.setenv(f"FLASHWIRE_{name.upper()}", blank)
    for kind in kinds_with(name):
        assert getattr(kind(), name) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ledger_days", "36501"),
        ("idempotency_hours", "0.0000001"),
        ("data", "~nobody-of-that-name/x"),
        ("site", "~nobody-of-that-name/x"),
        ("data", "caf\udce9"),
        ("write_limit_bytes", "2147483648"),
        ("brand", ""),
        ("brand", "News"),
        ("brand", "-news"),
        ("brand", "news}"),
        ("brand", "n" * 32),
        ("brand", "news\n"),
        ("stream_length", "99"),
        ("stream_length", "1000001"),
        ("log_format", "xml"),
        ("log_level", "loud"),
        ("oidc_client_id", "two words"),
        ("oidc_client_id", "i" * 513),
        ("oidc_client_secret", "caf\udce9"),
        ("oidc_client_secret", "hunter2\n2"),
        ("oidc_name", ""),
        ("oidc_name", "  "),
        ("oidc_name", "n" * 61),
        ("oidc_name", "two\nlines"),
        *junk(),
    ],
)
def test_invalid_values_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"FLASHWIRE_{name.upper()}", value)
    for kind in kinds_with(name):
        with pytest.raises(ValidationError) as caught:
            kind()
        assert name in str(caught.value)


WRONG = (
    "",
    " ",
    '""',
    "5x",
    "-1",
    "0.0001",
    "9" * 30,
    "9" * 5000,
    "nan",
    "-inf",
    "٣",
    "\ufeff5",
    "no such thing!",
    "caf\udce9",
)
# Names of files and hosts are tried where they are used.
NAMES = {"data", "site", "redis_server", "ticker_host", "desk_host"}
# Words of a library, or of Python.
NOT_PLAIN = ("should", "pattern", "Input", "parse", "Error", "validation", "None", "\\n")


@pytest.mark.deep
@pytest.mark.parametrize("name", sorted(FIELDS.keys() - NAMES - FREE_TEXT - {"signing_keys"}))
def test_every_refusal_is_one_plain_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    refused = set()
    for value_text in WRONG:
        monkeypatch.setenv(variable(name), value_text)
        for read in (partial(load, DeskSettings), partial(load, RunSettings)):
            try:
                read()
            except typer.Exit as end:
                errors = capsys.readouterr().err
                assert end.exit_code == 2 and errors.endswith(".\n") and errors.count("\n") == 1 and len(errors) < 400
                assert errors.startswith(variable(name)) and re.search("write|choose|percent-encoded", errors), errors
                assert not [term for term in NOT_PLAIN if term in errors], errors
                visible = ascii(value_text.strip()[:30])[1:-1].split(" ")[0]
                # Addresses with passwords are not shown.
                if name not in ("redis_url", "database_url"):
                    assert (visible in errors) if value_text.strip(' "') else ("empty" in errors), errors
                refused.add(value_text)
    assert len(refused) >= 7


@pytest.mark.parametrize(
    ("name", "value_text", "meant"),
    [
        ("desk_port", "'8101'", 8101),
        ("ticker_port", ' "8100" ', 8100),
        ("drain_seconds", "'2.5'", 2.5),
        ("brand", '"mine"', "mine"),
        ("log_level", "WARNING", "warning"),
        ("log_format", '"Json"', "json"),
        ("secure_cookies", " Always ", "always"),
    ],
)
def test_quotes_and_capitals_without_meaning_are_removed(
    monkeypatch: pytest.MonkeyPatch, name: str, value_text: str, meant: object
) -> None:
    monkeypatch.setenv(variable(name), value_text)
    for kind in kinds_with(name):
        assert getattr(kind(), name) == meant


def test_no_password_of_an_address_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("PUBLIC_URL", "ALLOWED_ORIGINS", "DESK_URL", "FORWARDED_ALLOW_IPS", "BRAND", "DESK_PORT"):
        for address in ("https://desk:hunter2@news.example/x", "desk:hunter2@news.example", "https://desk:hunter2@"):
            monkeypatch.setenv(f"FLASHWIRE_{name}", address)
            for read in (partial(load, DeskSettings), partial(load, RunSettings)):
                with contextlib.suppress(typer.Exit):
                    read()
        monkeypatch.delenv(f"FLASHWIRE_{name}")
    errors = capsys.readouterr().err
    assert errors.count("\n") >= 12 and "hunter2" not in errors


def test_no_oidc_secret_is_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FLASHWIRE_OIDC_CLIENT_SECRET", "hunter2 hunter2")
    with pytest.raises(typer.Exit):
        load(DeskSettings)
    errors = capsys.readouterr().err
    assert errors.startswith("FLASHWIRE_OIDC_CLIENT_SECRET: write 1 to 512") and "hunter2" not in errors


def test_the_error_for_invalid_keys_names_their_setting(tmp_path: Path) -> None:
    for value_text in ("hunter2", "k1:hunter2", "k1", ","):
        with pytest.raises(KeyringError, match=r"^FLASHWIRE_SIGNING_KEYS cannot be used\. .*<id>:<base64") as caught:
            load_keyring(value_text, tmp_path, "news", create=True)
        assert "hunter2" not in str(caught.value)


def test_several_faults_are_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("FLASHWIRE_BRAND", "News")
    monkeypatch.setenv("FLASHWIRE_STREAM_LENGTH", "1")
    for read in (partial(load, DeskSettings), partial(load, RunSettings)):
        with pytest.raises(typer.Exit):
            read()
        assert re.fullmatch(
            r"FLASHWIRE_BRAND is “News”: write [^.]*\. "
            r"FLASHWIRE_STREAM_LENGTH is “1”: write a whole number from 100 to 1000000\.\n",
            capsys.readouterr().err,
        )


def test_a_home_directory_is_meant_where_no_shell_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/desk")
    Path(".env").write_text("FLASHWIRE_DATA=~/data\nFLASHWIRE_SITE='~/site.toml'\n")
    assert (DeskSettings().data, DeskSettings().site) == (Path("/home/desk/data"), Path("/home/desk/site.toml"))


def test_a_folder_that_is_gone_is_one_fault_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    removed = Path("gone")
    removed.mkdir()
    monkeypatch.chdir(removed)
    Path("../gone").resolve().rmdir()
    with pytest.raises(ValidationError, match="leads nowhere"):
        DeskSettings()


@pytest.mark.parametrize("blank", ["", "  ", "''"])
def test_a_blank_directory_is_refused(monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    for value_text in ({"data": blank}, {}):
        monkeypatch.setenv("FLASHWIRE_DATA", blank)
        with pytest.raises(ValidationError, match="current one"):
            DeskSettings.model_validate(value_text)
    assert DeskSettings.model_validate({"data": "."}).data == Path()


def test_values_are_normalized(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASHWIRE_ALLOWED_ORIGINS", "HTTPS://News.example:443/")
    monkeypatch.setenv("FLASHWIRE_FORWARDED_ALLOW_IPS", "10.1.2.3/8 ::1")
    monkeypatch.setenv("FLASHWIRE_DESK_ORIGINS", "'https://desk.example/'")
    monkeypatch.setenv("FLASHWIRE_TICKER_URL", "https://news.example/")
    settings, desk = RunSettings(), DeskSettings()
    assert settings.allowed_origins == "https://news.example"
    assert settings.forwarded_allow_ips == desk.forwarded_allow_ips == "10.0.0.0/8,::1"
    assert (desk.desk_origins, desk.ticker_url) == ("https://desk.example", "https://news.example")


def test_no_origin_at_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASHWIRE_ALLOWED_ORIGINS", " ")
    with pytest.raises(ValidationError, match="refuses every page"):
        RunSettings()


def test_any_origin_for_the_desk_page_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    # It would allow none: a page is compared with the addresses that are named.
    monkeypatch.setenv("FLASHWIRE_DESK_ORIGINS", "*")
    with pytest.raises(ValidationError, match=r"names no origin.*https://desk\.example"):
        DeskSettings()
