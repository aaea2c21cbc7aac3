"""What a slot is: pure interval arithmetic, the one definition that pages, holds and the explainer share.

Everything is half-open `[start, end)`. Instants are integers, seconds since the epoch; aware datetimes appear only in
`open_starts`. Rules are read on the host's wall clock. Cost: linear in the busy intervals plus the candidates.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache, reduce
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scheduling.open_time import (
    DAY,
    MINUTE,
    Epochs,
    Windows,
    grid,
    hours_between,
    local_day,
    local_days,
    reach,
    runs,
    to_date,
    to_day,
)

Busy = Sequence[tuple[int, int]] | Epochs

# Nothing is offered outside these instants (1970 to 2200), so that a wild query stays a cheap one.
EARLIEST, LATEST = 0, 7_258_118_400


class Reason(StrEnum):
    """Why a time is not offered."""

    HOURS = "hours"  # outside the weekly windows, or the meeting does not fit into them
    OVERRIDE = "override"  # the same, on a date with other hours than usual
    HOLIDAY = "holiday"  # an override that is a public holiday
    GRID = "grid"  # open, but meetings do not start at this time
    NOTICE = "notice"  # too soon, or past
    HORIZON = "horizon"  # too far ahead
    RANGE = "range"  # outside the queried range
    LIMIT = "limit"  # the date or the week has all the bookings it may have
    CAPACITY = "capacity"  # not enough seats left
    HOLD = "hold"  # somebody is booking this time just now
    BUSY = "busy"
    BUFFER = "buffer"  # free, but not the time around it
    ROOM = "room"  # no meeting room is free; computed by `availability`
    REMOTE = "remote"  # the provider who decides about this meeting type does not offer it
    PROVIDER_DOWN = "provider_down"  # … and does not answer at present
    OFF = "off"  # the meeting type cannot be booked at all
    UNLISTED = "unlisted"  # nor can the professional
    PAUSED = "paused"  # bookings are paused; computed by `availability`


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a meeting type, in minutes; `last_date` and `horizon_days` are read on the host's calendar."""

    duration: int
    step: int
    buffer_before: int = 0
    buffer_after: int = 0
    notice: int = 0
    horizon_days: int | None = None
    last_date: date | None = None
    seats: int = 1
    daily_limit: int | None = None
    weekly_limit: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """An existing group meeting of this meeting type: instants, and the seats taken in it (holds included)."""

    start: int
    end: int
    blocked_from: int
    blocked_until: int
    taken: int


def open_epochs(
    *,
    zone: str,
    weekly: Mapping[int, Windows],
    overrides: Mapping[date, Windows],
    busy: Busy,
    rules: Rules,
    range_start: int,
    range_end: int,
    now: int,
    sessions: Sequence[Session] = (),
    counted: Sequence[int] = (),
    seats_wanted: int = 1,
) -> Epochs:
    """The starts offered in `[range_start, range_end)`, sorted.

    `weekly` maps weekdays (Monday = 0) and `overrides` local dates to windows in minutes of the wall clock, 0 to 1440;
    a date's override, also an empty one, replaces its weekly windows. `busy` is pairs of instants, each already
    widened by its own buffers, in any order, overlapping or not. `sessions` are not in `busy`. `counted` are the
    starts of the bookings that count towards the limits. Raises ZoneInfoNotFoundError for an unknown zone.
    """
    earliest = max(range_start, now + rules.notice * MINUTE, EARLIEST)
    range_end = min(range_end, LATEST)
    if earliest >= range_end or seats_wanted > rules.seats:
        return _empty()
    first_day = local_day(zone, earliest) - 1
    last = min(local_day(zone, range_end - 1) + 1, last_day(zone, rules, now))
    if last < first_day:
        return _empty()
    usual, special = hours_between(
        weekly=weekly, overrides=overrides, duration=rules.duration, first_day=first_day, last_day=last
    )
    starts = grid(
        zone=zone,
        weekly=usual,
        overrides=special,
        duration=rules.duration,
        step=rules.step,
        first_day=first_day,
        last_day=last,
    )
    starts = starts[starts.searchsorted(earliest) : starts.searchsorted(range_end)]
    return untaken(starts, zone, busy, rules, sessions, counted, seats_wanted)


def untaken(
    starts: Epochs,
    zone: str,
    busy: Busy,
    rules: Rules,
    sessions: Sequence[Session],
    counted: Sequence[int],
    wanted: int,
) -> Epochs:
    """Sorted `starts`, ours or somebody else's, without those that limits, busy time or full sessions take."""
    if len(counted) and len(starts):
        starts = starts[~_limited(zone, starts, counted, rules)]
    if not len(starts):
        return starts
    taken = _merged_sessions(sessions)
    blocks = _pairs(busy)
    if taken:
        blocks = np.concatenate([blocks, _pairs(_blocked(taken))])
    conflicts = _conflicts(starts, blocks, rules)
    for session in taken:
        at = int(starts.searchsorted(session.start))
        if at < len(starts) and _is_own(session, int(starts[at]), rules):
            conflicts[at] -= _conflicts(starts[at : at + 1], _pairs(_blocked([session])), rules)[0]
            conflicts[at] += session.taken + wanted > rules.seats
    return starts[conflicts == 0]


def open_starts(*, range_start: datetime, range_end: datetime, now: datetime, **question: Any) -> list[datetime]:
    """`open_epochs` for aware datetimes; the starts come back in UTC. Raises ValueError for a naive datetime."""
    starts = open_epochs(range_start=epoch(range_start), range_end=epoch(range_end), now=epoch(now), **question)
    return [datetime.fromtimestamp(start, UTC) for start in starts.tolist()]


def iso_starts(**question: Any) -> list[str]:
    """`open_epochs` as text: `2026-11-24T09:00:00Z`."""
    return iso(open_epochs(**question))


def explain(**question: Any) -> Reason | None:
    """Why a start is not among `open_epochs`, the first of what is `against` it; None if it is."""
    return next(against(**question), None)


def against(
    *,
    start: int,
    zone: str,
    weekly: Mapping[int, Windows],
    overrides: Mapping[date, Windows],
    busy: Busy,
    rules: Rules,
    now: int,
    range_start: int = EARLIEST,
    range_end: int = LATEST,
    sessions: Sequence[Session] = (),
    counted: Sequence[int] = (),
    seats_wanted: int = 1,
    holds: Busy = (),
) -> Iterator[Reason]:
    """Everything that speaks against `start`, the first as a visitor is told it; nothing for a start of `open_epochs`.

    `holds` are the rows of `busy` that are holds.
    """
    if not max(range_start, EARLIEST) <= start < min(range_end, LATEST):
        yield Reason.RANGE
    day = local_day(zone, start)
    yield from _against_hours(start, zone, weekly, overrides, rules, day)
    if start < now + rules.notice * MINUTE:
        yield Reason.NOTICE
    if day > last_day(zone, rules, now):
        yield Reason.HORIZON
    at = np.array([start], dtype=np.int64)
    if len(counted) and _limited(zone, at, counted, rules)[0]:
        yield Reason.LIMIT
    taken = _merged_sessions(sessions)
    own = [session for session in taken if _is_own(session, start, rules)]
    if sum(session.taken for session in own) + seats_wanted > rules.seats:
        yield Reason.CAPACITY
    held = _pairs(holds)
    held_rows = set(map(tuple, held.tolist()))
    blocks = [row for row in _pairs(busy).tolist() if tuple(row) not in held_rows]
    blocks += _blocked([session for session in taken if session not in own])
    bare = replace(rules, buffer_before=0, buffer_after=0)
    is_busy, is_held = _conflicts(at, _pairs(blocks), bare)[0], _conflicts(at, held, bare)[0]
    if is_busy:
        yield Reason.BUSY
    if is_held:
        yield Reason.HOLD
    if not is_busy and not is_held and _conflicts(at, np.concatenate([_pairs(blocks), held]), rules)[0]:
        yield Reason.BUFFER


def any_of(arrays: Iterable[Epochs]) -> Epochs:
    """Starts that at least one host has, sorted."""
    return np.unique(np.concatenate([_empty(), *arrays]))


def all_of(arrays: Iterable[Epochs]) -> Epochs:
    """Starts that every host has, sorted; none without hosts."""
    hosts = list(arrays)
    return reduce(lambda one, other: np.intersect1d(one, other, assume_unique=True), hosts) if hosts else _empty()


def epoch(instant: datetime) -> int:
    """Seconds since the epoch, rounded up. Raises ValueError for a naive datetime."""
    if instant.tzinfo is None:
        raise ValueError("a naive datetime is not an instant")
    return math.ceil(instant.timestamp())


def iso(epochs: Epochs) -> list[str]:
    """Sorted instants as `2026-11-24T09:00:00Z`."""
    days = epochs // DAY
    seconds = epochs - days * DAY
    if (seconds % MINUTE).any():  # only where a zone keeps odd seconds
        return [f"{text}Z" for text in np.datetime_as_string(epochs.astype("datetime64[s]")).tolist()]
    first, last = (int(days[0]), int(days[-1])) if len(days) else (0, 0)
    dates = np.array([_iso_date(day) for day in range(first, last + 1)], dtype=object)
    return (dates[days - first] + CLOCK[seconds // MINUTE]).tolist()


@lru_cache(maxsize=1024)
def _iso_date(day: int) -> str:
    return to_date(day).isoformat()


CLOCK = np.array([f"T{minute // 60:02d}:{minute % 60:02d}:00Z" for minute in range(DAY // MINUTE)], dtype=object)


def last_day(zone: str, rules: Rules, now: int) -> int:
    """The last local date on which a meeting may start."""
    last = LATEST // DAY
    if rules.horizon_days is not None:
        last = min(last, local_day(zone, now) + rules.horizon_days)
    if rules.last_date is not None:
        last = min(last, to_day(rules.last_date))
    return last


def _against_hours(
    start: int, zone: str, weekly: Mapping[int, Windows], overrides: Mapping[date, Windows], rules: Rules, day: int
) -> Iterator[Reason]:
    """Rules 1 to 3 for one start on a local date."""
    usual, special = hours_between(
        weekly=weekly, overrides=overrides, duration=rules.duration, first_day=day - 1, last_day=day
    )
    open_runs = runs(
        zone=zone, weekly=usual, overrides=special, first_day=day - 1, last_day=day + reach(rules.duration)
    )
    closed = start
    for run in open_runs:
        if run.start <= start < run.end:
            if (start - run.start) % (rules.step * MINUTE):
                yield Reason.GRID
            closed = run.until
    if start + rules.duration * MINUTE > closed:
        yield Reason.OVERRIDE if to_date(local_day(zone, closed)) in overrides else Reason.HOURS


def _conflicts(starts: Epochs, busy: Epochs, rules: Rules) -> Epochs:
    """How many busy intervals each meeting with its buffers meets: those begun before its end less those over."""
    first = starts - rules.buffer_before * MINUTE
    last = starts + (rules.duration + rules.buffer_after) * MINUTE
    begins, ends = busy[:, 0], busy[:, 1]
    positive = begins < ends
    if not positive.all():
        begins, ends = begins[positive], ends[positive]
    return np.sort(begins).searchsorted(last) - np.sort(ends).searchsorted(first, side="right")


def _limited(zone: str, starts: Epochs, counted: Sequence[int], rules: Rules) -> NDArray[np.bool_]:
    """Whether the local date or ISO week of each start has reached its limit."""
    days, used = local_days(zone, starts), local_days(zone, np.array(counted, dtype=np.int64))
    limited = np.zeros(len(starts), bool)
    # Days since 1970 plus 3, by 7: weeks that begin on Monday.
    for limit, here, there in (
        (rules.daily_limit, days, used),
        (rules.weekly_limit, (days + 3) // 7, (used + 3) // 7),
    ):
        if limit is not None:
            which, count = np.unique(there, return_counts=True)
            limited |= np.isin(here, which[count >= limit])
    return limited


def _merged_sessions(sessions: Sequence[Session]) -> list[Session]:
    """Sessions at the same time are one."""
    merged: dict[tuple[int, int], Session] = {}
    for new in sessions:
        old = merged.setdefault((new.start, new.end), replace(new, taken=0))
        merged[new.start, new.end] = replace(
            old,
            blocked_from=min(old.blocked_from, new.blocked_from),
            blocked_until=max(old.blocked_until, new.blocked_until),
            taken=old.taken + new.taken,
        )
    return list(merged.values())


def _blocked(sessions: Sequence[Session]) -> list[tuple[int, int]]:
    return [(session.blocked_from, session.blocked_until) for session in sessions]


def _is_own(session: Session, start: int, rules: Rules) -> bool:
    return session.start == start and session.end - session.start == rules.duration * MINUTE


def _pairs(rows: Busy) -> Epochs:
    if isinstance(rows, np.ndarray):
        return rows.reshape(-1, 2)
    return np.fromiter(chain.from_iterable(rows), np.int64, 2 * len(rows)).reshape(-1, 2)


def _empty() -> Epochs:
    return np.empty(0, dtype=np.int64)
