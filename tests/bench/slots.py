"""How fast slots are, against a plain loop that compares each candidate with each busy interval.

    python -m tests.bench.slots

One host, Monday to Friday 9–17, 30-minute meetings every 15 minutes with 10-minute buffers, 30 days over a clock
change. Every timed run begins with the busy rows in memory and ends with a list of ISO strings. The rows are tuples
of integers (epoch seconds) as a database driver gives them, or one int64 array, which the engine takes as it is; the
loop gets tuples, which it reads faster, and stops at the first conflict. Times are the processor's, and the jobs of
one table take turns, so that a busy machine disturbs all of them alike.

`cold` is the first question about a host's hours; `warm` finds the grid of candidates in the cache, as pages, holds
and explanations after it do. The goals are asked of warm runs: with tuples for 120 busy intervals, and with an array
for 10,000, where reading Python's integers costs more than all the rest. Growth is that of cold runs with tuples.
Exit code 1 if a goal is missed.
"""

import math
import random
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from statistics import median
from time import thread_time
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from scheduling import open_time
from scheduling.slots import Rules, iso_starts

ZONE = "Europe/Berlin"
FIRST = date(2026, 10, 12)  # the clocks change on the 25th
NOW = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())
RULES = Rules(duration=30, step=15, buffer_before=10, buffer_after=10)
OFFICE_HOURS = {weekday: [(9 * 60, 17 * 60)] for weekday in range(5)}

Question = dict[str, Any]


def question(*, days: int, busy: int) -> Question:
    """Up to four busy intervals a day lie in office hours; more keep the mornings free, so that slots remain."""
    dice = random.Random(days * 100_000 + busy)  # noqa: S311
    midnight = datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=ZoneInfo(ZONE))
    first_minute = 9 * 60 if busy <= 4 * days else 13 * 60
    rows = []
    for _ in range(busy):
        start = midnight + timedelta(days=dice.randrange(days), minutes=dice.randrange(first_minute, 1010, 5))
        begins = int(start.timestamp())
        rows.append((begins, begins + dice.choice([15, 30, 45]) * 60))
    return {
        "zone": ZONE,
        "weekly": OFFICE_HOURS,
        "overrides": {},
        "busy": rows,
        "rules": RULES,
        "range_start": int(midnight.timestamp()),
        "range_end": int((midnight + timedelta(days=days)).timestamp()),
        "now": NOW,
    }


def plain_loop(*, zone: str, weekly: Any, overrides: Any, busy: Any, rules: Rules, **limits: int) -> list[str]:
    """What one writes first: every candidate against every busy interval."""
    tz = ZoneInfo(zone)
    duration, step = rules.duration * 60, rules.step * 60
    before, after = rules.buffer_before * 60, rules.buffer_after * 60
    found = []
    day = datetime.fromtimestamp(limits["range_start"], tz).date()
    last = datetime.fromtimestamp(limits["range_end"] - 1, tz).date()
    while day <= last:
        for opens, closes in overrides.get(day, weekly.get(day.weekday(), ())):
            midnight = datetime(day.year, day.month, day.day, tzinfo=tz)
            start = int((midnight + timedelta(minutes=opens)).timestamp())
            end = int((midnight + timedelta(minutes=closes)).timestamp())
            while start + duration <= end:
                first, until = start - before, start + duration + after
                if not any(begins < until and ends > first for begins, ends in busy) and start >= limits["now"]:
                    found.append(datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
                start += step
        day += timedelta(days=1)
    return found


def warm(asked: Question) -> list[str]:
    return iso_starts(**asked)


def cold(asked: Question) -> list[str]:
    open_time.grid.cache_clear()
    return iso_starts(**asked)


def loop(asked: Question) -> list[str]:
    return plain_loop(**asked)


def medians(jobs: dict[Any, Callable[[], object]], *, rounds: int) -> dict[Any, float]:
    """Milliseconds of each job, the middle of some rounds in which all take turns."""
    times: dict[Any, list[float]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            began = thread_time()
            job()
            times[name].append((thread_time() - began) * 1000)
    return {name: median(measured) for name, measured in times.items()}


def main() -> int:
    verdicts = []

    def goal(text: str, *, reached: float, at_least: float = -math.inf, at_most: float = math.inf) -> None:
        passed = at_least <= reached <= at_most
        wanted = f"≥ {at_least:g}" if at_least > -math.inf else f"≤ {at_most:g}"
        print(f"{'PASS' if passed else 'FAIL'}  {text}: {reached:,.2f} (goal {wanted})")
        verdicts.append(passed)

    print("Slots of 30 days over a clock change, from busy rows in memory to ISO strings. Medians in ms.\n")
    ratios = {}
    for busy, rounds in ((120, 61), (1_000, 21), (10_000, 11)):
        rows = question(days=30, busy=busy)
        array = rows | {"busy": np.array(rows["busy"])}
        jobs = {
            "plain loop": partial(loop, rows),
            "tuples, grid cold": partial(cold, rows),
            "tuples, grid warm": partial(warm, rows),
            "array, grid cold": partial(cold, array),
            "array, grid warm": partial(warm, array),
        }
        expected = loop(rows)
        if any(job() != expected for job in jobs.values()):
            print("FAIL  the plain loop and the engine differ")
            return 1
        ms = medians(jobs, rounds=rounds)
        ratios[busy] = {name: ms["plain loop"] / taken for name, taken in ms.items()}
        print(f"{busy:,} busy intervals, {len(expected)} slots")
        for name, taken in ms.items():
            print(f"  {name:<18} {taken:>9.3f}   {ratios[busy][name]:>6,.0f}x")

    by_days = {days: partial(cold, question(days=days, busy=4 * days)) for days in (7, 30, 90, 365)}
    by_busy = {busy: partial(cold, question(days=30, busy=busy)) for busy in (10, 100, 1_000, 10_000)}
    ms_days, ms_busy = medians(by_days, rounds=61), medians(by_busy, rounds=61)
    print("\ntuples, cold, by days (4 busy a day):  " + "   ".join(f"{n} d {ms:.3f}" for n, ms in ms_days.items()))
    print("tuples, cold, by busy (30 days):       " + "   ".join(f"{n:,} {ms:.3f}" for n, ms in ms_busy.items()) + "\n")

    goal("times as fast as the loop, 120 busy (tuples, warm)", reached=ratios[120]["tuples, grid warm"], at_least=25)
    goal(
        "times as fast as the loop, 10,000 busy (array, warm)", reached=ratios[10_000]["array, grid warm"], at_least=500
    )
    goal("growth exponent in days, 30 to 365", reached=exponent(ms_days, 30, 365), at_most=1.0)
    goal("growth exponent in busy intervals, 1,000 to 10,000", reached=exponent(ms_busy, 1_000, 10_000), at_most=0.75)
    return 0 if all(verdicts) else 1


def exponent(ms: dict[int, float], small: int, large: int) -> float:
    return math.log(ms[large] / ms[small]) / math.log(large / small)


if __name__ == "__main__":
    sys.exit(main())
