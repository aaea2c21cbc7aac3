"""The copy of meetergo over real HTTP: meeting types and slots."""

import uuid
from datetime import timedelta

import pytest

from integrations.sandbox.meetergo.seed import ADMIN_ID, COMPANY_ID
from tests.integrations.meetergo_api import CLOSED, MONDAY, SCHEDULE, message

# --- meeting types -----------------------------------------------------------------------------------------


def new_type(**more):
    info = {"name": "Mandatsgespräch", "description": "", "duration": 60, "channel": "connect"}
    return {"meetingInfo": info, **more}


def test_a_meeting_type_is_nested_and_unknown_fields_vanish(api, erika):
    user = erika["userId"]
    body = new_type(slug="mandat", spots=3, metadata={"listingId": "L-1"}, colour="red")
    body["meetingInfo"]["groupBooking"] = True
    made = api.ok("POST", "/v4/meeting-type", body, user=user)
    assert (made["slug"], made["spots"], made["metadata"]) == ("mandat", 3, {"listingId": "L-1"})
    assert "colour" not in made
    assert "groupBooking" not in made["meetingInfo"]
    assert len(api.ok("GET", "/v4/meeting-type", user=user)) == 2
    flat = api("POST", "/v4/meeting-type", {"name": "Flach", "duration": 30}, user=user)
    assert flat.status_code == 400
    assert api("POST", "/v4/meeting-type", body, user=user).status_code == 409


def test_a_flat_update_is_accepted_and_does_nothing(api, erika):
    changed = api.change_type(erika, duration=45, bufferTimeBefore=15)
    assert (changed["meetingInfo"]["duration"], changed["meetingInfo"]["bufferBefore"]) == (30, 0)
    changed = api.change_type(erika, meetingInfo={"duration": 45, "bufferBefore": 15})
    assert (changed["meetingInfo"]["duration"], changed["meetingInfo"]["bufferBefore"]) == (45, 15)
    assert changed["meetingInfo"]["name"] == "Erstgespräch"


@pytest.mark.parametrize(
    "info", [{"description": None}, {"duration": 481}, {"bufferAfter": 121}, {"channel": "teams"}, {"duration": "30"}]
)
def test_limits_of_a_meeting_type(api, erika, info):
    body = new_type()
    body["meetingInfo"] |= info
    assert api("POST", "/v4/meeting-type", body, user=erika["userId"]).status_code == 400


def test_a_slug_on_create_may_be_stripped(api, erika):
    api.sandbox.switch("meetergo", "U7", "stripped")
    made = api.ok("POST", "/v4/meeting-type", new_type(slug="mandat"), user=erika["userId"])
    assert made["slug"] == "mandatsgespraech"
    changed = api.ok("PATCH", f"/v4/meeting-type/{made['id']}", {"slug": "mandat"}, user=erika["userId"])
    assert changed["slug"] == "mandat"


def test_inline_hours_without_a_schedule_open_only_the_exceptions(api, erika):
    window = {"available": True, "start": "2027-03-27T09:00:00.000Z", "end": "2027-03-27T10:00:00.000Z"}
    body = new_type(availability={"name": "Samstag", "timezone": "Europe/Berlin", "exceptions": [window]})
    body["meetingInfo"]["duration"] = 30
    made = api.ok("POST", "/v4/meeting-type", body, user=erika["userId"])
    saturday = {**erika, "meetingTypeId": made["id"]}
    assert api.starts(saturday, MONDAY, 7) == ["2027-03-27T10:00:00+01:00", "2027-03-27T10:30:00+01:00"]


def test_a_deleted_meeting_type_takes_no_bookings(api, erika):
    start = api.starts(erika)[0]
    answer = api("DELETE", f"/v4/meeting-type/{erika['meetingTypeId']}", user=erika["userId"])
    assert (answer.status_code, answer.content) == (200, b"")
    assert api("DELETE", f"/v4/meeting-type/{erika['meetingTypeId']}").status_code == 404
    assert api.slots(erika).status_code == 400
    assert api.book(erika, start).status_code == 400


def test_templates_become_meeting_types(api, erika):
    body = {**new_type(), "templateType": "individual"}
    template = api.ok("POST", "/v4/meeting-type-template/create", body)
    api.ok("PATCH", f"/v4/meeting-type-template/{template['id']}", {"meetingInfo": {"duration": 20}})
    url = f"/v4/meeting-type-template/assign/{template['id']}"
    made = api.ok("POST", url, {"userId": erika["userId"]})
    assert (made["userId"], made["meetingInfo"]["duration"]) == (erika["userId"], 20)
    assert made["id"] in {each["id"] for each in api.ok("GET", "/v4/meeting-type", user=erika["userId"])}
    api.sandbox.switch("meetergo", "U11", "empty")
    assert api("POST", url, {"userId": erika["userId"]}).content == b""


# --- slots -------------------------------------------------------------------------------------------------


def test_slots_follow_the_hours(api, erika):
    starts = api.starts(erika)
    assert len(starts) == 14
    assert (starts[0], starts[5], starts[6]) == (
        "2027-03-22T09:00:00+01:00", "2027-03-22T11:30:00+01:00", "2027-03-22T13:00:00+01:00",
    )  # fmt: skip
    assert api.starts(erika, MONDAY + timedelta(days=5), 2) == []


def test_slots_keep_the_wall_clock_over_the_change_of_clocks(api, erika):
    after = api.starts(erika, MONDAY + timedelta(days=7))
    assert after[0] == "2027-03-29T09:00:00+02:00"
    assert api.starts(erika, MONDAY + timedelta(days=7), timezone=None)[0] == "2027-03-29T07:00:00.000Z"


def test_slots_demand_a_scope(api, erika):
    answer = api.slots(erika, hostIds=None)
    assert (answer.status_code, message(answer)) == (400, "Expected hostIds or queueId")
    assert api.slots(erika, hostIds=f"{erika['userId']},{ADMIN_ID}").ok
    api.sandbox.switch("meetergo", "U10", "400")
    assert api.slots(erika, hostIds=f"{erika['userId']},{ADMIN_ID}").status_code == 400
    assert api.slots(erika, start="soon").status_code == 400
    assert api.slots(erika, timezone="Mars/Olympus").status_code == 400
    assert api.slots(erika, meetingTypeId=str(uuid.uuid4())).status_code == 400


def test_slots_observe_notice_horizon_raster_and_buffers(api, erika):
    api.change_type(erika, bookingMinimum=2 * 24 * 60)
    assert api.starts(erika)[0] == "2027-03-22T13:00:00+01:00"
    api.change_type(erika, bookingMinimum=0, daysIntoFuture={"mode": "limit", "bookingLimit": 46 * 60})
    assert api.starts(erika, days=3)[-1] == "2027-03-22T11:00:00+01:00"
    api.change_type(erika, daysIntoFuture={"mode": "limit", "bookingLimit": 43_200}, timeslotInterval=15)
    assert len(api.starts(erika)) == 26
    api.change_type(erika, timeslotInterval=30, meetingInfo={"bufferAfter": 30})
    api.book(erika, "2027-03-22T10:00:00+01:00")
    starts = api.starts(erika)
    assert "2027-03-22T09:30:00+01:00" not in starts
    assert "2027-03-22T10:30:00+01:00" not in starts
    assert "2027-03-22T11:00:00+01:00" in starts


def test_a_calendars_event_takes_slots_away_and_is_shown_on_request(api, erika):
    event = {"id": "1", "start": "2027-03-22T09:00:00+01:00", "end": "2027-03-22T10:00:00+01:00"}
    api.sandbox.sandbox.store.put("meetergo", "calendarEvent", "1", event, key=erika["userId"])
    assert api.starts(erika)[0] == "2027-03-22T10:00:00+01:00"
    spots = api.slots(erika, troubleshoot="true").json()["dates"][0]["spots"]
    assert [bool(spot.get("unavailabilityEvents")) for spot in spots[:3]] == [True, True, False]


def test_a_queue_offers_what_anyone_or_everyone_has(api, erika):
    other = api.user(email="o@example.org", availability={"schedule": {**SCHEDULE, "monday": CLOSED}})
    queue = {"id": str(uuid.uuid4()), "companyId": COMPANY_ID, "hostIds": [erika["userId"], other["userId"]]}
    api.sandbox.sandbox.store.put("meetergo", "queue", queue["id"], queue)
    api.sandbox.edit(
        "meetergo", "meetingType", erika["meetingTypeId"], queueId=queue["id"], userId=None, availabilityId=None
    )
    query = {"hostIds": None, "queueId": queue["id"]}
    assert len(api.starts(erika, **query)) == 14
    assert api.starts(erika, **query, calculationMethod="everyone") == []
    tuesday = MONDAY + timedelta(days=1)
    for _host in range(2):
        made = api.book(erika, f"{tuesday}T09:00:00+01:00", hostIds=None, queueId=queue["id"])
        assert made.status_code == 201, made.text
    assert api.book(erika, f"{tuesday}T09:00:00+01:00", hostIds=None, queueId=queue["id"]).status_code == 400


def test_the_four_shapes_of_slots(api, erika):
    shapes = {}
    for shape in ("dates", "availableSlots", "slots", "timeframes"):
        api.sandbox.switch("meetergo", "slots_shape", shape)
        shapes[shape] = api.slots(erika).json()
    assert shapes["availableSlots"]["availableSlots"][0] == {
        "start": "2027-03-22T08:00:00.000Z", "end": "2027-03-22T08:30:00.000Z",
    }  # fmt: skip
    assert shapes["slots"]["slots"][0]["times"][0] == "2027-03-22T09:00:00+01:00"
    assert shapes["timeframes"]["timeframes"][0]["end"] == "2027-03-22T11:00:00.000Z"
    assert shapes["dates"]["earliestAvailableDate"] == "2027-03-22"


def test_a_stale_answer_until_the_cache_is_refreshed(api, erika):
    api.sandbox.switch("meetergo", "slots_cache", 60)
    first = api.starts(erika)[0]
    assert api.book(erika, first).status_code == 201
    assert api.starts(erika)[0] == first
    assert api.starts(erika, refreshCache="true")[0] != first
