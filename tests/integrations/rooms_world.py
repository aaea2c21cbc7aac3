"""Video appointments and both sides' links."""

from datetime import datetime
from html import unescape
from typing import Any

from directory.models import Person
from scheduling import bookings, links
from scheduling.models import Booking, MeetingType, Message


def book(meeting_type: MeetingType, start: datetime, person: Person, **fields: Any) -> Booking:
    held = bookings.hold(meeting_type, start)
    return bookings.confirm(held, name=person.full_name, email=person.email, **fields)


def path(booking: Booking, side: str = "client") -> str:
    return f"/join/{links.join_token(booking, Message.Audience(side))}/"


def text(response: Any) -> str:
    return unescape(response.content.decode())
