"""No-shows and their consequences, the limit of moves, and pauses."""

import datetime as dt
import re

import pytest
import time_machine

from directory import accounts
from directory.models import Brand, Person
from scheduling import availability, bookings, clients, links, tasks
from scheduling.models import Booking, ClientMark, MeetingType
from scheduling.models.bookings import Awaits, Status
from scheduling.slots import Reason
from tests import factories

NOW = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)  # a Friday
START = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
GUEST = {"name": "Bob Berg", "email": "bob@example.org"}
Actor = Booking.Actor


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def missed(meeting_type: MeetingType, ago: dt.timedelta, **guest) -> Booking:
    start = START - ago
    booking = bookings.enter(meeting_type, start, outside_rules=True, now=start, **(GUEST | guest))
    return bookings.no_show(booking, now=start + dt.timedelta(hours=1))


def book(meeting_type: MeetingType, start=START, **guest) -> Booking:
    return bookings.confirm(bookings.hold(meeting_type, start), **(GUEST | guest))


class TestMissedAppointments:
    def test_the_rate_counts_here_and_in_the_directory(self, meeting_type, charlie):
        booking = missed(meeting_type, dt.timedelta(days=14))
        kept = missed(meeting_type, dt.timedelta(days=21))
        bookings.complete(kept)
        missed(factories.make_meeting_type(charlie), dt.timedelta(days=14))
        here = clients.record(booking.client, host=meeting_type.host)
        assert (here.ended, here.missed, here.rate) == (2, 1, 50)
        assert clients.record(booking.client, brand=charlie.brand) == clients.Record(ended=3, missed=2)

    @pytest.mark.parametrize(("days", "way"), [(14, "request"), (100, "")])
    def test_the_rule_counts_within_its_months(self, meeting_type, days, way):
        clients.set_rule(meeting_type.host, no_shows=2, months=2, way="request")
        booking = missed(meeting_type, dt.timedelta(days=10))
        assert clients.way_of(booking.client, meeting_type.host, NOW) == ""
        missed(meeting_type, dt.timedelta(days=days))
        assert clients.way_of(booking.client, meeting_type.host, NOW) == way

    def test_a_mark_comes_before_the_rule_and_is_undone(self, meeting_type, bob):
        clients.set_rule(meeting_type.host, no_shows=1, way="request")
        missed(meeting_type, dt.timedelta(days=14))
        clients.mark(bob, meeting_type.host, "call")
        assert clients.way_of(bob, meeting_type.host, NOW) == "call"
        clients.mark(bob, meeting_type.host, "")
        assert clients.way_of(bob, meeting_type.host, NOW) == "request"
        clients.set_rule(meeting_type.host, no_shows=None)
        assert clients.way_of(bob, meeting_type.host, NOW) == ""

    def test_on_request_only_makes_a_request_of_a_booking(self, meeting_type, bob):
        clients.mark(bob, meeting_type.host, "request")
        assert book(meeting_type).awaits == Awaits.HOST
        assert book(meeting_type, START + dt.timedelta(hours=1), email="dora@example.org").status == Status.CONFIRMED

    def test_who_must_call_reads_a_neutral_sentence_and_nothing_is_booked(self, client, meeting_type, bob, brand):
        Brand.objects.filter(pk=brand.pk).update(support_phone="+49 30 1234567")
        clients.mark(bob, meeting_type.host, "call", note="Three times not there")
        held = bookings.hold(meeting_type, START)
        path = f"{links.manage_path(held)}details/"
        answer = client.post(path, {**GUEST, "privacy": "on"})
        assert answer.status_code == 409
        page = text(answer)
        assert "cannot be booked online. Please call us: +49 30 1234567" in page
        assert "Three times" not in page
        assert 'value="Bob Berg"' in page
        held.refresh_from_db()
        assert (held.status, held.client_email) == (Status.HELD, "")

    def test_the_professional_marks_and_undoes_on_her_pages(self, alice_client, charlie_client, meeting_type):
        booking = missed(meeting_type, dt.timedelta(days=14))
        page = text(alice_client.get(f"/my/bookings/{booking.pk}/"))
        assert "1 appointment with you is over, 1 missed (100 %)." in page
        mark = f"/my/bookings/{booking.pk}/client/"
        assert charlie_client.post(mark, {"way": "call"}).status_code == 404
        alice_client.post(mark, {"way": "request", "note": "Twice"})
        row = ClientMark.objects.get()
        assert (row.way, row.note, row.created_by) == ("request", "Twice", meeting_type.host.person.user)
        assert "Twice" in text(alice_client.get("/my/rules/"))
        assert charlie_client.post(f"/my/rules/clients/{row.pk}/undo/").status_code == 404
        alice_client.post(f"/my/rules/clients/{row.pk}/undo/")
        assert not ClientMark.objects.exists()

    def test_the_rule_is_set_on_her_page(self, alice_client, alice):
        alice_client.post("/my/rules/", {"attendance": "1", "no_shows": "3", "months": "6", "way": "call"})
        rule = alice.attendance_rule
        assert (rule.no_shows, rule.months, rule.way) == (3, 6, "call")
        assert alice_client.post("/my/rules/", {"attendance": "1", "no_shows": "x"}).status_code == 422
        alice_client.post("/my/rules/", {"attendance": "1", "no_shows": "", "months": "6", "way": "call"})
        alice.refresh_from_db()
        assert not hasattr(alice, "attendance_rule")

    def test_the_administration_sees_the_rate(self, admin_client, meeting_type):
        booking = missed(meeting_type, dt.timedelta(days=14))
        page = text(admin_client.get(f"/admin/scheduling/booking/{booking.pk}/change/"))
        assert "Missed here: 1 of 1. In the directory: 1 of 1." in page


class TestMoves:
    def test_a_client_moves_as_often_as_the_type_allowed_when_it_was_booked(self, client, alice):
        kind = factories.make_meeting_type(alice, move_limit=1)
        booking = book(kind)
        MeetingType.objects.update(move_limit=None)
        path = links.manage_path(booking)
        booking = bookings.reschedule(booking, START + dt.timedelta(hours=1), actor=Actor.CLIENT)
        with pytest.raises(bookings.NotAllowed):
            bookings.reschedule(booking, START, actor=Actor.CLIENT)
        assert f"{path}move/" not in text(client.get(path))
        assert client.get(f"{path}move/").status_code == 302
        assert bookings.reschedule(booking, START, actor=Actor.HOST).client_moves == 1


class TestPause:
    def test_nothing_new_while_what_stands_can_be_moved_and_cancelled(self, client, alice, meeting_type):
        booking = book(meeting_type)
        accounts.pause(alice, paused=True, note="Back in January")
        meeting_type = MeetingType.objects.get(pk=meeting_type.pk)
        assert availability.refusal(meeting_type, START + dt.timedelta(hours=2)) == Reason.PAUSED
        assert availability.open_starts(meeting_type, START, START + dt.timedelta(days=1)) == []
        with pytest.raises(bookings.NotOffered):
            bookings.hold(meeting_type, START + dt.timedelta(hours=2))
        for page in (alice.get_absolute_url(), meeting_type.get_absolute_url()):
            shown = text(client.get(page))
            assert "Back in January" in shown
            assert 'name="start"' not in shown
        path, later = links.manage_path(booking), START + dt.timedelta(hours=3)
        assert "Move it to this time?" in text(client.get(f"{path}move/", {"start": later.isoformat()}))
        assert client.post(f"{path}move/", {"start": later.isoformat()}).status_code == 303
        assert client.post(f"{path}cancel/", {"reason": ""}).status_code == 303
        booking.refresh_from_db()
        assert (booking.starts_at, booking.status) == (later, Status.CANCELLED)

    def test_a_held_time_may_still_be_booked(self, alice, meeting_type):
        held = bookings.hold(meeting_type, START)
        accounts.pause(alice, paused=True)
        assert bookings.confirm(held, **GUEST).status == Status.CONFIRMED

    def test_a_paused_brand_pauses_everybody_and_cards_show_nothing(self, alice, charlie, meeting_type):
        factories.make_meeting_type(charlie)
        brand = Brand.objects.get(pk=alice.brand_id)
        brand.paused = True
        brand.save()
        tasks.refresh_brand(brand.pk)
        for host in (alice, charlie):
            host.refresh_from_db()
            assert host.next_free_at is None
            assert availability.next_times([host])[host.pk] == []
        brand.paused = False
        brand.save()
        tasks.refresh_brand(brand.pk)
        alice.refresh_from_db()
        assert alice.next_free_at is not None

    def test_she_pauses_and_goes_on_on_her_page(self, alice_client, alice):
        alice_client.post("/my/rules/", {"pause": "1", "paused": "on", "pause_note": "Away"})
        alice.refresh_from_db()
        assert (alice.paused, alice.pause_text) == (True, "Away")
        assert "New bookings are paused." in text(alice_client.get("/my/"))
        alice_client.post("/my/rules/", {"pause": "1", "pause_note": ""})
        alice.refresh_from_db()
        assert not alice.paused


def test_clients_are_no_members_marks_of_one_host_bind_no_other(meeting_type, charlie, bob):
    clients.mark(bob, charlie, "call")
    assert book(meeting_type).status == Status.CONFIRMED
    assert Person.objects.filter(email="bob@example.org").count() == 1
