"""What a professional's calendar shows: her bookings, hours, busy times and absences, by local date. Four queries.

Dates and windows are read on the host's wall clock; entries carry instants, so that a change of the clock moves nothing.
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from directory.models import Professional
from scheduling import calendars
from scheduling.models import AvailabilityOverride, AvailabilityRule, Booking, BusyTime
from scheduling.models.bookings import ACTIVE, Status

# Six weeks of a month and a little more.
LONGEST = timedelta(days=62)
DAY = timedelta(days=1)
MOST_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """Something with a beginning and an end. `row` is the booking or the busy time; a hold has none to show."""

    kind: str  # booking, hold or busy
    start: datetime
    end: datetime
    row: Booking | BusyTime | None

    @property
    def title(self) -> str:
        if isinstance(self.row, Booking):
            return self.row.client_name
        if isinstance(self.row, BusyTime):
            return self.row.note or _("Busy")
        return _("Somebody is booking")


@dataclass(slots=True)
class Day:
    """One local date: the windows in which she is open, what says so, and what happens in order of time."""

    date: date
    windows: list[tuple[int, int]] = field(default_factory=list)
    override: AvailabilityOverride | None = None
    entries: list[Entry] = field(default_factory=list)
    places: dict[int, str] = field(default_factory=dict)  # beginning of a window → its office, where it has one

    @property
    def offices(self) -> str:
        """The offices of the day in order of its windows."""
        return ", ".join(dict.fromkeys(self.places[start] for start, _end in self.windows if start in self.places))

    @property
    def is_away(self) -> bool:
        return self.override is not None and self.override.is_closed

    @property
    def override_url(self) -> str:
        """Where what closes or changes this day can be changed."""
        if self.override is None:
            return ""
        holiday = bool(self.override.holiday)
        return reverse("my_holidays") if holiday else reverse("my_override", args=[self.override.pk])

    @property
    def away_words(self) -> str:
        return self.override.note or pgettext("on a day", "Away") if self.override else ""


def days(host: Professional, first: date, last: date, *, now: datetime | None = None) -> list[Day]:
    """The local dates from `first` up to, but without, `last`. Raises ValueError for a range longer than `LONGEST`."""
    if not timedelta() < last - first <= LONGEST:
        raise ValueError("the range is empty or too long")
    now = now or timezone.now()
    zone = ZoneInfo(host.time_zone)
    found = {first + DAY * number: Day(first + DAY * number) for number in range((last - first).days)}
    weekly: dict[int, list[tuple[int, int]]] = {weekday: [] for weekday in range(7)}
    places: dict[int, dict[int, str]] = {weekday: {} for weekday in range(7)}
    for rule in AvailabilityRule.objects.filter(host=host).select_related("office"):
        weekly[rule.weekday].append((rule.start_minute, rule.end_minute))
        if rule.office:
            places[rule.weekday][rule.start_minute] = rule.office.name or rule.office.city
    overrides = AvailabilityOverride.objects.filter(host=host, last_date__gte=first, first_date__lt=last)
    overrides = overrides.select_related("office")
    winners = calendars.by_date(
        [(row.first_date, row.last_date, (not row.holiday, row.pk), row) for row in overrides], first, last - DAY
    )
    for day in found.values():
        day.override = winners.get(day.date)
        windows = day.override.windows if day.override else weekly[day.date.weekday()]
        day.windows = sorted((start, end) for start, end in windows)
        day.places = places[day.date.weekday()]
        if day.override:
            office = day.override.office
            day.places = {start: office.name or office.city for start, _end in day.windows} if office else {}
    for entry in _entries(host, _midnight(first, zone), _midnight(last, zone), now):
        at = max(entry.start.astimezone(zone).date(), first)
        until = min((entry.end - timedelta(microseconds=1)).astimezone(zone).date(), last - DAY)
        while at <= until:
            found[at].entries.append(entry)
            at += DAY
    return list(found.values())


def _entries(host: Professional, start: datetime, end: datetime, now: datetime) -> list[Entry]:
    bookings = Booking.objects.filter(
        host=host,
        starts_at__gte=start - calendars.REACH,
        starts_at__lt=end,
        ends_at__gt=start,
        status__in=[*ACTIVE, Status.COMPLETED, Status.NO_SHOW],
    ).exclude(status=Status.HELD, hold_expires_at__lte=now)
    found = [
        Entry("hold", row.starts_at, row.ends_at, None)
        if row.status == Status.HELD
        else Entry("booking", row.starts_at, row.ends_at, row)
        for row in bookings.order_by("starts_at")[:MOST_ROWS]
    ]
    busy = BusyTime.objects.filter(host=host, starts_at__lt=end, ends_at__gt=start)
    found += [Entry("busy", row.starts_at, row.ends_at, row) for row in busy.order_by("starts_at")[:MOST_ROWS]]
    return sorted(found, key=lambda entry: (entry.start, entry.end))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
