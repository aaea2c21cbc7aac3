"""Bad luck and bad will: every verb in every state, and what somebody types to break a page, a mail or a calendar."""

import datetime as dt
from email.utils import parseaddr

import pytest
import time_machine
from django.core import mail as outbox
from django.utils import timezone
from icalendar import Calendar

from directory.models import Professional
from scheduling import attendance, availability, bookings, links, messages
from scheduling.models import Booking, MeetingType, Message
from scheduling.models.bookings import Status
from tests import factories

NOW = dt.datetime(2027, 1, 8, 8, tzinfo=dt.UTC)
START = dt.datetime(2027, 1, 11, 9, tzinfo=dt.UTC)  # a Monday, 10:00 in Berlin
LATER = START + dt.timedelta(days=1)
AFTER = START + dt.timedelta(hours=3)
Visibility = MeetingType.Visibility


def in_state(meeting_type: MeetingType, status: str) -> Booking:
    booking = bookings.hold(meeting_type, START, now=NOW)
    if status not in (Status.HELD, Status.EXPIRED):
        booking = bookings.confirm(booking, name="Bob Berg", email="bob@example.org", now=NOW)
    booking.status = status
    booking.save()
    return booking


VERBS = {
    "extend": lambda booking: bookings.extend(booking, now=NOW),
    "release": lambda booking: bookings.release(booking),
    "confirm": lambda booking: bookings.confirm(booking, name="Eve", email="eve@example.org", now=NOW),
    "reschedule": lambda booking: bookings.reschedule(booking, LATER, actor="client", now=NOW),
    "cancel": lambda booking: bookings.cancel(booking, actor="client", now=NOW),
    "complete": lambda booking: bookings.complete(booking, now=AFTER),
    "no_show": lambda booking: bookings.no_show(booking, now=AFTER),
    "settle": lambda booking: bookings.settle(booking, now=NOW),
    "decline": lambda booking: bookings.decline(booking, now=NOW),
}
# What is not here stays as it is, with or without an error.
LEADS_TO = {
    ("release", Status.HELD): Status.EXPIRED,
    ("confirm", Status.HELD): Status.CONFIRMED,
    ("confirm", Status.EXPIRED): Status.CONFIRMED,
    ("cancel", Status.PENDING): Status.CANCELLED,
    ("cancel", Status.CONFIRMED): Status.CANCELLED,
    ("complete", Status.CONFIRMED): Status.COMPLETED,
    ("complete", Status.NO_SHOW): Status.COMPLETED,
    ("no_show", Status.CONFIRMED): Status.NO_SHOW,
    ("no_show", Status.COMPLETED): Status.NO_SHOW,
    ("settle", Status.PENDING): Status.CONFIRMED,
    ("decline", Status.PENDING): Status.DECLINED,
}
REFUSED = {
    *(("extend", status) for status in Status if status != Status.HELD),
    *(("confirm", status) for status in (Status.COMPLETED, Status.NO_SHOW, Status.CANCELLED, Status.DECLINED)),
    *(("reschedule", status) for status in Status if status not in (Status.PENDING, Status.CONFIRMED)),
    *(("cancel", s) for s in Status if s not in (Status.PENDING, Status.CONFIRMED, Status.CANCELLED)),
    *(
        (verb, status)
        for verb in ("complete", "no_show")
        for status in Status
        if status not in (Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW)
    ),
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_in_every_state(meeting_type, verb, status):
    booking = in_state(meeting_type, status)
    refused = False
    try:
        VERBS[verb](booking)
    except bookings.BookingError:
        refused = True
    after = Booking.objects.get()
    assert refused == ((verb, status) in REFUSED)
    assert after.status == LEADS_TO.get((verb, status), status)
    moved = verb == "reschedule" and not refused
    assert after.starts_at == (LATER if moved else START)
    # Nobody takes over a booking that somebody has.
    assert after.client_name in ("", "Bob Berg") or (verb == "confirm" and status in (Status.HELD, Status.EXPIRED))


@pytest.mark.parametrize("status", [Professional.Status.SUSPENDED, Professional.Status.CLOSED])
@pytest.mark.parametrize("ran_out", [False, True])
def test_a_hold_of_somebody_who_is_no_longer_listed_ends(client, meeting_type, alice, status, ran_out):
    with time_machine.travel(NOW, tick=False):
        booking = bookings.hold(meeting_type, START, now=NOW)
        if ran_out:
            bookings.release(booking)
        Professional.objects.filter(pk=alice.pk).update(status=status)
        typed = {"name": "Bob", "email": "bob@example.org", "privacy": "on"}
        response = client.post(f"{links.manage_path(booking)}details/", typed)
    assert response.status_code == 409
    assert response.context["alternatives"] == []
    assert Booking.objects.get().status != Status.CONFIRMED


@pytest.mark.parametrize("visibility", [Visibility.OFF, Visibility.ARCHIVED])
def test_a_held_time_outlives_its_meeting_type_but_not_its_minutes(meeting_type, visibility):
    kept, late = bookings.hold(meeting_type, START, now=NOW), bookings.hold(meeting_type, LATER, now=NOW)
    bookings.release(late)
    MeetingType.objects.filter(pk=meeting_type.pk).update(visibility=visibility)
    booking = bookings.confirm(kept, name="Bob", email="bob@example.org", now=NOW)
    assert booking.status == Status.CONFIRMED
    with pytest.raises(bookings.HoldExpired):
        bookings.confirm(late, name="Bob", email="bob@example.org", now=NOW)


@pytest.mark.parametrize("off", [dt.timedelta(seconds=1), dt.timedelta(microseconds=1)])
def test_starts_between_the_offered_ones_are_refused(meeting_type, off):
    """Else half a second would make a group meeting of its own and block the real one."""
    MeetingType.objects.filter(pk=meeting_type.pk).update(seats=5)
    with pytest.raises(bookings.NotOffered):
        bookings.hold(meeting_type, START + off, now=NOW)


def test_a_start_without_a_zone_is_a_mistake_of_the_caller(meeting_type):
    with pytest.raises(ValueError, match="zone"):
        bookings.enter(meeting_type, START.replace(tzinfo=None), name="Bob", outside_rules=True, now=NOW)


def test_the_host_enters_whole_minutes(alice_client, meeting_type, next_monday):
    typed = {
        "meeting_type": meeting_type.pk,
        "day": next_monday.date(),
        "at": "05:00:30.5",
        "name": "Bob",
        "outside": "on",
    }
    assert alice_client.post("/my/bookings/new/", typed).status_code == 302
    start = Booking.objects.get().starts_at
    assert (start.second, start.microsecond) == (0, 0)


def test_a_meeting_over_the_change_of_the_clock_lasts_as_long_as_it_says(alice, meeting_type):
    """28 March 2027, 01:45 in Berlin: half an hour later it is 03:15."""
    start = dt.datetime(2027, 3, 28, 0, 45, tzinfo=dt.UTC)
    booking = bookings.enter(meeting_type, start, name="Bob", outside_rules=True, now=NOW)
    assert booking.ends_at - booking.starts_at == dt.timedelta(minutes=30)
    assert f"{timezone.localtime(booking.ends_at, booking.display_zone):%H:%M}" == "03:15"


def test_a_sweep_survives_a_booking_that_changes_under_it(meeting_type, monkeypatch):
    _first, second = in_state(meeting_type, Status.CONFIRMED), bookings.hold(meeting_type, LATER, now=NOW)
    bookings.confirm(second, name="Bob", email="bob@example.org", now=NOW)
    verb, seen = attendance.complete, []

    def cancelled_meanwhile(booking, **options):
        if not seen:
            Booking.objects.filter(pk=booking.pk).update(status=Status.CANCELLED)
        seen.append(booking.pk)
        return verb(booking, **options)

    monkeypatch.setattr(attendance, "complete", cancelled_meanwhile)
    assert bookings.complete_past(LATER + dt.timedelta(hours=5)) == 1
    assert set(Booking.objects.values_list("status", flat=True)) == {Status.CANCELLED, Status.COMPLETED}


def details(client, meeting_type, **typed):
    start = availability.next_free(meeting_type)
    booking = bookings.hold(meeting_type, start)
    given = {"name": "Bob Berg", "email": "bob@example.org", "privacy": "on", **typed}
    return client.post(f"{links.manage_path(booking)}details/", given)


@pytest.mark.parametrize(
    "typed",
    [
        {"email": "b@" + ".".join(["a" * 60] * 4) + ".example.org"},
        {"email": "b" * 250 + "@example.org"},
        {"email": "Bob Berg <bob@example.org>"},
        {"email": "bob@example.org\nBcc: eve@example.org"},
        {"email": "bob@example.org, eve@example.org"},
        {"name": "a\x00b"},
        {"note": "x" * 2001},
        {"name": "x" * 121},
        {"phone": "call me"},
    ],
    ids=str,
)
def test_what_cannot_be_kept_is_said_at_the_field(client, meeting_type, typed):
    response = details(client, meeting_type, **typed)
    assert response.status_code == 422
    assert set(response.context["form"].errors) == set(typed)


NAMES = [
    'Berg, Bob "the" O\'Neil; <b>\\',
    "Bob\r\nBcc: eve@example.org\r\n\r\nHello",
    "\u202eBob🦄\u2066",
    "=cmd()",
    "ß" * 120,
    "Bob\nEND:VEVENT\nBEGIN:VEVENT",
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("email", ["bob@example.org", "bob@exämple.de", "bob@" + "ä" * 60 + ".de"])
def test_both_sides_get_their_mail_whatever_the_name(client, meeting_type, name, email):
    assert details(client, meeting_type, name=name, email=email).status_code == 303
    host = Message.objects.get(audience=Message.Audience.HOST)
    assert messages.deliver(host.pk), Message.objects.get(pk=host.pk).last_error
    if len(email) < 60:
        client_row = Message.objects.about_changes().get(audience=Message.Audience.CLIENT)
        assert messages.deliver(client_row.pk), Message.objects.get(pk=client_row.pk).last_error
    for sent in outbox.outbox:
        raw = sent.message()
        assert "Bcc" not in raw
        assert len(sent.recipients()) == 1
        assert "@" in parseaddr(raw["Reply-To"])[1]
        part = next(part for part in raw.walk() if part.get_content_type() == "text/calendar")
        events = Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
        assert len(events) == 1


def test_a_button_for_a_row_that_nobody_has(alice_client):
    for row in ("0-99999", "0-" + "9" * 5000, "0--1", "0-²", "9-0", "-"):
        assert alice_client.post("/my/hours/", {"remove": row}).status_code == 200


def test_one_client_may_take_two_seats_of_a_group(meeting_type):
    MeetingType.objects.filter(pk=meeting_type.pk).update(seats=2)
    for _seat in range(2):
        booking = bookings.hold(meeting_type, START, now=NOW)
        bookings.confirm(booking, name="Bob", email="bob@example.org", now=NOW)
    with pytest.raises(bookings.SlotTaken):
        bookings.hold(meeting_type, START, now=NOW)
    assert factories.Person.objects.filter(email="bob@example.org").count() == 1
