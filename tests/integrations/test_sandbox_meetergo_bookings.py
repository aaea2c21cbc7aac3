"""The copy of meetergo over real HTTP: bookings, appointments, webhooks, the recipe's dialect."""

import json
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
import requests

from integrations.sandbox.meetergo.seed import ADMIN_ID, COMPANY_ID, KEY
from tests.integrations.meetergo_api import KIM, OLD_SCHEDULE, message

NINE = "2027-03-22T09:00:00+01:00"
TEN = "2027-03-22T10:00:00+01:00"


@pytest.fixture
def hooked(api):
    """Deliveries are held, so that nothing goes out; every event is registered."""
    api.sandbox.webhooks("meetergo", "hold")
    events = ["booking_created", "booking_cancelled", "booking_rescheduled", "new_employee"]
    api.ok("POST", "/webhooks", {"endpoint": "http://127.0.0.1:9/hook", "eventTypes": events})
    return api


def payloads(api):
    return [json.loads(each["payload"]) for each in api.sandbox.deliveries("meetergo")]


def booked(api, made, start=NINE, **more):
    answer = api.book(made, start, **more)
    assert answer.status_code == 201, answer.text
    return answer.json()


# --- booking -----------------------------------------------------------------------------------------------


def test_a_booking_is_an_appointment_of_the_host(api, erika):
    made = booked(api, erika)
    assert set(made) == {"appointmentId", "secret"}
    found = api.ok("GET", f"/v4/appointment/{made['appointmentId']}", user=erika["userId"])
    assert (found["start"], found["end"]) == ("2027-03-22T08:00:00.000Z", "2027-03-22T08:30:00.000Z")
    assert (found["isCancelled"], found["cancel"], found["rescheduledAt"]) == (False, None, None)
    assert found["hostIds"] == [erika["userId"]]
    assert found["hosts"][0]["givenName"] == "Erika"
    assert found["attendees"][0]["fullname"] == "Kim Klient"
    assert "secret" not in found["attendees"][0]
    assert NINE not in api.starts(erika)
    stranger = api.user(email="s@example.org")["userId"]
    assert api("GET", f"/v4/appointment/{made['appointmentId']}", user=stranger).status_code == 403


@pytest.mark.parametrize("status", [400, 409])
def test_a_taken_start_is_told_from_a_wrong_booking(api, erika, status):
    api.sandbox.switch("meetergo", "U9", status)
    booked(api, erika)
    answer = api.book(erika, NINE)
    assert answer.status_code == status
    assert answer.json() == {"statusCode": status, "errorCode": "slot-occupied", "message": "slot-occupied"}
    for start in ("2027-03-22T09:10:00+01:00", "2027-03-22T20:00:00+01:00", "2027-03-01T09:00:00+01:00"):
        assert api.book(erika, start).json()["errorCode"] == "slot-occupied"


def test_one_of_many_simultaneous_requests_wins(api, erika):
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: api.book(erika, NINE).status_code, range(16)))
    assert sorted(statuses) == [201] + [400] * 15
    assert len(api.sandbox.objects("meetergo", "appointment")) == 1


@pytest.mark.parametrize(
    "more",
    [
        {"attendee": {**KIM, "receiveReminders": None}},
        {"attendee": {name: value for name, value in KIM.items() if name != "notes"}},
        {"attendee": {**KIM, "email": "nobody"}},
        {"attendee": None},
        {"start": "2027-03-22T09:00:00"},
        {"hostIds": None},
        {"duration": 45},
        {"channel": "in_person"},
        {"hostIds": [ADMIN_ID]},
        {"meetingTypeId": str(uuid.UUID(int=5))},
    ],
)
def test_a_wrong_booking_is_refused(api, erika, more):
    answer = api.book(erika, more.pop("start", NINE), **more)
    assert answer.status_code == 400
    assert "errorCode" not in answer.json()
    assert api.sandbox.objects("meetergo", "appointment") == []


def test_a_nameless_attendee_is_accepted_as_in_the_original(api, erika):
    nameless = {"email": "x@example.org", "receiveReminders": False, "notes": {}}
    made = booked(api, erika, attendee=nameless)
    assert api.ok("GET", f"/v4/appointment/{made['appointmentId']}")["attendees"][0]["fullname"] == ""


def test_a_group_fills_its_seats(api, erika):
    api.change_type(erika, spots=2)
    first, second = booked(api, erika), booked(api, erika)
    assert first["appointmentId"] == second["appointmentId"]
    assert first["secret"] != second["secret"]
    assert api.book(erika, NINE).status_code == 400
    third = booked(api, erika, start=TEN)
    spots = {spot["startTime"]: spot for spot in api.slots(erika).json()["dates"][0]["spots"]}
    assert spots[TEN]["appointment"] == {"id": third["appointmentId"], "totalSpots": 2, "takenSpots": 1}
    assert NINE not in spots


@pytest.mark.parametrize("kind", ["doubleOptIn", "requireHostConfirmation"])
def test_a_pending_booking_is_no_appointment(hooked, erika, kind):
    api = hooked
    api.change_type(erika, meetingOptions={kind: "enabled"})
    made = booked(api, erika)
    assert made["bookingType"] == kind
    assert "appointmentId" not in made
    assert payloads(api)[1:] == []  # the first tells of Erika herself
    query = {"page": 0, "pageSize": 10}
    waiting = api.ok("GET", "/v4/provisional-booking/paginated", params=query)
    assert (waiting["total"], waiting["provisionalBookings"][0]["status"]) == (1, "pending")
    assert NINE in api.starts(erika)
    confirmed = api.sandbox.act("meetergo", "confirm", provisionalBookingId=made["provisionalBookingId"])
    assert payloads(api)[1]["id"] == confirmed["appointmentId"]
    assert NINE not in api.starts(erika)
    again = api("POST", f"/v4/provisional-booking/{made['provisionalBookingId']}/confirm")
    assert again.status_code == 400


def test_pending_bookings_are_declined_or_expire(api, erika):
    api.change_type(erika, meetingOptions={"requireHostConfirmation": "enabled"})
    api.sandbox.switch("meetergo", "pending_blocks", "yes")
    first, second = booked(api, erika), booked(api, erika, start=TEN)
    assert NINE not in api.starts(erika)
    url = f"/v4/provisional-booking/{first['provisionalBookingId']}/decline"
    api.ok("POST", url, {"reason": "Urlaub"}, user=erika["userId"])
    api.sandbox.act("meetergo", "expire", provisionalBookingId=second["provisionalBookingId"])
    assert {NINE, TEN} <= set(api.starts(erika))
    states = [each["status"] for each in api.sandbox.objects("meetergo", "provisional")]
    assert states == ["declined_by_host", "expired"]


# --- appointments ------------------------------------------------------------------------------------------


def test_appointments_come_in_pages_from_zero(api, erika):
    starts = api.starts(erika)[:5]
    ids = [booked(api, erika, start=start)["appointmentId"] for start in starts]
    user = erika["userId"]

    def page(**query):
        return api("GET", "/v4/appointment/paginated", params=query, user=user)

    first, second = page(page=0, pageSize=3).json(), page(page=1, pageSize=3).json()
    assert [each["id"] for each in first["appointments"] + second["appointments"]] == ids
    assert first["total"] == 5
    for query in ({}, {"page": 1, "limit": 20}, {"page": -1, "pageSize": 5}, {"page": 0, "pageSize": 101}):
        assert page(**query).status_code == 400
    newest = page(page=0, pageSize=1, sortBy="appointment.start", sortDirection="DESC").json()
    assert newest["appointments"][0]["id"] == ids[-1]
    assert page(page=0, pageSize=5, start=starts[3]).json()["total"] == 2
    assert page(page=0, pageSize=5, search="kim").json()["total"] == 5
    assert api.ok("GET", "/v4/appointment/paginated", params={"page": 0, "pageSize": 5})["total"] == 0
    query = {"page": 0, "pageSize": 5, "userId": user}
    assert api.ok("GET", "/v4/appointment/paginated", params=query)["total"] == 5
    api.sandbox.fault("repeat_page", path="/v4/appointment/*")
    assert page(page=1, pageSize=3).json()["appointments"] == first["appointments"]


def test_today_and_now(api, erika):
    uid = booked(api, erika)["appointmentId"]
    user = erika["userId"]
    assert api.ok("GET", "/v4/appointment/today", user=user) == []
    api.sandbox.clock(datetime(2027, 3, 22, 8, 10, tzinfo=UTC))
    assert [each["id"] for each in api.ok("GET", "/v4/appointment/today", user=user)] == [uid]
    assert api.ok("GET", "/v4/appointment/current", user=user)["id"] == uid


def test_an_appointment_moves_and_keeps_its_id(hooked, erika):
    api = hooked
    uid = booked(api, erika)["appointmentId"]
    booked(api, erika, start=TEN)
    url = f"/v4/appointment/{uid}/reschedule"
    assert api("POST", url, {"start": TEN}).json()["errorCode"] == "slot-occupied"
    moved = api.ok("POST", url, {"start": "2027-03-22T11:00:00+01:00"}, user=erika["userId"])["appointment"]
    assert (moved["id"], moved["start"], moved["end"]) == (uid, "2027-03-22T10:00:00.000Z", "2027-03-22T10:30:00.000Z")
    assert moved["rescheduledAt"]
    assert moved["rescheduleCount"] == 1
    assert NINE in api.starts(erika)
    assert payloads(api)[-1]["webhookType"] == "booking_rescheduled"
    night = {"start": "2027-03-22T22:00:00+01:00", "ignoreAvailability": True}
    assert api("POST", url, night).status_code == 201


def test_a_reschedule_does_not_collide_with_itself(api, erika):
    api.change_type(erika, meetingInfo={"duration": 60}, timeslotInterval=30)
    uid = booked(api, erika)["appointmentId"]
    assert "2027-03-22T09:30:00+01:00" not in api.starts(erika)
    assert "2027-03-22T09:30:00+01:00" in api.starts(erika, existingAppointmentId=uid)
    assert api("POST", f"/v4/appointment/{uid}/reschedule", {"start": "2027-03-22T09:30:00+01:00"}).status_code == 201


def test_a_cancelled_appointment_frees_its_time(hooked, erika):
    api = hooked
    uid = booked(api, erika)["appointmentId"]
    gone = api.ok("POST", f"/v4/appointment/{uid}/cancel", {"reason": "krank"}, user=erika["userId"])
    assert gone["isCancelled"] is True
    assert (gone["cancel"]["reason"], gone["cancel"]["actionSource"]) == ("krank", "host")
    assert NINE in api.starts(erika)
    assert payloads(api)[-1]["webhookType"] == "booking_cancelled"
    assert payloads(api)[-1]["isCancelled"] is True
    assert api("POST", f"/v4/appointment/{uid}/cancel", {}).status_code == 400
    assert api("POST", f"/v4/appointment/{uid}/reschedule", {"start": TEN}).status_code == 400


def test_a_group_is_cancelled_by_one_or_by_all(hooked, erika):
    api = hooked
    api.change_type(erika, spots=3)
    uid = [booked(api, erika)["appointmentId"] for _ in range(3)][0]
    url = f"/v4/appointment/{uid}/cancel"
    assert api("POST", url, {}).status_code == 400
    people = api.ok("GET", f"/v4/appointment/{uid}")["attendees"]
    left = api.ok("POST", url, {"attendeeId": people[0]["id"]})
    assert (left["isCancelled"], len(left["attendees"])) == (False, 2)
    assert payloads(api)[-1]["webhookType"] == "booking_cancelled"
    assert payloads(api)[-1]["isCancelled"] is False
    assert api("POST", url, {"attendeeId": str(uuid.uuid4())}).status_code == 404
    assert api.ok("POST", url, {"cancelAll": True})["isCancelled"] is True


def test_what_happens_at_the_provider_itself_is_told(hooked, erika):
    api = hooked
    made = api.sandbox.act("meetergo", "book", meetingTypeId=erika["meetingTypeId"], start=NINE, attendee=KIM)
    uid = made["appointmentId"]
    api.sandbox.act("meetergo", "reschedule", appointmentId=uid, start=TEN)
    api.sandbox.act("meetergo", "cancel", appointmentId=uid, reason="doch nicht")
    told = [(each["webhookType"], each["id"]) for each in payloads(api)[1:]]
    assert told == [("booking_created", uid), ("booking_rescheduled", uid), ("booking_cancelled", uid)]
    assert payloads(api)[-1]["cancel"]["actionSource"] == "attendee"


# --- webhooks ----------------------------------------------------------------------------------------------


def test_six_webhooks_and_no_more(api):
    body = {"endpoint": "http://127.0.0.1:9/hook", "eventTypes": ["booking_created"], "description": "d"}
    made = [api.ok("POST", "/webhooks", body) for _ in range(6)]
    assert set(made[0]) == {"id", "endpoint", "description", "eventTypes", "companyId", "createdAt"}
    assert api("POST", "/webhooks", body).status_code == 406
    assert [each["id"] for each in api.ok("GET", "/webhooks")] == [each["id"] for each in made]
    changed = api.ok("PATCH", f"/webhooks/{made[0]['id']}", {"eventTypes": ["booking_cancelled"]})
    assert (changed["eventTypes"], changed["endpoint"]) == (["booking_cancelled"], body["endpoint"])
    assert api("DELETE", f"/webhooks/{made[0]['id']}").status_code == 204
    assert api("POST", "/webhooks", body).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"endpoint": "nowhere", "eventTypes": ["booking_created"]},
        {"endpoint": "http://127.0.0.1/", "eventTypes": []},
        {"endpoint": "http://127.0.0.1/", "eventTypes": ["booking_exploded"]},
        {"eventTypes": ["booking_created"]},
    ],
)
def test_a_wrong_webhook_is_refused(api, body):
    assert api("POST", "/webhooks", body).status_code == 400


def test_what_a_webhook_says(hooked, erika):
    api = hooked
    api.change_type(erika, metadata={"listingId": "L-7"})
    made = booked(api, erika)
    new, created = payloads(api)
    assert (new["webhookType"], new["id"]) == ("new_employee", erika["userId"])
    assert (created["webhookType"], created["id"]) == ("booking_created", made["appointmentId"])
    assert created["meetingType"]["metadata"] == {"listingId": "L-7"}
    assert created["meetingTypeId"] == erika["meetingTypeId"]
    assert created["companyId"] == COMPANY_ID
    assert created["hosts"][0]["id"] == erika["userId"]
    assert api.sandbox.deliveries("meetergo")[1]["headers"] == {}
    api.sandbox.switch("meetergo", "envelope", "old")
    booked(api, erika, start=TEN)
    assert set(payloads(api)[-1]) == {"event", "data"}


# --- the recipe's dialect ----------------------------------------------------------------------------------


def test_the_recipe_works_as_printed(hooked):
    """Every request of the white-label recipe, with its shapes and without what it leaves out."""
    api = hooked
    api.sandbox.switch("meetergo", "profile", "recipe")
    body = {"email": "anna@example.org", "givenName": "Anna", "familyName": "Anwalt", "timezone": "Europe/Berlin",
            "availability": {"name": "Business Hours", "timezone": "Europe/Berlin", "schedule": OLD_SCHEDULE},
            "meetingType": {"name": "Consultation", "duration": 30, "slug": "anna-consultation"}}  # fmt: skip
    made = api.ok("POST", "/v4/user", body, user=None)
    query = {"meetingTypeId": made["meetingTypeId"], "start": "2027-03-22", "end": "2027-03-29"}
    slots = api.ok("GET", "/v4/booking-availability", params=query, user=None)["availableSlots"]
    assert slots[0]["start"] == "2027-03-22T07:00:00.000Z"
    booking = {"meetingTypeId": made["meetingTypeId"], "start": slots[0]["start"],
               "attendee": {"email": "c@example.org", "fullname": "Cem Client", "phone": "+49301"}}  # fmt: skip
    uid = api.ok("POST", "/v4/booking", booking, user=None)["appointmentId"]
    assert payloads(api)[-1]["event"] == "booking_created"
    assert payloads(api)[-1]["data"]["id"] == uid
    assert len(api.ok("GET", "/v4/user", user=None)["users"]) == 2
    changes = {"duration": 45, "bufferTimeBefore": 15, "bufferTimeAfter": 10}
    changed = api.ok("PATCH", f"/v4/meeting-type/{made['meetingTypeId']}", changes, user=made["userId"])
    assert (changed["duration"], changed["meetingInfo"]["bufferBefore"]) == (45, 15)
    flat = {"name": "Telefonische Beratung", "duration": 15}
    assert api.ok("POST", "/v4/meeting-type", flat, user=made["userId"])["name"] == "Telefonische Beratung"
    look = {"headerTitle": "Book a consultation", "headerSubtitle": "Select", "primaryColor": "#0066cc"}
    assert api.ok("PATCH", "/v4/personal-page", look, user=made["userId"])["primaryColor"] == "#0066cc"
    template = {"name": "Initial Consultation", "duration": 30, "description": "Free"}
    made_template = api.ok("POST", "/v4/meeting-type-template/create", template, user=None)
    url = f"/v4/meeting-type-template/assign/{made_template['id']}"
    api.ok("POST", url, {"userId": made["userId"]}, user=None)
    plan = api.ok("GET", f"/v4/availability/{made['availabilityId']}", user=made["userId"])
    assert plan["schedule"] == OLD_SCHEDULE


def test_the_recipe_fails_today_where_it_is_out_of_date(api, erika):
    query = {"meetingTypeId": erika["meetingTypeId"], "start": "2027-03-22", "end": "2027-03-29"}
    answer = api("GET", "/v4/booking-availability", params=query, user=None)
    assert message(answer) == "Expected hostIds or queueId"
    booking = {"meetingTypeId": erika["meetingTypeId"], "start": NINE, "attendee": {"email": "c@example.org"}}
    assert api("POST", "/v4/booking", booking, user=None).status_code == 400
    assert api("PATCH", "/v4/personal-page", {"primaryColor": "#0066cc"}).status_code == 404


def test_personal_page(api, erika):
    look = {"useCustomColors": True, "primaryColor": "#0066cc", "headerTitle": "x"}
    page = api.ok("PATCH", "/v4/personal-page/me", look, user=erika["userId"])
    assert (page["primaryColor"], page["useCustomColors"]) == ("#0066cc", True)
    assert "headerTitle" not in page
    assert api.ok("GET", f"/v4/personal-page/{erika['userId']}") == page
    assert api.ok("GET", "/v4/calendar-connections/connections", user=erika["userId"]) == []


# --- hosted pages ------------------------------------------------------------------------------------------


def test_a_visitor_books_without_javascript(hooked, erika):
    api = hooked
    page = requests.get(erika["bookingUrl"], params={"embed": "true", "email": "v@example.org"}, timeout=5)
    assert page.status_code == 200
    assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    slot = re.findall(r'name="slot" value="([^"]+)"', page.text)[0]
    form = requests.get(erika["bookingUrl"], params={"slot": slot, "email": "v@example.org"}, timeout=5)
    assert 'value="v@example.org"' in form.text
    body = {"slot": slot, "firstname": "Vera", "lastname": "</script>", "email": "v@example.org"}
    done = requests.post(erika["bookingUrl"], data=body, timeout=5)
    assert done.status_code == 200
    assert '"appointmentId"' in done.text
    assert payloads(api)[-1]["attendees"][0]["email"] == "v@example.org"
    assert requests.post(erika["bookingUrl"], data=body, timeout=5).status_code == 409
    assert requests.post(erika["bookingUrl"], data={**body, "email": ""}, timeout=5).status_code == 400
    assert requests.post(erika["bookingUrl"], data={**body, "slot": "never"}, timeout=5).status_code == 409


def test_the_addresses_of_hosted_pages(api, erika):
    user, kind = erika["bookingUrl"].rsplit("/", 2)[1:]
    assert requests.get(f"{api.root}/embed/sandbox/{user}/{kind}", timeout=5).status_code == 200
    assert requests.get(f"{api.root}/embed/nobody/{user}/{kind}", timeout=5).status_code == 404
    assert kind in requests.get(f"{api.root}/{user}", timeout=5).text
    missing = requests.get(f"{api.root}/{user}/gone", timeout=5)
    assert missing.status_code == 404
    assert 'id="failed"' in missing.text
    api.change_type(erika, enabled=False)
    assert requests.get(erika["bookingUrl"], timeout=5).status_code == 404


def test_a_second_key_is_refused_once_revoked(api):
    api.sandbox.edit("meetergo", "credential", KEY.split(":")[1], revoked=True)
    assert message(api("GET", "/v4/user/me")) == "Invalid API key"
