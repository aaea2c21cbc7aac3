"""The explainer: what it says is what holds and pages do, and the oracle of the slot rules agrees."""

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from directory import roles
from scheduling import availability, bookings, busy, calendars, why
from scheduling.models import AvailabilityOverride, BusyTime
from scheduling.slots import Reason
from tests import factories
from tests.conftest import client_of
from tests.scheduling import oracle

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")


def codes(meeting_type, start, now=None) -> list[Reason]:
    return [cause.reason for cause in why.answer(meeting_type, start, now=now).causes]


def test_an_offered_time_has_no_reason(alice, meeting_type, next_monday):
    answer = why.answer(meeting_type, next_monday)
    assert answer.is_offered
    assert [(stretch.reason, len(stretch.starts)) for stretch in answer.stretches] == [(None, 16)]


def test_every_reason_names_its_cause_and_a_way_to_change_it(alice, meeting_type, next_monday):
    tuesday = next_monday + timedelta(days=1)
    booking = bookings.enter(meeting_type, next_monday, name="Bob Berg")
    row = BusyTime(host=alice, note="Dentist", starts_at=tuesday, ends_at=tuesday + timedelta(hours=1))
    busy.save(row)
    away = AvailabilityOverride.objects.create(
        host=alice, first_date=next_monday.date() + timedelta(days=2), last_date=next_monday.date() + timedelta(days=2)
    )
    buffered = factories.make_meeting_type(alice, buffer_before=15)

    def only(kind, start):
        (cause,) = why.answer(kind, start).causes
        return cause.reason, cause.text, cause.url

    assert only(meeting_type, next_monday) == (
        "busy",
        "10:00–10:30, Bob Berg, First meeting",
        f"/my/bookings/{booking.pk}/",
    )
    assert only(buffered, next_monday + timedelta(minutes=30))[0] == "buffer"
    assert only(meeting_type, tuesday) == ("busy", "10:00–11:00, Dentist", f"/my/calendar/busy/{row.pk}/")
    reason, text, url = only(meeting_type, next_monday + timedelta(days=2))
    assert (reason, url) == ("override", f"/my/hours/dates/{away.pk}/")
    assert text.endswith(": Closed")
    assert only(meeting_type, next_monday - timedelta(hours=3)) == ("hours", "Monday: 09:00–17:00", "/my/hours/#day-0")
    reason, text, url = only(meeting_type, tuesday + timedelta(hours=2, minutes=7))
    assert (reason, url) == ("grid", f"/my/meeting-types/{meeting_type.pk}/")
    assert "every 30 minutes" in text


def test_rules_of_the_meeting_type_are_said_in_words(alice, next_monday):
    now = next_monday - timedelta(hours=1)
    strict = factories.make_meeting_type(alice, notice=120, daily_limit=1)
    bookings.enter(strict, next_monday + timedelta(hours=4), name="Bob", now=now)
    causes = why.answer(strict, next_monday, now=now).causes
    assert [cause.reason for cause in causes] == ["notice", "limit"]
    assert causes[0].text == "Minimum notice: 2 hours."
    assert causes[1].text == "At most 1 a day."
    near = factories.make_meeting_type(alice, horizon_days=1)
    (far,) = why.answer(near, next_monday + timedelta(days=7), now=now).causes
    assert (far.reason, far.text) == ("horizon", "Bookable 1 days ahead.")


def test_a_hold_is_named_without_a_client(meeting_type, next_monday):
    bookings.hold(meeting_type, next_monday)
    (cause,) = why.answer(meeting_type, next_monday).causes
    assert (cause.reason, cause.text, cause.url) == ("hold", "10:00–10:30", "")


def test_what_nobody_can_book_says_so_first(alice, meeting_type, next_monday):
    meeting_type.visibility = "off"
    alice.status = "draft"
    meeting_type.host = alice
    assert codes(meeting_type, next_monday - timedelta(hours=3)) == ["unlisted", "off", "hours"]


def test_the_day_adds_up(alice, meeting_type, next_monday):
    bookings.enter(meeting_type, next_monday, name="Bob")
    stretches = why.answer(meeting_type, next_monday).stretches
    assert [(stretch.reason, len(stretch.starts)) for stretch in stretches] == [(None, 2), ("busy", 1), (None, 13)]
    assert [
        start for stretch in stretches if not stretch.reason for start in stretch.starts
    ] == availability.open_starts(meeting_type, next_monday.replace(hour=0), next_monday.replace(hour=23))


# --- random schedules, through the database ---------------------------------------------------------------------

DAY = date(2027, 3, 28)  # the clock goes forward in Berlin
quarter = st.integers(0, 96).map(lambda number: number * 15)
window = st.tuples(quarter, quarter).map(sorted).filter(lambda pair: pair[0] < pair[1])
instants = st.integers(-24 * 4, 48 * 4).map(
    lambda number: datetime(2027, 3, 27, 23, tzinfo=UTC) + timedelta(minutes=15 * number)
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    weekly=st.dictionaries(st.integers(0, 6), st.lists(window, max_size=2), min_size=3),
    special=st.dictionaries(st.sampled_from([DAY - timedelta(days=1), DAY]), st.lists(window, max_size=2), max_size=2),
    blocks=st.lists(st.tuples(instants, st.sampled_from([15, 60, 120])), max_size=3),
    asked=st.lists(instants, min_size=1, max_size=6),
    rules=st.fixed_dictionaries(
        {
            "duration": st.sampled_from([15, 30, 90]),
            "step": st.sampled_from([15, 30, None]),
            "buffer_before": st.sampled_from([0, 15]),
            "buffer_after": st.sampled_from([0, 30]),
            "notice": st.sampled_from([0, 60, 1500]),
            "horizon_days": st.sampled_from([1, 2, 60]),
        }
    ),
)
def test_the_codes_are_those_of_the_oracle(alice, weekly, special, blocks, asked, rules):
    now = datetime(2027, 3, 27, 9, tzinfo=UTC)
    alice.busy_times.all().delete()
    alice.availability_overrides.all().delete()
    factories.set_hours(alice, {})
    for weekday, windows in weekly.items():
        for start, end in {first: (first, last) for first, last in windows}.values():
            alice.availability_rules.create(weekday=weekday, start_minute=start, end_minute=end)
    for day, windows in special.items():
        alice.availability_overrides.create(first_date=day, last_date=day, windows=[list(each) for each in windows])
    for number, (start, minutes) in enumerate(blocks):
        alice.busy_times.create(
            starts_at=start, ends_at=start + timedelta(minutes=minutes), source="own", remote_id=number
        )
    meeting_type = factories.make_meeting_type(alice, **rules)
    kept = {weekday: {first: (first, last) for first, last in windows} for weekday, windows in weekly.items()}
    hours = oracle.Hours("Europe/Berlin", {day: list(each.values()) for day, each in kept.items()}, special)
    calendar = calendars.load([alice], min(asked), max(asked), now=now)[alice.pk]
    for start in asked:
        accepted = oracle.violations(
            int(start.timestamp()),
            hours,
            busy=[(int(begin.timestamp()), int(begin.timestamp()) + minutes * 60) for begin, minutes in blocks],
            rules=calendars.rules_of(meeting_type),
            now=math.ceil(now.timestamp()),
            range_start=0,
            range_end=2**40,
        )
        found = why.reasons(meeting_type, calendar, start, now)
        assert {str(reason) for reason in found} == accepted
        first = availability.refusal(meeting_type, start, now=now)
        assert first == (found[0] if found else None), "the visitor is told the same"


# --- the page --------------------------------------------------------------------------------------------------


def test_the_page_explains(alice_client, meeting_type, next_monday):
    query = {"type": meeting_type.pk, "day": next_monday.date(), "at": "10:00"}
    assert "This time is offered." in alice_client.get("/my/why/", query).content.decode()
    bookings.enter(meeting_type, next_monday, name="Bob Berg")
    text = alice_client.get("/my/why/", query).content.decode()
    assert "This time is not offered, for one reason:" in text
    assert "Bob Berg" in text


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", 200),
        ("?day=x", 422),
        ("?type=999999", 422),
        ("?type=²", 422),
        ("?at=25:00", 422),
        ("?day=0001-01-01", 422),
        ("?day=9999-12-31", 422),
        ("?day=2190-01-01&at=", 422),
        ("?at=", 200),
    ],
)
def test_nonsense_is_said_to_be_one(alice_client, meeting_type, query, status):
    assert alice_client.get(f"/my/why/{query}").status_code == status


def test_meeting_types_of_others_are_unknown(charlie_client, charlie, meeting_type):
    factories.make_meeting_type(charlie)
    assert charlie_client.get("/my/why/", {"type": meeting_type.pk}).status_code == 422


def test_without_a_meeting_type_it_says_what_comes_first(alice_client):
    assert "A meeting type comes first" in alice_client.get("/my/why/").content.decode()


def test_a_full_day_takes_few_queries(alice, meeting_type, next_monday, at_most_queries):
    for number in range(10):
        bookings.enter(meeting_type, next_monday + timedelta(minutes=30 * number), name="Bob", notify=False)
    with at_most_queries(9):
        assert not why.answer(meeting_type, next_monday).is_offered


def test_staff_reads_the_same_on_the_page_of_the_member(alice, brand, other_brand, meeting_type, next_monday):
    roles.make()
    support = factories.make_user(is_staff=True)
    support.groups.add(Group.objects.get(name="Support"))
    support.brands.add(brand)
    staff = client_of(brand, support)
    url = reverse("admin:directory_professional_why", args=[alice.pk])
    assert url.removesuffix("why/") + "explain" in staff.get(url.replace("why", "change")).content.decode()
    sunday = next_monday.date() - timedelta(days=1)
    page = staff.get(url, {"type": meeting_type.pk, "day": sunday, "at": "10:00"}).content.decode()
    assert "for one reason" in page
    assert "Outside your hours" in page
    answer = staff.get(url, {"type": meeting_type.pk, "day": next_monday.date(), "at": "10:00"})
    assert "Clients can book it." in answer.content.decode()
    assert staff.get(url, {"type": meeting_type.pk, "day": "x", "at": "10:00"}).status_code == 422
    support.brands.set([other_brand])
    assert staff.get(url).status_code == 404
