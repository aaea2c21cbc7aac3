"""The slot rules as a slow walk over every minute, written apart from the engine: it shares no code with it.

Works for zones whose offsets are whole minutes and for starts on whole minutes.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo


@cache
def wall(zone: str, instant: int) -> datetime:
    return datetime.fromtimestamp(instant, ZoneInfo(zone)).replace(tzinfo=None, fold=0)


class Hours:
    """Rules 1 and 2 minute by minute. Nothing is computed twice, so that a few days take milliseconds."""

    def __init__(self, zone: str, weekly: Mapping[int, Any], overrides: Mapping[date, Any]) -> None:
        self.zone, self.weekly, self.overrides = zone, weekly, overrides
        self.windows: dict[date, dict[int, int]] = {}
        self.runs: dict[int, int] = {}
        self.closing: dict[int, int] = {}

    def window(self, instant: int) -> tuple[date, int] | None:
        """Which window an instant is in: its local date and its first minute; None where the host is closed."""
        local = wall(self.zone, instant)
        day, now = local.date(), local.hour * 60 + local.minute
        if day not in self.windows:
            pairs = self.overrides.get(day, self.weekly.get(day.weekday(), ()))
            minutes = {minute for start, end in pairs for minute in range(start, end)}
            first: dict[int, int] = {}
            for minute in sorted(minutes):
                first[minute] = first.get(minute - 1, minute)
            self.windows[day] = first
        return (day, self.windows[day][now]) if now in self.windows[day] else None

    def is_open(self, instant: int) -> bool:
        return self.window(instant) is not None

    def run_start(self, instant: int) -> int:
        """Back to the first open minute of the run that an open instant is in."""
        at = instant
        while at not in self.runs and self.window(at - 60) == self.window(instant):
            at -= 60
        self.runs[instant] = self.runs.get(at, at)
        return self.runs[instant]

    def closes(self, instant: int) -> int:
        """On to the first minute at which the host is closed."""
        at = instant
        while at not in self.closing and self.is_open(at) and at < instant + 3 * 86_400:
            at += 60
        closed = self.closing.get(at, at)
        self.closing.update(dict.fromkeys(range(instant, at, 60), closed))
        return closed


def violations(
    start: int,
    hours: Hours,
    *,
    busy: Sequence[tuple[int, int]],
    rules: Any,
    now: int,
    range_start: int,
    range_end: int,
    sessions: Sequence[Any] = (),
    counted: Sequence[int] = (),
    seats_wanted: int = 1,
    holds: Sequence[tuple[int, int]] = (),
) -> set[str]:
    """Every rule that speaks against a start; the empty set is an offered start."""
    against = set()
    end = start + rules.duration * 60

    # 1, 2
    if hours.is_open(start) and (start - hours.run_start(start)) // 60 % rules.step:
        against.add("grid")
    # 3
    closes = hours.closes(start)
    if closes < end:
        against.add("override" if wall(hours.zone, closes).date() in hours.overrides else "hours")
    # 4, 8
    own = [s for s in sessions if (s.start, s.end) == (start, end)]
    foreign = [(s.blocked_from, s.blocked_until) for s in sessions if (s.start, s.end) != (start, end)]
    if sum(s.taken for s in own) + seats_wanted > rules.seats:
        against.add("capacity")
    for rows, name in ((holds, "hold"), ([row for row in busy if row not in holds] + foreign, "busy")):
        for begins, ends in rows:
            if begins < ends and begins < end and ends > start:
                against.add(name)
    if not against & {"hold", "busy"}:
        first, last = start - rules.buffer_before * 60, end + rules.buffer_after * 60
        if any(begins < ends and begins < last and ends > first for begins, ends in [*busy, *foreign]):
            against.add("buffer")
    # 5, 6, 7
    local = wall(hours.zone, start).date()
    if start < now + rules.notice * 60:
        against.add("notice")
    if rules.horizon_days is not None and local > wall(hours.zone, now).date() + timedelta(days=rules.horizon_days):
        against.add("horizon")
    if rules.last_date is not None and local > rules.last_date:
        against.add("horizon")
    if not range_start <= start < range_end:
        against.add("range")
    # 9
    dates = [wall(hours.zone, instant).date() for instant in counted]
    if rules.daily_limit is not None and dates.count(local) >= rules.daily_limit:
        against.add("limit")
    weeks = [d.isocalendar()[:2] for d in dates]
    if rules.weekly_limit is not None and weeks.count(local.isocalendar()[:2]) >= rules.weekly_limit:
        against.add("limit")
    return against


def offered(
    *,
    zone: str,
    weekly: Mapping[int, Any],
    overrides: Mapping[date, Any],
    range_start: int,
    range_end: int,
    **rest: Any,
) -> list[int]:
    """All offered starts, by asking about every minute of the range."""
    hours = Hours(zone, weekly, overrides)
    return [
        minute
        for minute in range(-(-range_start // 60) * 60, range_end, 60)
        if hours.is_open(minute) and not violations(minute, hours, range_start=range_start, range_end=range_end, **rest)
    ]


def instant(text: str, zone: str = "UTC", fold: int = 0) -> int:
    """'2026-03-29 01:30' on a wall clock → epoch seconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp())
