"""When and with whom: meeting types, hours, bookings, messages."""

from scheduling.models.bookings import Booking, BookingEvent
from scheduling.models.hours import AvailabilityOverride, AvailabilityRule, BusyTime
from scheduling.models.meeting_types import MeetingType
from scheduling.models.messages import Message

__all__ = [
    "AvailabilityOverride",
    "AvailabilityRule",
    "Booking",
    "BookingEvent",
    "BusyTime",
    "MeetingType",
    "Message",
]
