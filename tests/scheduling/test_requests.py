"""Requests: the host confirms each booking herself."""

import datetime as dt
import re

import pytest
import time_machine
from django.core import mail as outbox
from django.utils import timezone

from scheduling import availability, bookings, links, messages, requests
from scheduling.models import Booking, BookingEvent, MeetingType, Message
from scheduling.models.bookings import Awaits, Status
from tests import factories
from tests.conftest import client_of

NOW = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)  # a Friday
START = dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC)
GUEST = {"name": "Bob Berg", "email": "bob@example.org"}
OTHER = {"name": "Dora Dahl", "email": "dora@example.org"}
Actor = Booking.Actor


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def kept(alice) -> MeetingType:
    return factories.make_meeting_type(alice, on_request=True, cancel_cutoff=1440, move_cutoff=1440)


@pytest.fixture
def raced(alice) -> MeetingType:
    return factories.make_meeting_type(alice, on_request=True, while_asked="race")


def ask(meeting_type, start=START, **guest) -> Booking:
    return bookings.confirm(bookings.hold(meeting_type, start), **(GUEST | guest))


def sent_to(address: str) -> list:
    for pk in messages.due():
        messages.deliver(pk)
    return [mail for mail in outbox.outbox if mail.to == [address]]


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


class TestAsking:
    def test_a_request_keeps_the_time_and_is_no_appointment(self, kept):
        booking = ask(kept)
        assert (booking.status, booking.awaits, booking.is_request) == (Status.PENDING, Awaits.HOST, True)
        assert list(booking.events.values_list("kind", "actor")) == [("requested", "client")]
        assert set(booking.messages.values_list("kind", "audience")) == {
            ("requested", "client"),
            ("requested", "host"),
        }
        with pytest.raises(bookings.SlotTaken):
            bookings.hold(kept, START)

    @pytest.mark.parametrize(
        ("ahead", "waits"),
        [(dt.timedelta(days=4), dt.timedelta(hours=24)), (dt.timedelta(hours=6), dt.timedelta(hours=3))],
    )
    def test_it_runs_out_after_a_day_or_half_of_what_is_left(self, ahead, waits):
        assert bookings.answer_until(NOW + ahead, NOW) == NOW + waits

    def test_the_promise_of_the_hold_counts_not_a_later_switch(self, kept):
        held = bookings.hold(kept, START)
        MeetingType.objects.filter(pk=kept.pk).update(on_request=False)
        assert bookings.confirm(held, **GUEST).is_request

    def test_phone_entries_stand_at_once(self, kept):
        assert bookings.enter(kept, START, name="Bob").status == Status.CONFIRMED

    def test_the_mails_say_requested_and_carry_no_calendar_file(self, kept):
        booking = ask(kept)
        (to_client,), (to_host,) = sent_to("bob@example.org"), sent_to("alice@example.org")
        assert to_client.subject.startswith("Requested:")
        assert "not an appointment yet" in to_client.body
        assert links.answer_url(booking) in to_host.body
        for mail in (to_client, to_host):
            assert "text/calendar" not in mail.message().as_string()

    def test_a_visitor_reads_that_it_is_a_request_everywhere(self, client, kept, alice):
        for page in (alice.get_absolute_url(), kept.get_absolute_url()):
            assert "What you send is a request" in text(client.get(page))
        held = client.post(f"{kept.get_absolute_url()}hold/", {"start": START.isoformat()})
        details = text(client.get(held["Location"]))
        assert "Send the request" in details
        assert "Book this appointment" not in details
        client.post(held["Location"], {**GUEST, "privacy": "on"})
        page = text(client.get(links.manage_path(Booking.objects.get())))
        assert "Your request has been sent" in page
        assert "not an appointment yet" in page
        assert "Withdraw the request" in page
        assert "Add it to your calendar" not in page


class TestAnswering:
    def test_accepting_confirms_and_a_repetition_changes_nothing(self, kept, alice):
        booking = requests.accept(ask(kept), user=alice.person.user)
        assert (booking.status, booking.awaits, booking.version) == (Status.CONFIRMED, "", 0)
        requests.accept(booking)
        assert BookingEvent.objects.filter(kind="confirmed").count() == 1
        (confirmation,) = [mail for mail in sent_to("bob@example.org") if mail.subject.startswith("Confirmed")]
        assert "METHOD:REQUEST" in confirmation.message().as_string() or confirmation.alternatives
        assert Message.objects.filter(kind="requested", status="superseded").count() == 2

    def test_refusing_tells_why_and_what_is_free(self, kept):
        booking = requests.refuse(ask(kept), reason="I am in court")
        assert booking.status == Status.DECLINED
        mail = sent_to("bob@example.org")[-1]
        assert "I am in court" in mail.body
        assert f"{kept.get_absolute_url()}?start=2026-11-24T" in mail.body
        assert bookings.hold(kept, START).status == Status.HELD, "the time is free again"
        with pytest.raises(bookings.NotAllowed):
            requests.accept(booking)

    def test_without_an_answer_it_runs_out_once(self, kept):
        booking = ask(kept)
        assert requests.lapse(booking.answer_by - dt.timedelta(seconds=1)) == 0
        assert requests.lapse(booking.answer_by) == 1
        assert requests.lapse(booking.answer_by) == 0
        booking.refresh_from_db()
        assert (booking.status, booking.cancelled_by) == (Status.DECLINED, Actor.SYSTEM)
        assert "not answered your request in time" in sent_to("bob@example.org")[-1].body

    def test_an_answer_after_the_end_counts_no_more(self, kept):
        booking = ask(kept)
        with pytest.raises(bookings.NotAllowed):
            requests.accept(booking, now=booking.answer_by)
        assert Booking.objects.get().is_request, "the sweep tells the client"

    def test_a_client_withdraws_whatever_the_cut_off(self, kept):
        booking = ask(kept, START)
        with time_machine.travel(START - dt.timedelta(hours=2)):
            Booking.objects.update(answer_by=START)
            bookings.cancel(booking, actor=Actor.CLIENT)
            mail = sent_to("alice@example.org")[-1]
        assert "has withdrawn the request" in mail.body
        assert "text/calendar" not in mail.message().as_string()

    def test_a_moved_request_stays_a_request_with_a_new_end(self, kept):
        booking = ask(kept)
        later = START + dt.timedelta(hours=2)
        with time_machine.travel(NOW + dt.timedelta(hours=5), tick=False):
            moved = bookings.reschedule(booking, later, actor=Actor.CLIENT)
            assert moved.answer_by == timezone.now() + dt.timedelta(hours=24)
        assert (moved.status, moved.version, moved.is_request) == (Status.PENDING, 1, True)
        with pytest.raises(bookings.NotAllowed):
            bookings.reschedule(moved, START, actor=Actor.HOST)


class TestSeveralAsk:
    def test_the_first_accepted_wins_and_the_others_are_told(self, raced):
        bob, dora = ask(raced), ask(raced, **OTHER)
        assert {bob.awaits, dora.awaits} == {Awaits.CHOICE}
        elsewhere = ask(raced, START + dt.timedelta(hours=3), name="Eve", email="eve@example.org")
        requests.accept(dora)
        bob.refresh_from_db()
        elsewhere.refresh_from_db()
        assert (bob.status, elsewhere.is_request) == (Status.DECLINED, True)
        mail = sent_to("bob@example.org")[-1]
        assert "given this time to somebody else" in mail.body
        assert "?start=" in mail.body
        with pytest.raises(bookings.SlotTaken):
            bookings.hold(raced, START)

    def test_a_time_that_went_otherwise_cannot_be_accepted(self, raced):
        booking = ask(raced)
        bookings.enter(raced, START, name="Caller")
        with pytest.raises(bookings.SlotTaken) as caught:
            requests.accept(booking)
        assert caught.value.conflict.client_name == "Caller"
        assert Booking.objects.get(pk=booking.pk).is_request

    def test_whoever_is_still_typing_then_loses_politely(self, raced):
        held, bob = bookings.hold(raced, START), ask(raced)
        requests.accept(bob)
        with pytest.raises(bookings.HoldExpired):
            bookings.confirm(held, **OTHER)

    def test_requests_are_offered_on_and_take_no_limit(self, alice):
        one_a_day = factories.make_meeting_type(alice, on_request=True, while_asked="race", daily_limit=1)
        ask(one_a_day)
        assert START in availability.open_starts(one_a_day, START, START + dt.timedelta(hours=1))

    def test_seats_of_a_session_go_to_several(self, alice):
        course = factories.make_meeting_type(alice, on_request=True, while_asked="race", seats=2)
        asked = [ask(course, email=f"guest{number}@example.org") for number in range(3)]
        requests.accept(asked[0])
        assert Booking.objects.requests().count() == 2
        requests.accept(asked[1])
        assert Booking.objects.get(pk=asked[2].pk).status == Status.DECLINED


class TestPages:
    def test_the_link_of_the_mail_asks_first(self, client, kept):
        booking = ask(kept)
        path = f"/answer/{links.answer_token(booking)}/"
        assert "asks for an appointment" in text(client.get(path))
        assert Booking.objects.get().is_request, "a mail scanner that follows links answers nothing"
        assert client.post(path, {"accept": "1"}).status_code == 302
        assert Booking.objects.get().status == Status.CONFIRMED
        assert "This request is settled" in text(client.get(path))
        assert "answered already" in text(client.post(path, {"decline": "1"}, follow=True))

    def test_a_forged_or_foreign_link_is_nothing(self, client, kept, other_brand):
        token = links.answer_token(ask(kept))
        forged = ("A" if token[-2] != "A" else "B").join([token[:-2], token[-1]])
        assert client.get(f"/answer/{forged}/").status_code == 404
        assert client.get("/answer/nonsense/").status_code == 404
        assert client_of(other_brand).get(f"/answer/{token}/").status_code == 404

    def test_today_lists_requests_and_answers_them(self, alice_client, kept):
        booking = ask(kept)
        assert "One request waits for your answer" in text(alice_client.get("/my/"))
        alice_client.post(f"/my/bookings/{booking.pk}/answer/", {"accept": "1", "next": "today"})
        assert "waits for your answer" not in text(alice_client.get("/my/"))
        assert Booking.objects.get().status == Status.CONFIRMED

    def test_a_refused_client_sees_other_times(self, alice_client, client, kept):
        booking = ask(kept)
        page = text(alice_client.get(f"/my/bookings/{booking.pk}/"))
        assert "Decline the request" in page
        alice_client.post(f"/my/bookings/{booking.pk}/answer/", {"decline": "1", "reason": "Full"})
        page = text(client.get(links.manage_path(booking)))
        assert "Your request could not be confirmed" in page
        assert "Full" in page
        assert "Free times close to it" in page

    def test_a_colleague_answers_nothing(self, charlie_client, kept):
        booking = ask(kept)
        assert charlie_client.post(f"/my/bookings/{booking.pk}/answer/", {"accept": "1"}).status_code == 404

    def test_the_administration_answers_with_a_question(self, admin_client, kept):
        booking = ask(kept)
        change = f"/admin/scheduling/booking/{booking.pk}/"
        assert "decline" in text(admin_client.get(f"{change}change/"))
        asked = admin_client.get(f"{change}accept/")
        assert asked.status_code == 200, asked
        admin_client.post(f"{change}accept/", {"confirmed": "on"})
        assert Booking.objects.get().status == Status.CONFIRMED
        assert BookingEvent.objects.filter(kind="confirmed", actor="admin").exists()
