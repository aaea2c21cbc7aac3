"""What the rows say of hosts in a window of time: hours, overrides, busy time. Three queries, whatever the numbers.

Instants travel as epoch seconds: turning rows into datetimes is what costs (docs/architecture.md).
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from django.db.models import (
    BigAutoField,
    CharField,
    DateField,
    DateTimeField,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    UUIDField,
    Value,
)

from directory.models import Professional
from scheduling import open_time, slots
from scheduling.models import AvailabilityOverride, AvailabilityRule, Booking, BusyTime, MeetingType
from scheduling.models.bookings import ACTIVE, TAKES_TIME, Status
from scheduling.prepared import Prepared

# No booking reaches further than its longest duration and buffers (720 + 2 × 480 minutes).
REACH = timedelta(days=2)
# Limits count whole weeks of the host's calendar.
WEEK = timedelta(days=8)


T = TypeVar("T")


class Epoch(Func):
    """A timestamp column as whole epoch seconds, without a detour through Python datetimes."""

    output_field = IntegerField()
    template = "CAST(EXTRACT(EPOCH FROM %(expressions)s) AS bigint)"

    def as_sqlite(self, compiler, connection, **context):  # type: ignore[no-untyped-def]
        return self.as_sql(
            compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS integer)", **context
        )


@dataclass(slots=True)
class HostCalendar:
    """What the rows say of one host in a window. Instants are epoch seconds."""

    zone: str
    weekly: dict[int, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    overrides: dict[date, list[tuple[int, int]]] = field(default_factory=dict)
    # Where windows are bound to an office: (weekday, start) of weekly ones, the date of overrides. Empty for most hosts.
    weekly_places: dict[tuple[int, int], int] = field(default_factory=dict)
    override_places: dict[date, int] = field(default_factory=dict)
    # (meeting type, start, end, blocked from, blocked until, seats, is a group, status); meeting type 0: busy time
    rows: list[tuple[int, int, int, int, int, int, bool, str]] = field(default_factory=list)

    def places(self, meeting_type: MeetingType) -> list[set[int | None] | None]:
        """Which windows count for a meeting type, as sets of offices (None in a set: windows at any office): one set for
        each office at which it may take place. [None]: all windows, wherever they are."""
        if meeting_type.channel != MeetingType.Channel.ON_SITE or not (self.weekly_places or self.override_places):
            return [None]
        known = {*self.weekly_places.values(), *self.override_places.values()}
        if meeting_type.any_office:
            offices: list[set[int | None]] = [{office} for office in sorted(known)]
            return [{None}, *offices]
        office = meeting_type.place
        return [{None, office.pk if office else None}]

    def _hours(self, offices: set[int | None] | None) -> tuple[dict, dict]:  # type: ignore[type-arg]
        """Weekly windows and overrides that lie at these offices."""
        if offices is None:
            return self.weekly, self.overrides
        weekly = {
            weekday: [window for window in windows if self.weekly_places.get((weekday, window[0])) in offices]
            for weekday, windows in self.weekly.items()
        }
        overrides = {
            day: windows if self.override_places.get(day) in offices else [] for day, windows in self.overrides.items()
        }
        return weekly, overrides

    def against(self, meeting_type: MeetingType, start: int, now: int, seats: int = 1) -> Iterator[slots.Reason]:
        """What stands against a start, of the office that comes closest to offering it; nothing if one does."""
        places = self.places(meeting_type)
        if len(places) == 1:
            return slots.against(**self.inputs(meeting_type, places[0]), start=start, now=now, seats_wanted=seats)
        found = [
            list(slots.against(**self.inputs(meeting_type, offices), start=start, now=now, seats_wanted=seats))
            for offices in places
        ]
        closed = {slots.Reason.HOURS, slots.Reason.OVERRIDE}
        ranks = [(not closed.isdisjoint(reasons), len(reasons)) for reasons in found]
        return iter(found[ranks.index(min(ranks))])

    def inputs(self, meeting_type: MeetingType, offices: set[int | None] | None = None) -> dict:  # type: ignore[type-arg]
        """Keyword arguments of `slots.explain` for one meeting type; `holds` are rows of `busy` as well.

        `offices`: one of `places`; left out, all of them at once.
        """
        if offices is None:
            places = self.places(meeting_type)
            offices = places[0] if len(places) == 1 else None
        weekly, overrides = self._hours(offices)
        busy, holds, counted = [], [], []
        sessions: dict[int, slots.Session] = {}
        for type_id, start, end, blocked_from, blocked_until, seats, is_group, status in self.rows:
            same_type = type_id == meeting_type.pk
            if same_type:
                counted.append(start)
            if status not in ACTIVE:
                continue
            if same_type and is_group and end - start == meeting_type.duration * 60:
                taken = seats + (sessions[start].taken if start in sessions else 0)
                sessions[start] = slots.Session(start, end, blocked_from, blocked_until, taken)
                continue
            busy.append((blocked_from, blocked_until))
            if status == Status.HELD:
                holds.append((blocked_from, blocked_until))
        return {
            "zone": self.zone,
            "weekly": weekly,
            "overrides": overrides,
            "busy": busy,
            "holds": holds,
            "sessions": list(sessions.values()),
            "counted": counted,
            "rules": rules_of(meeting_type),
        }

    def open_epochs(
        self, meeting_type: MeetingType, start: datetime, end: datetime, now: datetime, seats: int = 1
    ) -> np.ndarray:
        found = [self.open_at(meeting_type, offices, start, end, now, seats) for offices in self.places(meeting_type)]
        return found[0] if len(found) == 1 else slots.any_of(found)

    def open_at(
        self,
        meeting_type: MeetingType,
        offices: set[int | None] | None,
        start: datetime,
        end: datetime,
        now: datetime,
        seats: int = 1,
    ) -> np.ndarray:
        """The same for the windows of some offices."""
        inputs = self.inputs(meeting_type, offices)
        del inputs["holds"]
        return slots.open_epochs(
            **inputs,
            range_start=math.ceil(start.timestamp()),
            range_end=math.ceil(end.timestamp()),
            now=math.ceil(now.timestamp()),
            seats_wanted=seats,
        )

    def offered(
        self,
        meeting_type: MeetingType,
        starts: np.ndarray,
        start: datetime,
        end: datetime,
        now: datetime,
        seats: int = 1,
    ) -> np.ndarray:
        """Those of another engine's `starts` (sorted epochs) that our own rules and rows leave."""
        inputs = self.inputs(meeting_type)
        rules, earliest = inputs["rules"], now + timedelta(minutes=meeting_type.notice)
        first, last = math.ceil(max(start, earliest).timestamp()), math.ceil(end.timestamp())
        starts = starts[starts.searchsorted(first) : starts.searchsorted(last)]
        if not len(starts) or seats > rules.seats:
            return starts[:0]
        last_day = slots.last_day(self.zone, rules, math.ceil(now.timestamp()))
        starts = starts[open_time.local_days(self.zone, starts) <= last_day]
        taken = {name: inputs[name] for name in ("busy", "sessions", "counted")}
        return slots.untaken(starts, self.zone, rules=rules, wanted=seats, **taken)


def rules_of(meeting_type: MeetingType) -> slots.Rules:
    return slots.Rules(
        duration=meeting_type.duration,
        step=meeting_type.step or meeting_type.duration,
        buffer_before=meeting_type.buffer_before,
        buffer_after=meeting_type.buffer_after,
        notice=meeting_type.notice,
        horizon_days=meeting_type.horizon_days,
        last_date=meeting_type.last_date,
        seats=meeting_type.seats,
        daily_limit=meeting_type.daily_limit,
        weekly_limit=meeting_type.weekly_limit,
    )


def load(
    hosts: Iterable[Professional], start: datetime, end: datetime, *, now: datetime, exclude: Booking | None = None
) -> dict[int, HostCalendar]:
    """Calendars of `hosts` (with person loaded) for slots that start in [start, end). Three queries."""
    calendars = {host.pk: HostCalendar(zone=host.person.time_zone) for host in hosts}
    for host_id, weekday, first, last, office in _ask(RULES, calendars):
        calendars[host_id].weekly[weekday].append((first, last))
        if office is not None:
            calendars[host_id].weekly_places[weekday, first] = office
    _load_overrides(calendars, (start - REACH).date(), (end + REACH).date())
    start, end = start - WEEK, end + WEEK
    reach, left_out = {"first": start - REACH, "last": end + REACH}, exclude.pk if exclude else NONE
    for host_id, *row in _ask(BUSY, calendars, start=start, end=end, **reach, now=now, exclude=left_out):
        calendars[host_id].rows.append(tuple(row))  # type: ignore[arg-type]
    return calendars


def by_date(rows: Iterable[tuple[date, date, tuple[bool, int], T]], first: date, last: date) -> dict[date, T]:
    """(first date, last date, key, row) → the row that counts on each date of [first, last]: where two share a date
    the shorter run wins, then the higher key. So that one is written last."""
    found: dict[date, T] = {}
    for begin, until, _key, row in sorted(rows, key=lambda row: (row[0] - row[1], row[2])):
        day = max(begin, first)
        while day <= min(until, last):
            found[day] = row
            day += timedelta(days=1)
    return found


def _load_overrides(calendars: dict[int, HostCalendar], first: date, last: date) -> None:
    of_host = defaultdict(list)
    rows = _ask(OVERRIDES, calendars, first=first, last=last)
    for host_id, begin, until, pk, windows, office, holiday in rows:
        pairs = [(window[0], window[1]) for window in windows]
        of_host[host_id].append((begin, until, (not holiday, pk), (pairs, office)))
    for host_id, found in of_host.items():
        for day, (pairs, office) in by_date(found, first, last).items():
            calendars[host_id].overrides[day] = pairs
            if office is not None:
                calendars[host_id].override_places[day] = office


# --- the three queries -----------------------------------------------------------------------------------------


def _ask(query: Prepared, hosts: Iterable[int], **values: Any) -> Iterable[tuple[Any, ...]]:
    """Of one host as prepared; of several put together anew, because their number is a part of the SQL."""
    hosts = list(hosts)
    return query(hosts=hosts[0], **values) if len(hosts) == 1 else query.build(hosts=hosts, **values)


def _of(hosts: Any) -> Q:
    return Q(host__in=hosts) if isinstance(hosts, list) else Q(host=hosts)


def _rules(hosts: Any) -> QuerySet[Any, Any]:
    rows = AvailabilityRule.objects.filter(_of(hosts))
    return rows.values_list("host_id", "weekday", "start_minute", "end_minute", "office_id")


def _overrides(hosts: Any, first: Any, last: Any) -> QuerySet[Any, Any]:
    rows = AvailabilityOverride.objects.filter(_of(hosts), last_date__gte=first, first_date__lte=last).order_by()
    return rows.values_list("host_id", "first_date", "last_date", "pk", "windows", "office_id", "holiday")


def _busy(hosts: Any, start: Any, end: Any, first: Any, last: Any, now: Any, exclude: Any) -> QuerySet[Any, Any]:
    """Bookings that block or count, and busy times, as one query of integers."""
    blocking = TAKES_TIME & ~Q(status=Status.HELD, hold_expires_at__lte=now)
    bookings = Booking.objects.filter(
        blocking | Q(status__in=[Status.COMPLETED, Status.NO_SHOW]),
        _of(hosts),
        starts_at__gte=first,
        starts_at__lt=last,
    ).exclude(pk=exclude)
    busy_times = BusyTime.objects.filter(_of(hosts), starts_at__lt=end, ends_at__gt=start)
    number = IntegerField()
    return (
        bookings.order_by()
        .annotate(
            a=Epoch("starts_at"),
            b=Epoch("ends_at"),
            c=Epoch("blocked_from"),
            d=Epoch("blocked_until"),
            group=~Q(session=F("uid")),
        )
        .values_list("host_id", "meeting_type_id", "a", "b", "c", "d", "seats", "group", "status")
        .union(
            busy_times.order_by()
            .annotate(
                type=Value(0, output_field=number),
                a=Epoch("starts_at"),
                b=Epoch("ends_at"),
                c=Epoch("starts_at"),
                d=Epoch("ends_at"),
                seats=Value(1, output_field=number),
                group=Q(pk__lt=0),
                status=Value(Status.CONFIRMED.value, output_field=CharField()),
            )
            .values_list("host_id", "type", "a", "b", "c", "d", "seats", "group", "status"),
            all=True,
        )
    )


NONE = UUID(int=0)
MOMENT, HOST = DateTimeField(), BigAutoField()
RULES = Prepared(_rules, hosts=HOST)
OVERRIDES = Prepared(_overrides, hosts=HOST, first=DateField(), last=DateField())
BUSY = Prepared(_busy, hosts=HOST, start=MOMENT, end=MOMENT, first=MOMENT, last=MOMENT, now=MOMENT, exclude=UUIDField())
