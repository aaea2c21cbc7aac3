"""The claim of a room together with the host's time; `room_times` says at which starts one is free.

Lock order is the host, then rooms by id, then bookings (groundwork._lock, _fresh), so that two hosts who want the same
rooms wait for each other and never both.
Nets as for hosts: one active booking per room and start everywhere, the exclusion constraint on PostgreSQL. A group
shares the room of its session. Rooms of meeting types that a provider decides about are the provider's business.
"""

from datetime import datetime

from scheduling.groundwork import SlotTaken, _expire
from scheduling.models import Booking, MeetingRoom
from scheduling.models.bookings import Awaits, Status
from scheduling.room_times import needs_room, rooms_of
from scheduling.slots import Reason

# Between the place of an appointment and its room, in `Booking.location`.
DOT = " · "


def claim(booking: Booking, now: datetime, *, or_none: bool = False) -> None:
    """Give a row that is about to be written a room for its time, the one it has if that is free. The caller holds the
    lock of the host and of the rooms. One of several requests takes no room until it is chosen. Raises SlotTaken when none is free; `or_none`: then it goes without.
    """
    place, had = booking.location.split(DOT)[0], booking.room_id
    booking.room = None
    if needs_room(booking.meeting_type) and booking.awaits != Awaits.CHOICE:
        booking.room = _free_room(booking, now, had)
        if booking.room is None and not or_none:
            raise SlotTaken(Reason.ROOM)
    if had or booking.room:
        name = str(booking.room) if booking.room else ""
        booking.location = DOT.join(part for part in (place, name) if part)[:300]


def _free_room(booking: Booking, now: datetime, had: int | None) -> MeetingRoom | None:
    wanted = list(rooms_of(booking.meeting_type))
    near = Booking.objects.filter(
        room__in=wanted, blocked_from__lt=booking.blocked_until, blocked_until__gt=booking.blocked_from
    )
    near = near.exclude(pk=booking.pk)
    _expire(near.filter(status=Status.HELD), now)
    rows = list(near.blocking(now).values_list("room_id", "session"))
    ours = {room for room, session in rows if session == booking.session}
    taken = {room for room, session in rows if session != booking.session}
    free = [room for room in wanted if room.pk not in taken and (not ours or room.pk in ours)]
    return min(free, key=lambda room: room.pk != had, default=None)
