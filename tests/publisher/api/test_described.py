"""The desk's OpenAPI description has every route of the application, and no other one."""

import re

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from publisher.api.openapi import document
from publisher.settings import DeskSettings

pytestmark = pytest.mark.anyio


@pytest.fixture
def settings(settings: DeskSettings) -> DeskSettings:
    """Signing in at a provider is a route of those desks alone that have one."""
    provider = {"oidc_issuer": "https://id.example", "oidc_client_id": "desk", "oidc_client_secret": "s"}
    return settings.model_copy(update=provider)


async def test_every_route_is_described_and_every_description_has_a_route(app: Starlette) -> None:
    served = set()
    for route in app.routes:
        assert isinstance(route, Route)
        served |= {(method, re.sub(r":\w+\}", "}", route.path)) for method in (route.methods or set()) - {"HEAD"}}
    methods = {"get", "put", "post", "delete", "patch"}
    described = {
        (method.upper(), path) for path, item in document("0")["paths"].items() for method in methods & item.keys()
    }
    assert served == described


async def test_every_parameter_of_a_path_is_described() -> None:
    for path, item in document("0")["paths"].items():
        for method in {"get", "put", "post", "delete", "patch"} & item.keys():
            parameters = [*item.get("parameters", []), *item[method].get("parameters", [])]
            in_path = [parameter["name"] for parameter in parameters if parameter["in"] == "path"]
            assert sorted(in_path) == sorted(re.findall(r"\{(\w+)\}", path)), (method, path)
