"""Booking rows at a fixed time with a fixed identity, for what must be the same bytes on every machine."""

import uuid
from datetime import UTC, datetime
from typing import Any

from directory.models import Brand
from scheduling import links
from scheduling.models import Booking, BookingEvent, MeetingType
from scheduling.models.bookings import Status
from tests import factories

START = datetime(2027, 3, 22, 9, 0, tzinfo=UTC)  # a Monday, 10:00 in Berlin
END = datetime(2027, 3, 22, 9, 30, tzinfo=UTC)
OLD_START = datetime(2027, 3, 18, 13, 0, tzinfo=UTC)
MADE = datetime(2027, 3, 1, 8, 0, tzinfo=UTC)
STAMP = datetime(2027, 3, 1, 8, 0, 5, tzinfo=UTC)
UID = uuid.UUID("5f0c5a3e-8d0b-4c6e-9a35-0d1f6f3b2a11")


def make_booking(brand: Brand | None = None, *, channel: str = MeetingType.Channel.ON_SITE, **fields: Any) -> Booking:
    """Alice, who is booked by Bob: confirmed, version 0, 22 March 2027, 9:00–9:30 UTC."""
    brand = brand or factories.make_brand(
        slug="kanzlei", name="Kanzleifinder", sender_address="termine@kanzlei.example"
    )
    host = factories.make_professional(brand, email="alice@example.org", first_name="Alice", last_name="Ahrens")
    meeting_type = factories.make_meeting_type(
        host,
        title="First talk",
        channel=channel,
        preparation="Please bring the contract, the letters you received; and an ID.\nRing at “Ahrens, 2nd floor”.",
    )
    values = {
        "uid": UID,
        "reference": "K7Q2-M4XD",
        "status": Status.CONFIRMED,
        "starts_at": START,
        "ends_at": END,
        "blocked_from": START,
        "blocked_until": END,
        "time_zone": "Europe/Berlin",
        "client_name": "Bob Berg",
        "client_email": "bob@example.org",
        "client_phone": "+49 30 1234567",
        "client_note": "It is about my neighbour Nora Nachbar.",
        "client_time_zone": "Europe/Berlin",
        "title": meeting_type.title,
        "channel": channel,
        "location": "Hauptstraße 1, 10115 Berlin" if channel == MeetingType.Channel.ON_SITE else "",
        "created_at": MADE,
        "updated_at": MADE,
    } | fields
    values.setdefault("session", values["uid"])
    values.setdefault("manage_hash", links.digest(links.new_manage_token(values["uid"])))
    return Booking.objects.create(host=host, meeting_type=meeting_type, **values)


def record(booking: Booking, kind: str, actor: str = Booking.Actor.CLIENT, **fields: Any) -> BookingEvent:
    """The line of history that goes with the booking's version."""
    return BookingEvent.objects.create(booking=booking, version=booking.version, kind=kind, actor=actor, **fields)
