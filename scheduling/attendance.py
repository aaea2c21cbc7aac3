"""What became of a meeting that has begun: it took place, or the client did not appear."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.models import User
from scheduling.groundwork import Actor, NotAllowed, _lock, _log, _save
from scheduling.models import Booking
from scheduling.models.bookings import Status


@transaction.atomic
def finish(
    booking: Booking, status: str, *, actor: str = "", user: User | None = None, now: datetime | None = None
) -> Booking:
    """Mark a meeting that has begun as completed or no-show; the two may be exchanged. Raises NotAllowed."""
    now = now or timezone.now()
    booking = _lock(booking)
    if booking.status not in (Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW) or booking.starts_at > now:
        raise NotAllowed(_("This can be said of an appointment that has begun."))
    booking.status = status
    _save(booking, now)
    _log(booking, status, actor or (Actor.HOST if user else Actor.SYSTEM), user=user, at=now)
    return booking


def complete(booking: Booking, *, actor: str = "", user: User | None = None, now: datetime | None = None) -> Booking:
    return finish(booking, Status.COMPLETED, actor=actor, user=user, now=now)


def no_show(booking: Booking, *, actor: str = "", user: User | None = None, now: datetime | None = None) -> Booking:
    return finish(booking, Status.NO_SHOW, actor=actor, user=user, now=now)


def complete_past(now: datetime | None = None, *, limit: int = 500) -> int:
    """Confirmed meetings that ended an hour ago → completed (the host may still say no-show)."""
    now = now or timezone.now()
    due = Booking.objects.filter(status=Status.CONFIRMED, ends_at__lte=now - timedelta(hours=1))[:limit]
    count = 0
    for booking in due:
        with suppress(NotAllowed):  # cancelled or marked meanwhile; the others go on
            complete(booking, now=now)
            count += 1
    return count
