"""Django admin of scheduling."""

from scheduling.admin import (
    api_clients,
    bookings,
    clients,
    consents,
    embeds,
    hours,
    meeting_rooms,
    meeting_types,
    messages,
    other_mails,
    professionals,
    spam,
    texts,
)

__all__ = [
    "api_clients",
    "bookings",
    "clients",
    "consents",
    "embeds",
    "hours",
    "meeting_rooms",
    "meeting_types",
    "messages",
    "other_mails",
    "professionals",
    "spam",
    "texts",
]
