"""The routes about people, together."""

from starlette.routing import BaseRoute

from publisher.api.account import account_routes
from publisher.api.invitations import invitation_routes
from publisher.api.oidc import oidc_routes
from publisher.api.parts import Parts
from publisher.api.sign_in import sign_in_routes
from publisher.api.users import token_routes, user_routes


def people_routes(parts: Parts) -> list[BaseRoute]:
    """Sign-in, invitations, the own account, users and tokens."""
    return [
        *sign_in_routes(parts),
        *oidc_routes(parts),
        *invitation_routes(parts),
        *account_routes(parts),
        *user_routes(parts),
        *token_routes(parts),
    ]
