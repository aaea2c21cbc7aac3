"""Several offices: hours at each, meeting types at one or at the office of the day, and the place that is promised."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
import time_machine

from directory.models import Office
from scheduling import availability, bookings, hours
from scheduling.models import AvailabilityOverride, AvailabilityRule, Booking, MeetingType
from scheduling.slots import Reason
from tests import factories

NOW = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)  # a Friday
BERLIN = ZoneInfo("Europe/Berlin")
MORNING, AFTERNOON = (540, 720), (780, 1020)


def at(clock: str, day: int = 24) -> dt.datetime:
    """A time of Tuesday, 24 November, or another day of that month, in Berlin."""
    return dt.datetime.combine(dt.date(2026, 11, day), dt.time.fromisoformat(clock), BERLIN).astimezone(dt.UTC)


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def berlin(alice) -> Office:
    return alice.offices.get()


@pytest.fixture
def potsdam(alice, berlin) -> Office:
    """Alice is in Berlin in the morning and in Potsdam in the afternoon, on Tuesdays."""
    office = factories.make_office(alice, city="Potsdam", name="Potsdam office", postcode="14467", position=1)
    places = {(1, MORNING[0]): berlin.pk, (1, AFTERNOON[0]): office.pk}
    hours.replace_week(alice, {1: [MORNING, AFTERNOON]}, places=places)
    return office


@pytest.fixture
def roaming(alice, potsdam) -> MeetingType:
    return factories.make_meeting_type(alice, any_office=True)


def offered(meeting_type: MeetingType) -> set[str]:
    found = availability.open_starts(meeting_type, at("00:00"), at("23:59"))
    return {start.astimezone(BERLIN).strftime("%H:%M") for start in found}


class TestTimes:
    def test_a_type_at_one_office_is_offered_at_its_hours_only(self, alice, berlin, potsdam):
        here = factories.make_meeting_type(alice)  # the first office
        there = factories.make_meeting_type(alice, office=potsdam)
        online = factories.make_meeting_type(alice, channel="video")
        assert max(offered(here)) == "11:30"
        assert min(offered(there)) == "13:00"
        assert offered(online) == offered(here) | offered(there)
        assert availability.refusal(there, at("10:00")) == Reason.HOURS
        with pytest.raises(bookings.NotOffered):
            bookings.hold(there, at("10:00"))

    def test_windows_without_an_office_count_everywhere(self, alice, potsdam):
        AvailabilityRule.objects.update(office=None)
        there = factories.make_meeting_type(alice, office=potsdam)
        assert {min(offered(there)), max(offered(there))} == {"09:00", "16:30"}

    def test_at_the_office_of_the_day_all_count_but_none_spans_two(self, alice, berlin, potsdam, roaming):
        places = {(1, 540): berlin.pk, (1, 720): potsdam.pk}
        hours.replace_week(alice, {1: [(540, 720), (720, 900)]}, places=places)
        two_hours = factories.make_meeting_type(alice, any_office=True, duration=120, step=30)
        assert offered(two_hours) == {"09:00", "09:30", "10:00", "12:00", "12:30", "13:00"}
        assert availability.refusal(two_hours, at("11:00")) == Reason.HOURS
        assert availability.refusal(two_hours, at("12:30")) is None

    def test_special_hours_are_at_one_office(self, alice, potsdam):
        there, here = factories.make_meeting_type(alice, office=potsdam), factories.make_meeting_type(alice)
        alice.availability_overrides.create(
            first_date=at("09:00").date(), last_date=at("09:00").date(), windows=[[600, 660]], office=potsdam
        )
        assert offered(there) == {"10:00", "10:30"}
        assert offered(here) == set()

    def test_the_same_number_of_queries(self, alice, potsdam, at_most_queries):
        there = factories.make_meeting_type(alice, office=potsdam)
        there.host.person  # noqa: B018
        there.host.brand  # noqa: B018
        with at_most_queries(3):
            availability.open_starts(there, at("00:00"), at("23:59"))


class TestPlace:
    def test_a_booking_copies_where_it_is_and_a_move_takes_it_along(self, roaming, berlin, potsdam):
        held = bookings.hold(roaming, at("14:00"))
        booking = bookings.confirm(held, name="Bob", email="bob@example.org")
        assert (booking.office, booking.location) == (potsdam, potsdam.one_line)
        booking = bookings.reschedule(booking, at("10:00"), actor=Booking.Actor.CLIENT)
        assert (booking.office, booking.location) == (berlin, berlin.one_line)

    def test_a_fixed_place_is_a_promise_that_moves_keep(self, alice, berlin, potsdam):
        here = factories.make_meeting_type(alice)
        booking = bookings.enter(here, at("10:00"), name="Bob")
        berlin.street = "Neue Straße 2"
        berlin.save()
        booking = bookings.reschedule(booking, at("11:00"), actor=Booking.Actor.HOST)
        assert "Hauptstraße 1" in booking.location

    def test_a_visitor_sees_where_each_time_is(self, client, roaming):
        page = text(client.get(roaming.get_absolute_url(), {"from": "2026-11-24"}))
        assert "Potsdam office" in page
        assert "Berlin" in page
        held = client.post(f"{roaming.get_absolute_url()}hold/", {"start": at("14:00").isoformat()})
        assert "14467 Potsdam" in text(client.get(held["Location"]))


class TestHoursPage:
    def test_with_one_office_nothing_asks_for_it(self, alice_client, alice):
        page = text(alice_client.get("/my/hours/"))
        assert "office-0" not in page
        assert 'name="office"' not in text(alice_client.get("/my/hours/dates/new/"))
        assert "any_office" not in text(alice_client.get("/my/meeting-types/new/"))

    def test_each_window_can_have_its_office(self, alice_client, alice, berlin, potsdam):
        page = text(alice_client.get("/my/hours/"))
        assert f'<option value="{potsdam.pk}" selected>Potsdam office' in page
        typed = {"from-1": ["09:00", "13:00"], "to-1": ["12:00", "17:00"], "office-1": [potsdam.pk, ""]}
        assert alice_client.post("/my/hours/", typed).status_code == 302
        assert hours.places_of(alice) == {(1, 540): potsdam.pk}

    def test_a_foreign_office_is_none_of_hers(self, alice_client, alice, potsdam, charlie):
        foreign = charlie.offices.get()
        alice_client.post("/my/hours/", {"from-1": "09:00", "to-1": "12:00", "office-1": foreign.pk})
        assert hours.places_of(alice) == {}
        form = {"kind": "closed", "first_date": "2026-12-01", "last_date": "", "office": foreign.pk, "note": ""}
        assert alice_client.post("/my/hours/dates/new/", form).status_code == 422


def test_the_calendar_says_where_she_is(alice, alice_client, potsdam):
    page = text(alice_client.get("/my/calendar/", {"date": "2026-11-24"}))
    assert re.search(r"09:00–12:00, 13:00–17:00 · [^<]+, Potsdam office", page)
    events = alice_client.get("/my/calendar/events/", {"start": "2026-11-24", "end": "2026-11-25"}).json()
    assert [event["title"] for event in events] == [alice.offices.first().name or "Berlin", "Potsdam office"]
    AvailabilityOverride.objects.create(
        host=alice, first_date="2026-11-24", last_date="2026-11-24", windows=[[600, 660]], office=potsdam
    )
    events = alice_client.get("/my/calendar/events/", {"start": "2026-11-24", "end": "2026-11-25"}).json()
    assert [(event["start"][11:16], event["title"]) for event in events] == [("10:00", "Potsdam office")]
