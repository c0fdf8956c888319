"""`flashwire user` against the database that a desk reads."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flashwire.cli.main import app
from publisher.records.credentials import Passkey
from publisher.records.database import open_database
from publisher.records.people import People, open_people
from publisher.records.sessions import Sessions

_NOW = 1_790_000_000.0


def run(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["user", *arguments, "--data", str(folder)], env={"FLASHWIRE_DESK_URL": None})


def people(folder: Path) -> People:
    return open_people(open_database(folder), lambda: _NOW, failures=9)


def code_of(outcome: Result) -> str:
    assert outcome.exit_code == 0, outcome.stderr
    address, mark, code = outcome.stdout.strip().partition("/#invite=")
    assert address == "http://localhost:8001" and mark
    return code


def with_passkey(folder: Path, code: str) -> str:
    """Accepts the link as a browser does; returns the id of the user."""
    records = people(folder)
    invitation = records.invitations.find(code)
    assert invitation and invitation.user
    key = Passkey("p", invitation.user.id, b"id", b"key", 0, "", 1.0, None, False)
    assert records.invitations.accept(code, key, "", invitation.user.id)
    return invitation.user.id


def test_a_user_is_added_with_a_link_and_listed(tmp_path: Path) -> None:
    code = code_of(run(tmp_path, "add", "Amal Haddad", "--role", "editor", "--edition", "ar", "--edition", "es"))
    listed = run(tmp_path, "list").stdout
    assert all(word in listed for word in ("Amal Haddad", "editor", "ar es", "invited", "nothing yet", "never"))
    user = people(tmp_path).users.get(with_passkey(tmp_path, code))
    assert user and user.state == "active" and user.editions == frozenset({"ar", "es"})
    assert "1 passkeys" in run(tmp_path, "list").stdout and code not in run(tmp_path, "list").stdout


def test_disable_enable_role_and_sessions_take_effect_at_once(tmp_path: Path) -> None:
    user = with_passkey(tmp_path, code_of(run(tmp_path, "add", "Amal", "--role", "editor")))
    records, sessions = people(tmp_path), Sessions(open_database(tmp_path))

    def signed_in() -> str:
        user_record = records.users.get(user)
        assert user_record
        return sessions.start(user_record.actor, "passkey", address="192.0.2.1", agent="Firefox")

    for command in (
        ("disable", "amal"),
        ("role", "Amal", "reporter", "--edition", "en"),
        ("sessions", "Amal", "--end"),
    ):
        secret = signed_in()
        if command[0] == "sessions":
            assert "192.0.2.1" in run(tmp_path, "sessions", "Amal").stdout and sessions.holder(secret)
        assert run(tmp_path, *command).exit_code == 0
        assert sessions.holder(secret) is None
        if command[0] == "disable":
            assert run(tmp_path, "enable", "Amal").exit_code == 0
    user_record = records.users.get(user)
    assert (
        user_record
        and user_record.role == "reporter"
        and user_record.editions == frozenset({"en"})
        and user_record.state == "active"
    )


def test_a_reset_removes_what_a_user_signs_in_with_and_an_invitation_does_not(tmp_path: Path) -> None:
    user = with_passkey(tmp_path, code_of(run(tmp_path, "add", "Amal")))
    first = code_of(run(tmp_path, "invite", "Amal"))
    assert len(people(tmp_path).credentials.passkeys(user)) == 1
    second = code_of(run(tmp_path, "reset", "Amal"))
    assert people(tmp_path).credentials.passkeys(user) == []
    assert people(tmp_path).invitations.find(first) is None and people(tmp_path).invitations.find(second)


@pytest.mark.deep
@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "Bea", "--role", "king"), ("add", "Bea", "--edition", "fr"), ("add", "amal"), ("add", ""),
        ("add", "Bea", "--email", "x"), ("disable", "Bea"), ("invite", "Bea"), ("sessions", "Bea"),
        ("role", "Amal", "king"), ("disable", "Amal"), ("role", "Amal", "editor"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_one_clear_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with_passkey(tmp_path, code_of(run(tmp_path, "add", "Amal", "--role", "chief")))
    outcome = run(tmp_path, *arguments)
    assert outcome.exit_code == 1 and not outcome.stdout and len(outcome.stderr.strip().splitlines()) == 1
    assert [user.state for user in people(tmp_path).users.all()] == ["active"]


def test_commands_about_users_are_in_the_audit(tmp_path: Path) -> None:
    from publisher.records.audit import AuditLog

    code = code_of(run(tmp_path, "add", "Amal", "--role", "chief"))
    run(tmp_path, "invite", "Amal")
    records = AuditLog(open_database(tmp_path)).records_after(0)
    assert [(record.action, record.object) for record in records] == [
        ("user-create", "user:Amal"), ("user-invite", "user:Amal"),
    ]  # fmt: skip
    assert code not in repr(records)
