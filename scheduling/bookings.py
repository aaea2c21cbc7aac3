"""Verbs of a booking's life: hold, extend, release, confirm, enter, reschedule, cancel, complete, no-show, expire.

`scheduling.external` follows bookings that are made, moved or cancelled at a provider, by the same means.

Each is one transaction that locks the host's row first, then decides from what it reads under that lock. So there is
one queue per host, on every database; the exclusion constraint (PostgreSQL) and the unique start (everywhere) are
nets for paths that forget. Inserts say ON CONFLICT DO NOTHING: a path without the lock loses politely instead of
deadlocking. Nothing here waits for the outside world: mails are rows, written in the same transaction.

The whole life of one row is read in one module, longer than others.
"""

import secrets
import uuid
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models.signals import post_save
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.models import Brand, Person, Professional, User
from scheduling import availability, links, messages
from scheduling.engine import engine_for
from scheduling.models import Booking, BookingEvent, BusyTime, MeetingType, Message
from scheduling.models.bookings import Status
from scheduling.slots import Reason

Actor = Booking.Actor
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
MAX_EXTENSIONS = timedelta(minutes=60)


class BookingError(Exception):
    """The verb cannot be carried out; the text is for people."""


class SlotTaken(BookingError):
    """Somebody has this time. `conflict`: the booking in the way where the caller may know it (the host)."""

    def __init__(self, reason: Reason = Reason.BUSY, conflict: Booking | None = None) -> None:
        super().__init__(_("This time has just been taken."))
        self.reason, self.conflict = reason, conflict


class NotOffered(BookingError):
    """This time is outside the rules: hours, notice, horizon …"""

    def __init__(self, reason: Reason) -> None:
        super().__init__(_("This time is not offered."))
        self.reason = reason


class HoldExpired(BookingError):
    """The hold ran out and the time has gone to somebody else, or is no longer offered."""

    def __init__(self) -> None:
        super().__init__(_("The time was kept for you, but that has run out."))


class NotAllowed(BookingError):
    """Not in this state, or too late by the rules the booking was made under."""


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
        _expire(Booking.objects.filter(pk=replaces.pk, status=Status.HELD, host=host), None)
    _require_offered(meeting_type, start, now=now, seats=seats)
    booking = _new_booking(meeting_type, start, seats=seats, origin=origin)
    booking.status = Status.HELD
    booking.hold_expires_at = now + timedelta(minutes=host.brand.hold_minutes)
    booking.client_language, booking.client_time_zone = language, time_zone
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
    booking.save(update_fields=["hold_expires_at"])
    return booking


@transaction.atomic
def release(booking: Booking) -> None:
    """Give a held time back. Harmless when it is no longer held."""
    if _expire(Booking.objects.filter(pk=booking.pk, status=Status.HELD), None):
        availability.refresh_later(booking.host_id)


@transaction.atomic
def confirm(
    booking: Booking,
    *,
    name: str,
    email: str,
    phone: str = "",
    note: str = "",
    language: str | None = None,
    time_zone: str | None = None,
    now: datetime | None = None,
) -> Booking:
    """held → confirmed, or pending where another engine has the last word; a repetition returns the booking as it is.

    A hold that ran out is still honoured while nobody else has the time; none of a host who is no longer listed is.
    Raises HoldExpired.
    """
    now = now or timezone.now()
    booking = _lock(booking)
    if booking.status in (Status.CONFIRMED, Status.PENDING):
        return booking
    if booking.status not in (Status.HELD, Status.EXPIRED):
        raise NotAllowed(_("This appointment has been cancelled."))
    ran_out = booking.status == Status.EXPIRED or booking.hold_expires_at <= now  # type: ignore[operator]
    left = booking.host.status != Professional.Status.LISTED
    if left or (ran_out and not _still_free(booking, now)):
        raise HoldExpired
    booking.client_name, booking.client_email = name.strip(), email.strip().lower()
    booking.client_phone, booking.client_note = phone.strip(), note.strip()
    booking.client_language = language or booking.client_language
    booking.client_time_zone = time_zone or booking.client_time_zone
    booking.consented_at = now
    booking.client = _client(booking)
    at_once = engine_for(booking.meeting_type).confirms_at_once
    booking.engine = booking.meeting_type.engine
    booking.status = Status.CONFIRMED if at_once else Status.PENDING
    try:
        with transaction.atomic():
            _save(booking, now)
    except IntegrityError as error:  # the net, as in reschedule()
        raise HoldExpired from error
    _log(booking, "confirmed" if at_once else "requested", Actor.CLIENT, to_start=booking.starts_at, at=now)
    if at_once:
        messages.queue(booking, Message.Kind.CONFIRMED)
    return booking


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
    booking.status = Status.CONFIRMED
    booking.client_name, booking.client_email = name.strip(), email.strip().lower()
    booking.client_phone, booking.client_note = phone.strip(), note.strip()
    booking.client_language, booking.client_time_zone = host.brand.language, host.person.time_zone
    booking.client = _client(booking)
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
    if actor == Actor.CLIENT and now > booking.move_until:
        raise NotAllowed(_("It is too late to move this appointment online."))
    if start == booking.starts_at:
        return booking
    _expire(Booking.objects.filter(host=booking.host), now)
    moved = _new_booking(booking.meeting_type, start, seats=booking.seats, origin=booking.origin)
    if not moved.is_group:
        moved.session = booking.uid
    _require_free_or_offered(moved, booking.meeting_type, start, outside_rules, now, exclude=booking)
    old_start = booking.starts_at
    for column in ("starts_at", "ends_at", "blocked_from", "blocked_until", "session"):
        setattr(booking, column, getattr(moved, column))
    booking.version += 1
    at_once = booking.engine == "native" or engine_for(booking.meeting_type).confirms_at_once
    if not at_once:
        booking.fallback_start = booking.fallback_start or (old_start if booking.status == Status.CONFIRMED else None)
        booking.status = Status.PENDING
    try:
        with transaction.atomic():
            _save(booking, now)
    except IntegrityError as error:  # the net: somebody took the time without the lock
        raise SlotTaken from error
    kind = "moved" if at_once else "move_asked"
    _log(booking, kind, actor, user=user, reason=reason, from_start=old_start, to_start=start, at=now)
    if notify and at_once:
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


# --- the other side's word --------------------------------------------------------------------------------------


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
    booking.status = Status.CONFIRMED
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
    else:
        booking.status, booking.cancelled_by = Status.DECLINED, Actor.PROVIDER
    booking.version += 1
    _save(booking, now)
    _log(booking, "declined", Actor.PROVIDER, reason=reason, from_start=asked, to_start=booking.starts_at, at=now)
    if booking.status == Status.DECLINED:
        messages.queue(booking, Message.Kind.DECLINED, audiences=[Message.Audience.CLIENT])
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
    hosts = set(due.values_list("host_id", flat=True)[:1000])
    with transaction.atomic():
        count = _expire(due, None)
        for host_id in hosts:
            availability.refresh_later(host_id)
    return count


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


# --- inside -----------------------------------------------------------------------------------------------------


def _lock_host(host_id: int) -> Professional:
    """The queue of one host. SQLite has no row locks: its IMMEDIATE transactions are one queue for all."""
    Professional.objects.select_for_update().only("pk").get(pk=host_id)
    return Professional.objects.select_related("person", "brand").get(pk=host_id)


def _lock(booking: Booking) -> Booking:
    """The booking as it is now, under the lock of its host."""
    host = _lock_host(booking.host_id)
    booking = Booking.objects.select_related("meeting_type__office", "client").get(pk=booking.pk)
    booking.host = booking.meeting_type.host = host
    return booking


def _fresh(meeting_type: MeetingType, host: Professional) -> MeetingType:
    meeting_type = MeetingType.objects.select_related("office").get(pk=meeting_type.pk)
    meeting_type.host = host
    return meeting_type


def _expire(bookings, now: datetime | None) -> int:  # type: ignore[no-untyped-def]
    """Held rows among `bookings` → expired: those over at `now`, or all of them."""
    due = bookings.filter(status=Status.HELD)
    if now is not None:
        due = due.filter(hold_expires_at__lte=now)
    return int(due.update(status=Status.EXPIRED, updated_at=timezone.now()))


def _require_offered(meeting_type: MeetingType, start: datetime, **kwargs) -> None:  # type: ignore[no-untyped-def]
    if meeting_type.host.status != Professional.Status.LISTED:
        raise NotOffered(Reason.HOURS)
    reason = availability.refusal(meeting_type, start, **kwargs)
    if reason in availability.TAKEN:
        raise SlotTaken(reason)
    if reason:
        raise NotOffered(reason)


def _require_free_or_offered(
    candidate: Booking,
    meeting_type: MeetingType,
    start: datetime,
    outside_rules: bool,
    now: datetime,
    exclude: Booking | None = None,
) -> None:
    """Taken time always refuses, and names what is in the way; the rules only where they bind."""
    conflict = _conflict(candidate, candidate.blocked_from, candidate.blocked_until, now, exclude=exclude)
    if conflict is not None:
        raise SlotTaken(conflict=conflict if isinstance(conflict, Booking) else None)
    if outside_rules:
        return
    reason = availability.refusal(meeting_type, start, now=now, exclude=exclude, seats=candidate.seats)
    if reason in availability.TAKEN:
        raise SlotTaken(reason)
    if reason:
        raise NotOffered(reason)


def _still_free(booking: Booking, now: datetime) -> bool:
    """Whether a hold that ran out could be taken again at this moment."""
    rules = {"now": now, "exclude": booking, "seats": booking.seats}
    if availability.refusal(booking.meeting_type, booking.starts_at, **rules):  # type: ignore[arg-type]
        return False
    return _conflict(booking, booking.blocked_from, booking.blocked_until, now) is None


def _conflict(
    candidate: Booking, blocked_from: datetime, blocked_until: datetime, now: datetime, exclude: Booking | None = None
) -> Booking | BusyTime | None:
    """What overlaps the blocked range: the rule of the exclusion constraint, plus busy time and seats."""
    others = Booking.objects.filter(host=candidate.host).blocking(now).exclude(pk=candidate.pk)
    if exclude is not None:
        others = others.exclude(pk=exclude.pk)
    overlapping = others.filter(blocked_from__lt=blocked_until, blocked_until__gt=blocked_from)
    first = overlapping.exclude(session=candidate.session).first()
    if first is not None:
        return first
    if candidate.is_group:
        same = list(others.filter(session=candidate.session))
        if same and sum(other.seats for other in same) + candidate.seats > candidate.meeting_type.seats:
            return same[0]
    busy = BusyTime.objects.filter(host=candidate.host, starts_at__lt=blocked_until, ends_at__gt=blocked_from)
    return busy.first()


def _new_booking(
    meeting_type: MeetingType, start: datetime, *, seats: int, origin: str, end: datetime | None = None
) -> Booking:
    """An unsaved row with times, session, promises and token; status and client are the caller's.

    Raises ValueError for a naive start: no clock is meant by it.
    """
    if timezone.is_naive(start):
        raise ValueError("start needs a time zone")
    start = start.astimezone(UTC)
    end = end.astimezone(UTC) if end else start + timedelta(minutes=meeting_type.duration)
    uid = uuid.uuid4()
    group = uuid.uuid5(uuid.NAMESPACE_OID, f"session {meeting_type.pk} {start.isoformat()} {end.isoformat()}")
    place = meeting_type.place
    return Booking(
        uid=uid,
        reference=_reference(),
        host=meeting_type.host,
        meeting_type=meeting_type,
        origin=origin,
        starts_at=start,
        ends_at=end,
        blocked_from=start - timedelta(minutes=meeting_type.buffer_before),
        blocked_until=end + timedelta(minutes=meeting_type.buffer_after),
        session=group if meeting_type.seats > 1 else uid,
        seats=seats,
        time_zone=meeting_type.host.person.time_zone,
        title=meeting_type.title,
        channel=meeting_type.channel,
        location=place.one_line if place else "",
        price_text=meeting_type.price_text,
        cancel_cutoff=meeting_type.cancel_cutoff,
        move_cutoff=meeting_type.move_cutoff,
        join_url=meeting_type.video_url if meeting_type.channel == MeetingType.Channel.VIDEO else "",
        manage_hash=links.digest(links.new_manage_token(uid)),
    )


def _reference() -> str:
    """For people on the phone: K7M2-9QXD, without letters that look like digits."""
    code = "".join(secrets.choice(ALPHABET) for _position in range(8))
    return f"{code[:4]}-{code[4:]}"


def _insert(booking: Booking) -> Booking:
    Booking.objects.bulk_create([booking], ignore_conflicts=True)
    if not Booking.objects.filter(pk=booking.pk).exists():
        raise SlotTaken
    if booking.status != Status.HELD:
        # A bulk insert tells nobody; a hold concerns nobody yet.
        post_save.send(Booking, instance=booking, created=True, raw=False, using=booking._state.db, update_fields=None)
    availability.refresh_later(booking.host_id)
    return booking


def _save(booking: Booking, now: datetime) -> None:
    booking.updated_at = now
    booking.save()
    availability.refresh_later(booking.host_id)


def _client(booking: Booking) -> Person | None:
    """The person behind an e-mail. What a visitor types never changes a person who is already known."""
    if not booking.client_email:
        return None
    brand: Brand = booking.host.brand
    first, _space, last = booking.client_name.rpartition(" ")
    person, _created = Person.objects.get_or_create(
        brand=brand,
        email__iexact=booking.client_email,
        defaults={
            "email": booking.client_email,
            "first_name": first[:60],
            "last_name": last[:60],
            "phone": booking.client_phone,
            "language": booking.client_language,
            "time_zone": booking.client_time_zone or brand.time_zone,
        },
    )
    return person


def _log(
    booking: Booking,
    kind: str,
    actor: str,
    *,
    at: datetime,
    user: User | None = None,
    reason: str = "",
    from_start: datetime | None = None,
    to_start: datetime | None = None,
) -> None:
    BookingEvent.objects.create(
        booking=booking,
        version=booking.version,
        kind=kind,
        actor=actor,
        actor_user=user,
        reason=reason.strip()[:500],
        from_start=from_start,
        to_start=to_start,
        at=at,
    )
