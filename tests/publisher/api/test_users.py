"""Users and tokens as chiefs manage them, and the own account of a user."""

import secrets
import threading
from contextlib import closing
from pathlib import Path

import httpx2
import pyotp
import pytest

from publisher.api.account import FRESH_SECONDS
from publisher.api.parts import Parts
from publisher.core.permission import Editions
from publisher.core.roles import Role
from publisher.records.audit import AuditFilter
from publisher.records.database import open_database
from publisher.records.sessions import Sessions
from publisher.records.tokens import Actor, Tokens
from publisher.records.users import LastChiefError, Users
from tests.publisher.api.people import (
    PASSWORD,
    Page,
    invitation,
    kind,
    next_code,
    send,
    sign_in,
    user,
    with_passkey,
    with_password,
)
from tests.publisher.conftest import ClientFor
from tests.support.authenticator import Authenticator
from tests.support.sample_items import line

pytestmark = pytest.mark.anyio


async def signed_in(page: Page, parts: Parts, name: str, editions: Editions = None) -> httpx2.AsyncClient:
    """A chief with a new session."""
    client = page()
    await with_passkey(client, await invitation(parts, name, "chief", editions))
    return client


async def test_a_chief_invites_a_user_who_signs_in_and_is_disabled_at_once(page: Page, parts: Parts) -> None:
    chief, browser = await signed_in(page, parts, "Amal"), page()
    body = {"name": "Bea", "role": "editor", "editions": ["en"], "email": "Bea@Example.org"}
    created = await send(chief, "/v1/users", body, 201)
    assert created["user"]["state"] == "invited" and created["user"]["email"] == "bea@example.org"
    assert created["invitation"]["link"] == f"http://localhost/#invite={created['invitation']['code']}"
    key, _ = await with_passkey(browser, created["invitation"]["code"])
    path = f"/v1/users/{created['user']['id']}"
    shown = (await chief.get(path)).json()["user"]
    assert (shown["state"], shown["passkeys"], shown["sessions"], shown["invitation"]) == ("active", 1, 1, None)
    disabled = (await chief.patch(path, json={"state": "disabled"})).json()["user"]
    assert disabled["state"] == "disabled" and disabled["sessions"] == 0
    assert (await browser.get("/v1/session")).status_code == 401
    assert kind(await sign_in(browser, key)) == "sign-in-refused"
    assert kind(await chief.post(f"{path}/invitation", json={})) == "user-disabled"
    assert (await chief.patch(path, json={"state": "active"})).status_code == 200
    assert (await sign_in(browser, key)).status_code == 200


@pytest.mark.deep
@pytest.mark.parametrize("change", [{"role": "reporter"}, {"editions": ["ar"]}, {"role": "chief", "editions": None}])
async def test_a_change_of_rights_ends_the_sessions(page: Page, parts: Parts, change: dict[str, object]) -> None:
    chief, browser = await signed_in(page, parts, "Amal"), page()
    key, answer = await with_passkey(browser, await invitation(parts, "Bea", "editor", frozenset({"en"})))
    path = f"/v1/users/{answer['user']}"
    assert (await chief.patch(path, json={"email": "bea@example.org"})).status_code == 200
    assert (await browser.get("/v1/session")).status_code == 200
    assert (await chief.patch(path, json=change)).status_code == 200
    assert (await browser.get("/v1/session")).status_code == 401
    again = (await sign_in(browser, key)).json()
    assert all(again[name] == value for name, value in change.items())


@pytest.mark.deep
async def test_a_reset_removes_every_way_to_sign_in(page: Page, parts: Parts) -> None:
    chief, browser = await signed_in(page, parts, "Amal"), page()
    key, answer = await with_passkey(browser, await invitation(parts, "Bea"))
    created = await send(chief, f"/v1/users/{answer['user']}/invitation", {"reset": True}, 201)
    assert (await browser.get("/v1/session")).status_code == 401
    assert kind(await sign_in(browser, key)) == "sign-in-refused"
    recovery = {"name": "Bea", "password": "", "code": answer["recoveryCodes"][0]}
    assert kind(await browser.post("/v1/session/password", json=recovery)) == "sign-in-refused"
    _, again = await with_passkey(browser, created["invitation"]["code"])
    assert again["user"] == answer["user"] and again["name"] == "Bea"


async def test_only_a_chief_manages_users_and_tokens(page: Page, parts: Parts, client_for: ClientFor) -> None:
    someone = user(parts, "Bea")
    editor = page()
    await with_passkey(editor, await invitation(parts, "Amal", "editor"))
    for client in (editor, client_for("editor"), client_for("reporter")):
        for method, path, body in (
            ("GET", "/v1/users", None), ("POST", "/v1/users", {"name": "x", "role": "chief"}),
            ("GET", f"/v1/users/{someone.id}", None), ("PATCH", f"/v1/users/{someone.id}", {"role": "chief"}),
            ("POST", f"/v1/users/{someone.id}/invitation", {}), ("GET", f"/v1/users/{someone.id}/sessions", None),
            ("DELETE", f"/v1/users/{someone.id}/sessions", None),
            ("POST", "/v1/tokens", {"name": "x", "role": "chief"}), ("DELETE", "/v1/tokens/x", None),
        ):  # fmt: skip
            refused = await client.request(method, path, json=body)
            assert kind(refused) == "role-action", (method, path, refused.text)
    assert len(parts.people.users.all()) == 2


async def test_a_chief_of_one_edition_grants_and_manages_no_more(page: Page, parts: Parts) -> None:
    chief = await signed_in(page, parts, "Amal", frozenset({"ar"}))
    full, own = user(parts, "Bea", "chief"), user(parts, "Carla", "editor", frozenset({"ar"}))
    parts.tokens.create("everywhere", "editor")
    for method, path, body in (
        ("POST", "/v1/users", {"name": "Dina", "role": "chief"}),
        ("POST", "/v1/users", {"name": "Dina", "role": "reporter", "editions": ["en", "ar"]}),
        ("PATCH", f"/v1/users/{full.id}", {"state": "disabled"}),
        ("PATCH", f"/v1/users/{own.id}", {"editions": None}),
        ("POST", f"/v1/users/{full.id}/invitation", {"reset": True}),
        ("DELETE", f"/v1/users/{full.id}/sessions", None),
        ("POST", "/v1/tokens", {"name": "t", "role": "editor"}),
        ("DELETE", "/v1/tokens/everywhere", None),
    ):
        assert kind(await chief.request(method, path, json=body)) == "edition-grant", (method, path)
    assert (await chief.patch(f"/v1/users/{own.id}", json={"role": "chief"})).status_code == 200
    await send(chief, "/v1/tokens", {"name": "t", "role": "editor", "editions": ["ar"]}, 201)
    # A user cannot promote himself either.
    me = (await chief.get("/v1/session")).json()["user"]
    assert kind(await chief.patch(f"/v1/users/{me}", json={"editions": None})) == "edition-grant"


async def test_the_last_chief_of_all_editions_stays(page: Page, parts: Parts) -> None:
    chief = await signed_in(page, parts, "Amal")
    me = (await chief.get("/v1/session")).json()["user"]
    changes: list[dict[str, object]] = [{"state": "disabled"}, {"role": "editor"}, {"editions": ["en"]}]
    for change in changes:
        assert kind(await chief.patch(f"/v1/users/{me}", json=change)) == "last-chief"
    assert (await chief.get("/v1/session")).status_code == 200
    user(parts, "Bea", "chief")
    assert (await chief.patch(f"/v1/users/{me}", json={"role": "editor"})).status_code == 200


@pytest.mark.deep
async def test_wrong_fields_of_a_user_are_named(page: Page, parts: Parts) -> None:
    chief = await signed_in(page, parts, "Amal")
    user(parts, "Bea", email="bea@example.org")
    good = {"name": "Carla", "role": "editor"}
    for change, field in (
        ({"name": "bEa"}, "name"), ({"name": ""}, "name"), ({"role": "king"}, "role"), ({"editions": []}, "editions"),
        ({"editions": ["fr"]}, "editions"), ({"email": "x"}, "email"), ({"email": "BEA@example.org"}, "email"),
    ):  # fmt: skip
        refused = await chief.post("/v1/users", json={**good, **change})
        assert refused.status_code == 422 and [error["field"] for error in refused.json()["errors"]] == [field]
    assert kind(await chief.get("/v1/users/unknown")) == "no-user"


@pytest.mark.deep
async def test_a_token_made_over_the_api_has_its_role_and_editions_and_is_shown_once(
    page: Page, parts: Parts, client_for: ClientFor
) -> None:
    chief = await signed_in(page, parts, "Amal")
    created = await send(chief, "/v1/tokens", {"name": "wire", "role": "editor", "editions": ["es"]}, 201)
    assert parts.tokens.holder(created["token"]) == Actor("wire", "editor", editions=frozenset({"es"}), owner="Amal")
    script = client_for(None, Authorization=f"Bearer {created['token']}")
    assert (await script.post("/v1/items", json=line(edition="es"))).status_code == 201
    assert kind(await script.post("/v1/items", json=line())) == "edition-act"
    listed = await chief.get("/v1/tokens")
    assert created["token"] not in listed.text and listed.json()["tokens"][0]["editions"] == ["es"]
    assert (await chief.delete("/v1/tokens/wire")).status_code == 204
    assert (await script.get("/v1/session")).status_code == 401
    assert kind(await chief.delete("/v1/tokens/wire")) == "no-token"
    # A name stays with its holder, of either kind.
    conflict = await chief.post("/v1/users", json={"name": "wire", "role": "editor"})
    assert conflict.json()["errors"][0]["code"] == "name-taken"


@pytest.mark.deep
async def test_a_user_adds_and_removes_passkeys_but_not_the_last_way(page: Page, parts: Parts) -> None:
    browser = page()
    await with_passkey(browser, await invitation(parts, "Amal"))
    [first] = (await browser.get("/v1/account")).json()["passkeys"]
    assert kind(await browser.delete(f"/v1/account/passkeys/{first['id']}")) == "last-way"
    options = (await send(browser, "/v1/account/passkeys/options", {}))["publicKey"]
    assert [credential["type"] for credential in options["excludeCredentials"]] == ["public-key"]
    key = Authenticator()
    body = {"credential": key.create(options), "label": "Phone"}
    added = (await send(browser, "/v1/account/passkeys", body, 201))["passkey"]
    assert (
        added["label"] == "Phone" and kind(await browser.post("/v1/account/passkeys", json=body)) == "passkey-refused"
    )
    assert (await browser.patch(f"/v1/account/passkeys/{added['id']}", json={"label": "Tablet"})).status_code == 204
    assert (await browser.delete(f"/v1/account/passkeys/{first['id']}")).status_code == 204
    assert [passkey["label"] for passkey in (await browser.get("/v1/account")).json()["passkeys"]] == ["Tablet"]
    assert (await sign_in(page(), key)).status_code == 200


async def test_a_challenge_of_another_user_adds_no_passkey(page: Page, parts: Parts) -> None:
    browser, another = page(), page()
    await with_passkey(browser, await invitation(parts, "Amal"))
    await with_passkey(another, await invitation(parts, "Bea"))
    options = (await send(another, "/v1/account/passkeys/options", {}))["publicKey"]
    body = {"credential": Authenticator().create(options)}
    assert kind(await browser.post("/v1/account/passkeys", json=body)) == "passkey-refused"


async def test_a_new_password_needs_the_app_and_ends_the_other_sessions(page: Page, parts: Parts) -> None:
    browser, another = page(), page()
    secret, answer = await with_password(browser, await invitation(parts, "Amal"))
    recovery = {"name": "Amal", "password": PASSWORD, "code": answer["recoveryCodes"][0]}
    await send(another, "/v1/session/password", recovery)
    body = {"password": "nine other harbour lamps", "totp": next_code(secret)}
    assert (await browser.put("/v1/account/password", json=body)).status_code == 204
    assert (await another.get("/v1/session")).status_code == 401 and (
        await browser.get("/v1/session")
    ).status_code == 200
    assert kind(await browser.put("/v1/account/password", json=body)) == "code-used"
    setup = await send(browser, "/v1/account/password/setup", {})
    body = {"setup": setup["setup"], "password": PASSWORD, "totp": pyotp.TOTP(setup["secret"]).now()}
    assert (await browser.put("/v1/account/password", json=body)).status_code == 204
    assert kind(await browser.delete("/v1/account/password")) == "last-way"
    codes = (await send(browser, "/v1/account/recovery", {}))["recoveryCodes"]
    assert kind(await another.post("/v1/session/password", json=recovery | {"code": answer["recoveryCodes"][1]})) == (
        "sign-in-refused"
    )
    await send(another, "/v1/session/password", recovery | {"code": codes[0]})


async def test_ways_to_sign_in_change_only_after_a_fresh_sign_in(
    page: Page, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = page()
    key, _ = await with_passkey(browser, await invitation(parts, "Amal"))
    with parts.database.begin() as connection:
        connection.exec_driver_sql(f"UPDATE sessions SET created = created - {FRESH_SECONDS + 1}")
    for method, path in (
        ("POST", "passkeys/options"), ("POST", "passkeys"), ("DELETE", "passkeys/x"), ("POST", "password/setup"),
        ("PUT", "password"), ("DELETE", "password"), ("POST", "recovery"),
    ):  # fmt: skip
        assert kind(await browser.request(method, f"/v1/account/{path}", json={})) == "sign-in-again", path
    assert (await sign_in(browser, key)).status_code == 200
    await send(browser, "/v1/account/recovery", {})


async def test_a_token_has_no_account(client_for: ClientFor, page: Page, parts: Parts) -> None:
    browser = page()
    await send(browser, "/v1/session", {"token": parts.tokens.create("ed", "chief")})
    for client in (client_for("chief"), browser):
        assert kind(await client.get("/v1/account")) == "not-a-user"


async def test_sessions_are_listed_and_ended_one_by_one_or_all_at_once(page: Page, parts: Parts) -> None:
    chief, browsers = await signed_in(page, parts, "Amal"), [page() for _ in range(3)]
    key, answer = await with_passkey(browsers[0], await invitation(parts, "Bea"))
    for browser in browsers[1:]:
        assert (await sign_in(browser, key)).status_code == 200
    listed = (await browsers[1].get("/v1/account")).json()["sessions"]
    assert len(listed) == 3 and [entry["current"] for entry in listed] == [False, True, False]
    assert {entry["way"] for entry in listed} == {"invitation", "passkey"} and listed[0]["address"] == "127.0.0.1"
    assert (await browsers[1].delete(f"/v1/account/sessions/{listed[0]['id']}")).status_code == 204
    ended = (await parts.audit.newest(AuditFilter(action="sessions-end"), 1))[0][0]
    assert listed[0]["id"] in ended.details and ended.actor == "Bea"
    assert [(await browser.get("/v1/session")).status_code for browser in browsers] == [200, 200, 401]
    assert (await browsers[1].delete("/v1/account/sessions")).status_code == 204
    assert [(await browser.get("/v1/session")).status_code for browser in browsers] == [401, 200, 401]
    path = f"/v1/users/{answer['user']}/sessions"
    assert len((await chief.get(path)).json()["sessions"]) == 1
    assert (await chief.delete(path)).status_code == 204
    assert (await browsers[1].get("/v1/session")).status_code == 401
    # One user's session is not another one's to end.
    mine = (await chief.get("/v1/session")).json()["session"]
    assert kind(await chief.delete(f"{path}/{mine}")) == "not-found"


async def test_everything_about_people_is_in_the_audit_and_no_secret_is(page: Page, parts: Parts) -> None:
    chief = await signed_in(page, parts, "Amal")
    created = await send(chief, "/v1/users", {"name": "Bea", "role": "editor"}, 201)
    token = (await send(chief, "/v1/tokens", {"name": "wire", "role": "editor"}, 201))["token"]
    await chief.patch(f"/v1/users/{created['user']['id']}", json={"state": "disabled"})
    await send(chief, "/v1/account/recovery", {})
    await chief.delete("/v1/session")
    records = (
        await page().get("/v1/audit", headers={"Authorization": f"Bearer {parts.tokens.create('c', 'chief')}"})
    ).text
    for action in ("sign-in", "user-create", "user-change", "token-create", "recovery-codes", "sign-out"):
        assert f'"{action}"' in records, action
    assert token not in records and created["invitation"]["code"] not in records


async def test_the_audit_has_no_change_of_people_that_was_refused(page: Page, parts: Parts) -> None:
    chief, browser = await signed_in(page, parts, "Amal"), page()
    await with_password(browser, await invitation(parts, "Bea", "reporter"))
    me = (await chief.get("/v1/session")).json()["user"]
    [only] = (await chief.get("/v1/account")).json()["passkeys"]
    for client, method, path, body, status in (
        (chief, "POST", "/v1/users", {"name": "Amal", "role": "editor"}, 422),
        (chief, "POST", "/v1/users", {"name": "Carla", "role": "editor", "email": "x"}, 422),
        (chief, "PATCH", f"/v1/users/{me}", {"role": "editor"}, 409),
        (chief, "PATCH", f"/v1/users/{me}", {"email": "x"}, 422),
        (chief, "POST", "/v1/tokens", {"name": "Bea", "role": "editor"}, 422),
        (chief, "DELETE", "/v1/account/passkeys/none%E2%80%AE", None, 404),
        (chief, "DELETE", f"/v1/account/passkeys/{only['id']}", None, 409),
        (browser, "DELETE", "/v1/account/password", None, 409),
    ):
        assert (await client.request(method, path, json=body)).status_code == status, (method, path, body)
    await parts.audit.flush()
    assert {record.action for record in (await parts.audit.newest(AuditFilter(), 99))[0]} == {"sign-in"}
    assert (await chief.get("/v1/session")).json()["role"] == "chief"


def other_process(parts: Parts) -> Tokens:
    """The records as another process has them."""
    from publisher.records.database import open_database

    return Tokens(open_database(parts.settings.data, parts.settings.database_url))


async def test_what_another_process_revokes_is_refused_at_the_next_request(page: Page, parts: Parts) -> None:
    browser = page()
    _, answer = await with_passkey(browser, await invitation(parts, "Amal"))
    assert (await browser.get("/v1/session")).status_code == 200
    another = other_process(parts)._database
    assert Sessions(another).close_of_user(answer["user"]) == 1
    assert (await browser.post("/v1/items", json=line())).status_code == 401
    another.close()


async def test_a_person_sees_and_revokes_own_tokens_and_a_chief_those_of_all(page: Page, parts: Parts) -> None:
    chief = await signed_in(page, parts, "Amal")
    editor = page()
    await with_passkey(editor, await invitation(parts, "Omar", "editor"))
    for name, owner in (("Omar's", "Omar"), ("Amal's", "Amal"), ("of the command line", None)):
        parts.tokens.create(name, "editor", owner=owner)
    assert [token["name"] for token in (await editor.get("/v1/tokens")).json()["tokens"]] == ["Omar's"]
    listed = {token["name"]: token["owner"] for token in (await chief.get("/v1/tokens")).json()["tokens"]}
    assert listed == {"Omar's": "Omar", "Amal's": "Amal", "of the command line": None}
    for name in ("Amal's", "of the command line", "none"):
        assert kind(await editor.delete(f"/v1/tokens/{name}")) == "role-action"
    assert (await editor.delete("/v1/tokens/Omar's")).status_code == 204
    assert (await chief.delete("/v1/tokens/of the command line")).status_code == 204
    await parts.audit.flush()
    records = (await parts.audit.newest(AuditFilter(action="token-revoke"), 9))[0]
    assert [(record.actor, record.object) for record in records][::-1] == [
        ("Omar", "token:Omar's"), ("Amal", "token:of the command line"),
    ]  # fmt: skip


async def test_the_last_use_of_a_token_is_shown_and_stored_once_in_minutes(
    page: Page, parts: Parts, client_for: ClientFor
) -> None:
    chief = await signed_in(page, parts, "Amal")

    async def used() -> str | None:
        [token] = (await chief.get("/v1/tokens")).json()["tokens"]
        return None if token["used"] is None else str(token["used"])

    script = client_for("reporter")
    assert await used() is None
    await script.get("/v1/session")
    first = await used()
    assert first is not None
    with parts.database.begin() as connection:
        connection.exec_driver_sql("UPDATE tokens SET used = 1")
    await script.get("/v1/session")
    assert (await used() or "").startswith("1970")


@pytest.mark.deep
@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ({"state": "disabled"}, {"reader", "own", "all"}),
        ({"role": "reporter"}, {"own", "all"}),
        ({"editions": ["en"]}, {"all"}),
        ({"email": "omar@example.org"}, set()),
    ],
)
async def test_a_token_does_no_more_than_its_owner_may_from_the_next_request_on_at_every_desk(
    page: Page, parts: Parts, change: dict[str, object], lost: set[str]
) -> None:
    chief = await signed_in(page, parts, "Amal")
    owner = user(parts, "Omar", "editor")
    english: Editions = frozenset({"en"})
    rights: list[tuple[str, Role, Editions]] = [("reader", "reporter", english), ("own", "editor", english)]
    created = {
        name: parts.tokens.create(name, role, editions=editions, owner="Omar")
        for name, role, editions in [*rights, ("all", "editor", None)]
    }
    foreign = parts.tokens.create("foreign", "chief", owner="Amal")
    with closing(open_database(parts.settings.data)) as database:
        other_desk = Tokens(database)
        assert all(other_desk.holder(token) for token in (*created.values(), foreign))
        assert (await chief.patch(f"/v1/users/{owner.id}", json=change)).status_code == 200
        assert {name for name, token in created.items() if other_desk.holder(token) is None} == lost
        assert other_desk.holder(foreign)


@pytest.mark.deep
def test_two_chiefs_who_disable_each_other_leave_one(tmp_path: Path, database_url: str | None) -> None:
    for _ in range(10):
        together, outcomes = threading.Barrier(2), list[str]()
        with closing(open_database(tmp_path, database_url)) as database:
            with database.begin() as connection:
                connection.exec_driver_sql("UPDATE users SET state = 'disabled'")
            ids = [Users(database).create(f"chief {secrets.token_hex(4)}", "chief").id for _ in range(2)]
            with database.begin() as connection:
                connection.exec_driver_sql("UPDATE users SET state = 'active' WHERE state = 'invited'")

            def disable(other: str, together: threading.Barrier, outcomes: list[str]) -> None:
                with closing(open_database(tmp_path, database_url)) as own:
                    users = Users(own)
                    together.wait(10)
                    try:
                        users.change(other, state="disabled")
                        outcomes.append("done")
                    except LastChiefError:
                        outcomes.append("last chief")

            threads = [threading.Thread(target=disable, args=(id, together, outcomes)) for id in ids]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
            assert sorted(outcomes) == ["done", "last chief"]
            assert sum(record.state == "active" for record in Users(database).all()) == 1


async def test_a_limit_to_an_edition_that_is_gone_never_becomes_all_editions(page: Page, parts: Parts) -> None:
    chief, gone = await signed_in(page, parts, "Amal"), await signed_in(page, parts, "Omar", frozenset({"gone"}))
    shown = (await gone.get("/v1/session")).json()
    assert shown["editions"] == ["gone"]
    assert kind(await gone.post("/v1/items", json=line())) == "edition-act"
    assert (await gone.post("/v1/items", json=line(edition="gone"))).status_code == 422
    assert kind(await gone.post("/v1/kill", json={"scope": "all", "reason": "x"})) == "edition-act"
    for editions in (None, ["en"]):
        created = await gone.post("/v1/tokens", json={"name": "t", "role": "editor", "editions": editions})
        assert kind(created) == "edition-grant"
    path = f"/v1/users/{shown['user']}"
    unchanged = await chief.patch(path, json={"role": "editor"})
    assert unchanged.json()["user"]["editions"] == ["gone"]
    refused = await chief.patch(path, json={"editions": ["gone", "en"]})
    assert refused.json()["errors"][0]["field"] == "editions" and "gone" in refused.json()["errors"][0]["message"]
