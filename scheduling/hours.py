"""Verbs of a professional's hours: the weekly windows and the date overrides, and which booked appointments they touch.

Windows are pairs of minutes of the host's wall clock, 0 ≤ start < end ≤ 1440. Nothing here moves a booking.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from directory.models import Professional
from scheduling import calendars, open_time
from scheduling.models import AvailabilityOverride, AvailabilityRule, Booking
from scheduling.models.hours import clock, windows_text

Window = tuple[int, int]
Week = dict[int, list[Window]]
# Office by weekday and start.
Places = dict[tuple[int, int], int]


@dataclass(frozen=True, slots=True)
class Change:
    """What a verb did: the weeks before and after, and the booked appointments that it left outside open time."""

    before: Week = field(default_factory=dict)
    after: Week = field(default_factory=dict)
    touched: list[Booking] = field(default_factory=list)


def week_of(host: Professional) -> Week:
    """Every weekday (Monday = 0) with its windows, sorted."""
    week: Week = {weekday: [] for weekday in range(7)}
    for rule in AvailabilityRule.objects.filter(host=host):
        week[rule.weekday].append((rule.start_minute, rule.end_minute))
    return {weekday: sorted(windows) for weekday, windows in week.items()}


def places_of(host: Professional) -> Places:
    """Which weekly windows are at one office only."""
    rules = AvailabilityRule.objects.filter(host=host, office__isnull=False)
    return {
        (weekday, start): office for weekday, start, office in rules.values_list("weekday", "start_minute", "office_id")
    }


@transaction.atomic
def replace_week(
    host: Professional,
    week: Mapping[int, list[Window]],
    *,
    places: Places | None = None,
    now: datetime | None = None,
) -> Change:
    """Set the weekly windows of all seven days; rows that stay the same are not touched. `places`: the offices (of this
    host) of windows that are at one only."""
    now = now or timezone.now()
    Professional.objects.lock(host.pk)
    before, was_outside = week_of(host), {booking.pk for booking in outside(host, now=now)}
    places = places or {}
    own = set(host.offices.values_list("pk", flat=True)) if places else set()
    wanted = {
        (weekday, *window, places.get((weekday, window[0]), 0) if places.get((weekday, window[0])) in own else 0)
        for weekday, windows in week.items()
        for window in windows
    }
    for rule in AvailabilityRule.objects.filter(host=host):
        key = (rule.weekday, rule.start_minute, rule.end_minute, rule.office_id or 0)
        if key in wanted:
            wanted.remove(key)
        else:
            rule.delete()
    for weekday, start, end, office in sorted(wanted):
        AvailabilityRule.objects.create(
            host=host, weekday=weekday, start_minute=start, end_minute=end, office_id=office or None
        )
    return Change(before, week_of(host), _newly(host, was_outside, now))


@transaction.atomic
def save_override(override: AvailabilityOverride, *, now: datetime | None = None) -> Change:
    """Add or change special hours or an absence."""
    now = now or timezone.now()
    Professional.objects.lock(override.host_id)
    was_outside = {booking.pk for booking in outside(override.host, now=now)}
    override.save()
    return Change(touched=_newly(override.host, was_outside, now))


@transaction.atomic
def delete_override(override: AvailabilityOverride, *, now: datetime | None = None) -> Change:
    """The weekly hours count again on these dates."""
    now = now or timezone.now()
    Professional.objects.lock(override.host_id)
    was_outside = {booking.pk for booking in outside(override.host, now=now)}
    override.delete()
    return Change(touched=_newly(override.host, was_outside, now))


def coming_overrides(host: Professional, today: date) -> list[AvailabilityOverride]:
    """Special hours and absences that are not over, by date; without public holidays."""
    own = AvailabilityOverride.objects.filter(host=host, last_date__gte=today, holiday="")
    return list(own.order_by("first_date", "pk"))


def coming_holidays(host: Professional, today: date, limit: int = 3) -> list[AvailabilityOverride]:
    """The next public holidays that she keeps."""
    kept = AvailabilityOverride.objects.filter(host=host, first_date__gte=today).exclude(holiday="")
    return list(kept.order_by("first_date")[:limit])


def outside(host: Professional, *, now: datetime | None = None, limit: int = 500) -> list[Booking]:
    """Upcoming appointments that do not lie in open time, by start. Four queries, whatever the number."""
    now = now or timezone.now()
    upcoming = Booking.objects.filter(host=host).upcoming(now).select_related("meeting_type__office")
    bookings = list(upcoming.order_by("starts_at")[:limit])
    if not bookings:
        return []
    start = min(booking.starts_at for booking in bookings)
    end = max(booking.ends_at for booking in bookings)
    calendar = calendars.load([host], start, end, now=now)[host.pk]
    first = open_time.local_day(calendar.zone, int(start.timestamp())) - 1
    last = open_time.local_day(calendar.zone, int(end.timestamp())) + 1
    weekly, overrides = open_time.hours_between(
        weekly=calendar.weekly, overrides=calendar.overrides, duration=0, first_day=first, last_day=last
    )
    runs = open_time.runs(zone=calendar.zone, weekly=weekly, overrides=overrides, first_day=first, last_day=last)
    return [booking for booking in bookings if not _covers(runs, booking.starts_at, booking.ends_at)]


def _covers(runs: list[open_time.Run], start: datetime, end: datetime) -> bool:
    return any(run.start <= start.timestamp() < run.end and end.timestamp() <= run.until for run in runs)


def _newly(host: Professional, known: set, now: datetime) -> list[Booking]:  # type: ignore[type-arg]
    return [booking for booking in outside(host, now=now) if booking.pk not in known]


# --- in words ---------------------------------------------------------------------------------------------------


def described(change: Change) -> str:
    """What a change of the week did, in sentences: "Tuesday now ends at 16:00. 2 booked appointments …"."""
    sentences = [
        _day_in_words(weekday, change.before.get(weekday, []), windows)
        for weekday, windows in sorted(change.after.items())
        if windows != change.before.get(weekday, [])
    ]
    if len(sentences) > 3 or not sentences:
        sentences = [_("Your hours are saved.")]
    return " ".join([*sentences, *touched_in_words(change)])


def touched_in_words(change: Change) -> list[str]:
    """Nothing, or one sentence about the appointments that now lie outside."""
    count = len(change.touched)
    if not count:
        return []
    return [
        ngettext(
            "%(count)s booked appointment now lies outside your hours.",
            "%(count)s booked appointments now lie outside your hours.",
            count,
        )
        % {"count": count}
    ]


def _day_in_words(weekday: int, before: list[Window], after: list[Window]) -> str:
    day = AvailabilityRule.Weekday(weekday).label
    if not after:
        return _("%(day)s is now closed.") % {"day": day}
    if before and len(before) == len(after):
        if before[:-1] == after[:-1] and before[-1][0] == after[-1][0]:
            return _("%(day)s now ends at %(time)s.") % {"day": day, "time": clock(after[-1][1])}
        if before[1:] == after[1:] and before[0][1] == after[0][1]:
            return _("%(day)s now starts at %(time)s.") % {"day": day, "time": clock(after[0][0])}
    return _("%(day)s is now open %(windows)s.") % {"day": day, "windows": windows_text(after)}


def dates_in_words(override: AvailabilityOverride) -> str:
    """ "24 December 2026" or "24 December 2026 – 6 January 2027"."""
    first = date_format(override.first_date, "DATE_FORMAT")
    if override.first_date == override.last_date:
        return first
    return f"{first} – {date_format(override.last_date, 'DATE_FORMAT')}"


def span_in_words(minutes: int) -> str:
    """45 → "45 minutes", 90 → "1 h 30 min", 2880 → "2 days"."""
    if minutes and minutes % 1440 == 0:
        days = minutes // 1440
        return ngettext("%(count)s day", "%(count)s days", days) % {"count": days}
    hours, rest = divmod(minutes, 60)
    if not hours:
        return ngettext("%(count)s minute", "%(count)s minutes", rest) % {"count": rest}
    if not rest:
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}
