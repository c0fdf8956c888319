"""Roles and editions where versions are stored, and what a dry run says about them."""

import pytest

from publisher.api.parts import Parts
from publisher.core.roles import Role
from tests.publisher.conftest import ClientFor
from tests.support.desk_requests import act, entries, post, published

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("role", ["editor", "chief"])
async def test_a_token_publishes_in_its_editions_only(client_for: ClientFor, parts: Parts, role: Role) -> None:
    client = client_for(role, editions=frozenset({"ar", "es"}))
    refused = await post(client, edition="en")
    assert refused.status_code == 403 and refused.json()["type"].endswith(":edition-act")
    assert "ar, es" in refused.json()["detail"] and await entries(parts) == 0
    assert (await post(client, edition="es")).status_code == 201


@pytest.mark.parametrize("name", ["update", "correction", "hold", "withdraw"])
async def test_a_chief_acts_in_own_editions_only(client_for: ClientFor, name: str) -> None:
    everywhere, limited = client_for("chief"), client_for("chief", editions=frozenset({"ar"}))
    fields = {"update": {"urgency": 2}, "hold": {}}.get(name, {"note": "It was wrong"})
    uri = await published(everywhere, edition="en")
    refused = await act(limited, uri, name, **fields)
    assert refused.status_code == 403 and refused.json()["type"].endswith(":edition-act")
    assert (await limited.get(f"/v1/items/{uri}")).json()["version"] == 1
    own = await published(everywhere, edition="ar")
    assert (await act(limited, own, name, **fields)).status_code == 200


async def test_a_dry_run_says_what_the_role_or_the_editions_forbid(client_for: ClientFor, parts: Parts) -> None:
    reporter, limited = client_for("reporter"), client_for("editor", editions=frozenset({"ar"}))
    for client, edition, code in ((reporter, "en", "role-act"), (limited, "en", "edition-act"), (limited, "ar", None)):
        answer = await post(client, edition=edition, dryRun=True)
        assert answer.status_code == 200
        codes = [warning["code"] for warning in answer.json().get("warnings", [])]
        assert [found for found in codes if found in ("role-act", "edition-act")] == ([code] if code else [])
    uri = await published(client_for("chief"), edition="en")
    answer = await act(limited, uri, "update", urgency=1, dryRun=True)
    [warning] = [warning for warning in answer.json()["warnings"] if warning["code"] == "edition-act"]
    assert warning["field"] == "edition" and await entries(parts) == 1
