"""Django admin of the directory."""

from directory.admin import brands, people, professionals

__all__ = ["brands", "people", "professionals"]
