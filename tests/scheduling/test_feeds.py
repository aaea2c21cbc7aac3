"""The calendar feed, read with two independent parsers, and the sheet of a day."""

from datetime import timedelta

import pytest
import time_machine
import vobject
from django.utils import timezone
from icalendar import Calendar

from directory.models import Brand, Professional
from scheduling import feeds
from scheduling.models import Booking, CalendarFeed
from scheduling.models.bookings import Status
from tests.conftest import client_of
from tests.scheduling.rows import START, make_booking


@pytest.fixture
def booking(brand) -> Booking:
    return make_booking(brand)


@pytest.fixture(autouse=True)
def _the_day_before():
    with time_machine.travel(START - timedelta(days=1), tick=False):
        yield


def path_of(address: str) -> str:
    return "/feed/" + address.rsplit("/feed/")[1]


def read(booking: Booking, detail: str = "full", **headers):
    path = path_of(feeds.switch_on(booking.host, detail))
    return client_of(booking.host.brand).get(path, **headers)


def test_both_parsers_read_wall_clock_times_with_their_zone(booking):
    response = read(booking)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    calendar = Calendar.from_ical(response.content)
    (event,) = calendar.walk("VEVENT")
    assert event["DTSTART"].params["TZID"] == "Europe/Berlin"
    assert event.decoded("DTSTART") == START
    assert event.decoded("DTSTART").hour == 10
    assert calendar.walk("VTIMEZONE")[0]["TZID"] == "Europe/Berlin"
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H" in response.content
    other = vobject.readOne(response.content.decode())
    assert other.vevent.dtstart.value == START
    assert other.vevent.summary.value == "First talk: Bob Berg"
    assert other.vevent.uid.value.startswith(str(booking.uid))


@pytest.mark.parametrize(
    ("detail", "summary"), [("busy", "Busy"), ("initials", "First talk: B. B."), ("full", "First talk: Bob Berg")]
)
def test_it_says_no_more_than_was_chosen(booking, detail, summary):
    text = read(booking, detail).content.decode()
    assert f"SUMMARY:{summary}" in text
    for private in ("bob@example.org", "1234567", "Nora Nachbar"):
        assert private not in text
    if detail != "full":
        assert "Berg" not in text


def test_a_sensitive_brand_says_busy_only(booking):
    Brand.objects.update(sensitive=True)
    text = read(booking, "full").content.decode()
    assert "SUMMARY:Busy" in text
    assert "Berg" not in text
    assert "First talk" not in text
    assert "LOCATION" not in text


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (Status.PENDING, "TENTATIVE"),
        (Status.CONFIRMED, "CONFIRMED"),
        (Status.CANCELLED, None),
        (Status.DECLINED, None),
        (Status.HELD, None),
        (Status.EXPIRED, None),
    ],
)
def test_what_is_shown(booking, status, shown):
    ends = START if status == Status.HELD else None
    Booking.objects.update(status=status, hold_expires_at=ends)
    events = Calendar.from_ical(read(booking).content).walk("VEVENT")
    assert [event["STATUS"] for event in events] == ([shown] if shown else [])


def test_an_unchanged_file_is_not_sent_again(booking, at_most_queries):
    path = path_of(feeds.switch_on(booking.host, "full"))
    client = client_of(booking.host.brand)
    etag = client.get(path)["ETag"]
    with at_most_queries(5):
        again = client.get(path, HTTP_IF_NONE_MATCH=etag)
    assert again.status_code == 304
    assert not again.content
    Booking.objects.update(title="Second talk", updated_at=timezone.now() + timedelta(seconds=1))
    changed = client.get(path, HTTP_IF_NONE_MATCH=etag)
    assert changed.status_code == 200
    assert b"Second talk" in changed.content
    feeds.set_detail(booking.host, "busy")
    assert client.get(path, HTTP_IF_NONE_MATCH=changed["ETag"]).status_code == 200


def test_the_window_and_the_queries_are_bounded(booking, at_most_queries):
    for number, days in enumerate((-40, -20, 20, 360, 380), 1):
        uid = f"5f0c5a3e-8d0b-4c6e-9a35-0d1f6f3b2b{number:02}"
        moved = {"starts_at": START + timedelta(days=days), "ends_at": START + timedelta(days=days, minutes=30)}
        blocked = {"blocked_from": moved["starts_at"], "blocked_until": moved["ends_at"]}
        values = {"session": uid, "reference": f"AAAA-000{number}", "manage_hash": uid, "uid": uid} | moved | blocked
        row = Booking.objects.get(pk=booking.pk)
        for name, value in values.items():
            setattr(row, name, value)
        row._state.adding = True
        row.save(force_insert=True)
    path = path_of(feeds.switch_on(booking.host, "full"))
    with at_most_queries(8):
        response = client_of(booking.host.brand).get(path)
    assert len(Calendar.from_ical(response.content).walk("VEVENT")) == 4


def test_only_the_newest_address_of_the_right_brand_opens(booking, other_brand):
    old, new = (path_of(feeds.switch_on(booking.host, "full")) for _ in range(2))
    client = client_of(booking.host.brand)
    assert client.get(old).status_code == 404
    assert client.get(new).status_code == 200
    assert client_of(other_brand).get(new).status_code == 404
    assert CalendarFeed.objects.get().digest not in new
    Professional.objects.filter(pk=booking.host.pk).update(status="closed")
    assert client.get(new).status_code == 404
    Professional.objects.filter(pk=booking.host.pk).update(status="listed")
    feeds.switch_off(booking.host)
    assert client.get(new).status_code == 404


def test_her_page_shows_the_address_once(alice, alice_client):
    assert alice_client.post("/my/feed/", {"detail": "nonsense"}).status_code == 422
    alice_client.post("/my/feed/", {"detail": "initials"})
    page = alice_client.get("/my/feed/")
    address = page.context["address"]
    assert alice_client.get(path_of(address)).status_code == 200
    assert "/feed/" not in alice_client.get("/my/feed/").content.decode().replace("/my/feed/", "")
    alice_client.post("/my/feed/", {"detail": "full"})
    assert alice_client.get(path_of(address)).status_code == 200, "a choice changes no address"
    alice_client.post("/my/feed/", {"detail": "full", "rotate": "1"})
    assert alice_client.get(path_of(address)).status_code == 404
    alice_client.post("/my/feed/", {"off": "1"})
    assert not CalendarFeed.objects.exists()


@pytest.mark.parametrize(
    ("name", "short"), [("Bob van Berg", "B. B."), ("Élodie", "É."), ("", ""), ("  ", ""), ("bob berg", "B. B.")]
)
def test_initials(name, short):
    assert feeds.initials(name) == short


def test_the_sheet_of_a_day(booking, brand, charlie_client):
    from tests.factories import make_user

    booking.host.person.user = make_user("alice@example.org")
    booking.host.person.save()
    client = client_of(brand, booking.host.person.user)
    page = client.get("/my/day/", {"date": "2027-03-22"}).content.decode()
    assert "Bob Berg" in page
    assert "10:00–10:30" in page
    assert "+49 30 1234567" in page
    assert "Bob Berg" not in client.get("/my/day/", {"date": "2027-03-23"}).content.decode()
    assert "Bob Berg" not in charlie_client.get("/my/day/", {"date": "2027-03-22"}).content.decode()
    for nonsense in ("2027-13-40", "x", "0001-01-01", "9999-12-31"):
        assert client.get("/my/day/", {"date": nonsense}).status_code == 200
