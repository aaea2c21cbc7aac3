"""Is this time offered? The one answer for pages, holds, moves, the API and the explainer.

Loads calendars (three queries, `calendars`) and asks the engine of the meeting type; ours computes with `slots`.
"""

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from django.db import connection, transaction
from django.db.models import Case, F, Model, Sum, Value, When
from django.utils import timezone

from directory.models import Office, Professional
from scheduling import room_times
from scheduling.calendars import load
from scheduling.engine import engine_for
from scheduling.models import Booking, MeetingType
from scheduling.slots import Reason

# How far search cards and alternatives look.
NEAR = timedelta(days=30)

TAKEN = frozenset({Reason.BUSY, Reason.HOLD, Reason.BUFFER, Reason.CAPACITY, Reason.LIMIT, Reason.ROOM})


@dataclass(frozen=True, slots=True)
class FreeTime:
    """One free start on a card: when (aware, UTC) and for which meeting type."""

    start: datetime
    meeting_type: MeetingType


def open_epochs(
    meeting_type: MeetingType,
    start: datetime,
    end: datetime,
    *,
    now: datetime | None = None,
    exclude: Booking | None = None,
    seats: int = 1,
) -> np.ndarray:
    """Free starts in [start, end), sorted, as epoch seconds. `exclude`: a booking that may move out of its own way,
    also while new bookings are paused."""
    if not meeting_type.is_bookable or (exclude is None and meeting_type.host.is_paused):
        return np.empty(0, dtype=np.int64)
    now = now or timezone.now()
    calendar = load([meeting_type.host], start, end, now=now, exclude=exclude)[meeting_type.host_id]
    found = engine_for(meeting_type).open_epochs(meeting_type, calendar, start, end, now, seats)
    return _with_room([meeting_type], start, end, now, exclude)(meeting_type, found)


def _with_room(
    meeting_types: list[MeetingType], start: datetime, end: datetime, now: datetime, exclude: Booking | None = None
) -> Callable[[MeetingType, np.ndarray], np.ndarray]:
    """Leaves the starts at which a room is free, to meeting types that need one."""
    rooms = room_times.load(meeting_types, start, end, now, exclude)
    return lambda one, found: rooms[one.pk].free(one, found) if one.pk in rooms else found


def open_starts(meeting_type: MeetingType, start: datetime, end: datetime, **options) -> list[datetime]:  # type: ignore[no-untyped-def]
    """The same as aware datetimes in UTC."""
    return [datetime.fromtimestamp(int(epoch), UTC) for epoch in open_epochs(meeting_type, start, end, **options)]


def refusal(
    meeting_type: MeetingType,
    start: datetime,
    *,
    now: datetime | None = None,
    exclude: Booking | None = None,
    seats: int = 1,
) -> Reason | None:
    """Why `start` is not offered; None if it is. The same rows and rules as `open_starts`."""
    if not meeting_type.is_bookable:
        return Reason.HOURS
    if exclude is None and meeting_type.host.is_paused:
        return Reason.PAUSED
    now = now or timezone.now()
    if start.microsecond:
        return Reason.GRID
    calendar = load([meeting_type.host], start, start, now=now, exclude=exclude)[meeting_type.host_id]
    reason = engine_for(meeting_type).refusal(meeting_type, calendar, start, now, seats)
    if reason is None and room_times.needs_room(meeting_type):
        wanted = np.array([int(start.timestamp())], dtype=np.int64)
        free = _with_room([meeting_type], start, start + timedelta(seconds=1), now, exclude)(meeting_type, wanted)
        reason = None if len(free) else Reason.ROOM
    return reason


def seats_taken(meeting_type: MeetingType, start: datetime, end: datetime, now: datetime) -> dict[datetime, int]:
    """Seats taken by start, holds included, in [start, end). One query."""
    rows = Booking.objects.blocking(now).filter(meeting_type=meeting_type, starts_at__gte=start, starts_at__lt=end)
    return dict(rows.order_by().values_list("starts_at").annotate(Sum("seats")))


def offices_at(meeting_type: MeetingType, start: datetime, end: datetime, *, now: datetime) -> dict[datetime, Office]:
    """For a type that takes place at the office of the day: where each start in [start, end) would be, taken or not."""
    calendar = load([meeting_type.host], start, end, now=now)[meeting_type.host_id]
    calendar.rows = []
    offices = {office.pk: office for office in meeting_type.host.offices.all()}
    main = meeting_type.host.main_office
    free = copy(meeting_type)
    free.notice, free.horizon_days, free.last_date = 0, 731, None
    found: dict[datetime, Office] = {}
    for group in calendar.places(meeting_type):
        office = offices.get(next(iter(group or {None}))) or main  # type: ignore[arg-type]
        for epoch in calendar.open_at(free, group, start, end, min(now, start)).tolist():
            if office is not None:
                found.setdefault(datetime.fromtimestamp(epoch, UTC), office)
    return found


def office_at(meeting_type: MeetingType, start: datetime, now: datetime) -> Office | None:
    """Where an appointment at `start` takes place; outside all hours at the first office."""
    if not meeting_type.roams:
        return meeting_type.place
    found = offices_at(meeting_type, start, start + timedelta(seconds=1), now=now)
    return found.get(start.astimezone(UTC)) or meeting_type.host.main_office


def horizon_end(meeting_type: MeetingType, now: datetime) -> datetime:
    """No slot starts at or after this instant."""
    return now + timedelta(days=meeting_type.horizon_days + 2)


def next_free(
    meeting_type: MeetingType, *, after: datetime | None = None, now: datetime | None = None
) -> datetime | None:
    """The first free start from `after` (default: now) to the horizon."""
    now = now or timezone.now()
    return next(iter(open_starts(meeting_type, after or now, horizon_end(meeting_type, now), now=now)), None)


def nearest(
    meeting_type: MeetingType, wanted: datetime, *, count: int = 6, now: datetime | None = None
) -> list[datetime]:
    """Free starts closest to a wanted one that is gone, in order of time."""
    now = now or timezone.now()
    start = max(now, wanted - timedelta(days=7))
    found = open_starts(meeting_type, start, wanted + NEAR, now=now)
    return sorted(sorted(found, key=lambda free: abs(free - wanted))[:count])


def prepare(meeting_types: list[MeetingType]) -> None:
    """Let engines that remember times load them for all at once."""
    for engine in {engine_for(meeting_type) for meeting_type in meeting_types}:
        engine.prepare([one for one in meeting_types if engine_for(one) is engine])


def next_times(
    professionals: Iterable[Professional], *, count: int = 3, now: datetime | None = None
) -> dict[int, list[FreeTime]]:
    """The next free starts of each professional, for cards: of the public meeting type that is free first, so that
    cards sorted by `next_free_at` show what they are sorted by. Four queries in all."""
    now = now or timezone.now()
    hosts = {professional.pk: professional for professional in professionals}
    types = list(MeetingType.objects.public().filter(host__in=hosts).order_by("position", "id"))
    found: dict[int, list[FreeTime]] = {pk: [] for pk in hosts}
    calendars = load(hosts.values(), now, now + NEAR, now=now)
    prepare(types)
    for meeting_type in types:
        meeting_type.host = hosts[meeting_type.host_id]
    with_room = _with_room(types, now, now + NEAR, now)
    for meeting_type in types:
        if meeting_type.host.is_paused:
            continue
        calendar = calendars[meeting_type.host_id]
        epochs = engine_for(meeting_type).open_epochs(meeting_type, calendar, now, now + NEAR, now)
        epochs = with_room(meeting_type, epochs)[:count]
        free = [FreeTime(datetime.fromtimestamp(int(epoch), UTC), meeting_type) for epoch in epochs]
        best = found[meeting_type.host_id]
        if free and (not best or free[0].start < best[0].start):
            found[meeting_type.host_id] = free
    return found


# --- the columns of Professional that search and listing read ---------------------------------------------------


def refresh(host: Professional, *, now: datetime | None = None) -> None:
    """Bring `bookable` and `next_free_at` of a host up to date."""
    now = now or timezone.now()
    types = list(MeetingType.objects.public().filter(host=host).select_related("host__person"))
    first = None
    has_hours = False
    if types:
        end = max(horizon_end(meeting_type, now) for meeting_type in types)
        calendar = load([host], now, end, now=now)[host.pk]
        has_hours = bool(calendar.weekly) or any(calendar.overrides.values())
        prepare(types)
        with_room = _with_room(types, now, end, now)
        for meeting_type in types if not host.is_paused else ():
            epochs = with_room(
                meeting_type, engine_for(meeting_type).open_epochs(meeting_type, calendar, now, end, now)
            )
            if len(epochs):
                first = min(first, int(epochs[0])) if first is not None else int(epochs[0])
    next_free_at = datetime.fromtimestamp(first, UTC) if first is not None else None
    # Who appears on the public list, or goes from it, has changed; who is merely free at another time has not.
    changed_at = Case(When(bookable=has_hours, then=F("updated_at")), default=Value(now))
    Professional.objects.filter(pk=host.pk).exclude(bookable=has_hours, next_free_at=next_free_at).update(
        bookable=has_hours, next_free_at=next_free_at, updated_at=changed_at
    )


@dataclass(frozen=True, slots=True)
class _Refresh:
    host_id: int

    def __call__(self) -> None:
        host = Professional.objects.select_related("person", "brand").filter(pk=self.host_id).first()
        if host:
            refresh(host)


def refresh_later(host_id: int) -> None:
    """Refresh after this transaction, once, however many rows of the host change in it; the version rises inside it, so
    that who reads the version before the times never takes old times for new ones."""
    wanted = _Refresh(host_id)
    if not any(entry[1] == wanted for entry in connection.run_on_commit):
        Professional.objects.filter(pk=host_id).update(calendar_version=F("calendar_version") + 1)
        transaction.on_commit(wanted)


def host_changed(sender: type[Model], instance: Model, raw: bool = False, **_kwargs: object) -> None:
    """Signal receiver for rows that carry a `host_id`."""
    if not raw:
        refresh_later(instance.host_id)  # type: ignore[attr-defined]
