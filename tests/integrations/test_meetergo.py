"""meetergo by the common contract, in both dialects; bodies, shapes and refusals."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from integrations.contract import (
    HoursFacts,
    Remote,
)
from integrations.errors import Conflict, NotFound, Rejected, Unauthorised, Unsupported
from integrations.providers.meetergo import Meetergo, shapes
from integrations.providers.meetergo.engine import starts_in
from integrations.sandbox.meetergo.seed import ADMIN_ID, KEY, TOKEN
from tests.integrations.contract import ProviderContract, open_provider
from tests.integrations.meetergo_world import (
    BOOKING,
    CHANGED,
    FACTS,
    HOURS,
    LONG,
    PAGE,
    USER,
    bare,
    make_type,
    make_user,
    provider_of,
)


class Contract(ProviderContract):
    name = "meetergo"
    kinds = ("user", "availability", "personal_page", "meeting_type", "booking")

    def facts(self, kind):
        return FACTS[kind]

    def changed(self, kind):
        return CHANGED[kind]

    def owner(self, provider, kind):
        if kind == "user":
            return None
        user = make_user(provider)
        return make_type(provider, user) if kind == "booking" else user


class TestCurrent(Contract):
    @pytest.fixture
    def provider(self, sandbox):
        return provider_of(sandbox)


class TestRecipe(Contract):
    # The document updates duration and buffers only.
    gaps = {"meeting_type": {"enabled", "timeslotInterval", "bookingMinimum", "daysIntoFuture.bookingLimit"}}

    @pytest.fixture
    def provider(self, sandbox):
        sandbox.switch("meetergo", "profile", "recipe")
        return provider_of(sandbox, dialect="recipe")


@pytest.fixture
def provider(sandbox):
    return provider_of(sandbox)


@pytest.fixture
def user(provider):
    return make_user(provider)


# --- pure -----------------------------------------------------------------------------------------------------------


def test_the_current_schedule_names_all_seven_days():
    week = shapes.weekly(HOURS, recipe=False)
    assert list(week) == list(shapes.DAYS)
    assert week["monday"] == {
        "enabled": True,
        "hours": [{"start": "09:00", "end": "12:00"}, {"start": "13:00", "end": "17:00"}],
    }
    assert week["sunday"] == {"enabled": False, "hours": []}


def test_the_recipes_schedule_leaves_closed_days_out():
    week = shapes.weekly(HOURS, recipe=True)
    assert [day["dayOfWeek"] for day in week] == ["monday", "tuesday", "wednesday", "thursday", "friday"]
    assert week[0]["intervals"] == [{"from": "09:00", "to": "12:00"}, {"from": "13:00", "to": "17:00"}]


def test_both_schedules_are_read_alike():
    assert shapes.week_of(shapes.weekly(HOURS, recipe=True)) == shapes.week_of(shapes.weekly(HOURS, recipe=False))


def test_midnight_is_written_as_the_option_says():
    late = HoursFacts("UTC", {0: ((1320, 1440),)})
    assert shapes.weekly(late, recipe=False)["monday"]["hours"][0]["end"] == "23:59"
    assert shapes.weekly(late, recipe=False, end_of_day="24:00")["monday"]["hours"][0]["end"] == "24:00"


def test_a_meeting_type_is_nested_and_complete():
    payload = bare().resource("meeting_type").payload(replace(LONG, channel="on_site", location="Musterweg 1, Berlin"))
    assert payload["meetingInfo"] == {
        "name": "Mandatsgespräch", "description": "", "duration": 60, "channel": "local", "bufferBefore": 0,
        "bufferAfter": 10,
    }  # fmt: skip
    assert payload["locations"] == ["Musterweg 1, Berlin"]
    assert payload["bookingMinimum"] == 60
    assert payload["daysIntoFuture"]["bookingLimit"] == 60 * 1440
    assert payload["metadata"] == {"ref": "12"}


@pytest.mark.parametrize("changes", [{"duration": 600}, {"buffer_after": 240}, {"seats": 200}])
def test_what_a_meeting_type_cannot_be_there_is_said(changes):
    with pytest.raises(Unsupported, match="at meetergo"):
        bare().resource("meeting_type").payload(replace(LONG, **changes))


@pytest.mark.parametrize("changes", [{"client_email": ""}, {"client_name": " "}])
def test_nobody_books_without_a_name_and_an_address(changes):
    with pytest.raises(Unsupported):
        bare().resource("booking").payload(replace(BOOKING, **changes))


def test_the_recipes_bodies_are_those_of_the_document():
    """providers/originals: no more and no other fields than the white-label document shows."""
    recipe = bare(dialect="recipe")
    user = recipe.resource("user").payload(USER)
    sent = {name: value for name, value in user.items() if name not in ("templates", "first_ref")}
    assert set(sent) == {"email", "givenName", "familyName", "timezone", "availability", "meetingType"}
    assert set(sent["availability"]) == {"name", "timezone", "schedule"}
    assert sent["meetingType"] == {"name": "Erstgespräch", "duration": 30, "slug": "erika-mueller-erstgespraech"}
    assert recipe.resource("booking").payload(BOOKING) == {
        "start": BOOKING.starts_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "attendee": {"email": "kim@example.org", "fullname": "Kim Klient", "phone": "+49 30 1"},
    }
    assert recipe.resource("personal_page").payload(PAGE) == {
        "headerTitle": "Find your lawyer",
        "headerSubtitle": "All over Germany",
        "primaryColor": "#1f4b8f",
    }


HALF_PAST_NINE = datetime(2026, 10, 5, 7, 30, tzinfo=UTC)
SHAPES = {
    "dates": {
        "timeframes": [{"start": "2026-10-05T00:00:00Z", "end": "2026-10-06T00:00:00Z"}],
        "dates": [
            {
                "date": "2026-10-05",
                "spots": [
                    {"startTime": "2026-10-05T09:30:00+02:00"},
                    {"startTime": "2026-10-05T10:00:00+02:00", "appointment": {"totalSpots": 5, "takenSpots": 5}},
                    {"startTime": "2026-10-05T10:30:00+02:00", "unavailabilityEvents": [{"type": "event"}]},
                ],
            }
        ],
    },
    "availableSlots": {"availableSlots": [{"start": "2026-10-05T07:30:00.000Z", "end": "2026-10-05T08:00:00.000Z"}]},
    "slots of clock times": {"timezone": "Europe/Berlin", "slots": [{"date": "2026-10-05", "times": ["09:30"]}]},
    "slots of instants": {"slots": [{"date": "2026-10-05", "times": ["2026-10-05T09:30:00+02:00"]}]},
    "timeframes": {"timeframes": [{"start": "2026-10-05T07:30:00Z", "end": "2026-10-05T08:10:00Z"}]},
}


@pytest.mark.parametrize("name", SHAPES)
def test_every_published_shape_of_slots_is_read(name):
    assert list(starts_in(SHAPES[name], {"duration": 30, "step": 15})) == [HALF_PAST_NINE]


def test_a_group_with_seats_left_is_free():
    spot = {"startTime": "2026-10-05T09:30:00+02:00", "appointment": {"totalSpots": 5, "takenSpots": 4}}
    assert list(starts_in({"dates": [{"spots": [spot]}]}, {})) == [HALF_PAST_NINE]


@pytest.mark.parametrize("body", [{}, {"availableSlots": [{"start": "2026-10-05T09:30:00"}]}])
def test_times_that_cannot_be_placed_are_no_times(body):
    with pytest.raises(ValueError, match=r"no known list|no offset"):
        list(starts_in(body, {}))


def test_a_booking_page_of_a_company_keeps_its_domain():
    url = shapes.booking_url("", "https://book.example.com/x/old-name/talk", "new-name", "talk", "")
    assert url == "https://book.example.com/x/new-name/talk"
    assert shapes.booking_url("https://said/as/it/is", url, "a", "b", "") == "https://said/as/it/is"


def test_only_listed_hosts_are_framed():
    engine = bare(embed_hosts=["cal.meetergo.com"]).engine
    calendar = engine(open_provider(Meetergo, "https://api.meetergo.com/v4", {"api_key": KEY}))
    good = Remote("1", {"bookingUrl": "https://cal.meetergo.com/erika/talk?x=1"})
    assert calendar.embed_url(good, language="de") == "https://cal.meetergo.com/erika/talk?x=1&embed=true&lang=de"
    for bad in ("https://evil.example/erika/talk", "http://cal.meetergo.com/a/b", "javascript:alert(1)", ""):
        assert calendar.embed_url(Remote("1", {"bookingUrl": bad}), language="de") == ""


# --- credentials ----------------------------------------------------------------------------------------------------


def test_a_key_always_names_whom_it_acts_for(provider, sandbox):
    user = make_user(provider)
    make_type(provider, user)
    acted = {(entry["method"], entry["path"]): entry["actor"] for entry in sandbox.log(provider="meetergo")}
    assert acted["POST", "/v4/user"] == ADMIN_ID
    assert acted["GET", "/v4/meeting-type"] == user.id


def test_a_token_manages_no_users_and_impersonates_nobody(sandbox, user):
    token = provider_of(sandbox, TOKEN)
    assert "cannot manage users" in token.check()
    with pytest.raises(Unsupported, match="platform key"):
        token.resource("user").payload(USER)
    with pytest.raises(Unsupported, match="owner only"):
        make_type(token, user)
    assert make_type(token, Remote(ADMIN_ID, {"slug": "sandbox-platform"})).id


def test_check_says_who_acts(sandbox, provider, user):
    assert provider.check() == "Platform key of Sandbox GmbH, acting as Petra Plattform (admin)."
    assert "no admin" in provider_of(sandbox, admin_user_id=user.id).check()
    with pytest.raises(Unsupported, match="ak_live"):
        provider_of(sandbox, "something").check()


def test_an_expired_key_is_unauthorised_and_the_second_one_steps_in(sandbox, provider):
    second = "ak_live:44444444-4444-4444-8444-444444444444:second"
    both = provider_of(sandbox, KEY, second)
    first = sandbox.objects("meetergo", "credential")[0]
    other = {**first, "id": second.split(":")[1], "secretValue": second}
    sandbox.sandbox.store.put("meetergo", "credential", other["id"], other)
    sandbox.edit("meetergo", "credential", KEY.split(":")[1], expiresAt="2020-01-01T00:00:00.000Z")
    with pytest.raises(Unauthorised, match="expired"):
        provider.check()
    assert both.check()


def test_a_plan_wall_concerns_the_object_and_not_the_connection(sandbox, provider):
    company = sandbox.objects("meetergo", "company")[0]
    sandbox.edit("meetergo", "company", company["id"], tier="free")
    with pytest.raises(Rejected, match="plan"):
        make_user(provider)


# --- errors in their own words --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, {"message": ["slug must be longer", "name should not be empty"]}, Rejected),
        (400, {"message": [{"constraints": 1}, ["nested"]]}, Rejected),
        (400, {"message": None}, Rejected),
        (400, {"message": "Meeting type does not exist"}, Rejected),
        (400, {"message": "email must be unique"}, Conflict),
        (400, {"message": "Missing required header 'x-meetergo-api-user-id' for API key authentication"}, Unauthorised),
        (403, {"message": "Not authorized to delete this meeting type"}, Rejected),
        (403, {"message": "This token has no access to scheduling"}, Unauthorised),
        (403, {"message": "No", "code": "PLAN_LIMIT_REACHED", "feature": "users"}, Rejected),
        (404, {"message": "Cannot GET /v4/nothing"}, Rejected),
        (404, "<html>Not found</html>", NotFound),
        (406, "", Rejected),
    ],
)
def test_refusals_mean_what_they_say(sandbox, provider, user, status, body, error):
    sandbox.fault("status", status=status, body=body, path="/v4/meeting-type")
    with pytest.raises(error) as caught:
        list(provider.resource("meeting_type", user).list())
    assert type(caught.value) is error


def test_complaints_are_sorted_by_field(sandbox, provider, user):
    body = {"message": ["meetingInfo.name must be a string", "slug is bad"], "statusCode": 400}
    sandbox.fault("status", status=400, body=body, path="/v4/meeting-type")
    with pytest.raises(Rejected) as caught:
        list(provider.resource("meeting_type", user).list())
    assert set(caught.value.fields) == {"meetingInfo.name", "slug"}
