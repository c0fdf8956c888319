"""Users, credentials, links, challenges and attempts, on SQLite and on PostgreSQL, also by two desks at once."""

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from publisher.records.attempts import WINDOW_SECONDS, Attempts, TooManyAttemptsError
from publisher.records.credentials import LastWayError, Passkey, Password
from publisher.records.database import Database, open_database
from publisher.records.people import People, open_people
from publisher.records.sessions import Sessions
from publisher.records.tokens import Actor, Tokens
from publisher.records.users import LastChiefError
from publisher.records.welcome import Welcome
from tests.publisher.records.conftest import OpenDatabase
from ticker.contract.sentences import RefusedError

Value = TypeVar("Value")


@pytest.fixture
def clock() -> list[float]:
    return [1_000_000.0]


@pytest.fixture
def people(database: Database, clock: list[float]) -> People:
    return open_people(database, lambda: clock[0], failures=3)


def passkey(user: str, number: int = 0) -> Passkey:
    return Passkey(f"p{number}", user, b"credential %d" % number, b"key", 2**32 - 1, "", 1.0, None, True)


AtOnce = Callable[..., list[Any]]


@pytest.fixture
def at_once(tmp_path: Path, database_url: str | None) -> AtOnce:
    """Calls a function with a separate database and a number, in several threads that begin together."""

    def call(function: Callable[[Database, int], Value], count: int = 4) -> list[Value]:
        together, values = threading.Barrier(count), []

        def run(number: int) -> None:
            # SQLite's connection belongs to the thread that opens it.
            with closing(open_database(tmp_path, database_url)) as own:
                together.wait(60)
                values.append(function(own, number))

        threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(values) == count
        return values

    return call


def desk_of(database: Database) -> People:
    return open_people(database, lambda: 1_000_000.0, failures=9)


def test_a_user_is_found_by_name_and_address_and_counts_what_belongs_to_it(people: People) -> None:
    user = people.users.create("Amal Haddad", "editor", frozenset({"en"}), "Amal@Example.org")
    assert user.state == "invited" and user.actor == Actor(
        "Amal Haddad", "editor", False, frozenset({"en"}), "user", user.id
    )
    people.credentials.add_passkey(passkey(user.id))
    people.credentials.new_recovery_codes(user.id)
    for login in ("amal haddad", " AMAL HADDAD ", "amal@example.org"):
        stored = people.users.find(login)
        assert stored and (stored.id, stored.state, stored.passkeys, stored.recovery_codes) == (
            user.id,
            "active",
            1,
            10,
        )
    assert people.users.find("Amal") is None and people.credentials.passkey(b"credential 0") == passkey(user.id)


def test_a_name_belongs_to_one_user_or_token(people: People, tokens: Tokens) -> None:
    tokens.create("wire", "editor")
    people.users.create("Amal", "editor", email="amal@example.org")
    for name in ("wire", "amal", "AMAL"):
        with pytest.raises(RefusedError):
            people.users.create(name, "editor")
    with pytest.raises(RefusedError):
        tokens.create("Amal", "editor")
    with pytest.raises(RefusedError) as refused:
        people.users.create("Bea", "editor", email="AMAL@example.org")
    assert refused.value.field == "email" and len(people.users.all()) == 1
    # A sign-in may name a user by either, so the name of one is not the address of another.
    with pytest.raises(RefusedError):
        people.users.create("amal@example.org", "editor")


def test_a_change_ends_the_sessions_at_every_desk(people: People, another: OpenDatabase, database: Database) -> None:
    chief = people.users.create("Amal", "chief")
    people.credentials.add_passkey(passkey(chief.id))
    user = people.users.create("Bea", "editor")
    people.credentials.add_passkey(passkey(user.id, 1))
    there = Sessions(another())
    for change in ({"role": "reporter"}, {"editions": frozenset({"en"})}, {"state": "disabled"}):
        stored = people.users.get(user.id)
        assert stored
        session = Sessions(database).start(stored.actor, "passkey")
        assert there.holder(session) == stored.actor
        people.users.change(user.id, **change)
        assert there.holder(session) is None
    for last in ({"role": "editor"}, {"state": "disabled"}, {"editions": frozenset({"en"})}):
        with pytest.raises(LastChiefError):
            people.users.change(chief.id, **last)
    stored = people.users.get(chief.id)
    assert stored and stored.role == "chief" and stored.state == "active"


def test_a_session_ends_when_it_is_not_used(people: People, database: Database, clock: list[float]) -> None:
    sessions = Sessions(database, lambda: clock[0], total=1000, idle=100)
    user = people.users.create("Amal", "editor")
    people.credentials.add_passkey(passkey(user.id))
    from publisher.records.tokens import digest

    secret = sessions.start(user.actor, "passkey", agent="x" * 5000)
    for _ in range(9):
        clock[0] += 90
        sessions.touch(digest(secret))
        assert sessions.holder(secret) == user.actor
    clock[0] += 101
    sessions.touch(digest(secret))
    assert sessions.holder(secret) is None and sessions.of_user(user.id) == []
    secret = sessions.start(user.actor, "passkey")
    for _ in range(11):
        clock[0] += 95
        sessions.touch(digest(secret))
    assert sessions.holder(secret) is None


def test_codes_and_counts_are_used_once_by_two_desks_at_once(people: People, at_once: AtOnce) -> None:
    user = people.users.create("Amal", "editor")
    people.credentials.add_passkey(passkey(user.id))
    people.credentials.set_password(user.id, "hash", "secret", 5)
    code = people.credentials.new_recovery_codes(user.id)[0]
    challenge = people.challenges.make("sign-in", Password("a", "b", 1))

    def use(own: Database, _: int) -> list[bool]:
        desk = desk_of(own)
        return [
            desk.credentials.take_totp_step(user.id, 6),
            desk.credentials.take_recovery_code(user.id, code),
            desk.credentials.use_passkey(passkey(user.id), 2**32),
            desk.challenges.take("sign-in", challenge, Password) is not None,
        ]

    assert [sum(column) for column in zip(*at_once(use), strict=True)] == [1, 1, 1, 1]
    assert not people.credentials.take_totp_step(user.id, 5)


def test_a_link_makes_one_passkey_if_two_requests_come_at_once(people: People, at_once: AtOnce) -> None:
    user = people.users.create("Amal", "editor")
    invitation = people.invitations.invite(user.id)
    assert invitation

    def accept(own: Database, number: int) -> bool:
        desk = desk_of(own)
        return desk.invitations.accept(invitation[1], passkey(user.id, number), "", user.id) is not None

    assert sum(at_once(accept)) == 1 and len(people.credentials.passkeys(user.id)) == 1


def test_the_first_run_makes_one_chief_if_two_desks_accept_links_at_once(
    people: People, welcome: Welcome, at_once: AtOnce
) -> None:
    codes = [welcome.code() or "" for _ in range(4)]

    def accept(own: Database, number: int) -> bool:
        desk = desk_of(own)
        user = f"id {number}"
        return desk.invitations.accept(codes[number], passkey(user, number), f"Chief {number}", user) is not None

    assert sum(at_once(accept)) == 1
    [chief] = people.users.all()
    assert chief.role == "chief" and chief.editions is None and chief.state == "active" and chief.recovery_codes == 10


def test_links_end_with_their_time_a_newer_link_and_a_disabled_user(people: People, clock: list[float]) -> None:
    user = people.users.create("Amal", "editor")
    first, second = people.invitations.invite(user.id), people.invitations.invite(user.id)
    assert first and second and people.invitations.find(first[1]) is None and people.invitations.find(second[1])
    people.users.change(user.id, state="disabled")
    assert people.invitations.find(second[1]) is None
    people.users.change(user.id, state="active")
    assert people.invitations.find(second[1])
    clock[0] = second[2]
    assert people.invitations.find(second[1]) is None
    assert people.invitations.accept(second[1], passkey(user.id), "", user.id) is None
    assert people.invitations.find("") is None and people.invitations.invite("unknown") is None


def test_a_challenge_counts_once_for_one_purpose_and_a_short_time(people: People, clock: list[float]) -> None:
    data = Password("a", "b", 1)
    challenge = people.challenges.make("register", data)
    assert people.challenges.take("sign-in", challenge, Password) is None
    assert people.challenges.look("register", challenge, Password) == data
    assert people.challenges.take("register", challenge, Password) == data
    assert people.challenges.take("register", challenge, Password) is None
    late = people.challenges.make("register", data)
    clock[0] += 300
    assert people.challenges.take("register", late, Password) is None
    assert people.challenges.take("register", "\ud800", msgspec.Struct) is None


def test_a_disabled_user_stays_disabled_whatever_is_added(people: People) -> None:
    user = people.users.create("Amal", "editor")
    people.users.change(user.id, state="disabled")
    people.credentials.add_passkey(passkey(user.id))
    people.credentials.set_password(user.id, "hash", "secret", 5)
    stored = people.users.get(user.id)
    assert stored and stored.state == "disabled"


def test_the_last_way_to_sign_in_stays(people: People) -> None:
    user = people.users.create("Amal", "editor")
    people.credentials.add_passkey(passkey(user.id))
    with pytest.raises(LastWayError):
        people.credentials.delete_passkey(user.id, "p0")
    people.credentials.set_password(user.id, "hash", "secret", 5)
    assert people.credentials.delete_passkey(user.id, "p0") and people.credentials.passkeys(user.id) == []
    with pytest.raises(LastWayError):
        people.credentials.delete_password(user.id)
    assert people.credentials.password(user.id) == Password("hash", "secret", 5)
    another = people.users.create("Bea", "editor")
    people.credentials.add_passkey(passkey(another.id, 1))
    assert not people.credentials.delete_passkey(user.id, "p1")


def test_attempts_at_once_do_not_pass_the_limit_together(people: People, at_once: AtOnce) -> None:
    def attempt(own: Database, number: int) -> bool:
        try:
            Attempts(own, 3, lambda: 1_000_000.0).begin("amal", f"192.0.2.{number}")
        except TooManyAttemptsError:
            return False
        return True

    assert sum(at_once(attempt, 8)) <= 3
    with pytest.raises(TooManyAttemptsError) as limited:
        people.attempts.begin("amal", "198.51.100.1")
    assert 0 < limited.value.seconds <= WINDOW_SECONDS


def test_an_oidc_subject_is_tied_to_the_user_of_its_address_once(people: People) -> None:
    user = people.users.create("Amal", "editor", email="amal@example.org")
    assert people.users.oidc_user("issuer 1", None) is None and people.users.oidc_user("issuer 1", "x@y.org") is None
    stored = people.users.oidc_user("issuer 1", "AMAL@example.org")
    assert stored and stored.id == user.id and stored.state == "active"
    assert people.users.oidc_user("issuer 1", None) == stored
    # The address alone no longer signs another subject in.
    assert people.users.oidc_user("issuer 2", "amal@example.org") is None
    people.users.change(user.id, state="disabled")
    assert people.users.oidc_user("issuer 1", None) is None
