"""The events that can be heard: their names, JSON Schemas (draft 2020-12), examples, and what is said of a booking.

A thin payload carries the required keys only, which say what to look up; a full one everything. No message that a client
wrote, no answer to a question and no reason leaves in either.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from directory.models import Professional
from scheduling.models import Booking, BookingEvent

TEXT: dict[str, Any] = {"type": "string"}
INSTANT: dict[str, Any] = {"type": "string", "format": "date-time"}
DIALECT = "https://json-schema.org/draft/2020-12/schema"

BOOKING_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["id", "version", "professional"],
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "version": {"type": "integer", "minimum": 0, "description": "Rises with every change; order by it."},
        "professional": {**TEXT, "description": "The name in the address of the profile."},
        "reference": TEXT,
        "status": {"enum": ["pending", "confirmed", "completed", "no_show", "cancelled", "declined", "expired"]},
        "starts_at": INSTANT,
        "ends_at": INSTANT,
        "time_zone": {**TEXT, "description": "IANA zone of the professional's clock."},
        "previous_start": INSTANT,
        "meeting_type": {**TEXT, "description": "The name in the address of the meeting type."},
        "title": TEXT,
        "channel": {"enum": ["on_site", "video", "phone"]},
        "location": TEXT,
        "seats": {"type": "integer", "minimum": 1},
        "origin": TEXT,
        "changed_by": {"enum": ["client", "host", "admin", "provider", "system"]},
        "client": {
            "type": "object",
            "properties": {
                "name": TEXT,
                "email": TEXT,
                "phone": TEXT,
                "language": TEXT,
                "time_zone": TEXT,
            },
        },
    },
}
MEMBER_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["professional"],
    "properties": {"professional": TEXT, "name": TEXT, "status": TEXT, "profile_url": {"type": "string"}},
}
BOOKING_EXAMPLE: dict[str, Any] = {
    "id": "3f0b7a2e-5d1c-4f8e-9a57-0c1d2e3f4a5b",
    "version": 0,
    "professional": "anna-beispiel",
    "reference": "K7M2QX4P",
    "status": "confirmed",
    "starts_at": "2027-03-22T09:00:00Z",
    "ends_at": "2027-03-22T09:30:00Z",
    "time_zone": "Europe/Berlin",
    "meeting_type": "first-meeting",
    "title": "First meeting",
    "channel": "video",
    "location": "",
    "seats": 1,
    "origin": "page",
    "changed_by": "client",
    "client": {
        "name": "Bo Beispiel",
        "email": "bo@example.org",
        "phone": "+49 30 1234567",
        "language": "de",
        "time_zone": "Europe/Berlin",
    },
}
MEMBER_EXAMPLE: dict[str, Any] = {
    "professional": "anna-beispiel",
    "name": "Anna Beispiel",
    "status": "listed",
    "profile_url": "https://directory.example/p/anna-beispiel/",
}


@dataclass(frozen=True, slots=True)
class EventType:
    """`about`: booking or member; `said`: what happened, for people; `example`: `data` of a full payload."""

    name: str
    about: str
    said: str | Promise
    example: dict[str, Any]

    @property
    def schema(self) -> dict[str, Any]:
        """Of the whole body."""
        return {
            "$schema": DIALECT,
            "title": self.name,
            "type": "object",
            "required": ["type", "timestamp", "data"],
            "properties": {
                "type": {"const": self.name},
                "timestamp": {**INSTANT, "description": "When it happened."},
                "data": BOOKING_SCHEMA if self.about == "booking" else MEMBER_SCHEMA,
                "example": {"const": True, "description": "Only in examples that somebody sent on purpose."},
            },
        }


def _booking(name: str, said: str | Promise, **changed: Any) -> EventType:
    return EventType(f"booking.{name}", "booking", said, BOOKING_EXAMPLE | changed)


def _member(name: str, said: str | Promise, **changed: Any) -> EventType:
    return EventType(f"member.{name}", "member", said, MEMBER_EXAMPLE | changed)


TYPES = {
    one.name: one
    for one in [
        _booking("requested", _("A time is asked for and waits for a yes"), status="pending"),
        _booking("confirmed", _("An appointment is booked")),
        _booking(
            "moved",
            _("An appointment has a new time"),
            version=1,
            starts_at="2027-03-23T09:00:00Z",
            ends_at="2027-03-23T09:30:00Z",
            previous_start="2027-03-22T09:00:00Z",
        ),
        _booking("cancelled", _("An appointment is cancelled"), version=1, status="cancelled"),
        _booking("declined", _("A request is declined"), version=1, status="declined", changed_by="host"),
        _booking("expired", _("A request got no answer in time"), version=1, status="expired", changed_by="system"),
        _booking("completed", _("An appointment is over"), status="completed", changed_by="system"),
        _booking("no_show", _("The client did not appear"), status="no_show", changed_by="host"),
        _member("listed", _("A member's profile is public")),
        _member("suspended", _("A member's profile is taken off the directory"), status="suspended"),
        _member("closed", _("A member has left"), status="closed"),
        _member("hours_changed", _("A member's hours have changed")),
    ]
}


def thin(event_type: str, data: dict[str, Any]) -> dict[str, Any]:
    """What of a full payload says only where to look."""
    schema = BOOKING_SCHEMA if TYPES[event_type].about == "booking" else MEMBER_SCHEMA
    return {key: data[key] for key in schema["required"]}


# Lines of the history that mean the same to others under another name.
SAME = {"accepted": "confirmed", "lapsed": "expired", "outrun": "declined"}


def type_of(row: BookingEvent) -> str | None:
    """The event that a line of a booking's history is; None where it concerns nobody outside."""
    name = f"booking.{SAME.get(row.kind, row.kind)}"
    return name if name in TYPES else None


def booking_data(row: BookingEvent) -> dict[str, Any]:
    """Everything of a booking as it is in the transaction that wrote this line of its history."""
    booking = row.booking
    host = booking.host
    data: dict[str, Any] = {
        "id": str(booking.pk),
        "version": booking.version,
        "professional": host.slug,
        "reference": booking.reference,
        "status": str(booking.status),
        "starts_at": _instant(booking.starts_at),
        "ends_at": _instant(booking.ends_at),
        "time_zone": booking.time_zone,
        "meeting_type": booking.meeting_type.slug,
        "title": booking.title,
        "channel": str(booking.channel),
        "location": booking.location,
        "seats": booking.seats,
        "origin": str(booking.origin),
        "changed_by": str(row.actor),
        "client": _client(booking),
    }
    if row.kind == "moved" and row.from_start:
        data["previous_start"] = _instant(row.from_start)
    return data


def member_data(professional: Professional) -> dict[str, Any]:
    return {
        "professional": professional.slug,
        "name": str(professional.person),
        "status": str(professional.status),
        "profile_url": professional.brand.url(professional.get_absolute_url()),
    }


def _client(booking: Booking) -> dict[str, str]:
    return {
        "name": booking.client_name,
        "email": booking.client_email,
        "phone": booking.client_phone,
        "language": booking.client_language,
        "time_zone": booking.client_time_zone or booking.time_zone,
    }


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
