"""The other side's word: a provider has agreed to a pending booking or its move, or refused it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from scheduling import meeting_rooms, messages
from scheduling.groundwork import Actor, _lock, _log, _new_booking, _save
from scheduling.models import Booking, Message
from scheduling.models.bookings import Status


@transaction.atomic
def settle(
    booking: Booking, *, source: str = "", remote_id: str = "", join_url: str = "", now: datetime | None = None
) -> Booking:
    """pending → confirmed: the other engine agreed to the booking or to its move. A repetition changes nothing."""
    now = now or timezone.now()
    booking = _lock(booking)
    if booking.status != Status.PENDING:
        return booking
    came_from, booking.fallback_start = booking.fallback_start, None
    booking.status, booking.awaits = Status.CONFIRMED, ""
    booking.remote_source, booking.remote_id = source or booking.remote_source, remote_id or booking.remote_id
    booking.join_url = join_url or booking.join_url
    _save(booking, now)
    kind, message = ("moved", Message.Kind.MOVED) if came_from else ("confirmed", Message.Kind.CONFIRMED)
    _log(booking, kind, Actor.PROVIDER, from_start=came_from, to_start=booking.starts_at, at=now)
    messages.queue(booking, message)
    return booking


@transaction.atomic
def decline(booking: Booking, *, reason: str = "", now: datetime | None = None) -> Booking:
    """The other engine refused: a move goes back to where it was, a new booking is declined and the client told."""
    now = now or timezone.now()
    booking = _lock(booking)
    if booking.status != Status.PENDING:
        return booking
    asked = booking.starts_at
    if booking.fallback_start is not None:
        back = _new_booking(booking.meeting_type, booking.fallback_start, seats=booking.seats, origin=booking.origin)
        for column in ("starts_at", "ends_at", "blocked_from", "blocked_until"):
            setattr(booking, column, getattr(back, column))
        booking.session = back.session if back.is_group else booking.uid
        booking.status, booking.fallback_start = Status.CONFIRMED, None
        meeting_rooms.claim(booking, now, or_none=True)
    else:
        booking.status, booking.cancelled_by = Status.DECLINED, Actor.PROVIDER
    booking.version += 1
    _save(booking, now)
    _log(booking, "declined", Actor.PROVIDER, reason=reason, from_start=asked, to_start=booking.starts_at, at=now)
    if booking.status == Status.DECLINED:
        messages.queue(booking, Message.Kind.DECLINED, audiences=[Message.Audience.CLIENT])
    return booking
