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


class Runs(NamedTuple):
    """Maximal runs of open instants of one window, sorted; `until` is how far open time goes on from there."""

    start: Epochs
    end: Epochs
    day: Epochs
    until: Epochs


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
    open_runs = runs(
        zone=zone, weekly=weekly, overrides=overrides, first_day=first_day, last_day=last_day + reach(duration)
    )
    pace = step * MINUTE
    last = np.minimum(open_runs.end - 1, open_runs.until - duration * MINUTE)
    count = np.maximum((last - open_runs.start) // pace + 1, 0)
    count[open_runs.day > last_day] = 0
    before = np.cumsum(count) - count
    starts = np.repeat(open_runs.start - before * pace, count) + np.arange(count.sum()) * pace
    starts.flags.writeable = False
    return starts


def runs(*, zone: str, weekly: Hours, overrides: Hours, first_day: int, last_day: int) -> Runs:
    opens, closes = _wall_windows(weekly, overrides, first_day, last_day)
    changes, offsets = _clock(zone, (first_day - 2) * DAY, (last_day + 3) * DAY)
    starts, ends, windows = [], [], []
    for index, offset in enumerate(offsets):
        start, end = opens - offset, closes - offset
        if index:
            start = np.maximum(start, changes[index])
        if index + 1 < len(changes):
            end = np.minimum(end, changes[index + 1])
        (window,) = np.nonzero(start < end)
        starts.append(start[window])
        ends.append(end[window])
        windows.append(window)
    start, end, window = np.concatenate(starts), np.concatenate(ends), np.concatenate(windows)
    # Sorted, as the clocks follow one another. A window that a change cuts is one run where its pieces touch.
    touches = start[1:] == end[:-1]
    same = touches & (window[1:] == window[:-1])
    is_first, is_last, ends_stretch = np.ones((3, len(start)), bool)
    is_first[1:], is_last[:-1], ends_stretch[:-1] = ~same, ~same, ~touches
    stretch = np.cumsum(ends_stretch) - ends_stretch
    return Runs(
        start=start[is_first],
        end=end[is_last],
        day=opens[window[is_first]] // DAY,
        until=end[ends_stretch][stretch[is_first]],
    )


def _wall_windows(weekly: Hours, overrides: Hours, first_day: int, last_day: int) -> tuple[Epochs, Epochs]:
    """Opening and closing times of all windows, as seconds on the wall clock since 1970-01-01 00:00, sorted."""
    special = np.array([day for day, _ in overrides], dtype=np.int64)
    opens: list[Epochs] = [np.empty(0, np.int64)]
    closes: list[Epochs] = [np.empty(0, np.int64)]
    for weekday, windows in weekly:
        # 1970-01-01 was a Thursday.
        days = np.arange(first_day + (weekday - 3 - first_day) % 7, last_day + 1, 7, dtype=np.int64)
        if len(special):
            days = days[~np.isin(days, special)]
        for start, end in _merged(windows):
            opens.append(days * DAY + start * MINUTE)
            closes.append(days * DAY + end * MINUTE)
    pairs = [
        (day * DAY + start * MINUTE, day * DAY + end * MINUTE)
        for day, windows in overrides
        for start, end in _merged(windows)
    ]
    opens.append(np.array([start for start, _ in pairs], np.int64))
    closes.append(np.array([end for _, end in pairs], np.int64))
    return np.sort(np.concatenate(opens)), np.sort(np.concatenate(closes))


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
