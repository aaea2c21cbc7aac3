"""Verbs of a booking's life: hold, extend, release, confirm, enter, reschedule, cancel, complete, no-show, expire.

`scheduling.external` follows bookings that are made, moved or cancelled at a provider, by the same means.

Each is one transaction that locks the host's row first, then decides from what it reads under that lock. So there is
one queue per host, on every database; the exclusion constraint (PostgreSQL) and the unique start (everywhere) are
nets for paths that forget. Inserts say ON CONFLICT DO NOTHING: a path without the lock loses politely instead of
deadlocking. Nothing here waits for the outside world: mails are rows, written in the same transaction.

What they share is in `scheduling.groundwork`.
"""

from datetime import datetime, timedelta
from typing import Unpack

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.models import Professional, User
from scheduling import availability, clients, meeting_rooms, messages
from scheduling.attendance import complete, complete_past, finish, no_show
from scheduling.engine import engine_for
from scheduling.groundwork import (
    Actor,
    BookingError,
    CallFirst,
    Details,
    HoldExpired,
    NotAllowed,
    NotOffered,
    SeatsGone,
    SlotTaken,
    _choose_seats,
    _client,
    _expire,
    _fill_in,
    _fresh,
    _insert,
    _lock,
    _lock_host,
    _log,
    _new_booking,
    _require_free_or_offered,
    _require_offered,
    _save,
    _still_free,
    _take_time,
    _taken_from,
    answer_until,
    members,
)
from scheduling.models import Booking, MeetingType, Message
from scheduling.models.bookings import Awaits, BookingQuerySet, Status
from scheduling.models.clients import Way
from scheduling.settlement import decline, settle

__all__ = ["BookingError", "CallFirst", "HoldExpired", "NotAllowed", "NotOffered", "SeatsGone", "SlotTaken"]
__all__ += ["complete", "complete_past", "decline", "finish", "no_show", "settle"]

MAX_EXTENSIONS = timedelta(minutes=60)


# --- the visitor's path -----------------------------------------------------------------------------------------


@transaction.atomic
def hold(
    meeting_type: MeetingType,
    start: datetime,
    *,
    language: str = "en",
    time_zone: str = "",
    seats: int = 1,
    replaces: Booking | None = None,
    origin: str = Booking.Origin.PAGE,
    now: datetime | None = None,
) -> Booking:
    """Keep `start` (aware) for the brand's hold time. `replaces`: this visitor's earlier hold, given back first.

    Raises SlotTaken or NotOffered; then nothing has changed.
    """
    now = now or timezone.now()
    host = _lock_host(meeting_type.host_id)
    meeting_type = _fresh(meeting_type, host)
    _expire(Booking.objects.filter(host=host), now)
    if replaces is not None:
        _expire(_held_with(replaces).filter(host=host), None)
    _require_offered(meeting_type, start, now=now, seats=seats)
    booking = _new_booking(meeting_type, start, seats=seats, origin=origin)
    booking.status = Status.HELD
    booking.hold_expires_at = now + timedelta(minutes=host.brand.hold_minutes)
    booking.client_language, booking.client_time_zone = language, time_zone
    meeting_rooms.claim(booking, now)
    return _insert(booking)


@transaction.atomic
def extend(booking: Booking, *, now: datetime | None = None) -> Booking:
    """Another full hold time from now, up to an hour after the hold began. Raises HoldExpired."""
    now = now or timezone.now()
    booking = _lock(booking)
    if booking.status != Status.HELD or (booking.hold_expires_at and booking.hold_expires_at <= now):
        raise HoldExpired
    limit = booking.created_at + MAX_EXTENSIONS
    booking.hold_expires_at = max(
        booking.hold_expires_at or now, min(limit, now + timedelta(minutes=booking.host.brand.hold_minutes))
    )
    keep_together(booking)
    return booking


@transaction.atomic
def release(booking: Booking) -> None:
    """Give a held time back, with those held together with it. Harmless when it is no longer held."""
    _lock_host(booking.host_id)
    if _expire(_held_with(booking), None):
        availability.refresh_later(booking.host_id)


@transaction.atomic
def keep_until(booking: Booking, until: datetime) -> Booking:
    """A held time is kept until `until` at the latest: its engine keeps it no longer."""
    booking = _lock(booking)
    if booking.status == Status.HELD and booking.hold_expires_at and booking.hold_expires_at > until:
        booking.hold_expires_at = until
        Booking.objects.filter(pk=booking.pk).update(hold_expires_at=until)
        keep_together(booking)
    return booking


def keep_together(booking: Booking) -> None:
    """What is held together with it is kept as long as it."""
    _held_with(booking).update(hold_expires_at=booking.hold_expires_at)


def _held_with(booking: Booking) -> BookingQuerySet:
    together = Q(pk=booking.pk) if booking.series is None else Q(series=booking.series)
    return Booking.objects.filter(together, status=Status.HELD)


@transaction.atomic
def confirm(
    booking: Booking, *, seats: int | None = None, now: datetime | None = None, **details: Unpack[Details]
) -> Booking:
    """held → confirmed, or pending where the host or another engine has the last word; a repetition returns the
    booking as it is.

    A hold that ran out is still honoured while nobody else has the time; none of a host who is no longer listed is.
    `seats`: how many of a group meeting, if other than those held. What was held together is confirmed together, all or
    nothing, and told once. Raises HoldExpired, SeatsGone, or CallFirst for a client whom the host wants to hear first.
    """
    now = now or timezone.now()
    booking = _lock(booking)
    for other in members(booking):
        if other.pk != booking.pk and other.status in (Status.HELD, Status.EXPIRED):
            _confirm(other, details, None, now, tell=False)
    return _confirm(booking, details, seats, now)


def _confirm(booking: Booking, details: Details, seats: int | None, now: datetime, *, tell: bool = True) -> Booking:
    """One row, under the lock."""
    if booking.status in (Status.CONFIRMED, Status.PENDING):
        return booking
    if booking.status not in (Status.HELD, Status.EXPIRED):
        raise NotAllowed(_("This appointment has been cancelled."))
    ran_out = booking.status == Status.EXPIRED or booking.hold_expires_at <= now  # type: ignore[operator]
    left = booking.host.status != Professional.Status.LISTED
    if left or (ran_out and not _still_free(booking, now)):
        raise HoldExpired
    if ran_out:
        _claim_again(booking, now)
    _choose_seats(booking, seats, now)
    _fill_in(booking, details)
    booking.consented_at = now
    booking.client = _client(booking)
    way = clients.way_of(booking.client, booking.host, now) if booking.client else ""
    if way == Way.CALL:
        raise CallFirst(booking.host)
    if way == Way.REQUEST:
        booking.awaits = booking.awaits or Awaits.HOST
    at_once = engine_for(booking.meeting_type).confirms_at_once and not booking.awaits
    booking.engine = booking.meeting_type.engine
    booking.status = Status.CONFIRMED if at_once else Status.PENDING
    if booking.awaits:
        if _taken_from(booking, now):
            raise HoldExpired
        booking.answer_by = answer_until(booking.starts_at, now)
    try:
        with transaction.atomic():
            _save(booking, now)
    except IntegrityError as error:  # the net, as in reschedule()
        raise HoldExpired from error
    _log(booking, "confirmed" if at_once else "requested", Actor.CLIENT, to_start=booking.starts_at, at=now)
    if not tell:
        return booking
    if at_once:
        messages.queue(booking, Message.Kind.CONFIRMED)
    elif booking.awaits:
        messages.queue(booking, Message.Kind.REQUESTED)
    return booking


def _claim_again(booking: Booking, now: datetime) -> None:
    """Its room may have gone to somebody else meanwhile; another one will do."""
    try:
        meeting_rooms.claim(booking, now)
    except SlotTaken:
        raise HoldExpired from None


# --- both sides -------------------------------------------------------------------------------------------------


@transaction.atomic
def enter(
    meeting_type: MeetingType,
    start: datetime,
    *,
    name: str,
    email: str = "",
    phone: str = "",
    note: str = "",
    seats: int = 1,
    actor: str = Actor.HOST,
    user: User | None = None,
    outside_rules: bool = False,
    notify: bool = True,
    now: datetime | None = None,
) -> Booking:
    """A confirmed booking entered by the host or an admin (a phone call).

    `outside_rules`: hours, notice, horizon and limits do not bind; taken time always does. Raises SlotTaken
    (with the conflict), NotOffered.
    """
    now = now or timezone.now()
    host = _lock_host(meeting_type.host_id)
    meeting_type = _fresh(meeting_type, host)
    _expire(Booking.objects.filter(host=host), now)
    origin = Booking.Origin.PHONE if actor == Actor.HOST else Booking.Origin.ADMIN
    booking = _new_booking(meeting_type, start, seats=seats, origin=origin)
    _require_free_or_offered(booking, meeting_type, start, outside_rules, now)
    booking.status, booking.awaits = Status.CONFIRMED, ""
    booking.client_language, booking.client_time_zone = host.brand.language, host.person.time_zone
    _fill_in(booking, {"name": name, "email": email, "phone": phone, "note": note})
    booking.client = _client(booking)
    meeting_rooms.claim(booking, now)
    _insert(booking)
    _log(booking, "confirmed", actor, user=user, to_start=start, at=now)
    if notify:
        messages.queue(booking, Message.Kind.CONFIRMED)
    return booking


@transaction.atomic
def reschedule(
    booking: Booking,
    start: datetime,
    *,
    actor: str,
    user: User | None = None,
    reason: str = "",
    outside_rules: bool = False,
    notify: bool = True,
    now: datetime | None = None,
) -> Booking:
    """Move the same row to `start`: new time taken and old time freed at once, version + 1.

    The move cut-off binds the client only. Moving to where it is does nothing. Raises NotAllowed, SlotTaken,
    NotOffered; then nothing has changed.
    """
    now = now or timezone.now()
    booking = _lock(booking)
    if not booking.is_open:
        raise NotAllowed(_("This appointment can no longer be moved."))
    if booking.is_request and actor != Actor.CLIENT:
        raise NotAllowed(_("This is a request: accept or decline it first."))
    if actor == Actor.CLIENT and now > booking.move_until:
        raise NotAllowed(_("It is too late to move this appointment online."))
    if actor == Actor.CLIENT and booking.moves_used_up:
        raise NotAllowed(_("This appointment has been moved as often as it can be online."))
    if start == booking.starts_at:
        return booking
    _expire(Booking.objects.filter(host=booking.host), now)
    moved = _new_booking(booking.meeting_type, start, seats=booking.seats, origin=booking.origin)
    if not moved.is_group:
        moved.session = booking.uid
    _require_free_or_offered(moved, booking.meeting_type, start, outside_rules, now, exclude=booking)
    old_start = booking.starts_at
    _take_time(booking, moved)
    meeting_rooms.claim(booking, now)
    booking.version += 1
    booking.client_moves += actor == Actor.CLIENT
    at_once = booking.engine == "native" or engine_for(booking.meeting_type).confirms_at_once
    if booking.is_request:
        booking.answer_by = answer_until(start, now)
    elif not at_once:
        booking.fallback_start = booking.fallback_start or (old_start if booking.status == Status.CONFIRMED else None)
        booking.status = Status.PENDING
    try:
        with transaction.atomic():
            _save(booking, now)
    except IntegrityError as error:  # the net: somebody took the time without the lock
        raise SlotTaken from error
    kind = "requested" if booking.is_request else "moved" if at_once else "move_asked"
    _log(booking, kind, actor, user=user, reason=reason, from_start=old_start, to_start=start, at=now)
    if booking.is_request:
        messages.queue(booking, Message.Kind.REQUESTED)
    elif notify and at_once:
        messages.queue(booking, Message.Kind.MOVED)
    return booking


@transaction.atomic
def cancel(
    booking: Booking,
    *,
    actor: str,
    user: User | None = None,
    reason: str = "",
    notify: bool = True,
    now: datetime | None = None,
) -> Booking:
    """Cancel; a repetition returns the booking as it is. The cut-off binds the client only. Raises NotAllowed."""
    now = now or timezone.now()
    booking = _lock(booking)
    if booking.status == Status.CANCELLED:
        return booking
    if not booking.is_open:
        raise NotAllowed(_("This appointment can no longer be cancelled."))
    if actor == Actor.CLIENT and now > booking.cancel_until:
        raise NotAllowed(_("It is too late to cancel this appointment online."))
    booking.status, booking.version = Status.CANCELLED, booking.version + 1
    booking.cancelled_by, booking.cancel_reason = actor, reason.strip()[:500]
    _save(booking, now)
    _log(booking, "cancelled", actor, user=user, reason=reason, from_start=booking.starts_at, at=now)
    if notify:
        messages.queue(booking, Message.Kind.CANCELLED)
    return booking


def cancel_all_of(professional: Professional, *, actor: str = Actor.HOST, reason: str = "") -> int:
    """Cancel every future booking of a host and give back what is held; returns how many were cancelled."""
    now = timezone.now()
    _expire(Booking.objects.filter(host=professional, status=Status.HELD), None)
    upcoming = list(Booking.objects.filter(host=professional).upcoming(now))
    for booking in upcoming:
        cancel(booking, actor=actor, reason=reason, now=now)
    return len(upcoming)


@transaction.atomic
def set_conference(booking: Booking, join_url: str) -> None:
    """The video room of an appointment, as its provider has made it; "" takes it away again.

    Calendars hold our own link to the room, so nobody is told and the version stays. It is the answer to a change, not a
    change: no signal is sent.
    """
    _lock_host(booking.host_id)
    room = Booking.objects.filter(pk=booking.pk).exclude(join_url=join_url)
    room.update(join_url=join_url, updated_at=timezone.now())


# --- what the clock does ----------------------------------------------------------------------------------------


def expire_holds(now: datetime | None = None) -> int:
    """Holds whose time is over → expired. Idempotent; writers do the same for their host anyway."""
    now = now or timezone.now()
    due = Booking.objects.filter(status=Status.HELD, hold_expires_at__lte=now)
    count = 0
    for host_id in sorted(set(due.values_list("host_id", flat=True)[:1000])):
        with transaction.atomic():  # its own each, and the host before her rows, like every writer
            _lock_host(host_id)
            if expired := _expire(due.filter(host=host_id), None):
                count += expired
                availability.refresh_later(host_id)
    return count
