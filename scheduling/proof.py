"""Verbs of a booking that waits for a click in a mail: the hold is kept, and the mail's address is what must be proven.

It stays `held` with `mail_asked_at`; so every rule about holds, their end included, holds for it too.
"""

from datetime import datetime, timedelta
from typing import Unpack

from django.db import IntegrityError, transaction
from django.utils import timezone

from directory.models import Professional
from scheduling import bookings, intake, messages
from scheduling.groundwork import (
    Details,
    HoldExpired,
    NotAllowed,
    _choose_seats,
    _fill_in,
    _lock,
    _log,
    _save,
    _still_free,
)
from scheduling.models import Booking, Message
from scheduling.models.bookings import Status

KEPT = timedelta(minutes=30)
FORGOTTEN = timedelta(days=1)


@transaction.atomic
def ask(
    booking: Booking, *, seats: int | None = None, now: datetime | None = None, **details: Unpack[Details]
) -> Booking:
    """Keep what was typed and the time, half an hour, and write the mail. A repetition changes nothing.

    Takes what bookings.confirm takes. Raises HoldExpired, NotAllowed, SeatsGone.
    """
    now = now or timezone.now()
    booking = _lock(booking)
    if booking.mail_asked_at is not None or booking.is_open:
        return booking
    if booking.status not in (Status.HELD, Status.EXPIRED):
        raise NotAllowed
    ran_out = booking.status == Status.EXPIRED or booking.hold_expires_at <= now  # type: ignore[operator]
    if booking.host.status != Professional.Status.LISTED or (ran_out and not _still_free(booking, now)):
        raise HoldExpired
    _choose_seats(booking, seats, now)
    booking.status = Status.HELD
    booking.hold_expires_at = max(now + KEPT, booking.hold_expires_at or now)
    booking.mail_asked_at = booking.consented_at = now
    _fill_in(booking, details)
    try:
        with transaction.atomic():
            _save(booking, now)
    except IntegrityError as error:  # the net, as in bookings.reschedule()
        raise HoldExpired from error
    bookings.keep_together(booking)
    _log(booking, "mail_asked", Booking.Actor.SYSTEM, to_start=booking.starts_at, at=now)
    messages.queue(booking, Message.Kind.VERIFY, audiences=[Message.Audience.CLIENT])
    return booking


@transaction.atomic
def give(booking: Booking, *, now: datetime | None = None) -> Booking:
    """The address is proven (or the desk vouches for it): confirm with what was typed. Raises what confirm raises."""
    booking = _lock(booking)
    if booking.is_open:
        return booking
    if booking.mail_asked_at is None or not booking.client_name:
        raise HoldExpired
    consented_at = booking.consented_at
    booking = bookings.confirm(
        booking,
        name=booking.client_name,
        email=booking.client_email,
        phone=booking.client_phone,
        note=booking.client_note,
        now=now,
    )
    booking.consented_at = consented_at
    booking.save(update_fields=["consented_at"])
    return booking


@transaction.atomic
def forget(now: datetime | None = None) -> int:
    """What was typed for bookings that nobody confirmed goes after a day."""
    now = now or timezone.now()
    gone = Booking.objects.filter(status=Status.EXPIRED, updated_at__lt=now - FORGOTTEN).exclude(client_email="")
    intake.forget(gone)
    Message.objects.filter(booking__in=gone, kind=Message.Kind.VERIFY).update(recipient="")
    empty = {
        "client_name": "",
        "client_email": "",
        "client_phone": "",
        "client_note": "",
        "attendee_name": "",
        "attendee_email": "",
        "attendee_phone": "",
        "consented_at": None,
    }
    return gone.update(**empty)
