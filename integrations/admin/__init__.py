"""Django admin of the connections to providers, and of members as providers see them."""

from integrations.admin import connections, events, hooks, members, mirrors, rooms

__all__ = ["connections", "events", "hooks", "members", "mirrors", "rooms"]
