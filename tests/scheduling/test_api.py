"""The public API: the four steps, problems, limits, idempotency, ETags, a professional's own things, who may what."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar

from directory.models import Brand, Professional
from scheduling import bookings
from scheduling.api import base, callers
from scheduling.models import AvailabilityOverride, Booking, BusyTime, IdempotentCall, MeetingType, PersonalToken, Scope
from scheduling.models.api import OWN_SCOPES
from scheduling.models.bookings import Status
from tests import factories
from tests.conftest import client_of

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


def token_of(professional: Professional, *scopes: str, days: int = 30) -> str:
    _row, token = callers.new_token(
        professional,
        name="test",
        scopes=scopes or [one.value for one in OWN_SCOPES],
        expires_at=timezone.now() + timedelta(days=days),
    )
    return token


class Api:
    """A program at a brand's host."""

    def __init__(self, brand: Brand, token: str = "") -> None:
        self.client, self.token = client_of(brand), token

    def __call__(self, method: str, path: str, body: object = None, **headers: str):
        given = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in headers.items()}
        if self.token:
            given["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"
        path = path if path.startswith(("/", "http")) else f"{V1}/{path}"
        if method in ("get", "delete"):
            return getattr(self.client, method)(path, **given)
        return getattr(self.client, method)(path, body, content_type="application/json", **given)


@pytest.fixture
def api(brand) -> Api:
    return Api(brand)


@pytest.fixture
def mine(brand, alice) -> Api:
    return Api(brand, token_of(alice))


def slots_path(meeting_type: MeetingType, start: datetime, days: int = 7) -> str:
    begin, end = start.astimezone(UTC), start.astimezone(UTC) + timedelta(days=days)
    query = f"start={begin:%Y-%m-%dT%H:%M:%SZ}&end={end:%Y-%m-%dT%H:%M:%SZ}"
    return f"{V1}/professionals/{meeting_type.host.slug}/meeting-types/{meeting_type.slug}/slots?{query}"


def reservation(meeting_type: MeetingType, start: str | datetime, token: str = "", **more: object) -> dict[str, object]:
    return {
        "token": token or str(uuid.uuid4()),
        "professional": meeting_type.host.slug,
        "meeting_type": meeting_type.slug,
        "start": start if isinstance(start, str) else start.isoformat(),
        **more,
    }


def booking_body(token: str, **client: str) -> dict[str, object]:
    return {
        "token": token,
        "client": {"name": "Bob Berg", "email": "bob@example.org", **client},
        "privacy_accepted": True,
    }


def book(api: Api, meeting_type: MeetingType, start: datetime) -> dict[str, object]:
    token = str(uuid.uuid4())
    assert api("post", "reservations", reservation(meeting_type, start, token)).status_code == 201
    response = api("post", "bookings", booking_body(token))
    assert response.status_code == 201, response.content
    return response.json()


def problem(response, status: int, code: str) -> dict[str, object]:
    assert response.status_code == status, response.content
    assert response["Content-Type"].startswith("application/problem+json")
    body = response.json()
    assert body["code"] == code
    assert body["status"] == status
    assert body["type"].endswith(f"/api/problems/{code}")
    return body


# --- the four steps -------------------------------------------------------------------------------------------------


def test_from_configuration_to_calendar_file(api, meeting_type, next_monday, brand):
    config = api("get", "configuration").json()
    assert config["name"] == brand.name
    assert config["hold_minutes"] == brand.hold_minutes
    found = api("get", "professionals").json()["items"][0]
    assert found["slug"] == meeting_type.host.slug
    assert [one["slug"] for one in found["meeting_types"]] == [meeting_type.slug]
    answer = api("get", slots_path(meeting_type, next_monday)).json()
    first = answer["slots"][0]["start"]
    assert answer["time_zone"] == "Europe/Berlin"
    assert datetime.fromisoformat(first).utcoffset() is not None
    token = str(uuid.uuid4())
    held = api("post", "reservations", reservation(meeting_type, first, token))
    assert held.status_code == 201
    assert first not in [one["start"] for one in api("get", slots_path(meeting_type, next_monday)).json()["slots"]]
    made = api("post", "bookings", booking_body(token))
    assert made.status_code == 201
    booked = made.json()
    assert booked["status"] == "confirmed"
    assert booked["client"]["email"] == "bob@example.org"
    assert Booking.objects.get().origin == Booking.Origin.API
    key = {"Booking-Token": booked["manage_url"].rstrip("/").rpartition("/")[2]}
    assert made["Location"].endswith(f"/api/v1/bookings/{booked['id']}")
    assert api("get", made["Location"], **key).json()["reference"] == booked["reference"]
    later = next_monday + timedelta(days=1)
    moved = api("post", f"bookings/{booked['id']}/reschedule", {"start": later.isoformat()}, **key).json()
    assert datetime.fromisoformat(moved["start"]) == later
    assert moved["version"] == 1
    file = api("post", f"bookings/{booked['id']}/ical", {"title": "My own words"}, **key)
    event = next(iter(Calendar.from_ical(file.content).walk("VEVENT")))
    assert (str(event["UID"]), int(event["SEQUENCE"]), str(event["SUMMARY"])) == (booked["id"], 1, "My own words")
    cancelled = api("post", f"bookings/{booked['id']}/cancel", {}, **key).json()
    assert cancelled["status"] == "cancelled"
    problem(api("post", f"bookings/{booked['id']}/reschedule", {"start": later.isoformat()}, **key), 409, "not-allowed")


def test_the_same_token_moves_the_reservation_and_another_one_does_not(api, meeting_type, next_monday):
    api("post", "reservations", reservation(meeting_type, next_monday, "my-own-token"))
    second = next_monday + timedelta(hours=1)
    api("post", "reservations", reservation(meeting_type, second, "my-own-token"))
    assert list(Booking.objects.filter(status=Status.HELD).values_list("starts_at", flat=True)) == [second]
    refused = problem(
        api("post", "reservations", reservation(meeting_type, second, "another-token")), 409, "slot-taken"
    )
    assert len(refused["alternatives"]) > 2
    assert api("delete", "reservations/my-own-token").status_code == 204
    assert api("delete", "reservations/nobodys-token").status_code == 204
    assert not Booking.objects.filter(status=Status.HELD).exists()


def test_a_reservation_that_ran_out_is_gone_when_somebody_else_has_the_time(api, meeting_type, next_monday, brand):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        api("post", "reservations", reservation(meeting_type, next_monday, "first-token"))
        clock.shift(timedelta(minutes=brand.hold_minutes + 1))
        api("post", "reservations", reservation(meeting_type, next_monday, "second-token"))
        problem(api("post", "bookings", booking_body("first-token")), 410, "hold-expired")
        assert api("post", "bookings", booking_body("second-token")).status_code == 201
    problem(api("post", "bookings", booking_body("never-seen")), 410, "hold-expired")


def test_booking_twice_under_one_token_is_one_booking(api, meeting_type, next_monday):
    api("post", "reservations", reservation(meeting_type, next_monday, "one-token"))
    first, second = (api("post", "bookings", booking_body("one-token")) for _count in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert Booking.objects.count() == 1
    problem(
        api("post", "reservations", reservation(meeting_type, next_monday + timedelta(hours=1), "one-token")),
        409,
        "not-allowed",
    )


def test_a_request_says_whose_word_it_waits_for(api, meeting_type, next_monday):
    MeetingType.objects.update(confirmation="request") if hasattr(MeetingType, "confirmation") else None
    booking = bookings.hold(meeting_type, next_monday)
    Booking.objects.filter(pk=booking.pk).update(awaits="host")
    from scheduling.models import Reservation

    Reservation.objects.create(brand=meeting_type.host.brand, digest=callers.digest("asked-token"), booking=booking)
    answer = api("post", "bookings", booking_body("asked-token")).json()
    assert (answer["status"], answer["waits_for"]) == ("pending", "host")


def test_what_is_not_listed_cannot_be_reserved_or_seen(api, meeting_type, next_monday, alice):
    Professional.objects.filter(pk=alice.pk).update(status=Professional.Status.SUSPENDED)
    problem(api("post", "reservations", reservation(meeting_type, next_monday)), 404, "not-found")
    problem(api("get", slots_path(meeting_type, next_monday)), 404, "not-found")
    assert api("get", "professionals").json()["items"] == []


# --- free times -----------------------------------------------------------------------------------------------------


def test_slots_are_those_of_the_pages_and_cheap_when_nothing_has_changed(
    api, meeting_type, next_monday, at_most_queries
):
    from scheduling import availability

    path = slots_path(meeting_type, next_monday)
    with time_machine.travel(timezone.now().replace(second=1), tick=False):
        with at_most_queries(6):
            response = api("get", path)
        begin = next_monday.astimezone(UTC)
        expected = availability.open_starts(meeting_type, begin, begin + timedelta(days=7))
        assert [datetime.fromisoformat(one["start"]) for one in response.json()["slots"]] == expected
        with at_most_queries(2):
            unchanged = api("get", path, **{"If-None-Match": response["ETag"]})
        assert unchanged.status_code == 304
        assert not unchanged.content
        assert "max-age" in unchanged["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_every_change_of_the_calendar_changes_the_etag(api, mine, meeting_type, next_monday, alice):
    path, seen = slots_path(meeting_type, next_monday), set()
    with time_machine.travel(timezone.now().replace(second=1), tick=False):
        seen.add(api("get", path)["ETag"])
        booking = bookings.enter(meeting_type, next_monday, name="Bob Berg")
        seen.add(api("get", path)["ETag"])
        bookings.cancel(booking, actor="host")
        seen.add(api("get", path)["ETag"])
        BusyTime.objects.create(
            host=alice, starts_at=next_monday, ends_at=next_monday + timedelta(hours=1), source="x", remote_id="1"
        )
        seen.add(api("get", path)["ETag"])
        mine("put", "my/hours", {"days": [{"weekday": 1, "windows": [{"start": "10:00", "end": "12:00"}]}]})
        seen.add(api("get", path)["ETag"])
        day = next_monday.date().isoformat()
        mine("post", "my/overrides", {"first_date": day, "last_date": day, "windows": []})
        seen.add(api("get", path)["ETag"])
        Brand.objects.filter(pk=alice.brand_id).update(paused=True)
        seen.add(api("get", path)["ETag"])
    assert len(seen) == 7


def test_where_others_take_rooms_away_nothing_is_promised_to_stay(api, meeting_type, next_monday):
    MeetingType.objects.filter(pk=meeting_type.pk).update(needs_room=True)
    assert "ETag" not in api("get", slots_path(meeting_type, next_monday))


def test_a_row_that_was_read_earlier_does_not_set_the_version_back(alice):
    early = Professional.objects.get(pk=alice.pk)
    Professional.objects.filter(pk=alice.pk).update(calendar_version=7)
    early.title = "Advocate"
    early.save()
    alice.refresh_from_db()
    assert (alice.calendar_version, alice.title) == (7, "Advocate")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("start=2027-03-01T10:00:00", "#/start"),
        ("start=nonsense", "#/start"),
        ("start=2027-03-01T10:00:00Z&end=2027-05-01T10:00:00Z", "?end"),
        ("start=2027-03-02T10:00:00Z&end=2027-03-01T10:00:00Z", "?end"),
        ("time_zone=Mars/Olympus", "#/time_zone"),
        ("seats=0", "#/seats"),
        ("colour=blue", "?colour"),
    ],
)
def test_a_wrong_question_is_no_empty_answer(api, meeting_type, query, pointer):
    path = f"professionals/{meeting_type.host.slug}/meeting-types/{meeting_type.slug}/slots?{query}"
    assert problem(api("get", path), 422, "validation")["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize("clock", [True, 9, None, [], {}, "9:00", "25:00", "10:60", "1٠:00"])
def test_what_is_no_clock_time_is_said(mine, clock):
    body = {"first_date": "2027-03-01", "last_date": "2027-03-01", "windows": [{"start": clock, "end": "17:00"}]}
    refused = problem(mine("post", "my/overrides", body), 422, "validation")
    assert refused["errors"][0]["pointer"] == "#/windows/0/start"


def test_where_nothing_is_free_the_next_time_is_named(api, meeting_type, next_monday):
    saturday = next_monday + timedelta(days=5)
    answer = api("get", slots_path(meeting_type, saturday, days=1)).json()
    assert answer["slots"] == []
    assert datetime.fromisoformat(answer["next_free"]) > saturday


# --- problems -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", ["{", "[1]", '"x"', "null", '{"token":"a\\u0000bcdefghi"}'])
def test_what_cannot_be_read_is_a_problem(brand, body):
    response = client_of(brand).post(f"{V1}/reservations", body, content_type="application/json")
    assert response.status_code in (400, 422)
    assert response["Content-Type"].startswith("application/problem+json")


def test_each_wrong_field_has_a_pointer_and_words_in_the_callers_language(api):
    body = {"token": "t", "client": {"email": "no"}}
    full = problem(api("post", "bookings", body), 422, "validation")
    said = {one["pointer"]: one["detail"] for one in full["errors"]}
    assert set(said) >= {"#/client/name", "#/client/email", "#/privacy_accepted"}
    german = problem(api("post", "bookings", body, **{"Accept-Language": "de"}), 422, "validation")
    assert {one["pointer"]: one["detail"] for one in german["errors"]}["#/client/name"] != said["#/client/name"]
    unknown = problem(api("post", "bookings", {**body, "extra": 1}), 422, "validation")
    assert "#/extra" in {one["pointer"] for one in unknown["errors"]}


def test_other_doors_answer_with_problems_too(api, brand):
    problem(api("get", "nothing/here"), 404, "not-found")
    problem(api("get", "nothing%0Ahere"), 404, "not-found")
    api.client.handler.enforce_csrf_checks = True
    problem(api("post", "nothing/here", {}), 404, "not-found")
    problem(api("delete", "configuration"), 405, "method")
    response = client_of(brand).post(f"{V1}/reservations", {"a": "b"})
    problem(response, 415, "media-type")
    page = api("get", "/api/problems/slot-taken")
    assert page.status_code == 200
    assert "slot-taken" in page.content.decode()
    assert api("get", "/api/problems/nonsense").status_code == 404


def test_who_asks_too_often_waits(api, monkeypatch, settings):
    settings.VISITOR_LIMITS = 1
    monkeypatch.setattr(base, "ANYBODY", base.Limit(3, 60))
    for left in (2, 1, 0):
        response = api("get", "configuration")
        assert response["RateLimit"] == f'"default";r={left};t=60'
    refused = problem(api("get", "configuration"), 429, "rate-limited")
    assert int(api("get", "configuration")["Retry-After"]) == refused["retry_after"] > 0


def test_any_site_may_call_it_from_a_browser(api):
    response = api("get", "configuration", Origin="https://elsewhere.example")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response


# --- idempotency ----------------------------------------------------------------------------------------------------


def test_a_repeated_call_gets_the_first_answer(api, meeting_type, next_monday):
    body, key = reservation(meeting_type, next_monday), {"Idempotency-Key": '"abc"'}
    first = api("post", "reservations", body, **key)
    again = api("post", "reservations", body, **key)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert again["Idempotency-Replayed"] == "true"
    assert Booking.objects.count() == 1
    other = {**body, "start": (next_monday + timedelta(hours=1)).isoformat()}
    problem(api("post", "reservations", other, **key), 422, "idempotency-conflict")
    IdempotentCall.objects.update(status=None)
    problem(api("post", "reservations", body, **key), 409, "still-running")
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert base.forget_old() == 1


def test_a_call_that_died_does_not_hold_its_key_for_ever(api, meeting_type, next_monday):
    body, key = reservation(meeting_type, next_monday), {"Idempotency-Key": "abc"}
    api("post", "reservations", body, **key)
    IdempotentCall.objects.update(status=None, created_at=timezone.now() - base.ABANDONED - timedelta(seconds=1))
    assert api("post", "reservations", body, **key).status_code == 201


def test_keys_of_different_callers_are_different_keys(mine, brand, charlie, alice):
    body = {"first_date": "2027-01-01", "last_date": "2027-01-02", "windows": []}
    mine("post", "my/overrides", body, **{"Idempotency-Key": "abc"})
    Api(brand, token_of(charlie))("post", "my/overrides", body, **{"Idempotency-Key": "abc"})
    assert AvailabilityOverride.objects.count() == 2


# --- a professional's own things ------------------------------------------------------------------------------------


def test_hours_are_read_and_set(mine, alice):
    week = {
        "days": [{"weekday": 0, "windows": [{"start": "13:00", "end": "24:00"}, {"start": "09:00", "end": "12:30"}]}]
    }
    assert mine("put", "my/hours", week).status_code == 200
    found = mine("get", "my/hours").json()
    assert found["time_zone"] == "Europe/Berlin"
    assert found["days"][0]["windows"] == [{"start": "09:00", "end": "12:30"}, {"start": "13:00", "end": "24:00"}]
    assert found["days"][1]["windows"] == []
    for windows in (
        [{"start": "9:00", "end": "10:00"}],
        [{"start": "10:00", "end": "09:00"}],
        [{"start": "23:00", "end": "24:30"}],
    ):
        problem(mine("put", "my/hours", {"days": [{"weekday": 0, "windows": windows}]}), 422, "validation")
    both = [{"start": "09:00", "end": "12:00"}, {"start": "11:00", "end": "13:00"}]
    refused = problem(mine("put", "my/hours", {"days": [{"weekday": 0, "windows": both}]}), 422, "validation")
    assert refused["errors"][0]["pointer"] == "#/days/0/windows"


def test_overrides_and_busy_times_come_and_go(mine, next_monday, alice):
    body = {"first_date": "2027-05-03", "last_date": "2027-05-07", "windows": [], "note": "Away"}
    made = mine("post", "my/overrides", body).json()
    assert [one["id"] for one in mine("get", "my/overrides").json()["items"]] == [made["id"]]
    changed = mine(
        "put", f"my/overrides/{made['id']}", {**body, "windows": [{"start": "09:00", "end": "10:00"}]}
    ).json()
    assert changed["windows"] == [{"start": "09:00", "end": "10:00"}]
    assert mine("delete", f"my/overrides/{made['id']}").status_code == 204
    problem(mine("get", f"my/overrides/{made['id']}"), 404, "not-found")
    problem(mine("post", "my/overrides", {**body, "last_date": "2027-05-01"}), 422, "validation")
    busy = {"start": next_monday.isoformat(), "end": (next_monday + timedelta(hours=2)).isoformat()}
    made = mine("post", "my/busy-times", busy).json()
    assert mine("get", "my/busy-times").json()["items"][0]["id"] == made["id"]
    assert mine("delete", f"my/busy-times/{made['id']}").status_code == 204
    foreign = BusyTime.objects.create(
        host=alice, starts_at=next_monday, ends_at=next_monday + timedelta(hours=1), source="calendar", remote_id="1"
    )
    problem(mine("delete", f"my/busy-times/{foreign.pk}"), 404, "not-found")


def test_meeting_types_are_made_changed_and_removed(mine, alice, charlie):
    made = mine("post", "my/meeting-types", {"title": "Second opinion", "channel": "phone", "duration": 45})
    assert made.status_code == 201
    assert made["Location"].endswith("/my/meeting-types/second-opinion")
    read = mine("get", "my/meeting-types/second-opinion")
    patched = mine("patch", "my/meeting-types/second-opinion", {"duration": 50}, **{"If-Match": read["ETag"]})
    assert patched.json()["duration"] == 50
    stale = mine("patch", "my/meeting-types/second-opinion", {"duration": 55}, **{"If-Match": read["ETag"]})
    problem(stale, 412, "changed-meanwhile")
    problem(mine("patch", "my/meeting-types/second-opinion", {"duration": 2}), 422, "validation")
    problem(mine("patch", "my/meeting-types/second-opinion", {"visibility": "archived"}), 422, "validation")
    problem(mine("patch", "my/meeting-types/second-opinion", {"daily_limit": 9, "weekly_limit": 3}), 422, "validation")
    office = factories.make_office(charlie)
    refused = problem(mine("patch", "my/meeting-types/second-opinion", {"office": office.pk}), 422, "validation")
    assert refused["errors"][0]["pointer"] == "#/office"
    assert mine("delete", "my/meeting-types/second-opinion").status_code == 204
    assert not MeetingType.objects.filter(slug="second-opinion").exists()


def test_bookings_are_entered_listed_by_change_and_finished(mine, api, meeting_type, next_monday, at_most_queries):
    entered = mine(
        "post",
        "my/bookings",
        {"meeting_type": meeting_type.slug, "start": next_monday.isoformat(), "name": "Bob Berg", "notify": False},
    )
    assert entered.status_code == 201
    problem(
        mine("post", "my/bookings", {"meeting_type": meeting_type.slug, "start": next_monday.isoformat(), "name": "X"}),
        409,
        "slot-taken",
    )
    for hours in range(1, 5):
        bookings.enter(meeting_type, next_monday + timedelta(hours=hours), name=f"Client {hours}")
    seen, path = [], "my/bookings?limit=2"
    while path:
        page = mine("get", path).json()
        seen += [one["id"] for one in page["items"]]
        path = page["next"]
    assert len(seen) == len(set(seen)) == 5
    since = timezone.now()
    bookings.cancel(Booking.objects.get(pk=seen[0]), actor="host")
    changed = mine("get", f"my/bookings?updated_since={since.isoformat().replace('+', '%2B')}").json()["items"]
    assert [(one["id"], one["status"]) for one in changed] == [(seen[0], "cancelled")]
    with at_most_queries(8):
        mine("get", "my/bookings")
    problem(mine("post", f"bookings/{seen[1]}/completed"), 409, "not-allowed")
    with time_machine.travel(next_monday + timedelta(days=1)):
        mine.token = token_of(meeting_type.host)
        assert mine("post", f"bookings/{seen[1]}/no-show").json()["status"] == "no_show"
    problem(mine("get", "my/bookings?status=nonsense"), 422, "validation")


# --- who may what ---------------------------------------------------------------------------------------------------

OWN = [
    ("get", "my/hours", "hours:read"),
    ("put", "my/hours", "hours:write"),
    ("get", "my/overrides", "hours:read"),
    ("post", "my/overrides", "hours:write"),
    ("get", "my/busy-times", "hours:read"),
    ("post", "my/busy-times", "hours:write"),
    ("get", "my/meeting-types", "meeting_types:read"),
    ("post", "my/meeting-types", "meeting_types:write"),
    ("get", "my/bookings", "bookings:read"),
    ("post", "my/bookings", "bookings:write"),
]


@pytest.mark.parametrize(("method", "path", "scope"), OWN)
def test_each_door_asks_for_its_scope(brand, alice, method, path, scope):
    problem(Api(brand)(method, path, {}), 401, "unauthorised")
    others = [one.value for one in Scope if one.value != scope]
    assert problem(Api(brand, token_of(alice, *others))(method, path, {}), 403, "forbidden-scope")["scope"] == scope
    assert Api(brand, token_of(alice, scope))(method, path, {}).status_code in (200, 422)


@pytest.fixture
def things(alice, meeting_type, next_monday) -> list[tuple[str, str]]:
    """Every address with an id of alice's."""
    booking = bookings.enter(meeting_type, next_monday, name="Bob Berg")
    override = alice.availability_overrides.create(first_date="2027-01-01", last_date="2027-01-01", windows=[])
    busy = BusyTime.objects.create(
        host=alice, starts_at=next_monday, ends_at=next_monday + timedelta(1), source="api", remote_id="1"
    )
    return [
        ("get", f"bookings/{booking.pk}"),
        ("post", f"bookings/{booking.pk}/cancel"),
        ("post", f"bookings/{booking.pk}/reschedule"),
        ("post", f"bookings/{booking.pk}/ical"),
        ("post", f"bookings/{booking.pk}/completed"),
        ("get", f"my/overrides/{override.pk}"),
        ("put", f"my/overrides/{override.pk}"),
        ("delete", f"my/overrides/{override.pk}"),
        ("delete", f"my/busy-times/{busy.pk}"),
        ("get", f"my/meeting-types/{meeting_type.slug}"),
        ("patch", f"my/meeting-types/{meeting_type.slug}"),
        ("delete", f"my/meeting-types/{meeting_type.slug}"),
    ]


def test_nobody_else_finds_them(things, brand, other_brand, alice, charlie):
    stranger = factories.make_professional(other_brand, with_login=True)
    before = list(Booking.objects.values_list("status", "version"))
    for who in (Api(brand, token_of(charlie)), Api(other_brand, token_of(stranger))):
        for method, path in things:
            problem(who(method, path, {}), 404, "not-found")
    for method, path in things:
        assert Api(brand)(method, path, {}).status_code == 401, path
        assert Api(other_brand, token_of(alice))(method, path, {}).status_code == 401, path
    wrong = {"Booking-Token": "A" * 43}
    for method, path in things[:5]:
        problem(Api(brand)(method, path, {}, **wrong), 404, "not-found")
    assert list(Booking.objects.values_list("status", "version")) == before


def test_the_clients_link_is_not_told_to_the_professional(things, mine):
    assert mine("get", things[0][1]).json()["manage_url"] == ""


def test_a_token_ends_is_withdrawn_and_goes_with_its_owner(brand, alice):
    token = token_of(alice, days=1)
    row = PersonalToken.objects.get()
    assert token not in str(vars(row))
    api = Api(brand, token)
    assert api("get", "my/hours").status_code == 200
    row.refresh_from_db()
    assert row.last_used_at is not None
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        problem(api("get", "my/hours"), 401, "unauthorised")
    PersonalToken.objects.update(revoked_at=timezone.now())
    problem(api("get", "my/hours"), 401, "unauthorised")
    api.token = token_of(alice)
    Professional.objects.filter(pk=alice.pk).update(status=Professional.Status.CLOSED)
    problem(api("get", "my/hours"), 401, "unauthorised")
    problem(Api(brand, "pat_nonsense")("get", "configuration"), 401, "unauthorised")


# --- the description ------------------------------------------------------------------------------------------------


def test_the_description_names_every_door(api):
    document = api("get", "openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operations = [one for path in document["paths"].values() for one in path.values() if "operationId" in one]
    names = [one["operationId"] for one in operations]
    assert len(names) == len(set(names)) > 25
    assert all("default" in one["responses"] for one in operations)
    assert [one["operationId"] for one in operations if not one.get("summary")] == []
    assert [tag["name"] for tag in document["tags"]][:4] == [
        "1 Configuration",
        "2 Available slots",
        "3 Reserve",
        "4 Book",
    ]


def test_people_find_the_reference(api):
    page = api("get", reverse("api:docs")).content.decode()
    assert "openapi.json" in page


def test_what_goes_away_says_so(api, monkeypatch):
    from scheduling.api.public import Configuration

    begin = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(Configuration, "deprecated_at", begin)
    monkeypatch.setattr(Configuration, "ends_at", datetime(2028, 1, 1, tzinfo=UTC))
    monkeypatch.setattr(Configuration, "successor", "/api/v2/configuration")
    response = api("get", "configuration")
    assert response["Deprecation"] == f"@{int(begin.timestamp())}"
    assert response["Sunset"] == "Sat, 01 Jan 2028 00:00:00 GMT"
    assert 'rel="successor-version"' in response["Link"]
