"""Group meetings: seats, the host's list of participants, a session moved or cancelled as a whole."""

import datetime as dt
import re

import pytest
import time_machine

from scheduling import bookings, groups, ics, links
from scheduling.models import Booking, MeetingType, Message
from scheduling.models.bookings import Status
from tests import factories

NOW = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)  # a Friday
START = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 11, 24, 13, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def course(alice) -> MeetingType:
    return factories.make_meeting_type(alice, title="Course", duration=60, step=30, seats=4, channel="video")


def join(course: MeetingType, name: str, start=START, **how) -> Booking:
    held = bookings.hold(course, start)
    return bookings.confirm(held, name=name, email=f"{name.lower()}@example.org", **how)


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


class TestSeats:
    def test_several_seats_are_taken_at_the_last_step(self, course):
        booking = join(course, "Bob", seats=3)
        assert booking.seats == 3
        held = bookings.hold(course, START)
        with pytest.raises(bookings.SeatsGone) as caught:
            bookings.confirm(held, name="Dora", email="dora@example.org", seats=2)
        assert caught.value.left == 1
        assert bookings.confirm(held, name="Dora", email="dora@example.org", seats=1).status == Status.CONFIRMED
        with pytest.raises(bookings.SlotTaken):
            bookings.hold(course, START)

    def test_a_visitor_sees_what_is_left_and_chooses(self, client, course):
        join(course, "Bob", seats=2)
        page = text(client.get(course.get_absolute_url(), {"from": "2026-11-24"}))
        assert "2 seats left" in page
        assert "4 seats left" in page
        held = client.post(f"{course.get_absolute_url()}hold/", {"start": START.isoformat()})
        details = text(client.get(held["Location"]))
        assert "For how many people?" in details
        assert '<option value="2"' in details
        assert '<option value="3"' not in details
        typed = {"name": "Dora Dahl", "email": "dora@example.org", "privacy": "on"}
        assert client.post(held["Location"], typed | {"seats": "3"}).status_code == 422
        assert client.post(held["Location"], typed | {"seats": "2"}).status_code == 303
        assert Booking.objects.get(client_name="Dora Dahl").seats == 2

    def test_one_to_one_meetings_ask_for_no_number(self, client, meeting_type):
        held = client.post(f"{meeting_type.get_absolute_url()}hold/", {"start": START.isoformat()})
        assert "For how many people?" not in text(client.get(held["Location"]))

    def test_everybody_has_a_link_and_a_file_of_her_own(self, course):
        bob, dora = join(course, "Bob"), join(course, "Dora")
        sides = [(booking, Message.Audience.CLIENT) for booking in (bob, dora)]
        assert len({links.join_url(*side) for side in sides}) == 2
        for booking, other in ((bob, dora), (dora, bob)):
            event = ics.event_for(booking, audience=Message.Audience.CLIENT, language="en")
            assert [party.email for party in event.attendees] == [booking.client_email]
            assert other.client_name not in event.description + event.summary


class TestSessions:
    def test_a_session_moves_as_a_whole_also_onto_itself(self, course):
        bob, dora = join(course, "Bob", seats=2), join(course, "Dora")
        half_an_hour_on = START + dt.timedelta(minutes=30)
        uid = groups.move(course.host, bob.session, half_an_hour_on, reason="Train")
        rows = {row.client_name: row for row in Booking.objects.filter(session=uid)}
        assert {name: (row.starts_at, row.version, row.status) for name, row in rows.items()} == {
            "Bob": (half_an_hour_on, 1, Status.CONFIRMED),
            "Dora": (half_an_hour_on, 1, Status.CONFIRMED),
        }
        assert Message.objects.filter(kind="moved").count() == 4
        assert bookings.hold(course, half_an_hour_on).session == uid, "newcomers join the moved session"
        assert groups.find(course.host, dora.session) is None

    def test_it_joins_a_session_that_has_the_seats_and_no_other(self, course):
        bob = join(course, "Bob", seats=2)
        join(course, "Dora", LATER, seats=2)
        uid = groups.move(course.host, bob.session, LATER)
        assert groups.find(course.host, uid).taken == 4
        eve = join(course, "Eve", START)
        with pytest.raises(bookings.SlotTaken):
            groups.move(course.host, eve.session, LATER)
        eve.refresh_from_db()
        assert (eve.status, eve.starts_at, eve.version) == (Status.CONFIRMED, START, 0)

    def test_other_appointments_and_rules_stand_in_its_way(self, course, alice):
        bob = join(course, "Bob")
        other = bookings.enter(factories.make_meeting_type(alice), LATER, name="Caller")
        with pytest.raises(bookings.SlotTaken) as caught:
            groups.move(alice, bob.session, LATER)
        assert caught.value.conflict == other
        night = LATER.replace(hour=22)
        with pytest.raises(bookings.NotOffered):
            groups.move(alice, bob.session, night)
        groups.move(alice, bob.session, night, outside_rules=True)

    def test_it_is_cancelled_for_everybody(self, course):
        bob, dora = join(course, "Bob"), join(course, "Dora")
        held = bookings.hold(course, START)
        bookings.cancel(dora, actor=Booking.Actor.CLIENT)
        assert groups.cancel(course.host, bob.session, reason="Ill") == 1
        held.refresh_from_db()
        assert held.status == Status.EXPIRED
        assert Booking.objects.real().filter(status=Status.CANCELLED).count() == 2
        with pytest.raises(bookings.NotAllowed):
            groups.cancel(course.host, bob.session)


class TestPages:
    def test_the_host_sees_who_takes_part_and_acts_on_all(self, alice_client, charlie_client, course):
        bob, _dora = join(course, "Bob", seats=2), join(course, "Dora")
        page = f"/my/sessions/{bob.session}/"
        shown = text(alice_client.get(page))
        for word in ("3 of 4 seats taken", "Bob", "Dora", "2 seats", "dora@example.org"):
            assert word in shown
        assert page in text(alice_client.get(f"/my/bookings/{bob.pk}/"))
        for path in (page, f"{page}move/", f"{page}cancel/"):
            assert charlie_client.post(path, {"reason": "x"}).status_code == 404
        night = {"day": "2026-11-24", "at": "22:00", "reason": ""}
        refused = alice_client.post(f"{page}move/", night)
        assert refused.status_code == 409
        assert "outside your hours" in text(refused)
        moved = alice_client.post(f"{page}move/", night | {"outside": "on"})
        assert moved.status_code == 302
        assert alice_client.post(f"{moved['Location']}cancel/", {"reason": ""}).status_code == 422
        alice_client.post(f"{moved['Location']}cancel/", {"reason": "Ill"})
        assert Booking.objects.filter(status=Status.CANCELLED).count() == 2

    def test_a_single_appointment_is_no_session(self, alice_client, meeting_type):
        booking = bookings.enter(meeting_type, START, name="Bob")
        assert alice_client.get(f"/my/sessions/{booking.session}/").status_code == 404

    def test_the_administration_moves_and_cancels_sessions(self, admin_client, course):
        bob, _dora = join(course, "Bob"), join(course, "Dora")
        base = f"/admin/scheduling/booking/{bob.pk}/"
        assert "2 of 4 seats taken: Bob, Dora" in text(admin_client.get(f"{base}change/"))
        when = {"confirmed": "on", "day": "2026-11-24", "at": "14:00", "reason": ""}
        assert admin_client.post(f"{base}move-session/", when).status_code == 302
        assert set(Booking.objects.values_list("starts_at", flat=True)) == {LATER}
        admin_client.post(f"{base}cancel-session/", {"confirmed": "on", "reason": "Ill"})
        assert Booking.objects.filter(status=Status.CANCELLED, cancelled_by="admin").count() == 2
