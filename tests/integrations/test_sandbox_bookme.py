"""The copy of BookMe by the notes: tokens, configuration, free times, holds, meetings, calendar files, limits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from integrations.sandbox.bookme.seed import CLIENT_ID
from tests.integrations.bookme_world import ANNA, ARCHIVE, BAKKE, BO, FJORD, HOME, MONDAY, NAME, PRIVATE, Api


@pytest.fixture
def api(sandbox):
    return Api(sandbox)


def starts(answer):
    assert answer.ok, answer.text
    return [row["startDate"] for row in answer.json()]


def at(hours, minutes=0):
    return (MONDAY + timedelta(hours=hours, minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- tokens ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "x"}, 401, "invalid_client"),
        ({"client_id": "x"}, 400, "unauthorized_client"),
        ({"scope": "x"}, 400, "invalid_scope"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_wrong_applications_get_no_token(api, changes, status, error):
    answer = api.fetch(**changes)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_token_ends_by_the_clock_of_the_copy(api, sandbox):
    assert api("GET", "/config/rooms").ok
    sandbox.clock(datetime.now(UTC) + timedelta(hours=1, seconds=5))
    refused = api("GET", "/config/rooms")
    assert (refused.status_code, refused.json()["code"]) == (401, "UNAUTHORIZED")


def test_the_gateway_has_words_of_its_own(api, sandbox):
    sandbox.switch(NAME, "subscription_key", "required")
    refused = api("GET", "/config/rooms", headers={"Ocp-Apim-Subscription-Key": ""})
    assert refused.status_code == 401
    assert set(refused.json()) == {"statusCode", "message"}
    assert api("GET", "/config/rooms").ok


def test_an_application_without_its_role_is_forbidden(api, sandbox):
    sandbox.edit(NAME, "application", CLIENT_ID, forbidden=True)
    assert api("GET", "/config/rooms").json()["code"] == "FORBIDDEN"


# --- configuration -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "/api/v1", "/api/v2", "/api/v3"])
def test_every_base_knows_the_configuration(sandbox, prefix):
    api = Api(sandbox, prefix)
    assert len(api("GET", "/config/employees").json()) == 3
    assert [row["canBeBooked"] for row in api("GET", "/config/rooms").json()] == [True, True, False]
    assert len(api("GET", "/config/customer-types").json()) == 2
    assert api("GET", "/bookme/meeting-topics").status_code == 400
    rows = api("GET", "/bookme/meeting-topics", params={"isCustomer": "true"}).json()
    assert [row["order"] for row in rows] == sorted(row["order"] for row in rows)
    assert ("localizedName" in rows[0]) is (prefix == "/api/v3")


def test_a_language_that_a_topic_lacks_falls_back_to_danish(sandbox):
    api = Api(sandbox, "/api/v3")
    query = {"isCustomer": "true", "lang": "kl-GL"}
    assert api("GET", "/bookme/meeting-topics", params=query).json()[0]["localizedName"] == {"kl-GL": "Boliglån"}


# --- free times --------------------------------------------------------------------------------------------------------


def test_free_times_lie_on_half_hours_and_have_no_id(api):
    rows = api.free().json()
    assert rows
    assert {row["startDate"][14:16] for row in rows} == {"00", "30"}
    assert all("id" not in row for row in rows)


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"requireEmployeeParticipation": None}, 400),
        ({"explicitEmployeeIds": "nobody"}, 404),
        ({"theme": "nothing"}, 404),
        ({"topic": HOME, "theme": "other"}, 400),
        ({"specificRooms": "nowhere"}, 404),
        ({"meetingDuration": "an hour"}, 400),
        ({"meetingTypes": "dinner"}, 400),
        ({"employeeTypes": "Local"}, 400),
    ],
)
def test_questions_that_cannot_be_answered(api, query, status):
    assert api.free(**query).status_code == status


@pytest.mark.parametrize("names", ["repeat", "csv", "json"])
def test_lists_come_in_three_ways(api, names):
    given = {"repeat": [ANNA, BO], "csv": f"{ANNA},{BO}", "json": f'["{ANNA}","{BO}"]'}[names]
    api.reserve("one", MONDAY, BO)
    assert at(0) not in starts(api.free(explicitEmployeeIds=given))
    assert at(0) in starts(api.free(explicitEmployeeIds=given, requireEmployeeParticipation="false"))


def test_reservations_meetings_busy_times_and_closing_days_take_time(api, sandbox):
    assert at(0) in starts(api.free())
    slot = api.reserve("one").json()
    assert not {at(0), at(0, 30)} & set(starts(api.free()))
    assert api.meeting(slot["id"]).ok
    assert at(0) not in starts(api.free())
    sandbox.act(NAME, "block", employee=ANNA, start=at(4), minutes=60)
    assert at(4) not in starts(api.free())
    sandbox.act(NAME, "close", day=MONDAY.date().isoformat())
    assert starts(api.free()) == []


def test_a_room_is_named_and_one_that_cannot_be_booked_is_not(api):
    rows = api.free(requireRoom="true", meetingTypes="physical").json()
    assert {row["roomId"] for row in rows} == {FJORD}
    api.reserve("one", employee=BO, slot={"roomId": FJORD})
    there = {row["startDate"]: row["roomId"] for row in api.free(requireRoom="true").json()}
    assert there[at(0)] == BAKKE
    assert starts(api.free(requireRoom="true", specificRooms=ARCHIVE)) == []


def test_a_daily_cap_hides_the_advisor(api, sandbox):
    sandbox.edit(NAME, "employee", ANNA, _cap=1)
    assert starts(api.free())
    api.reserve("one")
    assert starts(api.free()) == []


# --- holds -------------------------------------------------------------------------------------------------------------


def test_a_hold_lives_for_five_minutes(api, sandbox):
    sandbox.clock(speed=0)
    assert api.reserve("one").ok
    assert api.reserve("two").status_code == 409
    sandbox.clock(datetime.fromtimestamp(sandbox.sandbox.clock.timestamp() + 299, UTC))
    assert api.reserve("two").status_code == 409
    sandbox.clock(datetime.fromtimestamp(sandbox.sandbox.clock.timestamp() + 1, UTC))
    assert api.reserve("two").ok


def test_the_same_token_moves_its_hold(api):
    first = api.reserve("one").json()
    second = api.reserve("one", MONDAY + timedelta(hours=4)).json()
    assert first["id"] != second["id"]
    assert api("GET", f"/bookme/time-slots/{first['id']}").status_code == 404
    assert api.reserve("two").ok


def test_a_refused_move_keeps_the_hold(api):
    kept = api.reserve("one").json()
    api.reserve("two", MONDAY + timedelta(hours=4))
    assert api.reserve("one", MONDAY + timedelta(hours=4)).status_code == 409
    assert api("GET", f"/bookme/time-slots/{kept['id']}").ok


def test_a_room_is_held_once_whoever_comes(api):
    assert api.reserve("one", slot={"roomId": FJORD}).ok
    assert api.reserve("two", employee=BO, slot={"roomId": FJORD}).status_code == 409
    assert api.reserve("two", employee=BO, slot={"roomId": BAKKE}).ok


def test_thirty_at_once_one_holds(api, sandbox):
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(lambda number: api.reserve(f"token-{number}").status_code, range(30)))
    assert sorted(answers) == [200] + [409] * 29
    assert len(sandbox.objects(NAME, "slot")) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"token": "t"},
        {"token": "t", "timeSlot": {"startDate": "2027-02-03T09:00:00", "endDate": "x", "status": "Reserved"}},
        {"token": "t", "timeSlot": {"startDate": at(1), "endDate": at(0), "status": "Reserved"}},
        {"token": "t", "timeSlot": {"startDate": at(0), "endDate": at(1), "status": "Booked"}},
    ],
)
def test_holds_that_are_none(api, body):
    assert api("POST", "/bookme/time-slots/reserve", json=body).status_code == 400


# --- meetings ----------------------------------------------------------------------------------------------------------


def test_a_slot_has_one_meeting_of_its_employee(api):
    slot = api.reserve("one").json()["id"]
    assert api.meeting(slot, employeeId=BO).status_code == 409
    assert api.meeting("12345").status_code == 404
    made = api.meeting(slot).json()
    assert api.meeting(slot).status_code == 409
    assert api("GET", "/bookme/meetings", params={"timeSlotId": slot}).json() == [made]


@pytest.mark.parametrize("status", [404, 409])
def test_an_expired_hold_makes_no_meeting(api, sandbox, status):
    sandbox.switch(NAME, "expired_hold", status)
    slot = api.reserve("one").json()["id"]
    sandbox.clock(datetime.now(UTC) + timedelta(minutes=5, seconds=1))
    assert api.meeting(slot).status_code == status


def test_both_dialects_are_read_and_must_agree(api):
    slot = api.reserve("one").json()["id"]
    assert api.meeting(slot, topicId="other").status_code == 400
    assert api.meeting(slot, themeId=None, topicId=HOME, customerCategoryId=None, customerTypeId=PRIVATE).ok


def test_the_second_version_wants_a_salesforce_id_and_no_topic(sandbox):
    api = Api(sandbox, "/api/v2")
    slot = api.reserve("one").json()["id"]
    assert api.meeting(slot).json()["details"] == {"salesforceId": "required"}
    assert api.meeting(slot, salesforceId="s1", themeId=None, customerCategoryId=None, timeSlotId=slot).ok


@pytest.mark.parametrize(
    ("prefix", "method", "gone"), [("/api/v1", "PUT", 200), ("/api/v2", "PATCH", 204), ("/api/v3", "PATCH", 204)]
)
def test_a_meeting_moves_to_another_slot_and_goes(sandbox, prefix, method, gone):
    api = Api(sandbox, prefix)
    made = api.meeting(api.reserve("one").json()["id"], salesforceId="s").json()
    other = api.reserve("two", MONDAY + timedelta(minutes=30), existingMeetingId=made["id"])
    operation = {"op": "replace", "path": "/timeSlotId", "value": other.json()["id"]}
    path = f"/bookme/meetings/{made['id']}"
    wrong = operation if method == "PATCH" else [operation]
    assert api(method, path, json=wrong).status_code == 400
    assert api(method, path, json=[operation] if method == "PATCH" else operation).ok
    assert api("GET", path).json()["startDate"] == at(0, 30)
    assert api.reserve("three", MONDAY - timedelta(minutes=30)).ok
    assert api("DELETE", path).status_code == gone
    assert api("GET", path).status_code == 404
    assert api.reserve("four", MONDAY + timedelta(minutes=30)).ok


def test_strict_installations_want_the_slot_booked_first(api, sandbox):
    sandbox.switch(NAME, "promote", "required")
    slot = api.reserve("one").json()["id"]
    assert api.meeting(slot).status_code == 409
    booked = [{"op": "replace", "path": "/status", "value": "Booked"}]
    path = f"/bookme/time-slots/{slot}"
    assert api("PATCH", path, params={"reservationToken": "two"}, json=booked).status_code == 403
    assert api("PATCH", path, params={"reservationToken": "one"}, json=booked).content == b""
    assert api.meeting(slot).ok


def test_a_calendar_file_says_what_was_asked_or_the_templates(api):
    made = api.meeting(api.reserve("one").json()["id"]).json()
    path = f"/bookme/meetings/{made['id']}/ical"
    answer = api("POST", path, json={"title": "Tea; cake, " + "ä" * 80})
    assert answer.headers["Content-Type"].startswith("text/calendar")
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    (event,) = Calendar.from_ical(answer.text).walk("VEVENT")
    assert event["SUMMARY"] == "Tea; cake, " + "ä" * 80
    assert event["DTSTART"].dt == MONDAY
    again = Calendar.from_ical(api("POST", path, json={}).text).walk("VEVENT")[0]
    assert (again["UID"], again["SUMMARY"]) == (event["UID"], "Meeting: Home loan")


# --- limits and paths ----------------------------------------------------------------------------------------------------


def test_a_hundred_a_minute(api, sandbox):
    sandbox.clock(speed=0)
    sandbox.limit("bookme-minute", burst=3)
    assert [api("GET", "/config/rooms").status_code for _call in range(4)] == [200, 200, 200, 429]
    refused = api("GET", "/config/rooms")
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert datetime.fromisoformat(refused.headers["X-RateLimit-Reset"]).tzinfo


def test_a_path_that_is_none_meets_the_gateway(api):
    assert api("GET", "/bookme/meeting-themes").json() == {"statusCode": 404, "message": "Resource not found"}
