"""The desk page: its files, and the policy that it runs under.

The page uses the same API as scripts do and has no other access; nothing here reads a token.
"""

from publisher.page.routes import desk_routes

__all__ = ["desk_routes"]
