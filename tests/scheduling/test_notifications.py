"""A professional's choices: which mails, quiet hours, and the digest of her day."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail as outbox_of

from scheduling import bookings, digests, notifications
from scheduling.models import Digest, Message, NotificationChoices
from scheduling.tasks import send_digests
from tests import factories

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
Kind, HOST = Message.Kind, Message.Audience.HOST


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.fixture
def clock():
    with time_machine.travel(at("2027-03-22T10:00"), tick=False) as traveller:  # a Monday
        yield traveller


def choose(host, **values) -> None:
    NotificationChoices.objects.update_or_create(host=host, defaults=values)


def book(meeting_type, start: datetime, name: str = "Bob Berg"):
    return bookings.confirm(bookings.hold(meeting_type, start), name=name, email="bob@example.org")


def told(booking) -> list[str]:
    return list(booking.messages.filter(audience=HOST).order_by("version", "kind").values_list("kind", flat=True))


# --- events ------------------------------------------------------------------------------------------------


def test_without_a_choice_she_hears_of_changes_and_is_not_reminded(clock, meeting_type):
    booking = book(meeting_type, at("2027-03-29T10:00"))
    bookings.reschedule(booking, at("2027-03-29T11:00"), actor="client")
    bookings.cancel(booking, actor="client")
    assert told(booking) == ["confirmed", "moved", "cancelled"]


@pytest.mark.parametrize(
    ("choice", "left"),
    [
        ("new_booking", ["moved", "cancelled"]),
        ("moved", ["confirmed", "cancelled"]),
        ("cancelled", ["confirmed", "moved"]),
    ],
)
def test_what_she_switches_off_is_not_written_and_her_client_hears_of_it(clock, meeting_type, choice, left):
    choose(meeting_type.host, **{choice: False})
    booking = book(meeting_type, at("2027-03-29T10:00"))
    bookings.reschedule(booking, at("2027-03-29T11:00"), actor="client")
    bookings.cancel(booking, actor="client")
    assert told(booking) == left
    client = booking.messages.about_changes().filter(audience="client")
    assert {row.kind for row in client} == {"confirmed", "moved", "cancelled"}


def test_a_reminder_for_her(clock, meeting_type):
    choose(meeting_type.host, reminder=True)
    booking = book(meeting_type, at("2027-03-29T10:00"))
    assert booking.messages.get(kind=Kind.REMINDER_DAY, audience=HOST).due_at == at("2027-03-28T10:00")


# --- quiet hours -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "now", "over"),
    [
        (time(20), time(7), "2027-03-22T19:59", None),
        (time(20), time(7), "2027-03-22T20:00", "2027-03-23T07:00"),
        (time(20), time(7), "2027-03-23T06:59", "2027-03-23T07:00"),
        (time(20), time(7), "2027-03-23T07:00", None),
        (time(12), time(14), "2027-03-23T13:00", "2027-03-23T14:00"),
        (time(12), time(14), "2027-03-23T11:00", None),
        (time(20), time(7), "2027-03-27T23:00", "2027-03-28T07:00"),  # the night has ten hours
        (time(20), time(7), "2027-10-30T23:00", "2027-10-31T07:00"),  # and twelve
    ],
)
def test_when_quiet_hours_end(alice, start, end, now, over):
    choices = NotificationChoices(host=alice, quiet=True, quiet_from=start, quiet_until=end)
    assert notifications.quiet_end(choices, at(now).astimezone(UTC)) == (at(over) if over else None)


def test_the_night_holds_a_mail_back_and_the_client_does_not_wait(
    clock, meeting_type, django_capture_on_commit_callbacks
):
    choose(meeting_type.host, quiet=True)
    clock.move_to(at("2027-03-22T22:00"))
    booking = book(meeting_type, at("2027-03-24T10:00"))
    due = dict(booking.messages.about_changes().values_list("audience", "due_at"))
    assert due == {"client": at("2027-03-22T22:00"), "host": at("2027-03-23T07:00")}


@pytest.mark.parametrize(("start", "waits"), [("2027-03-23T09:00", True), ("2027-03-23T06:00", False)])
def test_what_begins_before_she_wakes_does_not_wait(clock, alice, start, waits):
    factories.set_hours(alice, {weekday: [("00:00", "24:00")] for weekday in range(7)})
    choose(alice, quiet=True)
    clock.move_to(at("2027-03-22T22:00"))
    booking = book(factories.make_meeting_type(alice), at(start))
    assert (booking.messages.get(audience=HOST).due_at > at("2027-03-22T22:00")) is waits


def test_a_change_of_today_comes_at_once_also_when_it_leaves_today(clock, alice):
    choose(alice, quiet=True, quiet_from=time(9), quiet_until=time(18))
    booking = book(factories.make_meeting_type(alice), at("2027-03-22T15:00"))
    bookings.reschedule(booking, at("2027-03-25T10:00"), actor="client")
    assert {row.due_at for row in booking.messages.filter(audience=HOST)} == {at("2027-03-22T10:00")}


# --- the page ----------------------------------------------------------------------------------------------


def test_the_page_saves_what_she_chooses(alice, alice_client):
    assert 'href="/my/notifications/"' in alice_client.get("/my/settings/").content.decode()
    page = alice_client.get("/my/notifications/")
    assert page.status_code == 200
    assert not NotificationChoices.objects.exists(), "looking changes nothing"
    data = {"new_booking": "on", "quiet": "on", "quiet_from": "19:00", "quiet_until": "08:00"}
    assert alice_client.post("/my/notifications/", data).status_code == 302
    row = NotificationChoices.objects.get()
    assert (row.host, row.new_booking, row.moved, row.digest, row.quiet_from) == (alice, True, False, False, time(19))


@pytest.mark.parametrize("wrong", [{"quiet_until": "19:00"}, {"quiet_from": "25:00"}, {"quiet_from": ""}])
def test_what_makes_no_sense_is_said(alice_client, wrong):
    data = {"quiet": "on", "quiet_from": "19:00", "quiet_until": "08:00"} | wrong
    assert alice_client.post("/my/notifications/", data).status_code == 422
    assert not NotificationChoices.objects.exists()


# --- the digest --------------------------------------------------------------------------------------------


def digests_between(clock, first: datetime, last: datetime, step: timedelta = timedelta(minutes=30)) -> list[datetime]:
    """Two workers sweep; when digests went out, in UTC."""
    found, moment = [], first.astimezone(UTC)
    while moment <= last.astimezone(UTC):
        clock.move_to(moment)
        for _worker in range(2):
            found += [moment] * send_digests()
        moment += step
    return found


@pytest.mark.parametrize("day", ["2027-03-22", "2027-03-28", "2027-10-31"])
def test_once_a_local_day_at_half_past_six_also_when_the_clock_changes(clock, alice, day):
    """On 28 March the day has 23 hours, on 31 October 25."""
    choose(alice, digest_when_empty=True)
    first = at(f"{day}T00:00")
    sent = digests_between(clock, first, first + timedelta(days=2) - timedelta(minutes=1))
    assert sent == [at(f"{day}T06:30"), at(f"{day}T06:30") + timedelta(days=1)]


def test_who_moves_to_another_zone_gets_no_second_one_that_day(clock, alice):
    choose(alice, digest_when_empty=True)
    clock.move_to(at("2027-03-22T06:30"))
    assert send_digests() == 1
    alice.person.time_zone = "America/New_York"
    alice.person.save()
    assert digests_between(clock, at("2027-03-22T07:00"), at("2027-03-23T06:00")) == []
    clock.move_to(at("2027-03-23T06:30", ZoneInfo("America/New_York")))
    assert send_digests() == 1


def test_nothing_on_empty_days_or_when_she_does_not_want_it_or_too_late(clock, alice, meeting_type):
    clock.move_to(at("2027-03-23T06:30"))
    assert send_digests() == 0
    assert Digest.objects.get().status == Digest.Status.SUPERSEDED
    clock.move_to(at("2027-03-23T10:00"))
    book(meeting_type, at("2027-03-24T10:00"))
    choose(alice, digest=False)
    clock.move_to(at("2027-03-24T06:30"))
    assert send_digests() == 0
    choose(alice, digest=True)
    clock.move_to(at("2027-03-24T12:00"))
    assert send_digests() == 0


def test_what_it_says(clock, alice, meeting_type):
    book(meeting_type, at("2027-03-23T10:00"))
    book(meeting_type, at("2027-03-24T11:00"), name="Nora Nachbar")
    clock.move_to(at("2027-03-23T06:30"))
    outbox_of.outbox.clear()
    assert send_digests() == 1
    mail = outbox_of.outbox[0]
    assert (mail.subject, mail.to) == ("Your day: Tuesday, 23 March 2027", ["alice@example.org"])
    for text in (mail.body, mail.alternatives[0][0]):
        assert "10:00–10:30" in text
        assert "Bob Berg" in text
        assert "Nora Nachbar" not in text
        assert "/my/notifications/" in text


def test_a_failing_mail_server_is_tried_again_until_the_day_is_over(clock, alice, settings):
    choose(alice, digest_when_empty=True)
    working, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "tests.scheduling.test_messages.BrokenBackend"
    clock.move_to(at("2027-03-22T06:30"))
    assert send_digests() == 0
    row = Digest.objects.get()
    assert (row.status, row.attempts) == ("due", 1)
    assert "hung up" in row.last_error
    settings.EMAIL_BACKEND = working
    clock.move_to(at("2027-03-22T06:40"))
    assert send_digests() == 1
    Digest.objects.update(status="due", due_at=at("2027-03-22T07:00"))
    clock.move_to(at("2027-03-23T01:00"))
    assert digests.send_due() == 0
