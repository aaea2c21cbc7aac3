"""Public holidays: chosen by region, closed like any other day off, and continued as time passes."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from scheduling import availability, bookings, diary, hours, public_holidays, tasks, why
from scheduling.models import AvailabilityOverride, HolidayChoice
from tests import factories

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
TODAY = datetime(2026, 11, 21, 12, tzinfo=BERLIN)
CHRISTMAS = datetime(2026, 12, 25, 10, tzinfo=BERLIN)  # a Friday
EPIPHANY = datetime(2027, 1, 6, 10, tzinfo=BERLIN)  # a holiday in Bavaria, none in Berlin
PAGE = "/my/hours/holidays/"


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(TODAY, tick=False):
        yield


def days_of(host) -> set[date]:
    return set(host.availability_overrides.exclude(holiday="").values_list("first_date", flat=True))


def test_the_page_ticks_every_holiday_of_the_region(alice_client):
    bavaria = alice_client.get(PAGE, {"region": "DE-BY"}).content.decode()
    assert "Epiphany" in bavaria
    assert bavaria.count('name="keep"') == bavaria.count(" checked>") >= 12
    assert "Epiphany" not in alice_client.get(PAGE, {"region": "DE-BE"}).content.decode()


def test_kept_holidays_are_closed_and_skipped_ones_open(alice, alice_client, meeting_type):
    alice_client.post(PAGE, {"region": "DE-BY", "keep": ["Erster Weihnachtstag", "Neujahr"]})
    assert availability.refusal(meeting_type, CHRISTMAS) == "override"
    assert availability.refusal(meeting_type, EPIPHANY) is None
    assert {day for day in days_of(alice) if day.year == 2027} == {date(2027, 1, 1), date(2027, 12, 25)}
    text = alice_client.get(PAGE).content.decode()
    assert text.count(" checked>") == 2, "what she skipped stays without a tick"
    alice_client.post(PAGE, {"region": ""})
    assert availability.refusal(meeting_type, CHRISTMAS) is None
    assert not HolidayChoice.objects.exists()


def test_another_region_replaces_the_first_and_saving_again_writes_nothing(alice):
    public_holidays.keep(alice, "DE", "BY", [])
    assert EPIPHANY.date() in days_of(alice)
    before = set(alice.availability_overrides.values_list("pk", flat=True))
    public_holidays.keep(alice, "DE", "BY", [])
    assert set(alice.availability_overrides.values_list("pk", flat=True)) == before
    public_holidays.keep(alice, "DE", "BE", [])
    assert EPIPHANY.date() not in days_of(alice)
    assert CHRISTMAS.date() in days_of(alice)


@pytest.mark.parametrize("entered_first", [True, False])
def test_her_own_special_hours_beat_the_holiday(alice, meeting_type, entered_first):
    def open_on_christmas():
        day = CHRISTMAS.date()
        AvailabilityOverride.objects.create(host=alice, first_date=day, last_date=day, windows=[[600, 720]])

    if entered_first:
        open_on_christmas()
    public_holidays.keep(alice, "DE", "BY", [])
    if not entered_first:
        open_on_christmas()
    assert availability.refusal(meeting_type, CHRISTMAS) is None
    (day,) = diary.days(alice, CHRISTMAS.date(), CHRISTMAS.date() + timedelta(days=1))
    assert day.windows == [(600, 720)]


def test_an_appointment_on_a_holiday_is_asked_about(alice, alice_client, meeting_type):
    booking = bookings.enter(meeting_type, CHRISTMAS, name="Bob Berg", email="bob@example.org")
    asked = alice_client.post(PAGE, {"region": "DE-BY", "keep": ["Erster Weihnachtstag"]})
    assert "This affects 1 booked appointment." in asked.content.decode()
    assert not HolidayChoice.objects.exists()
    fields = {"region": "DE-BY", "keep": ["Erster Weihnachtstag"], "decided": "1", "reason": "Christmas"}
    alice_client.post(PAGE, fields | {f"do-{booking.pk}": "cancel"})
    booking.refresh_from_db()
    assert booking.status == "cancelled"
    assert HolidayChoice.objects.get().region == "BY"


def test_hours_calendar_and_explainer_name_the_holiday(alice, alice_client, meeting_type):
    public_holidays.keep(alice, "DE", "BY", [])
    assert "Christmas Day" in alice_client.get("/my/hours/").content.decode()
    assert "Christmas Day" in alice_client.get("/my/calendar/?date=2026-12-25").content.decode()
    events = alice_client.get("/my/calendar/events/?start=2026-12-21&end=2026-12-28").json()
    assert "Christmas Day" in [event.get("title") for event in events]
    (cause,) = why.answer(meeting_type, CHRISTMAS).causes
    assert (cause.reason, cause.text, cause.url) == ("holiday", "Christmas Day", PAGE)
    row = alice.availability_overrides.get(first_date=CHRISTMAS.date())
    assert alice_client.get(f"/my/hours/dates/{row.pk}/").status_code == 404, "it is changed with the others"
    assert hours.coming_overrides(alice, TODAY.date()) == []


def test_names_are_in_the_language_of_the_host(alice):
    alice.person.language = "de"
    alice.person.save()
    public_holidays.keep(alice, "GB", "ENG", [])
    public_holidays.keep(alice, "AT", "9", [])
    names = set(alice.availability_overrides.values_list("note", flat=True))
    assert "Christtag" in names


def test_the_years_go_on(alice):
    public_holidays.keep(alice, "DE", "BY", ["Heilige Drei Könige"])
    last = max(days_of(alice))
    assert last > TODAY.date() + timedelta(days=700)
    assert tasks.extend_holidays() == 0, "nothing new on the same day"
    with time_machine.travel(TODAY + timedelta(days=200), tick=False):
        assert tasks.extend_holidays() == 1
        assert tasks.extend_holidays() == 0
        assert max(days_of(alice)) > last
        assert not [day for day in days_of(alice) if (day.month, day.day) == (1, 6)], "what she skips stays skipped"


@pytest.mark.parametrize("region", ["XX", "DE-XX", "-BY", "DE-", "²", "DE-BY-BY", "FR-IDF", "\x00"])
def test_regions_that_do_not_exist_are_refused(alice_client, region):
    answer = alice_client.post(PAGE, {"region": region, "keep": ["x"]})
    assert answer.status_code in (422, 302)
    assert not HolidayChoice.objects.filter(region__in=["XX", "IDF"]).exists()
    assert alice_client.get(PAGE, {"region": region}).status_code in (200, 422)


@pytest.mark.parametrize("country", public_holidays.COUNTRIES)
def test_every_country_and_region_has_holidays(country):
    for region in ["", *public_holidays.regions(country)]:
        assert len(public_holidays.coming(country, region, TODAY.date())) >= 4, f"{country}-{region}"


def test_closed_days_cost_no_query(alice, meeting_type, at_most_queries):
    public_holidays.keep(alice, "DE", "BY", [])
    with at_most_queries(3):
        assert availability.open_starts(meeting_type, CHRISTMAS, CHRISTMAS + timedelta(hours=6)) == []


def test_a_colleague_keeps_her_own(alice, charlie):
    public_holidays.keep(alice, "DE", "BY", [])
    assert days_of(charlie) == set()
    factories.make_meeting_type(charlie)
    assert hours.outside(charlie) == []
