"""A visitor without an account and without JavaScript: what the pages say and do."""

import datetime as dt
import re

import pytest
from django.utils import timezone

from directory.models import Professional
from scheduling import availability, bookings, links
from scheduling.models import Booking, MeetingType
from scheduling.models.bookings import Status
from tests import factories
from tests.conftest import client_of

TYPED = {"name": "Bob Berg", "email": "bob@example.org", "phone": "", "note": "A lease", "privacy": "on"}


@pytest.fixture
def starts(meeting_type):
    """From the first time of a day on, at whatever time of day the tests run."""
    day = timezone.now().replace(hour=0, minute=0) + dt.timedelta(days=3)
    return availability.open_starts(meeting_type, day, day + dt.timedelta(days=17))


def hold_url(meeting_type: MeetingType) -> str:
    return f"{meeting_type.get_absolute_url()}hold/"


def take(client, meeting_type, start) -> str:
    """POST a time; returns the secret path of the booking."""
    response = client.post(hold_url(meeting_type), {"start": start.isoformat()})
    assert response.status_code == 303, response.content.decode()[:500]
    return response["Location"].removesuffix("details/")


def book(client, meeting_type, start) -> str:
    path = take(client, meeting_type, start)
    response = client.post(f"{path}details/", TYPED)
    assert (response.status_code, response["Location"]) == (303, path)
    return path


def text(response) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_from_profile_to_cancelled(client, meeting_type, starts):
    page = client.get(f"/p/{meeting_type.host.slug}/")
    offered = re.findall(r'name="start" value="([^"]+)"', page.content.decode())
    assert offered
    path = take(client, meeting_type, dt.datetime.fromisoformat(offered[-1]))
    assert Booking.objects.get().status == Status.HELD
    assert "Your details" in text(client.get(f"{path}details/"))

    wrong = client.post(f"{path}details/", {"name": "", "email": "nonsense"})
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in text(wrong)
    assert Booking.objects.get().status == Status.HELD

    assert client.post(f"{path}details/", TYPED).status_code == 303
    booking = Booking.objects.get()
    assert booking.status == Status.CONFIRMED
    page = text(client.get(path))
    for fact in (booking.reference, "Your appointment is confirmed", "Bob Berg", "Google Calendar", ".ics"):
        assert fact in page

    new = starts[-1]
    assert "Move it to this time?" in text(client.get(f"{path}move/", {"start": new.isoformat()}))
    assert Booking.objects.get().version == 0, "looking changes nothing"
    assert client.post(f"{path}move/", {"start": new.isoformat()}).status_code == 303
    booking.refresh_from_db()
    assert (booking.starts_at, booking.version) == (new, 1)
    assert "Your appointment has been moved" in text(client.get(path)), "the old link shows the present state"

    assert "Cancel this appointment?" in text(client.get(f"{path}cancel/"))
    booking.refresh_from_db()
    assert booking.status == Status.CONFIRMED, "a mail scanner that follows links cancels nothing"
    assert client.post(f"{path}cancel/", {"reason": "Ill"}).status_code == 303
    assert "has been cancelled" in text(client.get(path))
    assert client.post(f"{path}move/", {"start": starts[0].isoformat()}).status_code == 302
    booking.refresh_from_db()
    assert (booking.status, booking.version) == (Status.CANCELLED, 2)


def test_losing_the_race_offers_the_nearest_times(client, meeting_type, starts):
    # With a neighbour on both sides, not at the end of a day.
    lost = next(n for n in range(1, len(starts)) if starts[n + 1] - starts[n - 1] <= dt.timedelta(hours=2))
    bookings.hold(meeting_type, starts[lost])
    response = client.post(hold_url(meeting_type), {"start": starts[lost].isoformat()})
    assert response.status_code == 409
    offered = [dt.datetime.fromisoformat(one) for one in re.findall(r'name="start" value="([^"]+)"', text(response))]
    assert offered == sorted(offered)
    assert starts[lost - 1] in offered
    assert starts[lost + 1] in offered
    assert starts[lost] not in offered


def test_a_hold_that_went_to_somebody_else_keeps_what_was_typed(client, meeting_type, starts):
    path = take(client, meeting_type, starts[0])
    Booking.objects.update(hold_expires_at=timezone.now() - dt.timedelta(seconds=1))
    bookings.hold(meeting_type, starts[0])
    response = client.post(f"{path}details/", TYPED)
    assert response.status_code == 409
    assert "You need not type it again" in text(response)
    again = take(client, meeting_type, starts[1])
    page = text(client.get(f"{again}details/"))
    assert 'value="Bob Berg"' in page
    assert "A lease" in page


def test_an_expired_hold_says_so_and_can_be_taken_again(client, meeting_type, starts):
    path = take(client, meeting_type, starts[0])
    Booking.objects.update(hold_expires_at=timezone.now() - dt.timedelta(seconds=1))
    page = client.get(f"{path}details/")
    assert page.status_code == 410
    assert "It is still free" in text(page)
    assert text(page).count(f'value="{starts[0]:%Y-%m-%dT%H:%M:%SZ}"') == 1, (
        "the lost time is one button, and the first"
    )
    assert client.post(f"{path}extend/").status_code == 410
    take(client, meeting_type, starts[0])


def test_a_late_form_is_honoured_while_the_time_is_free(client, meeting_type, starts):
    path = take(client, meeting_type, starts[0])
    Booking.objects.update(hold_expires_at=timezone.now() - dt.timedelta(minutes=5))
    bookings.expire_holds()
    assert client.post(f"{path}details/", TYPED).status_code == 303
    assert Booking.objects.get().status == Status.CONFIRMED


def test_one_hold_per_browser(client, meeting_type, starts):
    take(client, meeting_type, starts[0])
    take(client, meeting_type, starts[1])
    assert sorted(Booking.objects.values_list("status", flat=True)) == [Status.EXPIRED, Status.HELD]


def test_extend_and_release_keep_what_was_typed(client, meeting_type, starts):
    path = take(client, meeting_type, starts[0])
    before = Booking.objects.get().hold_expires_at
    Booking.objects.update(hold_expires_at=before - dt.timedelta(minutes=8))
    assert client.post(f"{path}extend/", {"name": "Bob"}).status_code == 303
    assert Booking.objects.get().hold_expires_at > before - dt.timedelta(minutes=1)
    assert 'value="Bob"' in text(client.get(f"{path}details/"))
    response = client.post(f"{path}release/", {"name": "Bob B"})
    assert (response.status_code, response["Location"]) == (303, meeting_type.get_absolute_url())
    assert Booking.objects.get().status == Status.EXPIRED


def test_sending_the_form_twice_is_one_booking(client, meeting_type, starts):
    path = book(client, meeting_type, starts[0])
    assert client.post(f"{path}details/", TYPED).status_code == 302
    assert Booking.objects.count() == 1


def test_secret_pages_are_private(client, meeting_type, starts):
    path = book(client, meeting_type, starts[0])
    response = client.get(path)
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Robots-Tag"] == "noindex"
    assert response["Referrer-Policy"] == "same-origin"
    assert "canonical" not in text(response)


def test_nothing_opens_with_another_brand_or_a_wrong_token(client, meeting_type, starts, other_brand):
    path = book(client, meeting_type, starts[0])
    stranger = client_of(other_brand)
    joining = f"/join/{links.join_token(Booking.objects.get(), 'client')}/"
    paths = [path, f"{path}details/", f"{path}move/", f"{path}cancel/", f"{path}appointment.ics", joining]
    paths += [f"/p/{meeting_type.host.slug}/", meeting_type.get_absolute_url()]
    for one in paths:
        assert client.get(one).status_code in (200, 302), one
        assert stranger.get(one).status_code == 404, one
    for one in (f"{path}extend/", f"{path}release/", f"{path}cancel/", hold_url(meeting_type)):
        assert stranger.post(one, {"start": starts[1].isoformat()}).status_code == 404, one
    assert client.get("/b/AAAAAAAAAAAAAAAAAAAAAA/").status_code == 404
    assert client.get("/join/nonsense/").status_code == 404
    assert Booking.objects.get().status == Status.CONFIRMED


@pytest.mark.parametrize(
    "start",
    [
        "",
        "tomorrow",
        "2026-13-45T10:00Z",
        "2027-01-11T10:00",
        "9" * 400,
        "\x00",
        "2027-01-11",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
    ],
)
def test_a_tampered_time_is_a_bad_request(client, meeting_type, start):
    assert client.post(hold_url(meeting_type), {"start": start}).status_code == 400


@pytest.mark.parametrize("start", ["2000-01-01T00:00:00Z", "2199-12-31T23:59:59Z", "2027-01-11T10:00:00.5Z"])
def test_a_time_far_away_is_a_polite_refusal(client, meeting_type, start):
    assert client.post(hold_url(meeting_type), {"start": start}).status_code == 409
    assert client.get(meeting_type.get_absolute_url(), {"start": start}).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"from": "nonsense"},
        {"from": "0001-01-01"},
        {"from": "9999-12-31"},
        {"from": "2026-02-30"},
        {"tz": "Mars/Olympus"},
        {"tz": "../../etc/passwd"},
        {"tz": "\x00"},
        {"type": "nothing"},
        {"day": "x", "lang": "xx"},
    ],
)
def test_a_tampered_query_still_shows_times(client, meeting_type, query):
    for path in (f"/p/{meeting_type.host.slug}/", meeting_type.get_absolute_url()):
        response = client.get(path, query)
        assert response.status_code == 200
        assert response.context["week"].days


def test_an_empty_week_offers_the_next_free_time(client, meeting_type):
    factories.set_hours(meeting_type.host, {})
    first = timezone.localdate() + dt.timedelta(days=30)
    meeting_type.host.availability_overrides.create(first_date=first, last_date=first, windows=[[600, 660]])
    page = client.get(meeting_type.get_absolute_url(), {"from": timezone.localdate().isoformat()})
    assert "No free times in this week." in text(page)
    assert f"from={first.isoformat()}" in text(page)
    page = client.get(meeting_type.get_absolute_url())
    assert page.context["week"].count == 2, "without a date the first week that has a time is shown"


def test_remote_times_are_in_the_visitors_zone_and_on_site_times_in_the_place_s(client, alice, meeting_type):
    remote = factories.make_meeting_type(alice, channel="video")
    there = client.get(remote.get_absolute_url(), {"tz": "America/New_York"})
    assert there.context["week"].zone == "America/New_York"
    assert there.cookies["tz"].value == "America/New_York"
    assert "Times for New York" in text(there)
    here = client.get(meeting_type.get_absolute_url())
    assert here.context["week"].zone == "Europe/Berlin"
    assert "you are in New York" in text(here)


def test_the_zone_can_be_found_and_chosen(client, meeting_type):
    page = text(client.get("/time-zone/", {"q": "vietnam", "next": meeting_type.get_absolute_url()}))
    assert "tz=Asia/Ho_Chi_Minh" in page
    response = client.get("/time-zone/", {"tz": "Asia/Ho_Chi_Minh", "next": "/p/x/?from=2027-01-01&tz=Europe/Berlin"})
    assert response["Location"] == "/p/x/?from=2027-01-01"
    for target in ("https://evil.example/", "//evil.example", "javascript:alert(1)", "\\\\evil.example"):
        assert client.get("/time-zone/", {"tz": "UTC", "next": target})["Location"] == "/"


def test_calendar_file(client, meeting_type, starts):
    path = book(client, meeting_type, starts[0])
    name = re.search(rf'href="{path}([^"]+\.ics)"', text(client.get(path))).group(1)
    response = client.get(f"{path}{name}")
    assert response["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert b"ATTENDEE" not in response.content
    assert b"SEQUENCE:0" in response.content
    client.post(f"{path}cancel/")
    assert b"STATUS:CANCELLED" in client.get(f"{path}{name}").content


def test_join(client, alice):
    video = factories.make_meeting_type(alice, channel="video", video_url="https://video.example/room")
    start = availability.next_free(video)
    booking = bookings.confirm(bookings.hold(video, start), name="Bob", email="bob@example.org")
    path = f"/join/{links.join_token(booking, 'client')}/"
    assert "You are a little early" in text(client.get(path))
    now = timezone.now()
    Booking.objects.update(
        starts_at=now + dt.timedelta(minutes=5),
        ends_at=now + dt.timedelta(minutes=35),
        blocked_from=now,
        blocked_until=now + dt.timedelta(hours=1),
    )
    assert client.get(path)["Location"] == "https://video.example/room"
    Booking.objects.update(join_url="")
    assert "being prepared" in text(client.get(path))
    yesterday = now - dt.timedelta(days=1)
    before = yesterday - dt.timedelta(minutes=30)
    Booking.objects.update(starts_at=before, ends_at=yesterday, blocked_from=before)
    assert "There is no call to join" in text(client.get(path)), "over is not early, even before it is marked as done"
    bookings.cancel(booking, actor="host")
    assert "There is no call to join" in text(client.get(path))


def test_links_end_thirty_days_after_the_date(client, meeting_type, starts):
    path = book(client, meeting_type, starts[0])
    long_ago = timezone.now() - dt.timedelta(days=31)
    Booking.objects.update(
        starts_at=long_ago,
        ends_at=long_ago + dt.timedelta(minutes=30),
        blocked_from=long_ago,
        blocked_until=timezone.now(),
    )
    assert client.get(path).status_code == 410


def test_a_phone_call_needs_a_number(client, alice):
    call = factories.make_meeting_type(alice, channel="phone")
    path = take(client, call, availability.next_free(call))
    response = client.post(f"{path}details/", TYPED)
    assert response.status_code == 422
    assert "the number on which you will be called" in text(response)
    assert client.post(f"{path}details/", TYPED | {"phone": "0221 123456"}).status_code == 303


@pytest.mark.parametrize("visibility", ["off", "archived"])
def test_what_is_switched_off_cannot_be_found_or_booked(client, meeting_type, starts, visibility):
    MeetingType.objects.update(visibility=visibility)
    assert client.get(meeting_type.get_absolute_url()).status_code == 404
    assert client.post(hold_url(meeting_type), {"start": starts[0].isoformat()}).status_code == 404


def test_link_only_types_are_not_shown_but_open(client, alice, meeting_type):
    secret = factories.make_meeting_type(alice, visibility="link", title="Only for you")
    assert "Only for you" not in text(client.get(f"/p/{alice.slug}/"))
    assert "Only for you" in text(client.get(secret.get_absolute_url()))


def test_who_is_not_public_is_not_found_except_by_herself(client, alice, alice_client, charlie_client, meeting_type):
    Professional.objects.filter(pk=alice.pk).update(status="submitted")
    path = f"/p/{alice.slug}/"
    assert client.get(path).status_code == 404
    assert charlie_client.get(path).status_code == 404
    assert "Preview" in text(alice_client.get(path))
    Professional.objects.filter(pk=alice.pk).update(status="closed")
    assert client.get(path).status_code == 410


def test_profile_page_has_what_search_engines_read(client, alice, meeting_type):
    page = text(client.get(f"/p/{alice.slug}/?lang=de&tz=Asia/Tokyo"))
    assert f'/search/?what={alice.specialties.get().slug}"' in page
    assert f'<link rel="canonical" href="{alice.brand.url(f"/p/{alice.slug}/")}' in page
    assert '"@type": "ReserveAction"' in page
    about = "</script><script>alert(1)</script>"
    Professional.objects.filter(pk=alice.pk).update(title=about)
    assert about not in text(client.get(f"/p/{alice.slug}/"))


class TestQueries:
    """Constant, whatever the number of bookings, rules, offices and meeting types."""

    def crowd(self, alice, meeting_type):
        for number in range(5):
            factories.make_meeting_type(alice, position=number)
            factories.make_office(alice)
        start = timezone.now().replace(minute=0, second=0, microsecond=0) + dt.timedelta(days=1)
        for hour in range(40):
            bookings.enter(meeting_type, start + dt.timedelta(hours=hour), name="Bob", outside_rules=True, notify=False)

    def test_profile(self, client, alice, meeting_type, at_most_queries):
        self.crowd(alice, meeting_type)
        with at_most_queries(12):
            assert client.get(f"/p/{alice.slug}/").status_code == 200

    def test_times(self, client, alice, meeting_type, at_most_queries):
        self.crowd(alice, meeting_type)
        with at_most_queries(8):
            assert client.get(meeting_type.get_absolute_url()).status_code == 200

    def test_slot_data(self, alice, meeting_type, at_most_queries):
        self.crowd(alice, meeting_type)
        now = timezone.now()
        another = factories.make_professional(alice.brand)
        with at_most_queries(4):
            availability.open_starts(meeting_type, now, now + dt.timedelta(days=365))
        with at_most_queries(4):
            availability.next_times([alice, another])
