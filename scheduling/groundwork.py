"""What the verbs of a booking share: what they raise, the lock, the checks under it, rows and history.

`scheduling.bookings` has the rules of the house; the modules of verbs beside it use the same means.
"""

import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Required, TypedDict

from django.db.models.signals import post_save
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from directory.models import Brand, Person, Professional, User
from scheduling import availability, links, reminders, room_times
from scheduling.models import Booking, BookingEvent, BusyTime, MeetingType
from scheduling.models.bookings import Awaits, Status
from scheduling.slots import Reason

Actor = Booking.Actor
LONGEST_WAIT = timedelta(hours=24)
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class BookingError(Exception):
    """The verb cannot be carried out; the text is for people."""


class SlotTaken(BookingError):
    """Somebody has this time. `conflict`: the booking in the way where the caller may know it (the host)."""

    def __init__(self, reason: Reason = Reason.BUSY, conflict: Booking | None = None) -> None:
        no_room = reason == Reason.ROOM
        super().__init__(_("No room is free at this time.") if no_room else _("This time has just been taken."))
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


class SeatsGone(NotAllowed):
    """Fewer seats are left than were asked for: `left`, the held ones included."""

    def __init__(self, left: int) -> None:
        text = ngettext("Only %(count)d seat is left.", "Only %(count)d seats are left.", left)
        super().__init__(text % {"count": left})
        self.left = left


class CallFirst(NotAllowed):
    """This client is asked to call; said so that it tells nobody anything about her."""

    def __init__(self, host: Professional) -> None:
        number = host.brand.support_phone or host.person.phone
        text = _("This appointment cannot be booked online. Please call us: %(phone)s")
        super().__init__(text % {"phone": number} if number else _("This appointment cannot be booked online."))


class Details(TypedDict, total=False):
    """What a client says of herself for a booking; language and time zone None: as they are known."""

    name: Required[str]
    email: Required[str]
    phone: str
    note: str
    language: str | None
    time_zone: str | None


# --- lock and checks ---------------------------------------------------------------------------------------------


def _lock_host(host_id: int) -> Professional:
    """The queue of one host, and who she is now."""
    Professional.objects.lock(host_id)
    return Professional.objects.select_related("person", "brand").get(pk=host_id)


def _lock(booking: Booking) -> Booking:
    """The booking as it is now, under the lock of its host."""
    host = _lock_host(booking.host_id)
    booking = Booking.objects.select_related("meeting_type__office", "client").get(pk=booking.pk)
    booking.host = booking.meeting_type.host = host
    room_times.lock(booking.meeting_type)
    return booking


def members(booking: Booking) -> list[Booking]:
    """What was booked together with it, itself included, by start; itself alone where it was booked alone."""
    if booking.series is None:
        return [booking]
    rows = Booking.objects.filter(host=booking.host, series=booking.series).order_by("starts_at", "pk")
    found = list(rows.select_related("meeting_type__office", "client"))
    for row in found:
        row.host = row.meeting_type.host = booking.host
    return found


def _fresh(meeting_type: MeetingType, host: Professional) -> MeetingType:
    meeting_type = MeetingType.objects.select_related("office").get(pk=meeting_type.pk)
    meeting_type.host = host
    room_times.lock(meeting_type)
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


def _taken_from(booking: Booking, now: datetime) -> bool:
    """Whether somebody else has taken the time of one of several requests meanwhile; a kept time is nobody else's."""
    if booking.awaits != Awaits.CHOICE:
        return False
    return _conflict(booking, booking.blocked_from, booking.blocked_until, now) is not None


def seats_left(booking: Booking, now: datetime) -> int:
    """How many seats this booking could have in its session, those it has included."""
    others = Booking.objects.filter(host=booking.host, session=booking.session).blocking(now).exclude(pk=booking.pk)
    return booking.meeting_type.seats - sum(others.values_list("seats", flat=True))


def _choose_seats(booking: Booking, seats: int | None, now: datetime) -> None:
    """How many seats of a group meeting it is for, chosen at the last step. Raises SeatsGone."""
    if not booking.is_group or not seats or seats == booking.seats:
        return
    left = seats_left(booking, now)
    if seats > left:
        raise SeatsGone(left)
    booking.seats = seats


def answer_until(start: datetime, now: datetime) -> datetime:
    """When a request runs out: after a day, or half of the time that is left."""
    return now + min(LONGEST_WAIT, (start - now) / 2)


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
    place = availability.office_at(meeting_type, start, timezone.now())
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
        office=place,
        price_text=meeting_type.price_text,
        awaits=_awaits(meeting_type),
        cancel_cutoff=meeting_type.cancel_cutoff,
        move_cutoff=meeting_type.move_cutoff,
        move_limit=meeting_type.move_limit,
        join_url=meeting_type.video_url if meeting_type.channel == MeetingType.Channel.VIDEO else "",
        manage_hash=links.digest(links.new_manage_token(uid)),
    )


def _awaits(meeting_type: MeetingType) -> str:
    if not meeting_type.on_request:
        return ""
    return Awaits.CHOICE if meeting_type.while_asked == MeetingType.WhileAsked.RACE else Awaits.HOST


def _take_time(booking: Booking, moved: Booking) -> None:
    """Times of an unsaved row, and its place where that depends on the time."""
    for column in ("starts_at", "ends_at", "blocked_from", "blocked_until", "session"):
        setattr(booking, column, getattr(moved, column))
    if booking.meeting_type.roams:
        booking.location, booking.office = moved.location, moved.office


def _fill_in(booking: Booking, details: Details) -> None:
    booking.client_name, booking.client_email = details["name"].strip(), details["email"].strip().lower()
    booking.client_phone, booking.client_note = details.get("phone", "").strip(), details.get("note", "").strip()
    booking.client_language = details.get("language") or booking.client_language
    booking.client_time_zone = details.get("time_zone") or booking.client_time_zone


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
    reminders.plan(booking, now)
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
