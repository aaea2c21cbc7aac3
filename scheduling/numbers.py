"""What a professional's numbers say: how pages led to bookings, when people book, when they come, who did not appear.

Read in three queries, whatever there is to count; days and hours are those of her wall clock.
"""

import csv
import datetime as dt
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.models import Professional
from scheduling.agenda import Echo
from scheduling.models import Booking, MeetingType, VisitCount
from scheduling.models.bookings import Status

Kind = VisitCount.Kind
PERIODS = (30, 90, 365)  # days
DAY = dt.timedelta(days=1)
TOOK_PLACE = (Status.CONFIRMED, Status.COMPLETED)
# Days between booking and appointment, up to and including.
LEADS = (0, 1, 3, 7, 14, 30)


@dataclass(slots=True)
class OfType:
    """`booked` counts all ways to book, `online` those that went through the pages."""

    title: str
    times: int = 0
    chosen: int = 0
    online: int = 0
    booked: int = 0
    missed: int = 0


@dataclass(slots=True)
class Week:
    monday: dt.date
    booked: int = 0
    cancelled: int = 0


@dataclass
class Numbers:
    """Of the days `first` to `last`, both included.

    `weeks` and `leads` are about bookings made in these days, `load` (weekday from 0 = Monday, hour) and `missed` about
    appointments that were to take place in them. Those who share a session are one appointment in `load`.
    """

    first: dt.date
    last: dt.date
    funnel: dict[str, int]
    weeks: list[Week]
    types: list[OfType]
    leads: list[int] = field(default_factory=lambda: [0] * (len(LEADS) + 1))
    lead_median: float | None = None
    load: Counter[tuple[int, int]] = field(default_factory=Counter)
    attended: int = 0
    missed: int = 0

    @property
    def booked(self) -> int:
        return sum(week.booked for week in self.weeks)

    @property
    def cancelled(self) -> int:
        return sum(week.cancelled for week in self.weeks)

    @property
    def missed_share(self) -> int | None:
        """Per cent of the appointments that are marked as done or not; None where none is."""
        over = self.attended + self.missed
        return round(100 * self.missed / over) if over else None

    @property
    def is_empty(self) -> bool:
        return not (self.booked or self.load or self.missed or any(self.funnel.values()))


def read(host: Professional, days: int, *, now: dt.datetime | None = None) -> Numbers:
    now = now or timezone.now()
    zone = ZoneInfo(host.time_zone)
    last = timezone.localdate(now, zone)
    first = last - (days - 1) * DAY
    titles = dict(MeetingType.objects.filter(host=host).values_list("pk", "title"))
    types = {pk: OfType(title) for pk, title in titles.items()}
    monday = first - first.weekday() * DAY
    weeks = {day: Week(day) for day in (monday + 7 * n * DAY for n in range((last - monday).days // 7 + 1))}
    numbers = Numbers(first, last, dict.fromkeys(Kind.values, 0), list(weeks.values()), [])
    for kind, pk, count in _visits(host, first, last):
        numbers.funnel[kind] += count
        if kind != Kind.PROFILE:
            setattr(types[pk], "online" if kind == Kind.BOOKED else kind, count)
    waits, sessions = [], set()
    for created_at, starts_at, status, pk, session in _rows(host, first, now, zone):
        made, start = created_at.astimezone(zone), starts_at.astimezone(zone)
        if made.date() >= first and made <= now:
            week = weeks[made.date() - made.weekday() * DAY]
            week.booked += 1
            week.cancelled += status == Status.CANCELLED
            types[pk].booked += 1
            waits.append(max(0, (start.date() - made.date()).days))
        if start.date() < first or start > now:
            continue
        if status == Status.NO_SHOW:
            numbers.missed += 1
            types[pk].missed += 1
        numbers.attended += status == Status.COMPLETED
        if status in (*TOOK_PLACE, Status.NO_SHOW) and session not in sessions:
            sessions.add(session)
            numbers.load[start.weekday(), start.hour] += 1
    for wait in waits:
        numbers.leads[sum(wait > most for most in LEADS)] += 1
    numbers.lead_median = median(waits) if waits else None
    used = [one for one in types.values() if one.times or one.chosen or one.online or one.booked or one.missed]
    numbers.types = sorted(used, key=lambda one: (-one.booked, -one.times, one.title))
    return numbers


def _visits(host: Professional, first: dt.date, last: dt.date) -> Any:
    counts = VisitCount.objects.filter(host=host, day__range=(first, last)).order_by()
    return counts.values_list("kind", "meeting_type").annotate(total=Sum("count"))


def _rows(host: Professional, first: dt.date, now: dt.datetime, zone: ZoneInfo) -> Iterator[tuple[Any, ...]]:
    """(created, start, status, meeting type, session) of bookings made or taking place since `first`."""
    since = dt.datetime.combine(first, dt.time.min, zone)
    rows = Booking.objects.filter(host=host).real().exclude(status=Status.DECLINED)
    here = rows.filter(Q(created_at__gte=since) | Q(starts_at__gte=since, starts_at__lte=now)).order_by()
    columns = here.values_list("created_at", "starts_at", "status", "meeting_type_id", "session")
    return columns.iterator(chunk_size=2000)


def lately(host: Professional, *, days: int = 7, now: dt.datetime | None = None) -> dict[str, int]:
    """{"profile": …, "booked": …} of the last days, today included. One query."""
    last = timezone.localdate(now, ZoneInfo(host.time_zone))
    counts = VisitCount.objects.filter(host=host, day__gt=last - days * DAY, day__lte=last).order_by()
    found = dict(counts.values_list("kind").annotate(total=Sum("count")))
    return {kind: found.get(kind, 0) for kind in (Kind.PROFILE.value, Kind.BOOKED.value)}


def table(host: Professional, days: int, *, delimiter: str, now: dt.datetime | None = None) -> Iterator[str]:
    """One line of CSV for each day, with the mark by which spreadsheets know UTF-8."""
    now = now or timezone.now()
    zone = ZoneInfo(host.time_zone)
    last = timezone.localdate(now, zone)
    first = last - (days - 1) * DAY
    visits: Counter[tuple[dt.date, str]] = Counter()
    counts = VisitCount.objects.filter(host=host, day__range=(first, last)).order_by()
    for day, kind, count in counts.values_list("day", "kind").annotate(total=Sum("count")):
        visits[day, kind] = count
    made, held, missed = Counter[dt.date](), Counter[dt.date](), Counter[dt.date]()
    for created_at, starts_at, status, _type, _session in _rows(host, first, now, zone):
        made[created_at.astimezone(zone).date()] += 1
        if starts_at <= now and status in (*TOOK_PLACE, Status.NO_SHOW):
            held[starts_at.astimezone(zone).date()] += 1
            missed[starts_at.astimezone(zone).date()] += status == Status.NO_SHOW
    writer = csv.writer(Echo(), delimiter=delimiter)
    heads = [_("Date"), *Kind.labels, _("Bookings made"), _("Appointments"), _("Did not appear")]
    yield "\ufeff" + writer.writerow(heads)
    for day in (first + n * DAY for n in range(days)):
        seen = [visits[day, kind] for kind in Kind.values]
        yield writer.writerow([f"{day:%Y-%m-%d}", *seen, made[day], held[day], missed[day]])
