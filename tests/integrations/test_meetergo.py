"""meetergo over real HTTP against its copy, and its pure parts."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from integrations.contract import (
    BookingFacts,
    Closure,
    HoursFacts,
    MeetingTypeFacts,
    PageFacts,
    Remote,
    UserFacts,
)
from integrations.errors import Conflict, NotFound, OutcomeUnknown, Rejected, Transient, Unauthorised, Unsupported
from integrations.providers.meetergo import Meetergo, shapes, templates
from integrations.providers.meetergo.engine import starts_in
from integrations.sandbox.meetergo.seed import ADMIN_ID, KEY, TOKEN
from tests.integrations.contract import ProviderContract, open_provider

NINE_TO_FIVE = ((9 * 60, 12 * 60), (13 * 60, 17 * 60))
HOURS = HoursFacts("Europe/Berlin", dict.fromkeys(range(5), NINE_TO_FIVE))
TYPE = MeetingTypeFacts(
    ref="11", slug="erstgespraech", title="Erstgespräch", description="", duration=30, step=15, buffer_before=0,
    buffer_after=10, notice=60, horizon_days=60, seats=1, channel="phone", enabled=True,
)  # fmt: skip
LONG = replace(TYPE, ref="12", slug="mandat", title="Mandatsgespräch", duration=60, channel="video")
USER = UserFacts(
    ref="7", email="erika@example.org", first_name="Erika", last_name="Müller", phone="", slug="erika-mueller",
    language="de", hours=HOURS, first_type=TYPE,
)  # fmt: skip
PAGE = PageFacts("7", "Find your lawyer", "All over Germany", "#1f4b8f", "#8fb0ee")
# A Monday that is far enough away from the real clock, which the copy keeps unless told otherwise.
NOW = datetime.now(UTC)
BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = (NOW + timedelta(days=14 - NOW.weekday())).replace(hour=9, minute=0, second=0, microsecond=0)
BOOKING = BookingFacts(
    ref="b1", starts_at=MONDAY, ends_at=MONDAY + timedelta(minutes=30), time_zone="Europe/Berlin", channel="phone",
    location="", client_name="Kim Klient", client_email="kim@example.org", client_phone="+49 30 1", client_language="de",
    note="",
)  # fmt: skip
FACTS = {"user": USER, "availability": HOURS, "personal_page": PAGE, "meeting_type": LONG, "booking": BOOKING}
CHANGED = {
    "user": replace(USER, last_name="Maier"),
    "availability": HoursFacts("Europe/Vienna", {0: ((600, 1440),)}),
    "personal_page": replace(PAGE, colour="#aa0000"),
    "meeting_type": replace(
        LONG, title="Gespräch", duration=45, buffer_before=5, notice=120, enabled=False, slug="neu"
    ),
    "booking": replace(BOOKING, starts_at=MONDAY + timedelta(hours=1), ends_at=MONDAY + timedelta(hours=1, minutes=30)),
}


def provider_of(sandbox, *keys, **options):
    return open_provider(
        Meetergo, f"{sandbox.base('meetergo')}/v4", *({"api_key": key} for key in keys or (KEY,)), **options
    )


def make_user(provider, facts=USER):
    users = provider.resource("user")
    return users.create(facts.ref, users.payload(facts))


def make_type(provider, user, facts=TYPE):
    types = provider.resource("meeting_type", user)
    payload = types.payload(facts)
    found = types.find(facts.ref, payload)
    return types.update(found, payload) if found else types.create(facts.ref, payload)


def book(provider, meeting_type, facts=BOOKING):
    bookings = provider.resource("booking", meeting_type)
    return bookings.create(facts.ref, bookings.payload(facts))


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


def bare(**options):
    return open_provider(Meetergo, "http://127.0.0.1:9/v4", {"api_key": KEY}, **options)


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


# --- users ----------------------------------------------------------------------------------------------------------


def test_all_five_ids_and_the_url_are_kept_verbatim(sandbox, provider, user):
    stored = sandbox.objects("meetergo", "user")[-1]
    assert user.data["userId"] == user.id == stored["id"]
    assert user.data["availabilityId"] == stored["defaultAvailabilityId"]
    assert {each["id"] for each in sandbox.objects("meetergo", "meetingType")} == {user.data["meetingTypeId"]}
    assert user.data["companyId"] == stored["companyId"]
    assert user.data["bookingUrl"] == f"{sandbox.base('meetergo')}/erika-mueller/erstgespraech"


@pytest.mark.parametrize("status", [409, 400])
def test_a_known_address_is_a_conflict_and_can_be_found(sandbox, provider, user, status):
    sandbox.switch("meetergo", "U1", status)
    with pytest.raises(Conflict, match="already exists"):
        make_user(provider)
    users = provider.resource("user")
    assert users.find("7", users.payload(replace(USER, email="ERIKA@example.org"))).id == user.id


def test_a_persons_own_account_is_not_taken_over(sandbox, provider, user):
    sandbox.edit("meetergo", "user", user.id, userType="standard")
    users = provider.resource("user")
    with pytest.raises(Rejected, match="by hand"):
        users.find("7", users.payload(USER))


def test_a_changed_address_is_shown_with_the_way_out_and_the_name_changes_all_the_same(sandbox, provider, user):
    users = provider.resource("user")
    changed = users.update(user, users.payload(replace(USER, email="new@example.org", last_name="Neu")))
    assert changed.data["gaps"]["email"][0] == "new@example.org"
    assert "create again" in changed.data["gaps"]["email"][1]
    stored = next(each for each in sandbox.objects("meetergo", "user") if each["id"] == user.id)
    assert (stored["familyName"], stored["email"]) == ("Neu", "erika@example.org")


def test_a_taken_slug_gets_an_ending_and_that_is_no_drift(sandbox, provider, user):
    users = provider.resource("user")
    twin = replace(USER, ref="8", email="other@example.org")
    made = make_user(provider, twin)
    assert made.data["slug"].startswith("erika-mueller-")
    assert "gaps" not in made.data
    assert users.update(made, users.payload(twin)) == made


def test_a_new_slug_changes_the_address_of_every_booking_page(provider, user):
    users = provider.resource("user")
    renamed = users.update(user, users.payload(replace(USER, slug="erika-maier")))
    assert renamed.data["bookingUrl"].endswith("/meetergo/erika-maier/erstgespraech")
    assert make_type(provider, renamed).data["bookingUrl"].endswith("/meetergo/erika-maier/erstgespraech")


def test_a_user_leaves_alone_or_hands_over(sandbox, provider, user):
    heir = make_user(provider, replace(USER, ref="8", email="heir@example.org", slug="the-heir"))
    provider_of(sandbox, transfer_to=heir.id).resource("user").delete(user)
    owners = {each["id"]: each["userId"] for each in sandbox.objects("meetergo", "meetingType")}
    assert owners[user.data["meetingTypeId"]] == heir.id
    provider.resource("user").delete(heir)
    with pytest.raises(NotFound):
        provider.resource("user").read(heir)


def test_a_long_list_of_users_is_read_to_its_end_and_a_repeated_page_ends_it(sandbox, provider):
    sandbox.limit("meetergo", enabled=False)
    for number in range(105):
        make_user(
            provider, replace(USER, ref=str(number), email=f"u{number}@example.org", slug=f"user-number-{number}")
        )
    assert len(list(provider.resource("user").list())) == 105
    sandbox.fault("repeat_page", path="/v4/user", times=None)
    assert len(list(provider.resource("user").list())) < 105


def test_templates_are_given_once(sandbox, provider):
    template = templates.create(provider, replace(TYPE, title="Kennenlernen"))
    sandbox.switch("meetergo", "assign_answer", "empty")
    giving = provider_of(sandbox, templates={"family-law": template})
    facts = replace(USER, specialties=("tax-law", "family-law"))
    user = make_user(giving, facts)
    assert len(user.data["templates"][template]) == 1
    users = giving.resource("user")
    users.update(Remote(user.id, {}), users.payload(facts))
    names = [each["meetingInfo"]["name"] for each in sandbox.objects("meetergo", "meetingType")]
    assert names.count("Kennenlernen") == 1
    assert "templates" in make_user(giving, replace(facts, email="b@example.org", specialties=())).data


# --- hours ----------------------------------------------------------------------------------------------------------


def test_hours_that_came_with_the_user_are_adopted_without_a_write(sandbox, provider, user):
    hours = provider.resource("availability", user)
    payload = hours.payload(HOURS)
    found = hours.find("7", payload)
    assert found.id == user.data["availabilityId"]
    hours.update(found, payload)
    assert not sandbox.log(method="PATCH")


@pytest.mark.parametrize("prefix", ["v4", "root"])
def test_the_prefix_of_schedules_is_an_option(sandbox, prefix):
    sandbox.switch("meetergo", "U8", prefix)
    provider = provider_of(sandbox, availability_prefix=prefix)
    user = make_user(provider)
    hours = provider.resource("availability", user)
    assert hours.update(Remote(user.data["availabilityId"]), hours.payload(CHANGED["availability"]))
    other = provider_of(sandbox, availability_prefix="root" if prefix == "v4" else "v4").resource("availability", user)
    with pytest.raises(Rejected, match="options of the connection"):
        other.read(Remote(user.data["availabilityId"]))


def test_an_array_schedule_that_is_ignored_does_not_go_unnoticed(sandbox):
    sandbox.switch("meetergo", "U2", "ignore")
    provider = provider_of(sandbox, dialect="recipe")
    user = make_user(provider, replace(USER, hours=CHANGED["availability"]))
    hours = provider.resource("availability", user)
    remote = hours.update(hours.find("7", {}), hours.payload(CHANGED["availability"]))
    assert "schedule" in remote.data["gaps"]


def test_closures_are_covered_by_public_holidays_or_shown(sandbox):
    year = NOW.year if NOW.year < 2027 else 2027
    provider = provider_of(sandbox, holiday_country="DE", holiday_state="BY")
    user = make_user(provider)
    hours = provider.resource("availability", user)
    christmas = Closure(date(year, 12, 25), date(year, 12, 26), (), "Weihnachten")
    summer = Closure(date(year, 12, 28), date(year, 12, 30), (), "Urlaub")
    payload = hours.payload(replace(HOURS, closures=(christmas, summer)))
    remote = hours.update(hours.find("7", payload), payload)
    assert list(remote.data["gaps"]) == [f"closure {year}-12-28"]
    assert "dashboard" in remote.data["gaps"][f"closure {year}-12-28"][1]
    asked = len(sandbox.log(method="PATCH"))
    assert hours.update(remote, payload) == remote
    assert len(sandbox.log(method="PATCH")) == asked
    assert hours.differences(payload, hours.read(remote)) == {}


# --- meeting types --------------------------------------------------------------------------------------------------


def test_the_first_type_is_adopted_and_marked(sandbox, provider, user):
    first = make_type(provider, user)
    assert first.id == user.data["meetingTypeId"]
    assert sandbox.objects("meetergo", "meetingType")[0]["metadata"] == {"ref": "11"}
    assert make_type(provider, user, LONG).id != first.id


def test_another_type_does_not_take_the_first_one(provider, user):
    types = provider.resource("meeting_type", user)
    assert types.find("12", types.payload(replace(LONG, slug=TYPE.slug))) is None


def test_a_slug_that_is_dropped_on_creation_follows(sandbox, provider, user):
    sandbox.switch("meetergo", "U7", "stripped")
    made = make_type(provider, user, replace(LONG, slug="anders"))
    assert made.data["slug"] == "anders"
    assert made.data["bookingUrl"].endswith("/erika-mueller/anders")


def test_fields_that_are_dropped_in_silence_are_shown(sandbox, provider, user):
    made = make_type(provider, user, LONG)
    sandbox.fault("nulls", fields=["bookingMinimum"], times=None)
    types = provider.resource("meeting_type", user)
    again = types.update(made, types.payload(LONG))
    assert again.data["gaps"] == {"bookingMinimum": ["60", "None. meetergo did not keep it"]}


def test_a_switched_off_type_is_off_at_once(sandbox, provider, user):
    made = make_type(provider, user, replace(LONG, enabled=False))
    stored = next(each for each in sandbox.objects("meetergo", "meetingType") if each["id"] == made.id)
    assert stored["enabled"] is False
    with pytest.raises(Rejected):
        book(provider, made)


def test_a_malformed_id_is_never_asked_for(sandbox, provider, user):
    before = len(sandbox.log())
    with pytest.raises(Rejected, match="no id"):
        provider.resource("meeting_type", user).read(Remote('"x"'))
    assert len(sandbox.log()) == before


# --- bookings -------------------------------------------------------------------------------------------------------


@pytest.fixture
def meeting_type(provider, user):
    return make_type(provider, user)


@pytest.mark.parametrize("status", [400, 409])
def test_a_taken_time_is_a_conflict(sandbox, provider, meeting_type, status):
    sandbox.switch("meetergo", "U9", status)
    book(provider, meeting_type)
    with pytest.raises(Conflict, match="slot-occupied"):
        book(provider, meeting_type, replace(BOOKING, client_email="late@example.org"))


def test_no_secret_of_an_attendee_is_kept(sandbox, provider, meeting_type):
    remote = book(provider, meeting_type)
    secret = sandbox.objects("meetergo", "appointment")[0]["secret"]
    assert secret
    assert secret not in str(remote)
    assert "secret" not in str(remote)


def wait_for(sandbox, kind):
    company = sandbox.objects("meetergo", "company")[0]
    sandbox.edit("meetergo", "company", company["id"], **{kind: "enabled"})


@pytest.mark.parametrize("kind", ["doubleOptIn", "requireHostConfirmation"])
def test_a_pending_booking_is_not_a_confirmed_one(sandbox, provider, meeting_type, kind):
    wait_for(sandbox, kind)
    bookings = provider.resource("booking", meeting_type)
    payload = bookings.payload(BOOKING)
    pending = bookings.create("b1", payload)
    assert pending.data["state"] == "pending"
    assert pending.data["waitsFor"] == kind
    assert bookings.find("b1", payload) == pending
    assert bookings.update(pending, payload) == pending
    sandbox.act("meetergo", "confirm", provisionalBookingId=pending.id.split(":")[1])
    confirmed = bookings.update(pending, payload)
    assert confirmed.data["state"] == "confirmed"
    assert confirmed.id == sandbox.objects("meetergo", "appointment")[0]["id"]


@pytest.mark.parametrize("end", ["decline", "expire"])
def test_a_request_that_is_declined_or_runs_out_is_refused(sandbox, provider, meeting_type, end):
    wait_for(sandbox, "requireHostConfirmation")
    bookings = provider.resource("booking", meeting_type)
    payload = bookings.payload(BOOKING)
    pending = bookings.create("b1", payload)
    sandbox.act("meetergo", end, provisionalBookingId=pending.id.split(":")[1])
    with pytest.raises(Rejected, match="declined"):
        bookings.update(pending, payload)


def test_a_request_can_be_withdrawn(sandbox, provider, meeting_type):
    wait_for(sandbox, "requireHostConfirmation")
    pending = book(provider, meeting_type)
    provider.resource("booking", meeting_type).delete(pending)
    assert sandbox.objects("meetergo", "provisional")[0]["status"] != "pending"


def test_the_answer_to_a_booking_is_lost_and_it_is_found(sandbox, provider, meeting_type):
    sandbox.fault("lost", path="/v4/booking")
    with pytest.raises(OutcomeUnknown):
        book(provider, meeting_type)
    bookings = provider.resource("booking", meeting_type)
    found = bookings.find("b1", bookings.payload(BOOKING))
    assert found.id == sandbox.objects("meetergo", "appointment")[0]["id"]
    assert bookings.find("b2", bookings.payload(replace(BOOKING, client_email="other@example.org"))) is None


def test_moving_keeps_the_id_and_a_taken_time_refuses(provider, meeting_type):
    first = book(provider, meeting_type)
    later = replace(CHANGED["booking"], ref="b2", client_email="two@example.org")
    book(provider, meeting_type, later)
    bookings = provider.resource("booking", meeting_type)
    with pytest.raises(Conflict):
        bookings.update(first, bookings.payload(CHANGED["booking"]))
    free = replace(BOOKING, starts_at=MONDAY + timedelta(hours=5))
    assert bookings.update(first, bookings.payload(free)).id == first.id


def test_cancelling_twice_and_cancelling_history_does_nothing(sandbox, provider, meeting_type):
    remote = book(provider, meeting_type)
    bookings = provider.resource("booking", meeting_type)
    bookings.delete(remote)
    assert sandbox.objects("meetergo", "appointment")[0]["isCancelled"]
    bookings.delete(remote)
    past = book(provider, meeting_type)
    sandbox.edit("meetergo", "appointment", past.id, start="2020-01-01T09:00:00.000Z", end="2020-01-01T09:30:00.000Z")
    bookings.delete(past)
    assert not sandbox.objects("meetergo", "appointment")[1]["isCancelled"]


def test_in_a_group_everybody_comes_and_goes_alone(sandbox, provider, user):
    group = make_type(provider, user, replace(LONG, seats=3, buffer_after=0))
    bookings = provider.resource("booking", group)
    kim = book(provider, group)
    lou = book(provider, group, replace(BOOKING, client_email="lou@example.org", client_name="Lou"))
    assert kim.id.split(":")[0] == lou.id.split(":")[0]
    assert kim.id != lou.id
    calendar = provider.engine(provider)
    assert {one.id for one in calendar.bookings(user, MONDAY - timedelta(days=1), MONDAY + timedelta(days=1))} == {
        kim.id,
        lou.id,
    }
    moved = bookings.update(lou, bookings.payload(replace(CHANGED["booking"], client_email="lou@example.org")))
    assert moved.id.split(":")[0] != kim.id.split(":")[0]
    assert not calendar.read_booking(user, kim.id).cancelled
    assert calendar.read_booking(user, lou.id).cancelled
    bookings.delete(kim)
    assert calendar.read_booking(user, kim.id).cancelled
    assert not calendar.read_booking(user, moved.id).cancelled


# --- the engine -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ["dates", "availableSlots", "slots", "timeframes"])
def test_free_starts_are_the_same_in_every_shape(sandbox, provider, user, shape):
    plain = make_type(provider, user, replace(LONG, step=60, buffer_after=0))
    sandbox.switch("meetergo", "slots_shape", shape)
    starts = provider.engine(provider).free_starts(user, plain, MONDAY, MONDAY + timedelta(days=1))
    assert all(one.tzinfo is UTC for one in starts)
    assert starts == sorted(starts)
    local = MONDAY.astimezone(BERLIN)
    expected = [hour for hour in (9, 10, 11, 13, 14, 15, 16) if hour >= local.hour]
    assert [one.astimezone(BERLIN).hour for one in starts if one.date() == MONDAY.date()] == expected


def test_a_booked_time_is_not_free(provider, user, meeting_type):
    calendar = provider.engine(provider)
    assert MONDAY in calendar.free_starts(user, meeting_type, MONDAY, MONDAY + timedelta(hours=1))
    book(provider, meeting_type)
    assert MONDAY not in calendar.free_starts(user, meeting_type, MONDAY, MONDAY + timedelta(hours=1), fresh=True)


def test_long_windows_are_asked_for_in_parts(sandbox, provider, user, meeting_type):
    calendar = provider.engine(provider)
    calendar.free_starts(user, meeting_type, MONDAY, MONDAY + timedelta(days=45))
    assert len(sandbox.log(path="/v4/booking-availability")) == 2


def test_unreadable_times_are_an_outage_and_not_an_empty_day(sandbox, provider, user, meeting_type):
    sandbox.fault("html", path="/v4/booking-availability")
    with pytest.raises(Transient):
        provider.engine(provider).free_starts(user, meeting_type, MONDAY, MONDAY + timedelta(days=1))
    sandbox.fault("empty", path="/v4/booking-availability")
    with pytest.raises(Transient):
        provider.engine(provider).free_starts(user, meeting_type, MONDAY, MONDAY + timedelta(days=1))


def test_bookings_are_read_with_everything_we_need(sandbox, provider, user):
    video = make_type(provider, user, LONG)
    remote = book(provider, video)
    calendar = provider.engine(provider)
    found = list(calendar.bookings(user, MONDAY - timedelta(days=1), MONDAY + timedelta(days=1)))
    assert [one.id for one in found] == [remote.id]
    assert found[0] == calendar.read_booking(user, remote.id)
    assert (found[0].user_id, found[0].meeting_type_id) == (user.id, video.id)
    assert (found[0].starts_at, found[0].client_email) == (MONDAY, "kim@example.org")
    assert found[0].join_url.startswith("https://")
    assert remote.data["joinUrl"] == found[0].join_url
    sandbox.act("meetergo", "cancel", appointmentId=remote.id)
    assert calendar.read_booking(user, remote.id).cancelled


def test_a_page_that_repeats_itself_ends_the_list(sandbox, provider, user, monkeypatch):
    monkeypatch.setattr("integrations.providers.meetergo.bookings.PAGE_SIZE", 2)
    meeting_type = make_type(provider, user, replace(LONG, buffer_after=0))
    for hour in (0, 1, 4, 5, 6):
        start = MONDAY.replace(hour=8) + timedelta(hours=hour)
        book(provider, meeting_type, replace(BOOKING, starts_at=start, client_email=f"c{hour}@example.org"))
    window = (MONDAY - timedelta(days=1), MONDAY + timedelta(days=1))
    assert len(list(provider.engine(provider).bookings(user, *window))) == 5
    sandbox.fault("repeat_page", path="/v4/appointment/paginated", times=None)
    assert len(list(provider.engine(provider).bookings(user, *window))) == 2


# --- webhooks -------------------------------------------------------------------------------------------------------


def hook_of(provider):
    return provider.webhook(provider)


ENVELOPES = {
    "current": b'{"webhookType": "booking_created", "id": "a1", "hostIds": ["h1"], "start": "2026-10-05T09:00:00Z"}',
    "old": b'{"event": "booking_created", "data": {"id": "a1", "hosts": [{"id": "h1"}]}}',
}


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_both_envelopes_say_what_to_look_at(envelope):
    hook = hook_of(bare())
    assert hook.authentic({}, ENVELOPES[envelope], NOW)
    notice = hook.parse({}, ENVELOPES[envelope])
    assert (notice.type, notice.kind, notice.remote_id, notice.user_ids) == (
        "booking_created",
        "booking",
        "a1",
        ("h1",),
    )


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b"not json", b'"text"', b'{"webhookType": ""}', b"\xff\xfe"])
def test_what_cannot_be_theirs_is_not_theirs(raw):
    assert not hook_of(bare()).authentic({}, raw, NOW)
    with pytest.raises(ValueError, match=r".*"):
        hook_of(bare()).parse({}, raw)


def test_unknown_types_are_notices_about_nothing():
    assert hook_of(bare()).parse({}, b'{"webhookType": "new_employee", "id": "u1"}').kind == ""


def test_registration_looks_first_and_may_be_repeated(sandbox, provider):
    hook, url = hook_of(provider), "https://anwalt.example/hooks/meetergo/t0ken/"
    assert "1 of 6" in hook.register(url)
    assert "already" in hook.register(url)
    (stored,) = sandbox.objects("meetergo", "webhook")
    sandbox.edit("meetergo", "webhook", stored["id"], eventTypes=["booking_created", "new_employee"])
    assert "added" in hook.register(url)
    (stored,) = sandbox.objects("meetergo", "webhook")
    assert set(stored["eventTypes"]) == {"booking_created", "booking_cancelled", "booking_rescheduled", "new_employee"}


def test_the_seventh_webhook_is_refused_with_the_way_out(sandbox, provider):
    hook = hook_of(provider)
    for number in range(6):
        hook.register(f"https://anwalt.example/hooks/{number}")
    with pytest.raises(Rejected, match="at most 6"):
        hook.register("https://anwalt.example/hooks/7")
    sandbox.fault("status", method="GET", path="/webhooks", status=200, body=[])
    with pytest.raises(Rejected, match="six webhooks"):
        hook.register("https://anwalt.example/hooks/7")


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
