"""What a change of open time does to booked appointments: said before it is saved, carried out as one thing.

A change is tried in a transaction under the lock of the host. Where it touches no appointment, or exactly those that were
decided about, it stays, with every move and cancellation; else all of it is undone and the caller learns what to ask.
So nobody books between the question and the answer without being asked about, and nothing is done by halves.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from directory.models import Professional, User
from scheduling import availability, bookings, calendars
from scheduling.engine import engine_for
from scheduling.models import Booking
from scheduling.models.bookings import Status

KEEP, CANCEL = "keep", "cancel"
# What becomes of an appointment: KEEP, CANCEL, or the time it moves to (aware).
Choice = str | datetime
Verb = Callable[[], list[Booking]]
OFFERED = 6


@dataclass(slots=True)
class Touched:
    """An appointment in the way, and the free times it could move to, next to the old one; the first pick among them."""

    booking: Booking
    times: list[datetime] = field(default_factory=list)
    next_free: datetime | None = None
    error: str = ""


@dataclass(slots=True)
class Outcome:
    """`done` False: nothing has happened; `touched` says what has to be decided. Else what became of the appointments."""

    done: bool
    touched: list[Touched] = field(default_factory=list)
    moved: list[Booking] = field(default_factory=list)
    asked: list[Booking] = field(default_factory=list)
    cancelled: list[Booking] = field(default_factory=list)
    kept: list[Booking] = field(default_factory=list)

    @property
    def to_call(self) -> list[Booking]:
        """Clients whom no mail reaches."""
        return [booking for booking in [*self.moved, *self.asked, *self.cancelled] if not booking.client_email]


def stamp(touched: list[Booking]) -> str:
    """Which appointments, as they are now, somebody has been shown."""
    text = " ".join(sorted(f"{booking.pk}.{booking.version}" for booking in touched))
    return hashlib.sha256(text.encode()).hexdigest()[:16] if touched else ""


def agreed(verb: Verb, seen: str) -> Outcome:
    """Carry out a change if it touches nothing, or what was shown (`seen`: its stamp) and may stay as it is."""
    with transaction.atomic():
        touched = verb()
        done = not touched or stamp(touched) == seen
        if not done:
            transaction.set_rollback(True)
    return Outcome(done, [Touched(booking) for booking in touched], kept=touched if done else [])


def decided(
    verb: Verb,
    host: Professional,
    choices: Mapping[UUID, Choice],
    *,
    user: User | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> Outcome:
    """Carry out a change together with what was chosen for every appointment it touches, or nothing at all."""
    now = now or timezone.now()
    with transaction.atomic():
        touched = verb()
        outcome, errors = Outcome(True), {}
        if not {booking.pk for booking in touched} <= choices.keys():
            outcome.done = False
        else:
            for booking in touched:
                try:
                    _carry_out(booking, choices[booking.pk], outcome, user=user, reason=reason, now=now)
                except bookings.BookingError as error:
                    errors[booking.pk] = str(error)
            outcome.done = not errors
        if not outcome.done:
            outcome = Outcome(False, _touched(host, touched, now))
            for row in outcome.touched:
                row.error = errors.get(row.booking.pk, "")
            transaction.set_rollback(True)
    return outcome


def _carry_out(
    booking: Booking, choice: Choice, outcome: Outcome, *, user: User | None, reason: str, now: datetime
) -> None:
    who = {"actor": Booking.Actor.HOST, "user": user, "reason": reason, "now": now}
    if choice == KEEP:
        outcome.kept.append(booking)
    elif choice == CANCEL:
        outcome.cancelled.append(bookings.cancel(booking, **who))  # type: ignore[arg-type]
    elif isinstance(choice, datetime):
        booking = bookings.reschedule(booking, choice, **who)  # type: ignore[arg-type]
        (outcome.asked if booking.status == Status.PENDING else outcome.moved).append(booking)


def _touched(host: Professional, touched: list[Booking], now: datetime) -> list[Touched]:
    """Free times for each, as they are with the change in place; the first picks do not take each other's time."""
    rows = [Touched(booking) for booking in touched]
    types = {booking.meeting_type_id: booking.meeting_type for booking in touched if booking.meeting_type.is_bookable}
    if not types:
        return rows
    for meeting_type in types.values():
        meeting_type.host = host
    end = max(availability.horizon_end(meeting_type, now) for meeting_type in types.values())
    calendar = calendars.load([host], now, end, now=now)[host.pk]
    availability.prepare(list(types.values()))
    taken: list[tuple[datetime, datetime]] = []
    for row in rows:
        if row.booking.meeting_type_id not in types or row.booking.is_request:
            continue
        meeting_type = types[row.booking.meeting_type_id]
        epochs = engine_for(meeting_type).open_epochs(meeting_type, calendar, now, end, now, row.booking.seats)
        before, after = timedelta(minutes=meeting_type.buffer_before), timedelta(minutes=meeting_type.buffer_after)
        length = row.booking.ends_at - row.booking.starts_at
        old = int(epochs.searchsorted(int(row.booking.starts_at.timestamp())))
        near = [datetime.fromtimestamp(int(epoch), UTC) for epoch in epochs[max(0, old - 50) : old + 200]]
        free = [
            start
            for start in near
            if not any(first < start + length + after and start - before < last for first, last in taken)
        ]
        later = [start for start in free if start > row.booking.starts_at]
        row.next_free = later[0] if later else free[-1] if free else None
        if row.next_free:
            taken.append((row.next_free - before, row.next_free + length + after))
        closest = sorted(free, key=lambda start: abs(start - row.booking.starts_at))[:OFFERED]
        row.times = sorted({*closest, *([row.next_free] if row.next_free else [])})
    return rows
