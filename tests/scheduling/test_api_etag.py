"""Whatever changes what is offered changes the ETag of free times, or there is none: an old answer never looks current."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from directory import accounts
from directory.models import Brand, Office, Professional
from scheduling import bookings, hours, meeting_types, public_holidays
from scheduling.models import AvailabilityOverride, Booking, BusyTime, MeetingRoom, MeetingType
from tests import factories
from tests.scheduling.test_api import Api, slots_path

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def clock(next_monday) -> Iterator[Any]:
    """Stands still, well inside of a minute, days before the hours that are asked for."""
    with time_machine.travel(next_monday - timedelta(days=3, seconds=-7), tick=False) as traveller:
        yield traveller


class Asked:
    """One question, asked again and again with the ETag of the last answer."""

    def __init__(self, meeting_type: MeetingType, monday: Any) -> None:
        self.api, self.path = Api(meeting_type.host.brand), slots_path(meeting_type, monday)
        self.etag, self.starts = "", []
        self.again()

    def again(self) -> int:
        response = self.api("get", self.path, **({"If-None-Match": self.etag} if self.etag else {}))
        self.etag = response.get("ETag", "")
        if response.status_code == 200:
            self.starts = [one["start"] for one in response.json()["slots"]]
        return response.status_code


@pytest.fixture
def asked(clock, meeting_type, next_monday) -> Asked:
    found = Asked(meeting_type, next_monday)
    assert found.again() == 304
    return found


def override(host: Professional, day: Any, windows: list[list[int]]) -> AvailabilityOverride:
    row = AvailabilityOverride(host=host, first_date=day, last_date=day, windows=windows)
    hours.save_override(row)
    return row


def edit(field: str, value: object) -> Callable[..., object]:
    return lambda kind, monday: meeting_types.edit(kind, {field: value})


def saved(row: Any, **fields: object) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()


CHANGES: dict[str, Callable[..., object]] = {
    "hours": lambda kind, monday: hours.replace_week(kind.host, {0: [(600, 720)]}),
    "an override": lambda kind, monday: override(kind.host, monday.date(), [[600, 660]]),
    "an absence": lambda kind, monday: override(kind.host, monday.date(), []),
    "busy time": lambda kind, monday: BusyTime.objects.create(
        host=kind.host, starts_at=monday, ends_at=monday + timedelta(hours=1), source="x", remote_id="1"
    ),
    "duration": edit("duration", 60),
    "step": edit("step", 45),
    "notice": edit("notice", 5 * 24 * 60),
    "horizon": edit("horizon_days", 4),
    "last date": lambda kind, monday: meeting_types.edit(kind, {"last_date": monday.date()}),
    "a booking": lambda kind, monday: bookings.enter(kind, monday, name="Bob Berg"),
    "a hold": lambda kind, monday: bookings.hold(kind, monday),
    "pause of the member": lambda kind, monday: accounts.pause(kind.host, paused=True),
    "pause of the brand": lambda kind, monday: saved(kind.host.brand, paused=True),
    "the zone of her clock": lambda kind, monday: saved(kind.host.person, time_zone="Europe/Lisbon"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_the_offer_changes_the_etag(asked, meeting_type, next_monday, change):
    before = asked.starts
    CHANGES[change](meeting_type, next_monday)
    assert asked.again() == 200
    assert asked.starts != before


def test_buffers_and_limits_count_where_something_is_booked(asked, meeting_type, next_monday):
    bookings.enter(meeting_type, next_monday + timedelta(hours=3), name="Bob Berg")
    asked.again()
    for field, value in (("buffer_after", 30), ("buffer_before", 30), ("daily_limit", 1), ("weekly_limit", 1)):
        before = asked.starts
        meeting_types.edit(MeetingType.objects.get(pk=meeting_type.pk), {field: value})
        assert asked.again() == 200, field
        assert asked.starts != before, field


def test_what_is_taken_back_changes_it_again(asked, meeting_type, next_monday):
    full = asked.starts
    booking = bookings.enter(meeting_type, next_monday, name="Bob Berg")
    away = override(meeting_type.host, next_monday.date(), [])
    busy = BusyTime.objects.create(
        host=meeting_type.host, starts_at=next_monday, ends_at=next_monday + timedelta(1), source="x", remote_id="1"
    )
    held = bookings.hold(meeting_type, next_monday + timedelta(days=1))
    asked.again()
    for undo in (
        lambda: bookings.release(held),
        lambda: hours.delete_override(away),
        busy.delete,
        lambda: bookings.reschedule(booking, next_monday + timedelta(days=2), actor="host"),
        lambda: bookings.cancel(Booking.objects.get(pk=booking.pk), actor="host"),
    ):
        undo()
        assert asked.again() == 200
    assert asked.starts == full


def test_a_hold_that_runs_out_in_the_middle_of_a_minute_counts(asked, meeting_type, next_monday, clock):
    full = asked.starts
    held = bookings.hold(meeting_type, next_monday)
    asked.again()
    assert asked.starts != full
    clock.move_to(held.hold_expires_at - timedelta(seconds=2))
    asked.again()
    assert asked.starts != full
    clock.shift(timedelta(seconds=4))
    assert asked.again() == 200
    assert asked.starts == full


def test_a_group_that_is_released_frees_its_times(asked, meeting_type, next_monday):
    """Holds that end all at once are written in one statement, which tells nobody."""
    full = asked.starts
    for hour in (1, 2):
        bookings.hold(meeting_type, next_monday + timedelta(hours=hour))
    asked.again()
    Booking.objects.filter(status="held").update(status="expired")
    assert asked.again() == 200
    assert asked.starts == full


def test_time_passing_over_the_notice_counts(asked, meeting_type, next_monday, clock):
    meeting_types.edit(meeting_type, {"notice": 60})
    asked.again()
    first = asked.starts[0]
    clock.move_to(next_monday - timedelta(minutes=60))
    asked.again()
    assert asked.starts[0] == first
    clock.shift(timedelta(seconds=1))
    assert asked.again() == 200
    assert first not in asked.starts


def test_public_holidays_that_she_keeps_count(meeting_type):
    """Easter of 2027 is on March 28."""
    with time_machine.travel(datetime(2027, 3, 15, 8, 0, 7, tzinfo=UTC), tick=False):
        asked = Asked(meeting_type, datetime(2027, 3, 22, tzinfo=UTC))
        before = asked.starts
        public_holidays.keep(meeting_type.host, "DE", "BE", [])
        assert asked.again() == 200
        assert {one[:10] for one in before} - {one[:10] for one in asked.starts} == {"2027-03-26"}


def test_rooms_and_providers_promise_nothing(clock, meeting_type, next_monday, brand):
    room = MeetingRoom.objects.create(brand=brand, name="Blue")
    asked = Asked(meeting_type, next_monday)
    saved(meeting_type, needs_room=True)
    meeting_type.rooms.add(room)
    assert asked.again() == 200
    assert asked.etag == ""
    saved(meeting_type, needs_room=False)
    asked.again()
    assert asked.etag
    MeetingType.objects.filter(pk=meeting_type.pk).update(engine="remote")
    assert asked.api("get", asked.path, **{"If-None-Match": asked.etag}).get("ETag", "") == ""


def test_where_a_meeting_takes_place_counts(clock, meeting_type, next_monday):
    """Windows of one office are not offered at the other; without an office of its own it takes place at the first."""
    host = meeting_type.host
    first, second = host.offices.get(), factories.make_office(host, city="Potsdam", position=1)
    host.availability_rules.filter(weekday=0).update(office=first)
    saved(meeting_type, channel="on_site", office=second)
    asked = Asked(meeting_type, next_monday)
    before = asked.starts
    Office.objects.get(pk=second.pk).delete()
    assert asked.again() == 200
    assert asked.starts != before


def test_who_is_not_offered_any_more_is_not_unchanged(asked, meeting_type):
    Professional.objects.filter(pk=meeting_type.host_id).update(status="suspended")
    assert asked.again() == 404


def test_another_question_is_another_etag_and_another_brand_knows_it_not(asked, other_brand):
    etag = asked.etag
    for more in ("&seats=2", "&time_zone=Asia/Tokyo"):
        assert asked.api("get", asked.path + more, **{"If-None-Match": etag}).status_code == 200
    assert Api(other_brand)("get", asked.path, **{"If-None-Match": etag}).status_code == 404
    assert asked.api("get", asked.path, **{"If-None-Match": f'W/{etag}, "x"'}).status_code == 304
    assert Brand.objects.count() == 2


def test_now_is_what_the_clock_says(asked, clock):
    """The minute is part of it, so that nothing is believed for long."""
    assert asked.again() == 304
    clock.shift(timedelta(minutes=1))
    assert asked.again() == 200
    assert timezone.now().second == 7
