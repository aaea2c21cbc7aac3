"""A visitor's hold, here and at whoever else keeps times: held here first, under the lock, then asked for there.

Outside transactions only, because the other side answers over the network. What it refuses is given back here.
"""

from datetime import datetime

from scheduling import bookings
from scheduling.engine import TakenThere, engine_for
from scheduling.groundwork import SlotTaken, members
from scheduling.models import Booking, MeetingType


def hold(
    meeting_type: MeetingType,
    start: datetime,
    *,
    language: str = "en",
    time_zone: str = "",
    replaces: Booking | None = None,
) -> Booking:
    """As `bookings.hold`, whose errors it raises."""
    booking = bookings.hold(meeting_type, start, language=language, time_zone=time_zone, replaces=replaces)
    return kept(booking, replaces)


def extend(booking: Booking) -> Booking:
    """As `bookings.extend`; SlotTaken where the other side has given the time to somebody else meanwhile."""
    return kept(bookings.extend(booking))


def kept(booking: Booking, earlier: Booking | None = None) -> Booking:
    """A held booking and those held together with it, kept there as well; all are released where one is refused."""
    for row in members(booking):
        try:
            until = engine_for(row.meeting_type).keep(row, earlier)
        except TakenThere:
            bookings.release(booking)
            raise SlotTaken from None
        if until is not None:
            booking = bookings.keep_until(booking, until)
        earlier = None
    return booking
