"""Group meetings: who takes part, and the verbs that move or cancel a session as a whole.

A session is the bookings that share one `session`; it has no row of its own. Both verbs lock the host, like all others,
and are all or nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.models import Professional, User
from scheduling import bookings, meeting_rooms, messages, room_times
from scheduling.engine import engine_for
from scheduling.groundwork import (
    Actor,
    NotAllowed,
    SlotTaken,
    _expire,
    _lock_host,
    _log,
    _new_booking,
    _require_free_or_offered,
    _save,
    _take_time,
)
from scheduling.models import Booking, MeetingType, Message
from scheduling.models.bookings import Status

OPEN = [Status.PENDING, Status.CONFIRMED]


@dataclass(frozen=True, slots=True)
class Session:
    """`taken` counts seats, also those of requests; `participants` are people, by name, cancelled ones last."""

    uid: UUID
    meeting_type: MeetingType
    starts_at: datetime
    ends_at: datetime
    participants: list[Booking]
    taken: int

    @property
    def seats(self) -> int:
        return self.meeting_type.seats

    @property
    def is_open(self) -> bool:
        return any(booking.is_open for booking in self.participants)


def find(host: Professional, uid: UUID) -> Session | None:
    """A session of this host with everybody who was ever in it; None for what is none."""
    rows = Booking.objects.filter(host=host, session=uid).exclude(session=F("uid")).real()
    found = list(rows.select_related("meeting_type__office", "client").order_by("client_name", "pk"))
    if not found:
        return None
    found.sort(key=lambda booking: booking.status in (Status.CANCELLED, Status.DECLINED))
    first = found[0]
    for booking in found:
        booking.host = booking.meeting_type.host = host
    taken = sum(booking.seats for booking in found if booking.status not in (Status.CANCELLED, Status.DECLINED))
    return Session(uid, first.meeting_type, first.starts_at, first.ends_at, found, taken)


@transaction.atomic
def move(
    host: Professional,
    uid: UUID,
    start: datetime,
    *,
    actor: str = Actor.HOST,
    user: User | None = None,
    reason: str = "",
    outside_rules: bool = False,
    now: datetime | None = None,
) -> UUID:
    """Everybody to `start`, into a session that may be there already if its seats suffice; returns the session's uid.

    Raises NotAllowed, SlotTaken, NotOffered; then nothing has changed.
    """
    now = now or timezone.now()
    host, rows = _open(host, uid)
    meeting_type = rows[0].meeting_type
    if not engine_for(meeting_type).confirms_at_once:
        raise NotAllowed(_("A provider decides about this session: move its appointments one by one."))
    if start == rows[0].starts_at:
        return uid
    _expire(Booking.objects.filter(host=host), now)
    _expire(Booking.objects.filter(host=host, session=uid), None)
    # Out of their own way, until each is saved at its new place.
    Booking.objects.filter(pk__in=[row.pk for row in rows]).update(status=Status.EXPIRED)
    target = _new_booking(meeting_type, start, seats=sum(row.seats for row in rows), origin=rows[0].origin)
    if not target.is_group:
        raise NotAllowed(_("This is no group meeting any more: move its appointments one by one."))
    _require_free_or_offered(target, meeting_type, start, outside_rules, now)
    for row in rows:
        old_start = row.starts_at
        _take_time(row, target)
        meeting_rooms.claim(row, now)
        row.version += 1
        try:
            with transaction.atomic():
                _save(row, now)
        except IntegrityError as error:  # the net: somebody took the time without the lock
            raise SlotTaken from error
        _log(row, "moved", actor, user=user, reason=reason, from_start=old_start, to_start=start, at=now)
        messages.queue(row, Message.Kind.MOVED)
    return target.session


@transaction.atomic
def cancel(
    host: Professional,
    uid: UUID,
    *,
    actor: str = Actor.HOST,
    user: User | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> int:
    """Cancel the appointments of everybody in it and give back what is held; returns how many. Raises NotAllowed."""
    host, rows = _open(host, uid)
    _expire(Booking.objects.filter(host=host, session=uid), None)
    for row in rows:
        bookings.cancel(row, actor=actor, user=user, reason=reason, now=now)
    return len(rows)


def _open(host: Professional, uid: UUID) -> tuple[Professional, list[Booking]]:
    """The host, locked, and the open bookings of a session of hers."""
    host = _lock_host(host.pk)
    rows = Booking.objects.filter(host=host, session=uid, status__in=OPEN).exclude(session=F("uid"))
    found = list(rows.select_related("meeting_type__office", "client").order_by("created_at"))
    if not found:
        raise NotAllowed(_("Nobody takes part in this session any more."))
    for row in found:
        row.host = row.meeting_type.host = host
    room_times.lock(found[0].meeting_type)
    return host, found
