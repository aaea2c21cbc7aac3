"""Several appointments booked together: dates of one meeting type, or several services of one host.

They are ordinary bookings that share `series`, the uid of the first. What the client does at once is all or nothing:
one hold, one confirmation. Afterwards each stands for itself, and can be moved or cancelled alone or with the others.
"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from scheduling import bookings, meeting_rooms, messages
from scheduling.groundwork import (
    Actor,
    BookingError,
    NotAllowed,
    NotOffered,
    SlotTaken,
    _lock,
    _log,
    _new_booking,
    _require_free_or_offered,
    _save,
    _take_time,
    members,
)
from scheduling.models import Booking, MeetingType, Message
from scheduling.models.bookings import Status

WEEK = timedelta(days=7)


class Clash(BookingError):
    """Some of the wanted times cannot be had; `items` are their places in the list. Nothing is held."""

    def __init__(self, items: list[int]) -> None:
        super().__init__(_("Some of these times are not free any more."))
        self.items = items


def weekly(start: datetime, count: int, zone: str) -> list[datetime]:
    """`count` starts a week apart on a wall clock, the first included, in UTC."""
    local = start.astimezone(ZoneInfo(zone))
    return [(local + week * WEEK).astimezone(UTC) for week in range(count)]


@transaction.atomic
def hold(
    items: list[tuple[MeetingType, datetime]],
    *,
    language: str = "en",
    time_zone: str = "",
    replaces: Booking | None = None,
    now: datetime | None = None,
) -> Booking:
    """Keep all times of one host, or none; returns the first, by which the others are found. Raises Clash."""
    now = now or timezone.now()
    if replaces is not None:
        bookings.release(replaces)
    held: list[Booking] = []
    lost = []
    for number, (meeting_type, start) in enumerate(items):
        try:
            with transaction.atomic():
                held.append(bookings.hold(meeting_type, start, language=language, time_zone=time_zone, now=now))
        except (SlotTaken, NotOffered):
            lost.append(number)
    if lost or not held:
        raise Clash(lost)
    first = min(held, key=lambda booking: booking.starts_at)
    if len(held) > 1:
        for booking in held:
            booking.series = first.pk
        Booking.objects.filter(pk__in=[booking.pk for booking in held]).update(series=first.pk)
    return first


@transaction.atomic
def move(booking: Booking, start: datetime, *, now: datetime | None = None) -> list[Booking]:
    """The client moves this one to `start` and all others that are still to come by as much on the host's clock.

    All or nothing. Raises NotAllowed, SlotTaken, NotOffered.
    """
    now = now or timezone.now()
    booking = _lock(booking)
    zone = ZoneInfo(booking.host.time_zone)
    shift = _wall(start, zone) - _wall(booking.starts_at, zone)
    rows = [row for row in members(booking) if row.is_open and row.starts_at > now]
    if booking.pk not in [row.pk for row in rows]:
        raise NotAllowed(_("This appointment can no longer be moved."))
    for row in rows:
        if now > row.move_until or row.moves_used_up or row.is_request:
            raise NotAllowed(_("One of these appointments can no longer be moved online. Move them one by one."))
    Booking.objects.filter(pk__in=[row.pk for row in rows]).update(status=Status.EXPIRED)
    for row in rows:
        old_start, new_start = row.starts_at, (_wall(row.starts_at, zone) + shift).replace(tzinfo=zone).astimezone(UTC)
        target = _new_booking(row.meeting_type, new_start, seats=row.seats, origin=row.origin)
        if not target.is_group:
            target.session = row.uid
        _require_free_or_offered(target, row.meeting_type, new_start, False, now, exclude=row)
        _take_time(row, target)
        meeting_rooms.claim(row, now)
        row.version, row.client_moves = row.version + 1, row.client_moves + 1
        try:
            with transaction.atomic():
                _save(row, now)
        except IntegrityError as error:  # the net: somebody took the time without the lock
            raise SlotTaken from error
        _log(row, "moved", Actor.CLIENT, from_start=old_start, to_start=new_start, at=now)
        messages.queue(row, Message.Kind.MOVED)
    return rows


@transaction.atomic
def cancel(booking: Booking, *, actor: str, reason: str = "", now: datetime | None = None) -> list[Booking]:
    """All that are still to come and may be cancelled; returns them. Raises NotAllowed if there is none."""
    now = now or timezone.now()
    booking = _lock(booking)
    done = []
    for row in members(booking):
        if row.is_open and row.starts_at > now and (actor != Actor.CLIENT or now <= row.cancel_until):
            done.append(bookings.cancel(row, actor=actor, reason=reason, now=now))
    if not done:
        raise NotAllowed(_("It is too late to cancel these appointments online."))
    return done


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None)
