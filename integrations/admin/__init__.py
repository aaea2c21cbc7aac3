"""Django admin of the connections to providers, and of members as providers see them."""

from integrations.admin import connections, events, members, mirrors

__all__ = ["connections", "events", "members", "mirrors"]
