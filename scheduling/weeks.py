"""The week strip: free starts laid out as days and times, in one zone, for people."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import pgettext_lazy

from directory.cities import zone_city
from directory.models import Office
from scheduling import availability
from scheduling.models import Booking, MeetingType

DAYS = 7
PARTS = (
    (12, pgettext_lazy("part of the day", "Morning")),
    (17, pgettext_lazy("part of the day", "Afternoon")),
    (24, pgettext_lazy("part of the day", "Evening")),
)


@dataclass(frozen=True, slots=True)
class Time:
    """One free start. `start` is aware in the zone shown; `iso` is UTC, for form values."""

    start: datetime
    end: datetime
    repeated: bool
    left: int | None = None  # seats, of a group meeting
    place: str = ""  # where it depends on the time

    @property
    def iso(self) -> str:
        return self.start.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    @property
    def offset(self) -> str:
        """Shown where the wall time happens twice."""
        return offset_text(self.start)


@dataclass(slots=True)
class Day:
    date: date
    times: list[Time] = field(default_factory=list)

    @property
    def parts(self) -> list[tuple[object, list[Time]]]:
        """Times by part of the day; empty parts left out."""
        found: list[tuple[object, list[Time]]] = []
        first = 0
        for hour, label in PARTS:
            times = [time for time in self.times if first <= time.start.hour < hour]
            if times:
                found.append((label, times))
            first = hour
        return found


@dataclass(slots=True)
class Week:
    """Seven days from `first`. `earlier`, `later`: dates to page to, None where nothing could be free."""

    zone: str
    days: list[Day]
    earlier: date | None
    later: date | None
    next_free: datetime | None
    today: date

    @property
    def first(self) -> date:
        return self.days[0].date

    @property
    def last(self) -> date:
        return self.days[-1].date

    @property
    def empty_days(self) -> str:
        """The days of this week from today on with nothing free, for one sentence."""
        empty = [day.date for day in self.days if not day.times and day.date >= self.today]
        return ", ".join(date_format(day, "D j.") for day in empty)

    @property
    def count(self) -> int:
        return sum(len(day.times) for day in self.days)


def offset_text(moment: datetime) -> str:
    """'UTC+1', 'UTC−3:30' for an aware datetime."""
    minutes = round((moment.utcoffset() or timedelta()).total_seconds() / 60)
    sign, (hours, rest) = "+" if minutes >= 0 else "−", divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "") if minutes else "UTC"


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone as people read it; never a bare abbreviation (features 4.4)."""

    name: str
    city: str
    offset: str
    now: datetime


def describe_zone(name: str, now: datetime) -> Zone:
    local = now.astimezone(ZoneInfo(name))
    return Zone(name, zone_city(name), offset_text(local), local)


def display_zone(meeting_type: MeetingType, visitor_zone: str) -> str:
    """On-site meetings are read on the clock of the place, remote ones on the visitor's (features V04)."""
    on_site = meeting_type.channel == MeetingType.Channel.ON_SITE
    return meeting_type.host.time_zone if on_site else visitor_zone


def make_time(start: datetime, duration: int, zone: ZoneInfo, left: int | None = None, place: str = "") -> Time:
    local = start.astimezone(zone)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return Time(local, (start + timedelta(minutes=duration)).astimezone(zone), twice, left, place)


def week(
    meeting_type: MeetingType,
    *,
    zone: str,
    first: date | None = None,
    now: datetime | None = None,
    exclude: Booking | None = None,
) -> Week:
    """The seven days from `first` (default: from the first day with a free time). Three queries, one more for seats, four for the office of the day."""
    now = now or timezone.now()
    info = ZoneInfo(zone)
    end = availability.horizon_end(meeting_type, now)
    epochs = availability.open_epochs(meeting_type, now, end, now=now, exclude=exclude)
    today = now.astimezone(info).date()
    last = end.astimezone(info).date()
    if first is None:
        first = datetime.fromtimestamp(int(epochs[0]), info).date() if len(epochs) else today
    first = min(max(first, today), max(today, last - timedelta(days=1)))
    from_epoch, to_epoch = (_midnight(first + timedelta(days=days), info) for days in (0, DAYS))
    days = {first + timedelta(days=n): Day(first + timedelta(days=n)) for n in range(DAYS)}
    shown = datetime.fromtimestamp(from_epoch, UTC), datetime.fromtimestamp(to_epoch, UTC)
    taken: dict[datetime, int] = {}
    if meeting_type.seats > 1:
        taken = availability.seats_taken(meeting_type, *shown, now)
    offices: dict[datetime, Office] = {}
    if meeting_type.roams:
        offices = availability.offices_at(meeting_type, *shown, now=now)
    for epoch in epochs[(epochs >= from_epoch) & (epochs < to_epoch)]:
        start = datetime.fromtimestamp(int(epoch), UTC)
        left = meeting_type.seats - taken.get(start, 0) if meeting_type.seats > 1 else None
        time = make_time(start, meeting_type.duration, info, left, _short(offices.get(start)))
        days[time.start.date()].times.append(time)
    after = epochs[epochs >= to_epoch]
    following = datetime.fromtimestamp(int(after[0]), info) if len(after) else None
    if following is None and len(epochs) and epochs[0] < from_epoch:
        following = datetime.fromtimestamp(int(epochs[0]), info)
    return Week(
        zone=zone,
        days=list(days.values()),
        earlier=max(today, first - timedelta(days=DAYS)) if first > today else None,
        later=first + timedelta(days=DAYS) if first + timedelta(days=DAYS) < last else None,
        next_free=following,
        today=today,
    )


def _short(office: Office | None) -> str:
    """An office on a button."""
    return (office.name or office.city) if office else ""


def _midnight(day: date, info: ZoneInfo) -> int:
    """Epoch of the start of a local date; where a clock change skips midnight, the first instant after it."""
    return int(datetime(day.year, day.month, day.day, tzinfo=info).timestamp())
