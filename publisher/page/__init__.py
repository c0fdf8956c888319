"""The desk page: its files, and the policy that it runs under.

The page is a client of the same API that scripts use and has no other way in; nothing here reads a token.
"""

from publisher.page.routes import desk_routes

__all__ = ["desk_routes"]
