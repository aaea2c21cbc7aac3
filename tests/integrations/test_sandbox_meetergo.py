"""The copy of meetergo over real HTTP: credentials, users, hours."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest
import requests

from integrations.sandbox.meetergo.seed import ADMIN_ID, COMPANY_ID, KEY, TOKEN, make_credential
from tests.integrations.meetergo_api import CLOSED, OLD_SCHEDULE, SCHEDULE, WEEK, message

# --- credentials and the acting user -----------------------------------------------------------------------


def test_a_credential_is_asked_for(api):
    assert message(api("GET", "/v4/user/me", credential=None)) == "Missing authorization header"
    assert message(api("GET", "/v4/user/me", credential="ak_live:x:y")) == "Invalid API key"
    assert api("GET", "/v4/user/me", credential="eyJhbGciOi").status_code == 401


def test_a_key_expires_on_the_copys_clock_and_can_be_deactivated(api):
    api.sandbox.clock(datetime(2027, 6, 1, tzinfo=UTC))
    answer = api("GET", "/v4/user/me")
    assert (answer.status_code, message(answer)) == (401, "API key has expired")
    api.sandbox.clock(datetime(2027, 3, 20, tzinfo=UTC))
    api.sandbox.edit("meetergo", "credential", KEY.split(":")[1], active=False)
    assert api("GET", "/v4/user/me").status_code == 401
    second = f"ak_live:{uuid.uuid4()}:another"
    make_credential(api.sandbox.sandbox, second)
    assert api("GET", "/v4/user/me", credential=second).status_code == 200


def test_a_key_needs_an_acting_user_on_most_routes(api, erika):
    answer = api("GET", "/v4/meeting-type", user=None)
    assert answer.status_code == 400
    assert message(answer) == "Missing required header 'x-meetergo-api-user-id' for API key authentication"
    assert api("GET", "/v4/user", user=None).status_code == 400
    assert api("GET", "/v4/user/me", user=None).json()["id"] == ADMIN_ID
    assert api("GET", "/v4/meeting-type", user=str(uuid.uuid4())).status_code == 403
    (own,) = api.ok("GET", "/v4/meeting-type", user=erika["userId"])
    assert own["id"] == erika["meetingTypeId"]


def test_a_token_acts_as_its_owner_only_and_manages_no_users(api, erika):
    assert api("GET", "/v4/user/me", user=None, credential=TOKEN).json()["id"] == ADMIN_ID
    assert api("GET", "/v4/user/me", user=erika["userId"], credential=TOKEN).status_code == 403
    body = {"email": "x@example.org", "givenName": "X", "familyName": "Y", "timezone": "UTC"}
    assert api("POST", "/v4/user", body, user=None, credential=TOKEN).status_code == 403
    assert api("DELETE", f"/v4/user/{erika['userId']}", user=None, credential=TOKEN).status_code == 403


def test_a_limited_token_is_refused_outside_its_groups(api):
    api.sandbox.edit("meetergo", "credential", "token-" + TOKEN[-6:], scopes=["scheduling"])
    assert api("GET", "/v4/meeting-type", user=None, credential=TOKEN).status_code == 200
    assert api("GET", "/v4/user/me", user=None, credential=TOKEN).status_code == 403
    assert api("GET", "/webhooks", user=None, credential=TOKEN).status_code == 403


def test_administrators_only(api, erika):
    assert api("GET", "/v4/user", user=erika["userId"]).status_code == 403
    assert api("GET", "/webhooks", user=erika["userId"]).status_code == 403
    assert api("GET", f"/v4/personal-page/{erika['userId']}", user=erika["userId"]).status_code == 403
    assert api("PATCH", f"/v4/user/{ADMIN_ID}", {"givenName": "A"}, user=erika["userId"]).status_code == 403


def test_companies_do_not_see_each_other(api, erika):
    api.sandbox.edit("meetergo", "user", erika["userId"], companyId=str(uuid.uuid4()))
    assert api("GET", f"/v4/user/{erika['userId']}").status_code == 404
    assert len(api.ok("GET", "/v4/user")["users"]) == 1


def test_the_rate_limit_counts_per_key(api):
    api.sandbox.limit("meetergo", burst=3)
    answers = [api("GET", "/v4/user/me") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[3].json() == {"statusCode": 429, "message": "Too Many Requests", "error": "Too Many Requests"}
    assert "Retry-After" not in answers[3].headers
    assert api("GET", "/v4/user/me", user=None, credential=TOKEN).status_code == 200
    api.sandbox.switch("meetergo", "retry_after", "present")
    assert int(api("GET", "/v4/user/me").headers["Retry-After"]) >= 1


def test_paths_that_are_none(api):
    answer = api("GET", "/v4/appointment")
    assert (answer.status_code, message(answer)) == (404, "Cannot GET /v4/appointment")
    assert api("GET", "/v4/webhooks").status_code == 404
    assert api("PUT", "/v4/user/me").status_code == 404


def test_a_malformed_id_breaks_the_server_as_in_the_original(api):
    answer = api("GET", "/v4/meeting-type/%22abc%22")
    assert (answer.status_code, message(answer)) == (500, "Internal server error")
    api.sandbox.switch("meetergo", "malformed_id", 400)
    assert api("GET", "/v4/meeting-type/abc").status_code == 400
    assert api("GET", f"/v4/meeting-type/{uuid.uuid4()}").status_code == 404


# --- users -------------------------------------------------------------------------------------------------


def test_a_user_is_made_with_hours_and_a_meeting_type(api, erika):
    assert set(erika) == {"userId", "availabilityId", "meetingTypeId", "bookingUrl", "companyId"}
    assert erika["companyId"] == COMPANY_ID
    assert erika["bookingUrl"] == f"{api.root}/erika-mueller/erstgespraech"
    user = api.ok("GET", f"/v4/user/{erika['userId']}")
    assert (user["fullName"], user["userType"], user["isAdmin"]) == ("Erika Müller", "api-platform", False)
    plan = api.ok("GET", f"/v4/availability/{erika['availabilityId']}", user=erika["userId"])
    assert (plan["schedule"], plan["name"], plan["isDefault"]) == (SCHEDULE, "Kanzlei", True)
    meeting_type = api.ok("GET", f"/v4/meeting-type/{erika['meetingTypeId']}")
    assert meeting_type["meetingInfo"]["channel"] == "phone"
    assert meeting_type["bookingUrl"] == erika["bookingUrl"]
    assert meeting_type["userId"] == erika["userId"]


def test_a_user_without_wishes_gets_the_defaults(api):
    made = api.user(availability=None, meetingType=None)
    plan = api.ok("GET", f"/availability/{made['availabilityId']}", user=made["userId"])
    assert plan["schedule"]["monday"]["hours"] == [{"start": "09:00", "end": "17:00"}]
    assert plan["schedule"]["sunday"] == CLOSED
    assert made["bookingUrl"].endswith("/erika-mueller/30min-meeting")
    api.sandbox.switch("meetergo", "U6", "08:00")
    made = api.user(email="b@example.org", availability=None, meetingType=None)
    plan = api.ok("GET", f"/v4/availability/{made['availabilityId']}", user=made["userId"])
    assert plan["schedule"]["monday"]["hours"][0]["start"] == "08:00"


def test_a_user_may_come_as_a_form(api):
    form = {"email": (None, "f@example.org"), "givenName": (None, "F"), "familyName": (None, "Formular"),
            "timezone": (None, "Europe/Berlin"), "meetingType": (None, '{"name": "Kurz", "duration": 15}')}  # fmt: skip
    made = api.ok("POST", "/v4/user", files=form)
    assert made["bookingUrl"].endswith("/kurz")


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ({"email": "no address"}, "email must be an email"),
        ({"givenName": ""}, "givenName should not be empty"),
        ({"familyName": None}, "familyName must be a string"),
        ({"timezone": "Mars/Olympus"}, "timezone must be a valid IANA time-zone"),
        ({"meetingType": {"duration": 30}}, "meetingType.name must be a string"),
        ({"meetingType": {"name": "x", "duration": 4}}, "meetingType.duration must not be less than 5"),
        (
            {"meetingType": {"name": "x", "duration": 30, "channel": "google_meet"}},
            "meetingType.channel must be one of",
        ),
        ({"availability": {"schedule": OLD_SCHEDULE}}, "availability.schedule must be an object"),
    ],
)
def test_what_is_wrong_with_a_user_is_listed(api, body, complaint):
    whole = {"email": "e@example.org", "givenName": "E", "familyName": "M", "timezone": "Europe/Berlin", **body}
    answer = api("POST", "/v4/user", whole)
    assert answer.status_code == 400
    assert isinstance(message(answer), list)
    assert any(each.startswith(complaint) for each in message(answer)), message(answer)
    assert len(api.sandbox.objects("meetergo", "user")) == 1


def test_broken_json_is_a_400(api):
    assert api("POST", "/v4/user", data="{").status_code == 400
    assert api("POST", "/v4/user", ["a", "list"]).status_code == 400


@pytest.mark.parametrize("status", [409, 400])
def test_an_email_is_unique(api, erika, status):
    api.sandbox.switch("meetergo", "U1", status)
    body = {"email": "ERIKA@example.org", "givenName": "E", "familyName": "M", "timezone": "Europe/Berlin"}
    assert api("POST", "/v4/user", body).status_code == status


def test_twenty_at_once_with_one_address_make_one_user(api):
    body = {"email": "same@example.org", "givenName": "Sam", "familyName": "Same", "timezone": "Europe/Berlin"}
    with ThreadPoolExecutor(20) as pool:
        statuses = list(pool.map(lambda _: api("POST", "/v4/user", body).status_code, range(20)))
    assert sorted(statuses) == [201] + [409] * 19


def test_users_are_listed_in_pages(api):
    for number in range(5):
        api.user(email=f"u{number}@example.org")
    first = api.ok("GET", "/v4/user", params={"limit": 4})
    assert (len(first["users"]), first["total"], first["count"], first["offset"]) == (4, 6, 4, 0)
    second = api.ok("GET", "/v4/user", params={"limit": 4, "offset": 4})
    assert len(second["users"]) == 2
    assert len({user["slug"] for user in first["users"] + second["users"]}) == 6
    assert len(api.ok("GET", "/v4/user", params={"userType": "api-platform"})["users"]) == 5
    assert api("GET", "/v4/user", params={"limit": 101}).status_code == 400
    assert api("GET", "/v4/user", params={"offset": "x"}).status_code == 400


def test_names_and_slug_can_change_and_nothing_else(api, erika):
    url = f"/v4/user/{erika['userId']}"
    user = api.ok("PATCH", url, {"givenName": "Erica", "slug": "Erica  Kanzlei", "email": "new@example.org"})
    assert (user["fullName"], user["slug"], user["email"]) == ("Erica Müller", "erica-kanzlei", "erika@example.org")
    assert requests.get(erika["bookingUrl"], timeout=5).status_code == 404
    assert requests.get(f"{api.root}/erica-kanzlei/erstgespraech", timeout=5).status_code == 200
    assert api("PATCH", url, {}).status_code == 400
    assert api("PATCH", url, {"email": "only@example.org"}).status_code == 400
    assert api("PATCH", url, {"slug": "abc"}).status_code == 400
    assert api("PATCH", url, {"slug": "sandbox-platform"}).status_code == 400
    assert api("PATCH", f"/v4/user/{uuid.uuid4()}", {"givenName": "X"}).status_code == 404


def test_a_user_goes_with_what_is_hers_or_leaves_it_to_another(api, erika):
    heir = api.user(email="heir@example.org")
    answer = api("DELETE", f"/v4/user/{erika['userId']}", {"targetUserId": heir["userId"]})
    assert (answer.status_code, answer.content) == (204, b"")
    assert api("GET", f"/v4/user/{erika['userId']}").status_code == 404
    assert len(api.ok("GET", "/v4/meeting-type", user=heir["userId"])) == 2
    assert api("DELETE", f"/v4/user/{heir['userId']}").status_code == 204
    assert api("GET", f"/v4/meeting-type/{heir['meetingTypeId']}").status_code == 404
    assert api("DELETE", f"/v4/user/{ADMIN_ID}").status_code == 403


@pytest.mark.parametrize(("effect", "cancelled"), [("kept", False), ("cancelled", True)])
def test_what_becomes_of_a_deleted_users_appointments(api, erika, effect, cancelled):
    api.sandbox.switch("meetergo", "U12", effect)
    uid = api.book(erika, api.starts(erika)[0]).json()["appointmentId"]
    api("DELETE", f"/v4/user/{erika['userId']}")
    assert api.ok("GET", f"/v4/appointment/{uid}")["isCancelled"] is cancelled


# --- hours -------------------------------------------------------------------------------------------------


def test_hours_change_day_by_day(api, erika):
    url, user = f"/v4/availability/{erika['availabilityId']}", erika["userId"]
    friday = {"enabled": True, "hours": [{"start": "10:00", "end": "11:00"}]}
    plan = api.ok("PATCH", url, {"schedule": {"friday": friday}, "nonsense": 1}, user=user)
    assert (plan["schedule"]["friday"], plan["schedule"]["monday"]) == (friday, WEEK)
    assert "nonsense" not in plan
    api.sandbox.switch("meetergo", "schedule_patch", "close")
    assert api.ok("PATCH", url, {"schedule": {"friday": friday}}, user=user)["schedule"]["monday"] == CLOSED
    bad = {"friday": {"enabled": True, "hours": [{"start": "12:00", "end": "11:00"}]}}
    assert api("PATCH", url, {"schedule": bad}, user=user).status_code == 400
    stranger = api.user(email="other@example.org")["userId"]
    assert api("PATCH", url, {"name": "x"}, user=stranger).status_code == 403


def test_hours_live_under_one_prefix_or_both(api, erika):
    for chosen, root, below in (("both", 200, 200), ("root", 200, 404), ("v4", 404, 200)):
        api.sandbox.switch("meetergo", "U8", chosen)
        assert api("GET", f"/availability/{erika['availabilityId']}").status_code == root
        assert api("GET", f"/v4/availability/{erika['availabilityId']}").status_code == below


def test_public_holidays_close_their_days(api, erika):
    good_friday = date(2027, 3, 26)
    assert api.starts(erika, good_friday)
    url = f"/v4/availability/{erika['availabilityId']}/holiday-exceptions"
    for _again in range(2):
        made = api.ok("PATCH", url, {"year": 2027, "country": "DE", "germanState": "BY"}, user=erika["userId"])
    assert {"2027-03-25T23:00:00.000Z"} <= {each["start"] for each in made}
    assert api.starts(erika, good_friday) == []
    plan = api.ok("GET", f"/v4/availability/{erika['availabilityId']}")
    assert len(plan["availabilityExceptions"]) == len(made)
    assert api("PATCH", url, {"year": 2020, "country": "DE"}).status_code == 400


@pytest.mark.parametrize(
    ("reaction", "monday"),
    [("ignore", [{"start": "09:00", "end": "17:00"}]), ("accept", [{"start": "08:00", "end": "10:00"}])],
)
def test_the_old_encoding_by_switch(api, reaction, monday):
    api.sandbox.switch("meetergo", "U2", reaction)
    made = api.user(availability={"schedule": OLD_SCHEDULE})
    plan = api.ok("GET", f"/v4/availability/{made['availabilityId']}", user=made["userId"])
    assert plan["schedule"]["monday"]["hours"] == monday
