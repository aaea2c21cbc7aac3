"""BookMe by the common contract, in all versions and dialects; holds, tokens, moves, calendar files, refusals."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from integrations.contract import HoldFacts, Remote
from integrations.errors import (
    Conflict,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Transient,
    Unauthorised,
    Unsupported,
)
from integrations.providers.bookme import BookMe, wire
from integrations.providers.bookme.engine import token_for
from integrations.sandbox.bookme.seed import credentials, uid
from tests.integrations.bookme_world import (
    ANNA,
    BAKKE,
    BO,
    BOOKING,
    FJORD,
    HOME,
    MONDAY,
    MOVED,
    NAME,
    PRIVATE,
    TYPE,
    USER,
    Api,
    employee,
    provider_of,
    topic,
)
from tests.integrations.contract import ProviderContract, open_provider

HOUR = timedelta(hours=1)


class Contract(ProviderContract):
    name = NAME
    kinds = ("booking",)
    error_kind = "booking"
    write = {"method": "POST", "path": "*/bookme/meetings"}
    read = {"method": "GET", "path": "*/bookme/meetings/*"}

    def facts(self, kind):
        return BOOKING

    def changed(self, kind):
        return MOVED

    def owner(self, provider, kind):
        return topic(provider)

    def test_wrong_credentials_are_unauthorised(self, provider):
        provider.live = [{**credentials(), "client_secret": "wrong"}]
        with pytest.raises(Unauthorised, match="invalid_client"):
            provider.check()


class TestGuide(Contract):
    @pytest.fixture
    def provider(self, sandbox):
        return provider_of(sandbox)


class TestSpecV2(Contract):
    @pytest.fixture
    def provider(self, sandbox):
        return provider_of(sandbox, "v2", dialect="spec", list_style="csv", enum_case="title")


class TestBothV3(Contract):
    @pytest.fixture
    def provider(self, sandbox):
        sandbox.switch(NAME, "promote", "required")
        sandbox.switch(NAME, "enum_case", "title")
        sandbox.switch(NAME, "time_names", "startTime")
        sandbox.switch(NAME, "subscription_key", "required")
        return provider_of(sandbox, "v3", dialect="both", promote_before_create=True)


@pytest.fixture
def provider(sandbox):
    return provider_of(sandbox)


@pytest.fixture
def api(sandbox):
    return Api(sandbox)


def meetings(provider):
    return provider.resource("booking", topic(provider))


def make(provider, facts=BOOKING):
    resource = meetings(provider)
    return resource, resource.create(facts.ref, resource.payload(facts))


def hold(provider, start=MONDAY, token="visitor"):
    return provider.engine(provider).hold(Remote(ANNA), topic(provider), HoldFacts(token, start, start + HOUR))


# --- tables --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "names"),
    [
        ("guide", {"themeId", "customerCategoryId"}),
        ("spec", {"topicId", "customerTypeId"}),
        ("both", {"themeId", "topicId", "customerCategoryId", "customerTypeId"}),
    ],
)
def test_the_dialect_decides_the_names(dialect, names):
    assert set(wire.named({"topic": "t", "customer_type": "c", "room": ""}, wire.MEETING, dialect)) == names


@pytest.mark.parametrize(
    ("url", "chosen", "version"),
    [
        ("https://x/api/v2", "auto", "v2"),
        ("https://x/api/v3/", "auto", "v3"),
        ("https://x", "auto", "v1"),
        ("https://x/api/v1", "v3", "v3"),
    ],
)
def test_the_version_is_that_of_the_address(url, chosen, version):
    assert wire.version_of(url, chosen) == version


def test_durations_are_written_and_read():
    assert wire.span(timedelta(days=31, hours=1, seconds=1)) == "31.01:01:00"
    assert wire.length("7.00:30:00") == timedelta(days=7, minutes=30)
    assert wire.clock(timedelta(minutes=90)) == "01:30:00"
    with pytest.raises(ValueError, match="no duration"):
        wire.length("PT1H")


def test_without_an_address_nothing_is_sent():
    with pytest.raises(Unsupported, match="address"):
        open_provider(BookMe, "", credentials()).check()


# --- assignments ---------------------------------------------------------------------------------------------------------


def test_an_employee_is_found_by_e_mail_and_by_choice(sandbox):
    assert employee(provider_of(sandbox), replace(USER, email="ANNA.JENSEN@bank.example")).id == ANNA
    chosen = employee(provider_of(sandbox, employees={"7": BO}))
    assert chosen.id == BO
    assert "email" in chosen.data["gaps"]


def test_nobody_is_made_there(provider, sandbox):
    users = provider.resource("user")
    payload = users.payload(replace(USER, email="somebody@else.example"))
    assert users.find("7", payload) is None
    with pytest.raises(Unsupported, match="Assignments"):
        users.create("7", payload)
    users.delete(Remote(ANNA))
    assert len(sandbox.objects(NAME, "employee")) == 3


def test_an_employee_who_has_left_is_missed(provider, sandbox):
    users = provider.resource("user")
    sandbox.delete(NAME, "employee", ANNA)
    with pytest.raises(NotFound):
        users.read(Remote(ANNA))


def test_two_meeting_types_may_share_a_topic(sandbox):
    provider = provider_of(sandbox, topics={"12": HOME})
    first, second = topic(provider), topic(provider, replace(TYPE, ref="12", title="Long talk", duration=90))
    assert first.id != second.id
    assert first.data["topicId"] == second.data["topicId"] == HOME
    assert (second.data["duration"], second.data["employeeId"]) == (90, ANNA)


def test_groups_and_types_without_customer_type_are_refused_in_words(sandbox):
    types = provider_of(sandbox).resource("meeting_type", Remote(ANNA))
    with pytest.raises(Unsupported, match="one client"):
        types.payload(replace(TYPE, seats=3))
    with pytest.raises(Unsupported, match="customer type"):
        topic(provider_of(sandbox, customer_type=""))
    assert topic(provider_of(sandbox, "v2", customer_type="")).data["customerTypeId"] == ""


# --- free times ----------------------------------------------------------------------------------------------------------


def free(provider, meeting_type=None, days=1):
    begin = MONDAY.replace(hour=0)
    found = provider.engine(provider).free_starts(
        Remote(ANNA), meeting_type or topic(provider), begin, begin + timedelta(days=days)
    )
    return [start for start in found if start.tzinfo]


@pytest.mark.parametrize(
    ("options", "asked"),
    [
        ({"ignore_notice": True}, "ignoreMinimumTimeBeforeBooking"),
        ({"best_time_slots": True}, "getBestTimeSlots"),
        ({"customer_location": "Copenhagen"}, "customerLocation"),
        ({"meeting_location": "Copenhagen"}, "meetingLocation"),
    ],
)
def test_what_the_documents_let_one_ask_besides_is_sent_where_it_is_wanted(sandbox, options, asked):
    sandbox.switch(NAME, "lead_minutes", 60 * 24 * 60)
    assert bool(free(provider_of(sandbox, **options))) is ("ignore_notice" in options)
    queries = [row["query"] for row in sandbox.log(provider=NAME) if row["path"].endswith("/available")]
    assert asked in str(queries[-1])
    free(provider_of(sandbox))
    queries = [row["query"] for row in sandbox.log(provider=NAME) if row["path"].endswith("/available")]
    assert asked not in str(queries[-1])


@pytest.mark.parametrize("options", [{}, {"dialect": "both", "list_style": "csv", "enum_case": "title"}])
@pytest.mark.parametrize("names", ["startDate", "startTime"])
def test_free_times_are_hers_in_every_spelling(sandbox, api, options, names):
    sandbox.switch(NAME, "time_names", names)
    provider = provider_of(sandbox, **options)
    assert MONDAY in free(provider)
    api.reserve("somebody")
    assert MONDAY not in free(provider)
    assert len(free(provider, days=40)) > len(free(provider, days=7)) > 0


def test_where_a_room_is_needed_times_without_one_are_not_free(sandbox, api):
    needy = provider_of(sandbox, rooms={"1": FJORD})
    chosen = topic(needy, replace(TYPE, rooms=("1",)))
    assert MONDAY in free(needy, chosen)
    api.reserve("somebody", employee=BO, slot={"roomId": FJORD})
    assert MONDAY not in free(needy, chosen)
    anywhere = provider_of(sandbox, require_room=True)
    assert MONDAY in free(anywhere, topic(anywhere))


def test_the_room_that_was_proposed_is_held_and_booked(sandbox, api):
    provider = provider_of(sandbox, require_room=True)
    api.reserve("somebody", employee=BO, slot={"roomId": FJORD})
    held = hold(provider)
    assert held.room == BAKKE
    facts = replace(BOOKING, hold=as_texts(held))
    assert make(provider, facts)[1].data["room"] == BAKKE


def as_texts(held, start=MONDAY):
    return {
        "token": held.token,
        "slot": held.slot,
        "room": held.room,
        "until": held.until.isoformat(),
        "start": wire.spelled(start),
    }


# --- holds ---------------------------------------------------------------------------------------------------------------


def test_a_hold_lasts_five_minutes_and_moves_with_its_token(provider, sandbox):
    first = hold(provider)
    assert timedelta(minutes=4) < first.until - datetime.now(UTC) <= wire.HOLD
    second = hold(provider, MONDAY + 4 * HOUR)
    assert second.slot != first.slot
    assert [row["id"] for row in sandbox.objects(NAME, "slot")] == [second.slot]


def test_a_taken_time_is_a_conflict_and_so_is_an_employee_who_has_left(provider, api, sandbox):
    api.reserve("somebody")
    with pytest.raises(Conflict):
        hold(provider)
    there = topic(provider)
    sandbox.delete(NAME, "employee", ANNA)
    with pytest.raises(Conflict):
        provider.engine(provider).hold(Remote(ANNA), there, HoldFacts("t", MONDAY + HOUR, MONDAY + 2 * HOUR))


def test_a_lost_hold_is_asked_for_again_with_the_same_token(provider, sandbox):
    sandbox.fault("lost", provider=NAME, path="*/reserve")
    with pytest.raises(OutcomeUnknown):
        hold(provider)
    assert hold(provider).slot
    assert len(sandbox.objects(NAME, "slot")) == 1


def test_thirty_visitors_one_hold(sandbox):
    """Each with an own connection and token; one token is asked for by all."""
    there = topic(provider_of(sandbox))

    def visit(number):
        provider = provider_of(sandbox)
        wanted = HoldFacts(f"visitor-{number}", MONDAY, MONDAY + HOUR)
        try:
            return provider.engine(provider).hold(Remote(ANNA), there, wanted)
        except Conflict:
            return None

    with ThreadPoolExecutor(30) as pool:
        won = [held for held in pool.map(visit, range(30)) if held]
    assert len(won) == 1
    assert [row["id"] for row in sandbox.objects(NAME, "slot")] == [won[0].slot]


# --- meetings ------------------------------------------------------------------------------------------------------------


def test_a_meeting_is_made_from_the_visitors_own_hold(provider, sandbox):
    held = hold(provider)
    facts = replace(BOOKING, hold=as_texts(held))
    _resource, remote = make(provider, facts)
    (meeting,) = sandbox.objects(NAME, "meeting")
    assert (meeting["timeSlotId"], meeting["id"]) == (held.slot, remote.id)
    assert meeting["customerId"] == "person-5"
    assert meeting["description"].splitlines()[0] == "Kim Klient"
    assert [entry["path"] for entry in sandbox.log(provider=NAME, method="POST") if "reserve" in entry["path"]] == [
        "/api/v1/bookme/time-slots/reserve"
    ]


def test_a_hold_that_has_run_out_is_taken_anew_with_its_token(provider, sandbox):
    held = hold(provider)
    late = as_texts(held) | {"until": (datetime.now(UTC) + timedelta(seconds=3)).isoformat()}
    make(provider, replace(BOOKING, hold=late))
    (slot,) = sandbox.objects(NAME, "slot")
    assert slot["id"] != held.slot
    assert slot["_token"] == held.token


@pytest.mark.parametrize("status", [404, 409])
def test_a_hold_that_is_over_there_means_another_choice(provider, sandbox, status):
    sandbox.switch(NAME, "expired_hold", status)
    facts = replace(BOOKING, hold=as_texts(hold(provider)))
    sandbox.clock(datetime.now(UTC) + timedelta(minutes=6))
    with pytest.raises(Conflict):
        make(provider, facts)


def test_a_lost_meeting_is_found_by_its_slot_and_made_once(provider, sandbox):
    resource = meetings(provider)
    payload = resource.payload(BOOKING)
    resource.draw(payload)
    sandbox.fault("lost", provider=NAME, method="POST", path="*/bookme/meetings")
    with pytest.raises(OutcomeUnknown):
        resource.create("b1", payload)
    again = meetings(provider)
    again.secrets = resource.secrets
    assert again.find("b1", payload).id == sandbox.objects(NAME, "meeting")[0]["id"]
    forgetful = meetings(provider)
    assert forgetful.find("b1", payload).id == sandbox.objects(NAME, "meeting")[0]["id"]


def test_a_500_that_did_nothing_is_looked_up_and_then_made(provider, sandbox):
    resource = meetings(provider)
    payload = resource.payload(BOOKING)
    sandbox.fault("status", provider=NAME, method="POST", path="*/bookme/meetings", status=500)
    with pytest.raises(OutcomeUnknown):
        resource.create("b1", payload)
    assert resource.find("b1", payload) is None
    assert resource.create("b1", payload).id
    assert len(sandbox.objects(NAME, "meeting")) == 1


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_a_meeting_moves_by_a_new_slot_and_its_old_time_is_free(sandbox, version):
    provider = provider_of(sandbox, version)
    resource, remote = make(provider)
    moved = resource.update(remote, resource.payload(MOVED))
    assert moved.id == remote.id
    assert moved.data["start"] == wire.spelled(MOVED.starts_at)
    assert hold(provider)
    resource.delete(moved)
    assert sandbox.objects(NAME, "meeting") == []


@pytest.mark.parametrize("version", ["v1", "v2", "v3"])
def test_where_a_meeting_cannot_be_changed_another_is_made_and_the_former_goes(sandbox, version):
    sandbox.switch(NAME, "moves", "no")
    resource, remote = make(provider_of(sandbox, version))
    with pytest.raises(Rejected):
        resource.update(remote, resource.payload(MOVED))
    provider = provider_of(sandbox, version, move_by="anew")
    resource = meetings(provider)
    moved = resource.update(remote, resource.payload(MOVED))
    assert moved.id != remote.id
    (there,) = sandbox.objects(NAME, "meeting")
    assert (there["id"], there["startDate"]) == (moved.id, wire.spelled(MOVED.starts_at))
    assert hold(provider), "the former time is free"


@pytest.mark.parametrize(("method", "path"), [("POST", "*/bookme/meetings"), ("DELETE", "*/bookme/meetings/*")])
def test_a_lost_answer_while_a_meeting_is_made_anew_leaves_one(sandbox, method, path):
    resource, remote = make(provider_of(sandbox, move_by="anew"))
    sandbox.fault("lost", provider=NAME, method=method, path=path)
    with pytest.raises(ProviderError):
        resource.update(remote, resource.payload(MOVED))
    again = meetings(provider_of(sandbox, move_by="anew"))
    if method == "DELETE":
        with pytest.raises(NotFound):  # the former has gone: it is looked for as after a lost create
            again.update(remote, again.payload(MOVED))
        moved = again.find(MOVED.ref, again.payload(MOVED))
    else:
        moved = again.update(remote, again.payload(MOVED))
    assert [row["id"] for row in sandbox.objects(NAME, "meeting")] == [moved.id]


def test_what_a_change_replaces_can_be_corrected(sandbox):
    resource, remote = make(provider_of(sandbox, move_path="/slot"))
    with pytest.raises(Rejected, match="/slot"):
        resource.update(remote, resource.payload(MOVED))
    assert sandbox.objects(NAME, "meeting")[0]["startDate"] == wire.spelled(MONDAY)


@pytest.mark.parametrize(("category", "expected"), [("new", uid("business")), ("known", PRIVATE)])
def test_new_clients_may_be_another_customer_type(sandbox, category, expected):
    provider = provider_of(sandbox, customer_types_new={TYPE.ref: uid("business")})
    make(provider, replace(BOOKING, client_category=category))
    assert sandbox.objects(NAME, "meeting")[0]["customerTypeId"] == expected


def test_a_refused_move_leaves_the_meeting_where_it_was(provider, api):
    resource, remote = make(provider)
    api.reserve("somebody", MOVED.starts_at)
    with pytest.raises(Conflict):
        resource.update(remote, resource.payload(MOVED))
    assert resource.read(remote).data["start"] == wire.spelled(MONDAY)


def test_what_the_calendar_file_says_otherwise_is_a_difference(provider, sandbox):
    resource, remote = make(provider)
    payload = resource.payload(BOOKING)
    assert resource.differences(payload, resource.read(remote)) == {}
    sandbox.switch(NAME, "ical_shift", "1:00")
    found = resource.differences(payload, resource.read(remote))
    assert set(found) == {"calendar file: DTSTART", "calendar file: DTEND"}
    quiet = provider_of(sandbox, compare_calendar=False).resource("booking", topic(provider))
    assert quiet.differences(payload, quiet.read(remote)) == {}


def test_a_page_instead_of_a_calendar_file_is_no_difference(provider, sandbox):
    resource, remote = make(provider)
    sandbox.fault("html", provider=NAME, path="*/ical")
    with pytest.raises(Transient, match="no calendar"):
        resource.read(remote)


def test_meetings_are_read_as_bookings(provider, api):
    make(provider)
    engine = provider.engine(provider)
    (found,) = engine.bookings(Remote(ANNA), MONDAY - HOUR, MONDAY + HOUR)
    assert found == engine.read_booking(Remote(ANNA), found.id)
    assert (found.starts_at, found.ends_at, found.user_id) == (MONDAY, MONDAY + HOUR, ANNA)
    assert list(engine.bookings(Remote(ANNA), MONDAY + HOUR, MONDAY + 2 * HOUR)) == []
    with pytest.raises(NotFound):
        engine.read_booking(Remote(ANNA), "nothing")


# --- tokens and gateway --------------------------------------------------------------------------------------------------


def test_a_revoked_token_is_fetched_once_more_and_the_call_repeated(provider, sandbox):
    provider.check()
    sandbox.act(NAME, "revoke")
    provider.client.known("rooms")
    assert len(sandbox.log(provider=NAME, path=f"/{credentials()['tenant_id']}")) == 2


def test_a_token_that_is_refused_again_and_again_stops(provider, sandbox):
    sandbox.fault("status", provider=NAME, path="/api/*", status=401, times=None)
    with pytest.raises(Unauthorised):
        provider.check()
    assert len(sandbox.log(provider=NAME)) == 4


def test_a_rotated_secret_keeps_working(sandbox):
    old, new = {**credentials(), "client_secret": "gone"}, credentials()
    provider = provider_of(sandbox)
    provider.live = [old, new]
    assert provider.check()


def test_one_token_serves_all_connections(sandbox):
    """Whoever asks at once is the business of `integrations.tokens`, and tested with Meet.rs."""
    provider_of(sandbox).check()
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda _n: provider_of(sandbox).check(), range(12)))
    assert len(sandbox.log(provider=NAME, path=f"/{credentials()['tenant_id']}")) == 1


def test_a_forbidden_call_rests_the_connection(provider, sandbox):
    sandbox.fault("status", provider=NAME, path="/api/*", status=403, body={"code": "FORBIDDEN", "message": "No."})
    with pytest.raises(Unauthorised, match="No"):
        provider.check()


def test_an_empty_allowance_waits_until_it_is_renewed(provider, sandbox):
    reset = str(time.time() + 40)
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    sandbox.fault("status", provider=NAME, path="/api/*", status=429, headers=headers, body={"statusCode": 429})
    with pytest.raises(Transient) as caught:
        provider.check()
    assert 30 < caught.value.retry_after <= 40


def test_a_bad_request_names_its_fields(provider, sandbox):
    resource = meetings(provider)
    payload = resource.payload(BOOKING)
    body = {"code": "BAD_REQUEST", "message": "Required: topicId.", "details": {"topicId": "required"}}
    sandbox.fault("status", provider=NAME, method="POST", path="*/bookme/meetings", status=400, body=body)
    with pytest.raises(Rejected) as caught:
        resource.create("b1", payload)
    assert caught.value.fields == {"topicId": ["required"]}


def test_tokens_follow_from_what_they_are_for():
    assert token_for("a", "b") == token_for("a", "b") != token_for("a", "c")


def test_the_sample_of_the_guide_is_what_we_send(provider, sandbox):
    make(provider)
    sent = next(entry["body"] for entry in sandbox.log(provider=NAME, method="POST", path="/api/v1/bookme/meetings"))
    assert set(sent) == {
        "bookedBy", "customerCategoryId", "timeSlotId", "type", "themeId", "employeeId", "customerId", "description",
    }  # fmt: skip
    assert (sent["bookedBy"], sent["type"], sent["customerCategoryId"]) == ("customer", "physical", PRIVATE)
