"""Today, and the bookings of a professional. alice is the owner, charlie a colleague."""

import csv
import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from scheduling import bookings, today
from scheduling.models import Booking, BookingEvent, Message
from tests import factories
from tests.conftest import client_of

pytestmark = pytest.mark.django_db


def book(meeting_type, start, name="Bob Berg", **fields):
    return bookings.enter(meeting_type, start, name=name, **fields)


@pytest.fixture
def booking(meeting_type, next_monday) -> Booking:
    return book(meeting_type, next_monday, email="bob@example.org")


def entry(meeting_type, start, **changes):
    data = {
        "meeting_type": meeting_type.pk,
        "day": start.date().isoformat(),
        "at": f"{start:%H:%M}",
        "name": "Bob Berg",
    }
    return data | changes


# --- today ----------------------------------------------------------------------------------------------------


def test_today_names_what_is_next_and_the_day(alice, alice_client, meeting_type):
    with time_machine.travel(datetime(2026, 11, 24, 7, tzinfo=UTC), tick=False):
        book(meeting_type, datetime(2026, 11, 24, 9, tzinfo=UTC), name="Early Bird")
        book(meeting_type, datetime(2026, 11, 25, 9, tzinfo=UTC), name="Not Today")
        client = client_of(alice.brand, alice.person.user)
        text = client.get("/my/").content.decode()
    assert text.count("Early Bird") == 2
    assert "10:00–10:30" in text
    assert "Not Today" not in text


def test_each_problem_has_one_action(alice, alice_client):
    factories.set_hours(alice, {})
    text = alice_client.get("/my/").content.decode()
    assert "Nobody can book: you have no hours." in text
    assert "Nobody can book: no meeting type is shown" in text
    assert text.count('class="notice-action"') == 2


def test_problems_are_counted_and_come_worst_first(alice, alice_client):
    alice.paused = True
    alice.save()
    factories.set_hours(alice, {})
    notes = today.overview(alice).notes
    assert [note.tone for note in notes] == sorted((note.tone for note in notes), key=today.TONES.index)
    assert notes[0].tone == "danger"
    assert notes[-1].tone == "warning"
    text = alice_client.get("/my/").content.decode()
    assert f">{len(notes)} things<" in text
    assert text.index("Next appointment") < text.index(">Needs you<") < text.index("Free next")


def test_a_draft_sees_its_way(alice, alice_client):
    type(alice).objects.filter(pk=alice.pk).update(status="draft", about="")
    text = alice_client.get("/my/").content.decode()
    assert "Your way to a public profile" in text
    assert text.count('class="is-done"') == 1


def test_today_asks_a_bounded_number_of_questions(alice, alice_client, meeting_type, next_monday, at_most_queries):
    for number in range(10):
        book(meeting_type, next_monday + timedelta(minutes=30 * number), email=f"c{number}@example.org")
    with at_most_queries(20):
        alice_client.get("/my/")


# --- list -----------------------------------------------------------------------------------------------------


def test_tabs(alice_client, meeting_type, next_monday):
    book(meeting_type, next_monday, name="Coming Soon")
    gone = book(meeting_type, next_monday + timedelta(hours=1), name="Called Off")
    bookings.cancel(gone, actor="host", reason="Ill")
    past = book(meeting_type, next_monday + timedelta(hours=2), name="Long Over")
    start, end = timezone.now() - timedelta(days=3), timezone.now() - timedelta(days=2)
    Booking.objects.filter(pk=past.pk).update(starts_at=start, blocked_from=start, ends_at=end, blocked_until=end)
    shown = {"upcoming": "Coming Soon", "cancelled": "Called Off", "past": "Long Over", "nonsense": "Coming Soon"}
    for tab, name in shown.items():
        text = alice_client.get("/my/bookings/", {"tab": tab}).content.decode()
        assert {other for other in shown.values() if other in text} == {name}


def test_holds_are_not_listed(alice_client, meeting_type, next_monday):
    held = bookings.hold(meeting_type, next_monday)
    assert str(held.pk) not in alice_client.get("/my/bookings/").content.decode()
    assert alice_client.get(f"/my/bookings/{held.pk}/").status_code == 404


@pytest.mark.parametrize("words", ["berg", "bob@example", "Bob Berg", "0176"])
def test_search(alice_client, meeting_type, next_monday, words):
    wanted = book(meeting_type, next_monday, email="bob@example.org", phone="0176 5551")
    other = book(meeting_type, next_monday + timedelta(hours=1), name="Zoe Zimmer")
    text = alice_client.get("/my/bookings/", {"q": words}).content.decode()
    assert str(wanted.pk) in text
    assert str(other.pk) not in text


def test_search_by_reference_with_and_without_dash(alice_client, booking):
    for reference in (booking.reference, booking.reference.replace("-", "").lower(), booking.reference[:4]):
        assert str(booking.pk) in alice_client.get("/my/bookings/", {"q": reference}).content.decode()


def test_filter_by_meeting_type(alice, alice_client, booking, next_monday):
    other_type = factories.make_meeting_type(alice)
    other = book(other_type, next_monday + timedelta(hours=3), name="Zoe Zimmer")
    text = alice_client.get("/my/bookings/", {"type": other_type.pk}).content.decode()
    assert str(other.pk) in text
    assert str(booking.pk) not in text


@pytest.mark.parametrize(
    "query",
    [
        {"type": "x"},
        {"type": "9" * 30},
        {"q": "\x00"},
        {"q": "%" * 300},
        {"page": "x"},
        {"page": "-1"},
        {"tab": "\x00"},
    ],
)
def test_nonsense_in_the_address_narrows_nothing(alice_client, booking, query):
    assert alice_client.get("/my/bookings/", query).status_code == 200


def test_list_queries_do_not_grow(alice_client, meeting_type, next_monday, at_most_queries):
    for number in range(30):
        start = next_monday + timedelta(days=7 * (number // 10), minutes=30 * (number % 10))
        book(meeting_type, start, email=f"c{number}@example.org")
    with at_most_queries(7):
        text = alice_client.get("/my/bookings/").content.decode()
    assert "Page 1 of 2" in text


def test_the_list_is_taken_away_as_a_table(alice_client, meeting_type, next_monday):
    book(meeting_type, next_monday, name='=HYPERLINK("http://evil")', phone="+49 30 1")
    book(meeting_type, next_monday + timedelta(hours=1), name="Zoe Zimmer", email="zoe@example.org")
    answer = alice_client.get("/my/bookings/export/", {"tab": "upcoming"})
    rows = list(csv.reader(answer.getvalue().decode("utf-8-sig").splitlines()))
    assert answer["Content-Type"].startswith("text/csv")
    assert [row[5] for row in rows[1:]] == ['\'=HYPERLINK("http://evil")', "Zoe Zimmer"]
    assert rows[1][2:4] == ["10:00", "10:30"]
    assert rows[1][7] == "'+49 30 1"
    narrowed = alice_client.get("/my/bookings/export/", {"q": "zoe"}).getvalue().decode()
    assert narrowed.count("\r\n") == 2


def test_the_table_has_only_her_own(charlie_client, booking):
    assert "Bob" not in charlie_client.get("/my/bookings/export/").getvalue().decode()


# --- detail ---------------------------------------------------------------------------------------------------


def test_detail_shows_client_history_and_mails(alice_client, booking, next_monday):
    bookings.reschedule(booking, next_monday + timedelta(days=1), actor="host", reason="Court hearing")
    text = alice_client.get(f"/my/bookings/{booking.pk}/").content.decode()
    for said in ("Bob Berg", "bob@example.org", booking.reference, "Court hearing", "Moved", "Waiting"):
        assert said in text


def test_bookings_of_others_do_not_exist(booking, charlie_client, other_brand, client, alice):
    dora = factories.make_professional(other_brand, with_login=True)
    for stranger in (charlie_client, client_of(other_brand, dora.person.user)):
        assert stranger.get(f"/my/bookings/{booking.pk}/").status_code == 404
        assert stranger.get(f"/my/bookings/{booking.pk}/move/").status_code == 404
        for action in ("move", "cancel", "finish"):
            assert stranger.post(f"/my/bookings/{booking.pk}/{action}/", {"reason": "x"}).status_code == 404
        assert str(booking.pk) not in stranger.get("/my/bookings/").content.decode()
    assert client.post(f"/my/bookings/{booking.pk}/cancel/", {"reason": "x"}).status_code == 302
    assert client_of(alice.brand, alice.person.user).get(f"/my/bookings/{uuid.uuid4()}/").status_code == 404
    booking.refresh_from_db()
    assert booking.status == "confirmed"


def test_cancel_needs_a_reason_and_tells_the_client(alice, alice_client, booking):
    assert alice_client.post(f"/my/bookings/{booking.pk}/cancel/", {"reason": " "}).status_code == 422
    assert alice_client.post(f"/my/bookings/{booking.pk}/cancel/", {"reason": "x" * 501}).status_code == 422
    answer = alice_client.post(f"/my/bookings/{booking.pk}/cancel/", {"reason": "I am ill."}, follow=True)
    assert "I am ill." in answer.content.decode()
    booking.refresh_from_db()
    assert (booking.status, booking.cancelled_by, booking.cancel_reason) == ("cancelled", "host", "I am ill.")
    assert BookingEvent.objects.get(kind="cancelled").actor_user == alice.person.user
    assert Message.objects.filter(kind="cancelled", audience="client").exists()


def test_done_and_not_appeared_only_after_the_start(alice, booking, next_monday):
    client = client_of(alice.brand, alice.person.user)
    assert "has begun" in client.post(f"/my/bookings/{booking.pk}/finish/", {}, follow=True).content.decode()
    with time_machine.travel(next_monday + timedelta(minutes=40), tick=False):
        client = client_of(alice.brand, alice.person.user)
        assert "Did not appear" in client.get(f"/my/bookings/{booking.pk}/").content.decode()
        client.post(f"/my/bookings/{booking.pk}/finish/", {"no_show": "1"})
        booking.refresh_from_db()
        assert booking.status == "no_show"
        client.post(f"/my/bookings/{booking.pk}/finish/", {"completed": "1"})
    booking.refresh_from_db()
    assert booking.status == "completed"


# --- move -----------------------------------------------------------------------------------------------------


def test_move_to_an_offered_time(alice_client, booking, next_monday):
    url = f"/my/bookings/{booking.pk}/move/"
    wanted = next_monday.astimezone(UTC) + timedelta(days=1)
    page = alice_client.get(url, {"from": next_monday.date()}).content.decode()
    assert f'value="{wanted:%Y-%m-%dT%H:%M:%SZ}"' in page
    answer = alice_client.post(url, {"start": f"{wanted:%Y-%m-%dT%H:%M:%SZ}", "reason": "Court hearing"})
    assert answer.status_code == 302
    booking.refresh_from_db()
    assert (booking.starts_at, booking.version) == (wanted, 1)
    assert BookingEvent.objects.get(kind="moved").reason == "Court hearing"


def test_move_outside_her_hours_asks_once_more(alice_client, booking, next_monday):
    url = f"/my/bookings/{booking.pk}/move/"
    data = {"day": next_monday.date().isoformat(), "at": "19:00", "reason": ""}
    answer = alice_client.post(url, data)
    assert answer.status_code == 409
    assert "outside your hours" in answer.content.decode()
    assert 'name="outside"' in answer.content.decode()
    booking.refresh_from_db()
    assert booking.version == 0
    assert alice_client.post(url, data | {"outside": "on"}).status_code == 302
    booking.refresh_from_db()
    assert booking.starts_at == next_monday.replace(hour=19)


def test_move_onto_another_shows_what_is_in_the_way(alice_client, booking, meeting_type, next_monday):
    other = book(meeting_type, next_monday + timedelta(hours=2), name="Zoe Zimmer")
    data = {"day": next_monday.date().isoformat(), "at": "12:15", "outside": "on"}
    answer = alice_client.post(f"/my/bookings/{booking.pk}/move/", data)
    assert answer.status_code == 409
    assert "Zoe Zimmer" in answer.content.decode()
    assert str(other.pk) in answer.content.decode()


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"start": "x"},
        {"start": "2027-01-01T10:00"},
        {"start": "2020-01-01T10:00:00Z"},
        {"start": "9999-12-31T23:59:59-12:00"},
        {"day": "x", "at": "y"},
        {"day": "2020-01-01", "at": "10:00"},
        {"day": "9999-12-31", "at": "23:59"},
        {"day": "0001-01-01", "at": "00:00"},
        {"day": "", "at": "10:00"},
    ],
)
def test_nonsense_moves_nothing(alice_client, booking, data):
    assert alice_client.post(f"/my/bookings/{booking.pk}/move/", data).status_code == 422
    booking.refresh_from_db()
    assert booking.version == 0


@pytest.mark.parametrize("first", ["x", "2020-01-01", "9999-12-31", "2026-02-31", "0001-01-01"])
def test_any_week_can_be_asked_for(alice_client, booking, first):
    assert alice_client.get(f"/my/bookings/{booking.pk}/move/", {"from": first}).status_code == 200


def test_a_cancelled_one_cannot_be_moved(alice_client, booking):
    bookings.cancel(booking, actor="host", reason="Ill")
    answer = alice_client.get(f"/my/bookings/{booking.pk}/move/", follow=True)
    assert "can no longer be moved" in answer.content.decode()


# --- phone entry ----------------------------------------------------------------------------------------------


def test_entry_in_three_fields(alice, alice_client, meeting_type, next_monday):
    answer = alice_client.post("/my/bookings/new/", entry(meeting_type, next_monday))
    created = Booking.objects.get()
    assert answer["Location"] == f"/my/bookings/{created.pk}/"
    assert (created.starts_at, created.client_name, created.origin) == (next_monday, "Bob Berg", "phone")
    assert created.events.get().actor_user == alice.person.user


def test_entry_without_mail(alice_client, meeting_type, next_monday):
    alice_client.post("/my/bookings/new/", entry(meeting_type, next_monday, email="bob@example.org", silent="on"))
    assert Booking.objects.get().client_email == "bob@example.org"
    assert not Message.objects.exists()


def test_entry_shows_the_conflict_and_saves_nothing(alice_client, booking, meeting_type, next_monday):
    answer = alice_client.post("/my/bookings/new/", entry(meeting_type, next_monday, name="Zoe", outside="on"))
    assert answer.status_code == 409
    text = answer.content.decode()
    assert "This time is taken" in text
    assert f"/my/bookings/{booking.pk}/" in text
    assert 'value="Zoe"' in text
    assert Booking.objects.count() == 1


def test_entry_outside_hours_asks_once_more(alice_client, meeting_type, next_monday):
    late = next_monday.replace(hour=20)
    answer = alice_client.post("/my/bookings/new/", entry(meeting_type, late))
    assert answer.status_code == 409
    assert "outside your hours" in answer.content.decode()
    assert not Booking.objects.exists()
    assert alice_client.post("/my/bookings/new/", entry(meeting_type, late, outside="on")).status_code == 302
    assert Booking.objects.get().starts_at == late


@pytest.mark.parametrize(
    "wrong",
    [
        {"meeting_type": ""},
        {"meeting_type": "999999"},
        {"day": "x"},
        {"day": "2020-01-01"},
        {"day": "9999-12-31"},
        {"at": "25:00"},
        {"name": ""},
        {"name": "\x00"},
        {"email": "x"},
        {"note": "x" * 2001},
    ],
)
def test_wrong_entries_are_refused(alice_client, meeting_type, next_monday, wrong):
    assert alice_client.post("/my/bookings/new/", entry(meeting_type, next_monday) | wrong).status_code == 422
    assert not Booking.objects.exists()


def test_a_time_that_the_clock_skips_is_refused(alice, meeting_type):
    with time_machine.travel(datetime(2027, 3, 1, tzinfo=UTC), tick=False):
        client = client_of(alice.brand, alice.person.user)
        skipped = datetime(2027, 3, 28, 2, 30)  # noqa: DTZ001
        answer = client.post("/my/bookings/new/", entry(meeting_type, skipped, outside="on"))
    assert answer.status_code == 422
    assert "does not exist" in answer.content.decode()


def test_meeting_types_of_others_cannot_be_entered(charlie_client, meeting_type, next_monday):
    assert charlie_client.post("/my/bookings/new/", entry(meeting_type, next_monday)).status_code == 422
    assert not Booking.objects.exists()
