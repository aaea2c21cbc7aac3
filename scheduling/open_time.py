"""When a host is open: weekly windows and date overrides on her wall clock, as instants, and the grid of starts.

Instants are integers, seconds since the epoch; local dates are days since 1970-01-01; durations are minutes.
"""

import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Epochs = NDArray[np.int64]
Windows = Sequence[tuple[int, int]]
# Windows by weekday or by local date, hashable.
Hours = tuple[tuple[int, tuple[tuple[int, int], ...]], ...]

MINUTE = 60
DAY = 86_400
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
ALWAYS_AGO, FOR_EVER = -(2**62), 2**62


class Run(NamedTuple):
    """A maximal run of open instants of one window (its date and first minute); open time goes on to `until`."""

    start: int
    end: int
    day: int
    minute: int
    until: int


def hours_between(
    *,
    weekly: Mapping[int, Windows],
    overrides: Mapping[date, Windows],
    duration: int,
    first_day: int,
    last_day: int,
) -> tuple[Hours, Hours]:
    """The weekly windows and the overrides that matter to meetings starting on these local dates."""
    last_day += reach(duration)
    special = ((to_day(day), windows) for day, windows in overrides.items())
    return (
        tuple((weekday, _hashable(windows)) for weekday, windows in weekly.items()),
        tuple((day, _hashable(windows)) for day, windows in special if first_day <= day <= last_day),
    )


def _hashable(windows: Windows) -> tuple[tuple[int, int], ...]:
    return tuple([(start, end) for start, end in windows])


def reach(duration: int) -> int:
    """How many local dates a meeting may go on after the one it starts on; one more where a calendar skips one."""
    return duration * MINUTE // DAY + 2


@lru_cache(maxsize=256)
def grid(
    *, zone: str, weekly: Hours, overrides: Hours, duration: int, step: int, first_day: int, last_day: int
) -> Epochs:
    """Starts, from the first local date to the last, from which a meeting fits into open time; sorted, read-only."""
    length, pace = duration * MINUTE, step * MINUTE
    shifted, counts, total = [], [], 0
    for run in runs(
        zone=zone, weekly=weekly, overrides=overrides, first_day=first_day, last_day=last_day + reach(duration)
    ):
        if run.day <= last_day:
            shifted.append(run.start - total * pace)
            counts.append(len(range(run.start, min(run.end, run.until - length + 1), pace)))
            total += counts[-1]
    starts = np.repeat(np.array(shifted, np.int64), np.array(counts, np.int64)) + np.arange(total) * pace
    starts.flags.writeable = False
    return starts


def runs(*, zone: str, weekly: Hours, overrides: Hours, first_day: int, last_day: int) -> list[Run]:
    """All runs of some local dates, sorted."""
    found: list[Run] = []
    next_start = until = FOR_EVER
    # Backwards, so that it is known how far open time goes on.
    for start, end, day, minute in reversed(_pieces(zone, weekly, overrides, first_day, last_day)):
        touches = end == next_start
        next_start = start
        if not touches:
            until = end
        elif found[-1].day == day and found[-1].minute == minute:
            # One window on both sides of a clock change: one run.
            end = found.pop().end
        found.append(Run(start, end, day, minute, until))
    found.reverse()
    return found


def _pieces(
    zone: str, weekly: Hours, overrides: Hours, first_day: int, last_day: int
) -> list[tuple[int, int, int, int]]:
    """Start and end of open time, cut where the clock changes; date and first minute of its window. Sorted."""
    changes, offsets = _clock(zone, (first_day - 2) * DAY, (last_day + 3) * DAY)
    clock = list(zip([ALWAYS_AGO, *changes[1:]], [*changes[1:], FOR_EVER], offsets, strict=True))
    usual = {weekday: _merged(windows) for weekday, windows in weekly}
    special = {day: _merged(windows) for day, windows in overrides}
    pieces = []
    for day in range(first_day, last_day + 1):
        # 1970-01-01 was a Thursday.
        windows = special[day] if day in special else usual.get((day + 3) % 7, ())
        for first_minute, last_minute in windows:
            opens, closes = day * DAY + first_minute * MINUTE, day * DAY + last_minute * MINUTE
            for since, until, offset in clock:
                if opens - offset < until and closes - offset > since:
                    pieces.append((max(opens - offset, since), min(closes - offset, until), day, first_minute))
    pieces.sort()
    return pieces


def _merged(windows: Windows) -> list[tuple[int, int]]:
    """Overlapping and touching windows of one date as one, sorted."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(windows):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


# --- the wall clock --------------------------------------------------------------------------------------------


def to_day(local_date: date) -> int:
    return local_date.toordinal() - EPOCH_ORDINAL


def to_date(day: int) -> date:
    return date.fromordinal(day + EPOCH_ORDINAL)


def local_day(zone: str, instant: int) -> int:
    """The local date of an instant."""
    _, offsets = _clock(zone, instant, instant)
    return (instant + offsets[0]) // DAY


def local_days(zone: str, instants: Epochs) -> Epochs:
    """The local dates of some instants, in the same order; at least one."""
    changes, offsets = _clock(zone, int(instants.min()), int(instants.max()))
    which = np.searchsorted(changes, instants, side="right") - 1
    return (instants + np.array(offsets, dtype=np.int64)[which]) // DAY


def _clock(zone: str, first: int, last: int) -> tuple[list[int], list[int]]:
    """The clock from one instant to another: when each offset from UTC begins, and the offset. Never empty."""
    changes: list[int] = []
    offsets: list[int] = []
    for year in range(time.gmtime(first).tm_year, time.gmtime(last).tm_year + 1):
        for instant, offset in _clock_of_year(zone, year):
            if not offsets or offset != offsets[-1]:
                changes.append(instant)
                offsets.append(offset)
    used = slice(bisect_right(changes, first) - 1, bisect_right(changes, last))
    return changes[used], offsets[used]


@lru_cache(maxsize=1024)
def _clock_of_year(zone: str, year: int) -> list[tuple[int, int]]:
    """zoneinfo has no list of clock changes: compare the offset day by day, and halve the days that differ."""
    tz = ZoneInfo(zone)

    def offset_at(instant: int) -> int:
        local = datetime.fromtimestamp(instant, tz)
        return round((local.replace(tzinfo=UTC) - datetime.fromtimestamp(instant, UTC)).total_seconds())

    begin, end = (int(datetime(y, 1, 1, tzinfo=UTC).timestamp()) for y in (year, year + 1))
    clock = [(begin, offset_at(begin))]
    for day in range(begin, end, DAY):
        before, after = day, day + DAY
        if offset_at(after) == clock[-1][1]:
            continue
        while after - before > 1:
            middle = (before + after) // 2
            if offset_at(middle) == clock[-1][1]:
                before = middle
            else:
                after = middle
        clock.append((after, offset_at(after)))
    return clock
