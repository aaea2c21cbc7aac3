"""Verbs of a request, a booking that its host confirms herself: accept, refuse, lapse.

A request is `pending` with `awaits` set: `host` keeps the time, `choice` is one of several that ask for the same time.
A booking that waits for a provider is pending without it; where both have a say, the host comes first. Every verb
locks the host and decides from what it reads then, so that of two answers the second finds the first.
"""

from contextlib import suppress
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.models import User
from scheduling import meeting_rooms, messages
from scheduling.engine import engine_for
from scheduling.groundwork import Actor, NotAllowed, SlotTaken, _conflict, _lock, _log, _save
from scheduling.models import Booking, Message
from scheduling.models.bookings import Awaits, Status


@transaction.atomic
def accept(
    booking: Booking, *, actor: str = Actor.HOST, user: User | None = None, now: datetime | None = None
) -> Booking:
    """Request → confirmed, or pending where a provider has a say; whoever else asked for this time is told.

    A repetition returns the booking as it is. Raises NotAllowed, SlotTaken (one of several, and the time is gone).
    """
    now = now or timezone.now()
    booking = _lock(booking)
    if booking.awaits == "" and booking.status in (Status.CONFIRMED, Status.PENDING):
        return booking
    _require_waiting(booking, now)
    if booking.awaits == Awaits.CHOICE:
        conflict = _conflict(booking, booking.blocked_from, booking.blocked_until, now)
        if conflict is not None:
            raise SlotTaken(conflict=conflict if isinstance(conflict, Booking) else None)
    at_once = booking.engine == "native" or engine_for(booking.meeting_type).confirms_at_once
    was_choice, booking.awaits = booking.awaits == Awaits.CHOICE, ""
    if was_choice:
        meeting_rooms.claim(booking, now)
    booking.status = Status.CONFIRMED if at_once else Status.PENDING
    try:
        with transaction.atomic():
            _save(booking, now)
    except IntegrityError as error:  # the net: somebody took the time without the lock
        raise SlotTaken from error
    _log(booking, "confirmed" if at_once else "accepted", actor, user=user, to_start=booking.starts_at, at=now)
    if at_once:
        messages.queue(booking, Message.Kind.CONFIRMED)
    for other in _outrun(booking):
        _end(other, "outrun", actor, user=user, now=now)
    return booking


@transaction.atomic
def refuse(
    booking: Booking,
    *,
    reason: str = "",
    actor: str = Actor.HOST,
    user: User | None = None,
    now: datetime | None = None,
) -> Booking:
    """Request → declined; the client reads the reason and the next free times. A repetition changes nothing."""
    now = now or timezone.now()
    booking = _lock(booking)
    if booking.status == Status.DECLINED:
        return booking
    _require_waiting(booking, now)
    _end(booking, "declined", actor, user=user, reason=reason, now=now)
    return booking


def lapse(now: datetime | None = None, *, limit: int = 500) -> int:
    """Requests that nobody has answered in time → declined, the client told. Idempotent."""
    now = now or timezone.now()
    due = list(Booking.objects.requests().filter(answer_by__lte=now).order_by("answer_by")[:limit])
    count = 0
    for booking in due:
        with suppress(NotAllowed):  # answered at this moment
            _lapse(booking, now)
            count += 1
    return count


@transaction.atomic
def _lapse(booking: Booking, now: datetime) -> None:
    booking = _lock(booking)
    if not booking.is_request or (booking.answer_by and booking.answer_by > now):
        raise NotAllowed
    _end(booking, "lapsed", Actor.SYSTEM, now=now)


def _require_waiting(booking: Booking, now: datetime) -> None:
    if booking.status == Status.CANCELLED:
        raise NotAllowed(_("This request has been withdrawn."))
    if not booking.is_request:
        raise NotAllowed(_("This request has been answered already."))
    if booking.answer_by is not None and booking.answer_by <= now:
        raise NotAllowed(_("This request has run out."))


def _end(booking: Booking, kind: str, actor: str, *, now: datetime, user: User | None = None, reason: str = "") -> None:
    """Nothing comes of a request. `awaits` stays: it says that this was never an appointment."""
    booking.status, booking.version = Status.DECLINED, booking.version + 1
    booking.cancelled_by, booking.cancel_reason = actor, reason.strip()[:500]
    _save(booking, now)
    _log(booking, kind, actor, user=user, reason=reason, from_start=booking.starts_at, at=now)
    messages.queue(booking, Message.Kind.DECLINED, audiences=[Message.Audience.CLIENT])


def _outrun(chosen: Booking) -> list[Booking]:
    """Other requests for time that the chosen one takes now; those of the same session only when its seats are gone."""
    others = Booking.objects.requests().filter(
        host=chosen.host,
        awaits=Awaits.CHOICE,
        blocked_from__lt=chosen.blocked_until,
        blocked_until__gt=chosen.blocked_from,
    )
    others = others.exclude(pk=chosen.pk).select_related("meeting_type")
    taken = Booking.objects.blocking(timezone.now()).filter(session=chosen.session)
    left = chosen.meeting_type.seats - sum(taken.values_list("seats", flat=True))
    gone = []
    for other in others:
        other.host = chosen.host
        if other.session != chosen.session or other.seats > left:
            gone.append(other)
    return gone
