"""Django admin of scheduling."""

from scheduling.admin import bookings, hours, meeting_types, messages

__all__ = ["bookings", "hours", "meeting_types", "messages"]
