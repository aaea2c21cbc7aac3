"""Why a time is or is not offered: the reasons of the engine that pages and holds ask, in words, with what causes them.

Nothing is decided here. `scheduling.engine` gives the reasons; this module finds the rule or the row behind each.
"""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

import numpy as np
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from directory.models import Professional
from scheduling import availability, busy, calendars, diary, hours, room_times, slots
from scheduling.engine import engine_for
from scheduling.models import AvailabilityRule, Booking, BusyTime, MeetingType
from scheduling.models.hours import windows_text
from scheduling.slots import Reason

TAKEN = (Reason.BUSY, Reason.HOLD, Reason.BUFFER, Reason.CAPACITY)
MOST_STARTS = 300


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason, what it means here, and where it can be changed. `url` "": nowhere, by her."""

    reason: Reason
    title: str
    text: str = ""
    action: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Possible starts in a row that are offered, or refused for the same first reason."""

    reason: Reason | None
    title: str
    starts: list[datetime]


@dataclass(slots=True)
class Answer:
    start: datetime
    causes: list[Cause]
    day: diary.Day
    stretches: list[Stretch] = field(default_factory=list)

    @property
    def is_offered(self) -> bool:
        return not self.causes


def answer(meeting_type: MeetingType, start: datetime, *, now: datetime | None = None) -> Answer:
    """The reasons for one start, and the whole local day around it. Nine queries at most, five more where it needs a room."""
    now = now or timezone.now()
    host = meeting_type.host
    day = start.astimezone(ZoneInfo(host.time_zone)).date()
    (page,) = diary.days(host, day, day + diary.DAY, now=now)
    first = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(host.time_zone)).astimezone(UTC)
    calendar = calendars.load([host], first, first + diary.DAY, now=now)[host.pk]
    availability.prepare([meeting_type])
    rooms = room_times.load([meeting_type], first, first + diary.DAY, now).get(meeting_type.pk)
    found = reasons(meeting_type, calendar, start, now, rooms)
    causes = [_cause(reason, meeting_type, start, page) for reason in found]
    return Answer(start, causes, page, _stretches(meeting_type, calendar, first, now, rooms))


def reasons(
    meeting_type: MeetingType,
    calendar: calendars.HostCalendar,
    start: datetime,
    now: datetime,
    rooms: room_times.RoomTimes | None = None,
) -> list[Reason]:
    """Everything that keeps visitors from booking `start`, the first as they would be told it. `rooms`: those of the
    meeting type around `start`, where it needs one."""
    found = []
    if meeting_type.host.status != Professional.Status.LISTED:
        found.append(Reason.UNLISTED)
    if not meeting_type.is_bookable:
        found.append(Reason.OFF)
    found += engine_for(meeting_type).reasons(meeting_type, calendar, start, now)
    if rooms is not None and not len(rooms.free(meeting_type, np.array([int(start.timestamp())], dtype=np.int64))):
        found.append(Reason.ROOM)
    return found


def _stretches(
    meeting_type: MeetingType,
    calendar: calendars.HostCalendar,
    first: datetime,
    now: datetime,
    rooms: room_times.RoomTimes | None,
) -> list[Stretch]:
    """The starts that hours and grid make possible on this day, with what became of each."""
    inputs = calendar.inputs(meeting_type)
    rules = replace(inputs["rules"], notice=0, horizon_days=None, last_date=None, daily_limit=None, weekly_limit=None)
    begin, end = int(first.timestamp()), int((first + timedelta(hours=26)).timestamp())
    zone, day = ZoneInfo(calendar.zone), first.astimezone(ZoneInfo(calendar.zone)).date()
    possible = slots.open_epochs(
        zone=calendar.zone,
        weekly=inputs["weekly"],
        overrides=inputs["overrides"],
        busy=[],
        rules=rules,
        range_start=begin,
        range_end=end,
        now=begin,
    ).tolist()
    offered = engine_for(meeting_type).open_epochs(meeting_type, calendar, first, first + diary.DAY, now).tolist()
    starts = [
        moment
        for moment in (datetime.fromtimestamp(epoch, UTC) for epoch in sorted({*possible, *offered}))
        if moment.astimezone(zone).date() == day
    ][:MOST_STARTS]
    told = [(next(iter(reasons(meeting_type, calendar, start, now, rooms)), None), start) for start in starts]
    return [
        Stretch(reason, title_of(reason), [start for _reason, start in run])
        for reason, run in groupby(told, key=lambda pair: pair[0])
    ]


def title_of(reason: Reason | None) -> str:
    titles = {
        None: _("Offered"),
        Reason.HOURS: _("Outside your hours"),
        Reason.OVERRIDE: _("Outside the special hours of this day"),
        Reason.HOLIDAY: _("Public holiday"),
        Reason.GRID: _("Between two starts"),
        Reason.NOTICE: _("Too soon"),
        Reason.HORIZON: _("Too far ahead"),
        Reason.RANGE: _("Beyond any calendar"),
        Reason.LIMIT: _("The limit is reached"),
        Reason.CAPACITY: _("All seats are taken"),
        Reason.HOLD: _("Being booked just now"),
        Reason.BUSY: pgettext("a time", "Taken"),
        Reason.BUFFER: _("Too close to something else"),
        Reason.ROOM: _("No room is free"),
        Reason.REMOTE: _("Not offered by the booking system of your provider"),
        Reason.PROVIDER_DOWN: _("The booking system of your provider does not answer"),
        Reason.OFF: _("This meeting type is switched off"),
        Reason.UNLISTED: _("Your profile is not public"),
    }
    return titles[reason]


def _cause(reason: Reason, meeting_type: MeetingType, start: datetime, day: diary.Day) -> Cause:
    title = title_of(reason)
    rules = (_("Change the meeting type"), reverse("my_meeting_type", args=[meeting_type.pk]))
    if reason in TAKEN:
        return _taken(reason, title, meeting_type, start)
    if reason == Reason.ROOM:
        return Cause(reason, title, _rooms(meeting_type, start), *rules)
    if reason == Reason.OVERRIDE and day.override and day.override.holiday:
        title, action = title_of(Reason.HOLIDAY), _("Change the public holidays")
        return Cause(Reason.HOLIDAY, title, day.away_words, action, day.override_url)
    if reason == Reason.OVERRIDE and day.override:
        action = _("Change the special days")
        text = f"{hours.dates_in_words(day.override)}: {_windows(day)}"
        return Cause(reason, title, text, action, day.override_url)
    if reason in (Reason.HOURS, Reason.OVERRIDE):
        weekday = day.date.weekday()
        text = f"{AvailabilityRule.Weekday(weekday).label}: {_windows(day)}"
        return Cause(reason, title, text, _("Change your hours"), f"{reverse('my_hours')}#day-{weekday}")
    if reason in (Reason.UNLISTED, Reason.REMOTE, Reason.PROVIDER_DOWN, Reason.RANGE):
        url = reverse("my_profile") if reason == Reason.UNLISTED else ""
        text = _("It offers only times at which a room is free.") if _needs_room_there(reason, meeting_type) else ""
        return Cause(reason, title, text, _("See the profile") if url else "", url)
    return Cause(reason, title, _rule(reason, meeting_type), *rules)


def _rule(reason: Reason, meeting_type: MeetingType) -> str:
    """The rule of the meeting type that speaks, in words."""
    if reason == Reason.GRID:
        length = hours.span_in_words(meeting_type.step or meeting_type.duration)
        return _("Meetings start every %(length)s, counted from the beginning of a window.") % {"length": length}
    if reason == Reason.NOTICE:
        return _("Minimum notice: %(length)s.") % {"length": hours.span_in_words(meeting_type.notice)}
    if reason == Reason.HORIZON:
        if meeting_type.last_date:
            last = date_format(meeting_type.last_date, "DATE_FORMAT")
            return _("Bookable %(days)s days ahead, until %(last)s at the latest.") % {
                "days": meeting_type.horizon_days,
                "last": last,
            }
        return _("Bookable %(days)s days ahead.") % {"days": meeting_type.horizon_days}
    if reason == Reason.LIMIT:
        daily, weekly = meeting_type.daily_limit, meeting_type.weekly_limit
        said = [_("At most %(count)s a day.") % {"count": daily}] if daily else []
        said += [_("At most %(count)s a week.") % {"count": weekly}] if weekly else []
        return " ".join(said)
    return ""


def _windows(day: diary.Day) -> str:
    return windows_text(day.windows) or _("Closed")


def _taken(reason: Reason, title: str, meeting_type: MeetingType, start: datetime) -> Cause:
    """What is in the way: an appointment or a busy time, with its own buffers and those of the meeting type."""
    host, now = meeting_type.host, timezone.now()
    end = start + timedelta(minutes=meeting_type.duration)
    if reason == Reason.BUFFER:
        start -= timedelta(minutes=meeting_type.buffer_before)
        end += timedelta(minutes=meeting_type.buffer_after)
    row: Booking | BusyTime | None = (
        Booking.objects.filter(host=host, blocked_from__lt=end, blocked_until__gt=start).blocking(now).first()
    )
    row = row or BusyTime.objects.filter(host=host, starts_at__lt=end, ends_at__gt=start).first()
    if row is None:
        return Cause(reason, title)
    zone = ZoneInfo(host.time_zone)
    span = f"{_clock(row.starts_at, zone)}–{_clock(row.ends_at, zone)}"
    if isinstance(row, Booking):
        text = f"{span}, {row.client_name}, {row.title}" if row.client_name else span
        if row.blocked_from != row.starts_at or row.blocked_until != row.ends_at:
            text = _("%(booking)s, with the time kept free around it") % {"booking": text}
        url = reverse("my_booking", args=[row.pk]) if row.client_name else ""
        return Cause(reason, title, text, _("See the appointment") if url else "", url)
    text = f"{span}, {row.note}" if row.note else span
    own = row.source == busy.OWN
    action = _("Change the busy time") if own else ""
    return Cause(reason, title, text, action, reverse("my_busy", args=[row.pk]) if own else "")


def _needs_room_there(reason: Reason, meeting_type: MeetingType) -> bool:
    return reason == Reason.REMOTE and meeting_type.needs_room


def _rooms(meeting_type: MeetingType, start: datetime) -> str:
    """Which rooms it may take place in, and when each is taken; not by whom, because others meet there too."""
    zone, wanted = ZoneInfo(meeting_type.host.time_zone), list(room_times.rooms_of(meeting_type))
    if not wanted:
        return _("There is no room that is open and large enough.")
    first = start - timedelta(minutes=meeting_type.buffer_before)
    last = start + timedelta(minutes=meeting_type.duration + meeting_type.buffer_after)
    rows = Booking.objects.blocking(timezone.now()).filter(
        room__in=wanted, blocked_from__lt=last, blocked_until__gt=first
    )
    spans = defaultdict(set)
    for row in rows:
        spans[row.room_id].add(f"{_clock(row.blocked_from, zone)}–{_clock(row.blocked_until, zone)}")
    return "; ".join(f"{room.name}: {', '.join(sorted(spans[room.pk]))}" for room in wanted if spans[room.pk])


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return time_format(moment.astimezone(zone).time(), "TIME_FORMAT")
