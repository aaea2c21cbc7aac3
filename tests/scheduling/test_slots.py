"""Slots: named examples to read, and random schedules compared with the minute-by-minute oracle."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduling.slots import (
    Reason,
    Rules,
    Session,
    against,
    all_of,
    any_of,
    explain,
    iso_starts,
    open_epochs,
    open_starts,
)
from tests.scheduling import oracle
from tests.scheduling.oracle import instant

BERLIN = "Europe/Berlin"
ALWAYS = {weekday: [(0, 1440)] for weekday in range(7)}
NINE_TO_FIVE = {weekday: [(9 * 60, 17 * 60)] for weekday in range(5)}
HALF_HOUR = Rules(duration=30, step=30)


def ask(start: str, end: str, zone: str = BERLIN, **changes: Any) -> dict[str, Any]:
    """A question about local times; by default asked long before, of a host with office hours and no bookings."""
    question = {
        "zone": zone,
        "weekly": NINE_TO_FIVE,
        "overrides": {},
        "busy": [],
        "rules": HALF_HOUR,
        "range_start": instant(start, zone),
        "range_end": instant(end, zone),
        "now": instant("2001-01-01 00:00"),
    }
    return question | changes


def clock(question: dict[str, Any], form: str = "%H:%M") -> list[str]:
    """The offered starts as the host's wall clock reads."""
    return [oracle.wall(question["zone"], start).strftime(form) for start in open_epochs(**question).tolist()]


# --- hours -----------------------------------------------------------------------------------------------------


def test_the_last_slot_ends_when_the_host_closes():
    question = ask("2026-06-01 00:00", "2026-06-02 00:00", weekly={0: [(9 * 60, 11 * 60 + 15)]})
    assert clock(question) == ["09:00", "09:30", "10:00", "10:30"]


def test_overlapping_and_touching_windows_are_one_and_keep_one_grid():
    weekly = {0: [(10 * 60, 10 * 60 + 45), (9 * 60 + 10, 10 * 60), (9 * 60 + 30, 10 * 60 + 20)]}
    assert clock(ask("2026-06-01 00:00", "2026-06-02 00:00", weekly=weekly)) == ["09:10", "09:40", "10:10"]
    weekly = {0: [(9 * 60 + 10, 10 * 60), (10 * 60, 10 * 60 + 45)]}
    assert clock(ask("2026-06-01 00:00", "2026-06-02 00:00", weekly=weekly)) == ["09:10", "09:40", "10:10"]


def test_a_break_starts_the_grid_again():
    weekly = {0: [(9 * 60, 10 * 60 + 10), (10 * 60 + 20, 11 * 60)]}
    assert clock(ask("2026-06-01 00:00", "2026-06-02 00:00", weekly=weekly)) == ["09:00", "09:30", "10:20"]


def test_open_time_goes_on_over_midnight():
    weekly = {0: [(23 * 60, 1440)], 1: [(0, 60)]}
    question = ask("2026-06-01 12:00", "2026-06-02 12:00", weekly=weekly, rules=Rules(duration=60, step=30))
    assert clock(question) == ["23:00", "23:30", "00:00"]
    question["weekly"] = {0: [(23 * 60, 1440)], 1: [(1, 61)]}
    assert clock(question) == ["23:00", "00:01"]


def test_a_meeting_may_take_days():
    question = ask(
        "2026-06-01 00:00",
        "2026-06-08 00:00",
        weekly=ALWAYS,
        overrides={date(2026, 6, 6): []},
        rules=Rules(duration=3 * 1440, step=720),
    )
    assert clock(question, "%d %H") == ["01 00", "01 12", "02 00", "02 12", "03 00", "07 00", "07 12"]


def test_an_override_replaces_the_weekly_windows_of_its_date():
    overrides = {date(2026, 6, 1): [(18 * 60, 19 * 60)], date(2026, 6, 2): [], date(2026, 6, 6): [(600, 630)]}
    question = ask("2026-06-01 00:00", "2026-06-08 00:00", overrides=overrides, rules=Rules(duration=30, step=240))
    found = clock(question, "%d %H:%M")
    assert found == [
        *("01 18:00",),
        *(f"0{day} {hour}" for day in (3, 4, 5) for hour in ("09:00", "13:00")),
        *("06 10:00",),
    ]


def test_a_host_may_be_open_on_named_dates_only():
    question = ask("2026-06-01 00:00", "2026-06-08 00:00", weekly={}, overrides={date(2026, 6, 6): [(600, 660)]})
    assert clock(question) == ["10:00", "10:30"]
    assert open_epochs(**question).dtype == np.int64
    assert clock(question | {"overrides": {}}) == []


# --- clock changes ---------------------------------------------------------------------------------------------


def test_a_skipped_hour_does_not_exist():
    question = ask("2026-03-29 00:00", "2026-03-30 00:00", weekly={6: [(60, 4 * 60)]})
    assert clock(question) == ["01:00", "01:30", "03:00", "03:30"]


def test_windows_inside_the_skipped_hour_are_closed():
    question = ask("2026-03-29 00:00", "2026-03-30 00:00", weekly={6: [(2 * 60 + 10, 2 * 60 + 50)]})
    assert clock(question) == []


def test_a_repeated_hour_is_open_twice():
    question = ask("2026-10-25 00:00", "2026-10-26 00:00", weekly={6: [(60, 4 * 60)]})
    assert clock(question) == ["01:00", "01:30", "02:00", "02:30", "02:00", "02:30", "03:00", "03:30"]


def test_a_window_inside_the_repeated_hour_opens_twice_with_a_grid_each():
    question = ask("2026-10-25 00:00", "2026-10-26 00:00", weekly={6: [(130, 175)]})
    assert clock(question) == ["02:10", "02:10"]


def test_the_grid_counts_elapsed_minutes():
    """45-minute steps from midnight: after the clocks went forward at 2:00 the wall clock reads an hour more."""
    rules = Rules(duration=45, step=45)
    question = ask("2026-03-29 00:00", "2026-03-29 06:00", weekly=ALWAYS, rules=rules)
    assert clock(question) == ["00:00", "00:45", "01:30", "03:15", "04:00", "04:45", "05:30"]


def test_a_meeting_before_the_change_ends_after_it():
    rules = Rules(duration=60, step=60)
    question = ask("2026-10-25 00:00", "2026-10-26 00:00", weekly={6: [(90, 180)]}, rules=rules)
    assert clock(question) == ["01:30", "02:30"]  # 1:30 to 2:30 summer time, 2:30 summer to 2:30 winter time


def test_half_an_hour_at_lord_howe():
    question = ask("2026-04-05 00:00", "2026-04-06 00:00", "Australia/Lord_Howe", weekly={6: [(60, 150)]})
    assert clock(question) == ["01:00", "01:30", "01:30", "02:00"]


def test_apia_lost_a_day_and_open_time_goes_on():
    question = ask(
        "2011-12-29 22:00", "2011-12-31 02:00", "Pacific/Apia", weekly=ALWAYS, rules=Rules(duration=120, step=60)
    )
    assert clock(question, "%d %H") == ["29 22", "29 23", "31 00", "31 01"]


def test_clocks_that_change_at_midnight():
    havana = ask("2026-03-08 00:00", "2026-03-08 03:00", "America/Havana", weekly=ALWAYS)
    assert clock(havana) == ["01:00", "01:30", "02:00", "02:30"]
    # At 24:00 it is 23:00 again: the date has its last hour twice.
    beirut = ask("2026-10-24 22:30", "2026-10-25 00:30", "Asia/Beirut", weekly={5: [(0, 1440)]})
    assert clock(beirut) == ["22:30", "23:00", "23:30", "23:00", "23:30"]


def test_an_odd_offset():
    question = ask("2026-06-01 00:00", "2026-06-02 00:00", "Asia/Kathmandu", weekly={0: [(9 * 60, 10 * 60)]})
    assert iso_starts(**question) == ["2026-06-01T03:15:00Z", "2026-06-01T03:45:00Z"]


# --- busy time -------------------------------------------------------------------------------------------------


def around_ten(**changes: Any) -> dict[str, Any]:
    return ask("2026-06-01 09:00", "2026-06-01 11:30", **changes)


def ten(minute: int) -> int:
    return instant("2026-06-01 10:00", BERLIN) + minute * 60


def test_touching_is_no_conflict():
    assert clock(around_ten(busy=[(ten(0), ten(30))])) == ["09:00", "09:30", "10:30", "11:00"]


def test_any_overlap_is_a_conflict():
    assert clock(around_ten(busy=[(ten(29), ten(31))])) == ["09:00", "09:30", "11:00"]


def test_buffers_need_free_time_around_the_meeting_also_outside_the_hours():
    rules = Rules(duration=30, step=30, buffer_before=20, buffer_after=10)
    assert clock(around_ten(busy=[(ten(0), ten(30))], rules=rules)) == ["09:00", "11:00"]
    assert clock(around_ten(busy=[(ten(-61), ten(-60))], rules=rules))[0] == "09:30"


def test_busy_time_is_unsorted_overlapping_and_sometimes_empty():
    busy = [(ten(60), ten(70)), (ten(-300), ten(5)), (ten(-30), ten(-20)), (ten(40), ten(40))]
    assert clock(around_ten(busy=busy)) == ["10:30"]
    assert clock(around_ten(busy=np.array(busy))) == ["10:30"]


# --- notice, horizon, range, limits ----------------------------------------------------------------------------


def test_notice_is_to_the_minute():
    rules = Rules(duration=30, step=30, notice=60)
    assert clock(around_ten(now=ten(-60), rules=rules))[0] == "10:00"
    assert clock(around_ten(now=ten(-60) + 1, rules=rules))[0] == "10:30"


def test_now_does_not_move_the_grid():
    assert clock(around_ten(now=ten(7)))[0] == "10:30"


def test_the_horizon_counts_dates_of_the_host():
    """It is still 31 May in UTC, but 1 June in Berlin: one day ahead is all of 2 June."""
    rules = Rules(duration=30, step=240, horizon_days=1)
    question = ask("2026-06-01 00:00", "2026-06-05 00:00", rules=rules, now=instant("2026-05-31 22:30"))
    assert clock(question, "%d %H") == ["01 09", "01 13", "02 09", "02 13"]


def test_a_meeting_that_starts_on_the_last_date_may_end_on_the_next():
    rules = Rules(duration=90, step=60, last_date=date(2026, 6, 1))
    question = ask("2026-06-01 22:00", "2026-06-03 00:00", weekly=ALWAYS, rules=rules)
    assert clock(question, "%d %H") == ["01 22", "01 23"]


def test_the_limit_of_a_date_and_of_a_week():
    booked = [instant("2026-06-01 09:00", BERLIN), instant("2026-06-03 09:00", BERLIN)]
    daily = Rules(duration=30, step=480, daily_limit=1)
    question = ask("2026-06-01 00:00", "2026-06-10 00:00", rules=daily, counted=booked)
    assert clock(question, "%d") == ["02", "04", "05", "08", "09"]
    weekly = Rules(duration=30, step=480, weekly_limit=2)
    assert clock(question | {"rules": weekly}, "%d") == ["08", "09"]
    assert clock(question | {"rules": weekly, "counted": booked[:1]}, "%d")[0] == "01"


def test_weeks_begin_on_monday_of_the_host():
    """A booking on Sunday 23:30 in Berlin fills the week before it, one half an hour later the week after it."""
    rules = Rules(duration=30, step=1440, weekly_limit=1)
    question = ask("2026-06-05 00:00", "2026-06-10 00:00", weekly=ALWAYS, rules=rules)
    assert clock(question | {"counted": [instant("2026-06-07 23:30", BERLIN)]}, "%d") == ["08", "09"]
    assert clock(question | {"counted": [instant("2026-06-08 00:00", BERLIN)]}, "%d") == ["05", "06", "07"]


# --- group meetings --------------------------------------------------------------------------------------------

GROUP = Rules(duration=60, step=30, seats=5, buffer_after=15)


def group(taken: int, start: int = 0) -> Session:
    return Session(ten(start), ten(start + 60), ten(start), ten(start + 75), taken)


def test_a_group_meeting_is_offered_until_its_seats_are_taken():
    assert clock(around_ten(rules=GROUP, sessions=[group(4)])) == ["10:00"]
    assert clock(around_ten(rules=GROUP, sessions=[group(5)])) == []
    assert clock(around_ten(rules=GROUP, sessions=[group(3)], seats_wanted=2)) == ["10:00"]
    assert clock(around_ten(rules=GROUP, sessions=[group(3)], seats_wanted=3)) == []
    assert clock(around_ten(rules=GROUP, seats_wanted=6)) == []


def test_a_group_meeting_yields_to_busy_time_like_any_other():
    assert clock(around_ten(rules=GROUP, sessions=[group(1)], busy=[(ten(70), ten(80))])) == []


def test_a_group_meeting_of_another_length_only_blocks():
    longer = Session(ten(0), ten(90), ten(0), ten(90), 1)
    assert clock(ask("2026-06-01 09:00", "2026-06-01 12:30", rules=GROUP, sessions=[longer])) == ["11:30", "12:00"]


# --- explanations ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "changes", "reason"),
    [
        ("2026-06-01 10:00", {}, None),
        ("2026-06-01 08:30", {}, Reason.HOURS),
        ("2026-06-01 16:45", {"rules": Rules(duration=30, step=15)}, Reason.HOURS),
        ("2026-06-01 10:00", {"overrides": {date(2026, 6, 1): []}}, Reason.OVERRIDE),
        ("2026-06-01 10:10", {}, Reason.GRID),
        ("2026-06-01 10:00", {"now": ten(1)}, Reason.NOTICE),
        ("2026-06-01 10:00", {"rules": Rules(duration=30, step=30, last_date=date(2026, 5, 31))}, Reason.HORIZON),
        ("2026-06-02 10:00", {}, Reason.RANGE),
        ("2026-06-01 10:00", {"rules": Rules(30, 30, daily_limit=1), "counted": [ten(120)]}, Reason.LIMIT),
        ("2026-06-01 10:00", {"busy": [(ten(20), ten(40))]}, Reason.BUSY),
        ("2026-06-01 10:00", {"busy": [(ten(20), ten(40))], "holds": [(ten(20), ten(40))]}, Reason.HOLD),
        ("2026-06-01 10:00", {"busy": [(ten(35), ten(40))], "rules": Rules(30, 30, buffer_after=10)}, Reason.BUFFER),
        ("2026-06-01 10:00", {"rules": GROUP, "sessions": [group(5)]}, Reason.CAPACITY),
        ("2026-06-01 10:30", {"rules": GROUP, "sessions": [group(1)]}, Reason.BUSY),
    ],
)
def test_every_refusal_has_its_reason(start: str, changes: dict[str, Any], reason: Reason | None):
    question = ask("2026-06-01 00:00", "2026-06-02 00:00", **changes)
    assert explain(start=instant(start, BERLIN), **question) is reason


# --- edges -----------------------------------------------------------------------------------------------------


def test_datetimes_come_back_in_utc():
    day = datetime(2026, 6, 1, 14, 45, tzinfo=UTC)
    question = ask("2026-06-01 00:00", "2026-06-02 00:00")
    times = {"range_start": day, "range_end": day + timedelta(days=1), "now": day}
    starts = open_starts(**question | times)
    assert starts[0] == datetime(2026, 6, 2, 7, 0, tzinfo=UTC)
    assert starts[0].utcoffset() == timedelta(0)
    with pytest.raises(ValueError, match="naive"):
        open_starts(**question | times | {"now": datetime(2026, 6, 1)})  # noqa: DTZ001


def test_several_hosts():
    one, other = np.array([1, 3, 5]), np.array([3, 4, 5])
    assert any_of([one, other]).tolist() == [1, 3, 4, 5]
    assert all_of([one, other]).tolist() == [3, 5]
    assert any_of([]).tolist() == all_of([]).tolist() == []


@pytest.mark.parametrize(("start", "end"), [(-(10**11), -(10**10)), (10**10, 10**11), (10**11, 0), (-(10**12), 10**12)])
def test_wild_ranges_are_answered(start: int, end: int):
    question = ask("2026-06-01 00:00", "2026-06-02 00:00") | {"range_start": start, "range_end": end}
    question["rules"] = Rules(duration=30, step=30, horizon_days=60)
    question["now"] = instant("2026-06-01 00:00")
    assert len(open_epochs(**question)) == (45 * 16 if start < 0 < end else 0)
    assert explain(start=start, **question) is Reason.RANGE


def test_the_cached_grid_cannot_be_spoilt():
    question = ask("2026-06-01 00:00", "2026-06-02 00:00")
    first = open_epochs(**question)
    expected = first.copy()
    first[:] = 0
    assert (open_epochs(**question) == expected).all()


# --- against the oracle ----------------------------------------------------------------------------------------

CHANGES = [
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Asia/Kathmandu", "1986-01-01"),
    ("Asia/Kathmandu", "2026-01-01"),
    ("Pacific/Apia", "2011-12-30"),
    ("Pacific/Apia", "2011-09-24"),
    ("Africa/Cairo", "2010-08-11"),
    ("Africa/Cairo", "2014-09-26"),
    ("Africa/Cairo", "2026-04-24"),
    ("Africa/Cairo", "2026-10-30"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("America/Sao_Paulo", "2019-02-17"),
    ("America/Havana", "2026-03-08"),
    ("America/Havana", "2026-11-01"),
    ("Asia/Beirut", "2026-03-29"),
    ("Asia/Beirut", "2026-10-25"),
    ("America/St_Johns", "2010-11-07"),  # back at one minute past midnight: a date begins twice
    ("America/New_York", "2026-12-31"),  # no change, but a year
]

minutes_of_day = st.one_of(st.sampled_from([0, 1440]), st.integers(0, 96).map(lambda n: n * 15), st.integers(0, 1440))
window = st.tuples(minutes_of_day, minutes_of_day).map(sorted).map(tuple).filter(lambda pair: pair[0] < pair[1])
windows = st.one_of(st.just([(0, 1440)]), st.lists(window, max_size=3))


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    """A schedule around a clock change: everything near enough to matter, much of it colliding."""
    zone, text = draw(st.sampled_from(CHANGES))
    day = date.fromisoformat(text)
    midnight = instant(f"{text} 00:00")  # UTC: local dates begin up to 14 hours off
    near = st.integers(-36 * 4, 40 * 4).map(lambda quarter: midnight + quarter * 900)
    near = st.one_of(near, st.integers(midnight - 40 * 3600, midnight + 40 * 3600))
    blocks = st.tuples(near, st.sampled_from([0, 1, 60, 600, 1800, 3600, 7200])).map(lambda pair: (pair[0], sum(pair)))
    rules = Rules(
        duration=draw(st.sampled_from([5, 15, 30, 45, 60, 90, 600, 1500])),
        step=draw(st.sampled_from([5, 7, 15, 30, 45, 60, 90])),
        buffer_before=draw(st.sampled_from([0, 0, 10, 75])),
        buffer_after=draw(st.sampled_from([0, 0, 5, 120])),
        notice=draw(st.sampled_from([0, 60, 1441])),
        horizon_days=draw(st.sampled_from([None, None, 0, 1, 2])),
        last_date=draw(st.sampled_from([None, None, day, day + timedelta(days=1)])),
        seats=draw(st.sampled_from([1, 1, 2, 5])),
        daily_limit=draw(st.sampled_from([None, 1, 2])),
        weekly_limit=draw(st.sampled_from([None, 2, 3])),
    )
    around = [day + timedelta(days=shift) for shift in (-2, -1, 0, 1, 2)]
    question = {
        "zone": zone,
        "weekly": draw(st.dictionaries(st.integers(0, 6), windows, min_size=4)),
        "overrides": draw(st.dictionaries(st.sampled_from(around), windows, max_size=2)),
        "busy": draw(st.lists(blocks, max_size=4)),
        "rules": rules,
        "range_start": midnight - draw(st.integers(0, 30)) * 3600,
        "range_end": midnight + draw(st.integers(1, 30)) * 3600,
        "now": midnight - draw(st.sampled_from([90, 48, 36, 24, 3])) * 3600 - draw(st.sampled_from([0, 1, 1234])),
        "counted": draw(st.lists(near, max_size=3)),
        "seats_wanted": draw(st.sampled_from([1, 1, 2])),
    }
    if rules.seats > 1:
        # Group meetings where meetings may be: at times that are offered while nobody has booked.
        free = oracle.offered(**question | {"counted": []})
        starts = draw(st.lists(st.sampled_from(free), max_size=3, unique=True)) if free else []
        lengths = st.sampled_from([rules.duration, rules.duration, 20])
        question["sessions"] = [
            Session(
                start, end, start - rules.buffer_before * 60, end + rules.buffer_after * 60, draw(st.integers(1, 5))
            )
            for start in starts
            for end in [start + draw(lengths) * 60]
        ]
    return question


bounded = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@bounded
@given(questions())
def test_the_engine_offers_what_the_oracle_offers(question: dict[str, Any]):
    assert open_epochs(**question).tolist() == oracle.offered(**question)


@bounded
@given(questions(), st.data())
def test_explanations_agree_with_offers_and_with_the_oracle(question: dict[str, Any], data: st.DataObject):
    busy = question["busy"]
    holds = data.draw(st.lists(st.sampled_from(busy), unique=True)) if busy else []
    offered = open_epochs(**question).tolist()
    hours = oracle.Hours(question["zone"], question["weekly"], question["overrides"])
    rest = {key: value for key, value in question.items() if key not in ("zone", "weekly", "overrides")}
    minute = st.integers(question["range_start"] // 60 - 60, question["range_end"] // 60 + 60).map(lambda n: n * 60)
    # Starts that pass the rules of the clock are rare among all minutes, so that some are asked about by name.
    named = oracle.offered(**question | {"busy": [], "sessions": [], "counted": [], "now": 0})
    starts = data.draw(st.lists(st.one_of(minute, st.sampled_from(named)) if named else minute, max_size=12))
    for start in [*starts, *offered[:3]]:
        reason = explain(start=start, holds=holds, **question)
        accepted = oracle.violations(start, hours, holds=holds, **rest)
        assert {str(each) for each in against(start=start, holds=holds, **question)} == accepted
        assert (reason is None) == (start in offered)
        assert reason in accepted if reason else not accepted


@bounded
@given(questions(), st.data())
def test_pages_partition_the_slots(question: dict[str, Any], data: st.DataObject):
    start, end = question["range_start"], question["range_end"]
    turns = sorted(data.draw(st.lists(st.integers(start, end), max_size=4)))
    pages = [
        open_epochs(**question | {"range_start": first, "range_end": last}).tolist()
        for first, last in zip([start, *turns], [*turns, end], strict=True)
    ]
    assert sum(pages, []) == open_epochs(**question).tolist()


@bounded
@given(questions())
def test_every_form_says_the_same(question: dict[str, Any]):
    moments = {key: datetime.fromtimestamp(question[key], UTC) for key in ("range_start", "range_end", "now")}
    starts = open_starts(**question | moments)
    assert [int(start.timestamp()) for start in starts] == open_epochs(**question).tolist()
    assert iso_starts(**question) == [start.strftime("%Y-%m-%dT%H:%M:%SZ") for start in starts]
