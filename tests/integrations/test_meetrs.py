"""Meet.rs over real HTTP against its copy: the token, who may enter, what is never repeated blindly, configurations."""

import base64
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests
import time_machine
from django.core.cache import cache
from django.db import connection as db

from integrations import parity, rooms, sync, tokens
from integrations.conferencing import HOST, RoomState
from integrations.contract import CannotFind
from integrations.errors import Conflict, NotFound, OutcomeUnknown, ProviderError, Rejected, Unauthorised, Unsupported
from integrations.models import Connection, Mirror
from integrations.providers.meetrs import Configurations, MeetRs
from integrations.providers.meetrs import participants as people
from integrations.providers.meetrs.client import Client, expiry
from integrations.room_models import RoomOptions
from scheduling import bookings
from tests.integrations.conferencing_contract import ADA, CAROL, VISIT, ConferencingContract
from tests.integrations.contract import ROWS, open_provider
from tests.integrations.meetbit_world import settle
from tests.integrations.rooms_world import book, path, text

NAME = "meetrs"
KEYS = {"client_key": "demo-meetrs-key", "client_secret": "demo-meetrs-secret"}
OPTIONAL = ["meetings.get", "meetings.update", "meetings.delete", "configurations.create", "configurations.update"]
OPTIONAL += ["configurations.delete"]


@pytest.fixture
def provider(sandbox):
    return open_provider(MeetRs, sandbox.base(NAME), KEYS)


@pytest.fixture
def able(sandbox):
    """With the calls that the documents only hint at."""
    sandbox.switch(NAME, "optional", OPTIONAL)
    return open_provider(MeetRs, sandbox.base(NAME), KEYS, enabled_optional=OPTIONAL)


@pytest.fixture
def connection(brand, sandbox):
    return Connection.objects.create(
        brand=brand,
        provider=NAME,
        name="Meet.rs",
        for_rooms=True,
        base_url=sandbox.base(NAME),
        credentials=[KEYS],
        options={"rate": [[1000, 1]]},
    )


@pytest.fixture
def video(meeting_type):
    meeting_type.channel = "video"
    meeting_type.save()
    return meeting_type


def made(provider, facts=VISIT):
    room = provider.resource("conference")
    return room, room.create(facts.ref, room.payload(facts))


def meets(sandbox):
    return sandbox.objects(NAME, "meeting")


class TestContract(ConferencingContract):
    """With the optional calls, so that there is something to read; what a create means is the documented part."""

    name = NAME
    write = {"method": "POST", "path": "/v1/meetings"}
    read = {"method": "GET", "path": "/v1/meetings/*"}

    @pytest.fixture
    def provider(self, able):
        return able

    def test_a_write_fails_as_the_table_says(self, provider, sandbox, row):
        """Behind every 5xx something may have been made and mailed, and nobody can look."""
        room = self.room(provider)
        kind, fields, _read, error = ROWS[row]
        if fields.get("status", 0) >= 500:
            error = OutcomeUnknown
        sandbox.fault(kind, provider=NAME, **self.write, **fields)
        with pytest.raises(ProviderError) as caught:
            room.create(VISIT.ref, room.payload(VISIT))
        assert type(caught.value) is error
        assert bool(meets(sandbox)) is (kind in ("lost", "cut", "truncated"))
        with pytest.raises(CannotFind):
            room.find(VISIT.ref, room.payload(VISIT))

    def test_how_the_meeting_stands(self, provider, sandbox, kind):
        room, remote = made(provider)
        assert room.status(remote).state == RoomState.SCHEDULED
        sandbox.act(NAME, "join", code=remote.id, provider="Passcode", given=room.secrets["passcode:host"])
        assert room.status(remote).state == RoomState.LIVE
        sandbox.act(NAME, "leave", code=remote.id)
        assert room.status(remote).state == RoomState.ENDED

    def test_wrong_credentials_are_unauthorised(self, provider):
        provider.live = [{"client_key": "demo-meetrs-key", "client_secret": "wrong"}]
        with pytest.raises(Unauthorised, match="Invalid client credentials"):
            provider.check()


# --- token -------------------------------------------------------------------------------------------------------------


def test_the_token_is_asked_for_once_with_the_odd_body_and_used_in_lower_case(provider, sandbox):
    made(provider)
    made(provider, replace(VISIT, ref="other"))
    asked = sandbox.log(provider=NAME, path="/v1/token")
    assert [set(entry["body"]) for entry in asked] == [{"grant_type", "client_key", "client_secret"}]
    assert provider.option["auth_scheme"] == "bearer"
    wrong = requests.post(f"{sandbox.base(NAME)}/v1/token", data=asked[0]["body"], timeout=5)
    assert wrong.status_code == 400, "a form is no JSON"


def test_a_token_is_kept_sealed_and_never_in_words(provider, sandbox):
    made(provider)
    key = f"token:{Client(provider)._key(KEYS)}"
    token = provider.http.secrets[-1]
    assert token.count(".") == 2
    assert token not in str(cache.get(key))
    sandbox.fault("status", provider=NAME, status=400, body={"message": f"bad {token}"}, method="GET")
    with pytest.raises(Rejected) as caught:
        provider.check()
    assert token not in str(caught.value)


@pytest.mark.parametrize("told", ["seconds", "milliseconds", "iso", "text", "missing"])
def test_the_end_of_a_token_is_understood_however_it_is_told(provider, sandbox, told):
    sandbox.switch(NAME, "expires_at", told)
    for _twice in range(2):
        provider.check()
    assert len(sandbox.log(provider=NAME, path="/v1/token")) == 1
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=59, seconds=30)):
        provider.check()
    assert len(sandbox.log(provider=NAME, path="/v1/token")) == 2, "a minute before its end it is not used any more"


def test_ends_are_reckoned_from_what_there_is():
    claims = base64.urlsafe_b64encode(json.dumps({"exp": 5000}).encode()).rstrip(b"=").decode()
    assert expiry(2_000_000_000, "x", "auto", 1000) == 2_000_000_000
    assert expiry(2_000_000_000_000, "x", "auto", 1000) == 2_000_000_000
    assert expiry(4000, "x", "milliseconds", 0) == 4
    assert expiry(10, f"a.{claims}.c", "auto", 4000) == 5000, "long over: the token itself knows"
    assert expiry(None, "opaque", "auto", 4000) == 4600


def test_a_refused_token_is_fetched_anew_once_and_the_call_repeated(provider, sandbox):
    provider.check()
    sandbox.act(NAME, "revoke_tokens")
    made(provider)
    assert len(sandbox.log(provider=NAME, path="/v1/token")) == 2
    assert len(meets(sandbox)) == 1
    sandbox.fault("status", provider=NAME, path="/v1/meetings", status=401, times=None)
    with pytest.raises(Unauthorised):
        made(provider)
    assert len(sandbox.log(provider=NAME, path="/v1/meetings")) == 4, "twice with each call, no more"


def test_many_workers_fetch_one_token(sandbox):
    """First without the guard: each fetches its own."""
    fetched = []

    def fetch():
        fetched.append(1)
        time.sleep(0.05)
        return f"t{len(fetched)}", time.time() + 3600

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _one: tokens._known("free") or tokens._refresh("free", fetch), range(8)))
    assert len(fetched) > 1
    fetched.clear()
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _one: tokens.token("guarded", fetch), range(8)))
    assert (len(fetched), found) == (1, {"t1"})


def test_the_second_credentials_are_tried_during_a_rotation(provider, sandbox):
    provider.live = [{"client_key": "demo-meetrs-key", "client_secret": "old"}, KEYS]
    made(provider)
    assert len(meets(sandbox)) == 1


# --- who may enter -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", people.ROLES)
@pytest.mark.parametrize("access", people.PROVIDERS)
def test_every_role_with_every_way_in(provider, sandbox, role, access):
    rules = [people.rule(access, condition="48151" if access == "Passcode" else "")]
    jack = {"firstName": "Jack", "lastName": "Sparrow", "email": "jack@sparrow.example"}
    if access == "Guest" and role != "Guest":
        with pytest.raises(Unsupported):
            people.participant(role, user=jack, rules=rules)
        return
    body = {"participants": [people.participant(role, user=jack, rules=rules)]}
    code = Client(provider).call("meetings.create", body=body)["code"]
    given = {"Passcode": "48151", "Guest": ""}.get(access, "jack@sparrow.example")
    assert sandbox.act(NAME, "join", code=code, provider=access, given=given)["role"] == role
    if access != "Guest":
        assert sandbox.act(NAME, "join", code=code, provider=access, given="other")["role"] == ""


@pytest.mark.parametrize(
    "arguments",
    [
        {"role": "Boss"},
        {"role": "User"},
        {"role": "User", "rules": [{"provider": "Passcode", "condition": "123"}]},
        {"role": "User", "rules": [{"provider": "Google"}]},
    ],
)
def test_what_meet_rs_could_not_mean_is_not_sent(arguments):
    with pytest.raises(Unsupported):
        people.participant(**arguments)


def test_the_copy_refuses_the_same_and_takes_any_case(provider, sandbox):
    client = Client(provider)
    for body in ([], {"participants": [{"role": "User"}]}, {"addonConfigurationId": "x"}, {"title": 7}):
        with pytest.raises(Rejected):
            client.call("meetings.create", body=body)
    jack = {"email": "j@s.example"}
    entry = {"user": jack, "role": "Admin", "accessRules": [{"provider": "facebook"}]}
    kept = client.call("meetings.create", body={"participants": [entry, {"role": "Guest"}]})["participants"]
    assert kept[0]["accessRules"] == [{"provider": "Facebook"}]
    assert kept[1]["accessRules"] == [{"provider": "Guest"}], "made by the server"


def test_a_quick_meet_is_an_empty_object(provider, sandbox):
    answered = Client(provider).call("meetings.create", body={})
    assert answered["title"].startswith("Quick meet")
    assert answered["schedulingInfo"] == {"duration": 60}
    assert answered["joinUrl"].endswith(answered["code"])


def test_a_meeting_type_may_want_quick_meets(provider, sandbox):
    room, remote = made(provider, replace(VISIT, options={"clients": "quick"}))
    assert sandbox.log(provider=NAME, path="/v1/meetings")[-1]["body"] == {}
    assert meets(sandbox)[0]["title"].startswith("Quick meet")
    assert room.entry(remote, HOST) == room.entry(remote, ADA.ref)
    assert room.differences(room.payload(replace(VISIT, options={"clients": "quick"})), remote) == {}


@pytest.mark.parametrize(
    ("pattern", "shown"),
    [
        ("named", [{"provider": "Passcode"}]),
        ("guest_anonymous", [{"provider": "Guest"}]),
        ("guest_passcode", [{"provider": "Passcode"}]),
        ("guest_identity", [{"provider": "Passcode"}]),
        ("open", None),
    ],
)
def test_patterns_of_clients(provider, sandbox, pattern, shown):
    room, remote = made(provider, replace(VISIT, options={"clients": pattern}))
    stored = meets(sandbox)[0]["participants"]
    if shown is None:
        assert stored == []
        assert room.entry(remote, ADA.ref).passcode == ""
        return
    assert [{"provider": rule["provider"]} for rule in stored[1]["accessRules"]] == shown
    assert stored[1]["role"] == ("User" if pattern == "named" else "Guest")
    assert (stored[1]["user"] is None) is (pattern in ("guest_anonymous", "guest_passcode"))
    entry = room.entry(remote, ADA.ref)
    role = sandbox.act(NAME, "join", code=remote.id, provider=shown[0]["provider"], given=entry.passcode)["role"]
    assert role == stored[1]["role"]
    assert entry.passcode != room.entry(remote, HOST).passcode


def test_conditions_are_left_out_where_they_equal_the_address(provider, sandbox):
    provider.option["identities"] = {"Ada@example.org": {"Microsoft": "office365@ada.example"}}
    wishes = {"client_access": ["Google", "Microsoft"], "host_access": ["LinkedIn"], "host_role": "Admin"}
    made(provider, replace(VISIT, options=wishes))
    host, ada = meets(sandbox)[0]["participants"]
    assert (host["role"], host["accessRules"]) == ("Admin", [{"provider": "LinkedIn"}])
    assert ada["accessRules"] == [
        {"provider": "Google"},
        {"provider": "Microsoft", "condition": "office365@ada.example"},
    ]
    provider.option["omit_equal_conditions"] = False
    made(provider, replace(VISIT, options=wishes))
    assert meets(sandbox)[1]["participants"][0]["accessRules"][0]["condition"] == "hanna@example.org"


def test_a_group_whose_people_come_later_shares_a_passcode(provider, able, sandbox):
    group = replace(VISIT, guests=(ADA, CAROL), is_group=True)
    room, remote = made(provider, group)
    assert room.entry(remote, ADA.ref) == room.entry(remote, CAROL.ref) != room.entry(remote, HOST)
    room, remote = made(able, replace(group, guests=(ADA,)))
    remote = room.update(remote, room.payload(group))
    assert room.entry(remote, ADA.ref) != room.entry(remote, CAROL.ref), "with the optional call people can be added"
    passcode = room.entry(remote, CAROL.ref).passcode
    assert sandbox.act(NAME, "join", code=remote.id, provider="Passcode", given=passcode)["role"] == "User"


# --- a story -----------------------------------------------------------------------------------------------------------


def test_from_the_booking_to_the_cancellation(connection, client, alice_client, video, next_monday, bob, sandbox):
    booking = book(video, next_monday, bob)
    settle()
    booking.refresh_from_db()
    row = Mirror.objects.get()
    codes = {name: secret for name, secret in row.secrets.items() if name.startswith("passcode:")}
    host, theirs = codes["passcode:host"], codes[f"passcode:{booking.pk}"]
    assert host != theirs
    assert {mail["to"]: mail["passcodes"] for mail in sandbox.objects(NAME, "mail")} == {
        "alice@example.org": [host],
        "bob@example.org": [theirs],
    }
    with db.cursor() as cursor:
        cursor.execute("SELECT data, secrets, applied_digest, last_error FROM integrations_mirror")
        stored = str(cursor.fetchall())
    assert host not in stored
    assert theirs not in stored
    with time_machine.travel(next_monday - timedelta(minutes=5)):
        for side, own, other in (("client", theirs, host), ("host", host, theirs)):
            page = text(client.get(path(booking, side)))
            assert own in page
            assert other not in page
            assert booking.join_url in page
    assert host in text(alice_client.get(f"/my/bookings/{booking.pk}/"))
    calls = len(sandbox.log(provider=NAME))
    bookings.reschedule(booking, next_monday + timedelta(days=1), actor="host")
    settle()
    assert len(sandbox.log(provider=NAME)) == calls, "a Meet has no start"
    with time_machine.travel(next_monday + timedelta(days=1)):
        assert theirs in text(client.get(path(booking)))
    bookings.cancel(booking, actor="host")
    settle()
    booking.refresh_from_db()
    assert (booking.join_url, Mirror.objects.count()) == ("", 0)
    assert len(meets(sandbox)) == 1, "nothing to delete it with is documented; our links are closed"
    with time_machine.travel(next_monday + timedelta(days=1)):
        assert "There is no call to join" in text(client.get(path(booking)))


def test_with_the_optional_call_a_cancelled_meet_is_deleted(connection, video, next_monday, bob, sandbox):
    sandbox.switch(NAME, "optional", OPTIONAL)
    connection.options["enabled_optional"] = OPTIONAL
    connection.save()
    booking = book(video, next_monday, bob)
    settle()
    bookings.cancel(booking, actor="host")
    settle()
    assert meets(sandbox) == []


def test_a_change_that_cannot_be_sent_is_shown_and_not_dropped(provider):
    room, remote = made(provider)
    told = room.update(
        remote, room.payload(replace(VISIT, title="Other", guests=(replace(ADA, email="new@a.example"),)))
    )
    assert set(told.data["gaps"]) == {"title", "participants"}
    assert told.data["gaps"]["participants"][0] == "hanna@example.org, new@a.example"


def test_the_length_and_the_add_ons_of_a_meeting_type_are_sent(connection, video, next_monday, bob, sandbox):
    wanted = connection.open().configurations()[1]
    RoomOptions.objects.create(meeting_type=video, options={"addon_configuration_id": wanted.id, "clients": "open"})
    book(video, next_monday, bob)
    settle()
    stored = meets(sandbox)[0]
    assert (stored["addonConfigurationId"], stored["schedulingInfo"]) == (wanted.id, {"duration": 30})
    assert sandbox.objects(NAME, "mail") == []


def test_dry_run_makes_nothing(provider, sandbox):
    provider.option["dry_run"] = True
    with pytest.raises(Unsupported, match="dry_run"):
        made(provider)
    assert sandbox.log(provider=NAME) == []


# --- what is never repeated blindly ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["lost", "drop", "lost_504", "truncated", "cut"])
def test_an_unknown_outcome_waits_for_a_person(connection, client, video, next_monday, bob, sandbox, fault):
    sandbox.fault(fault, provider=NAME, path="/v1/meetings", method="POST")
    booking = book(video, next_monday, bob)
    sync.work()
    row = Mirror.objects.get()
    assert row.state == "parked"
    assert "Nobody knows" in row.last_error
    for _round in range(3):
        parity.sweep(connection)
        sync.work()
    assert len(sandbox.log(provider=NAME, path="/v1/meetings")) == 1
    with time_machine.travel(next_monday - timedelta(minutes=5)):
        assert "will get in touch" in text(client.get(path(booking)))


@pytest.mark.parametrize("status", [429, 401, 400])
def test_a_clear_refusal_is_no_unknown_outcome(connection, video, next_monday, bob, sandbox, status):
    sandbox.fault("status", provider=NAME, path="/v1/meetings", method="POST", status=status, times=2)
    book(video, next_monday, bob)
    sync.work()
    assert meets(sandbox) == []
    assert Mirror.objects.get().attempted_at is None
    sandbox.heal()
    Connection.objects.update(resting_until=None)
    parity.sync_now(Mirror.objects.all())
    settle()
    assert len(meets(sandbox)) == 1


def test_a_token_that_cannot_be_had_is_no_unknown_outcome(connection, video, next_monday, bob, sandbox):
    sandbox.fault("status", provider=NAME, path="/v1/token", status=503, times=1)
    book(video, next_monday, bob)
    settle()
    assert len(meets(sandbox)) == 1


def test_a_worker_that_died_while_making_one_leaves_it_to_a_person(connection, video, next_monday, bob, sandbox):
    book(video, next_monday, bob)
    Mirror.objects.update(attempted_at=datetime.now(UTC), data={"sent": {}})
    sync.work()
    assert "Nobody knows" in Mirror.objects.get().last_error
    assert meets(sandbox) == []


def test_staff_say_that_it_exists(connection, client, admin_client, video, next_monday, bob, sandbox):
    sandbox.fault("lost", provider=NAME, path="/v1/meetings", method="POST")
    booking = book(video, next_monday, bob)
    sync.work()
    row = Mirror.objects.get()
    page = f"/admin/integrations/mirror/{row.pk}/"
    shown = text(admin_client.get(f"{page}change/"))
    assert "It exists" in shown
    assert "“It exists” or “Create again”" in shown
    assert booking.reference in shown
    for wrong in ("javascript:alert(1)", "no link", ""):
        assert admin_client.post(f"{page}it-exists/", {"confirmed": "1", "link": wrong}).status_code in (409, 422)
    url = meets(sandbox)[0]["joinUrl"]
    assert admin_client.post(f"{page}it-exists/", {"confirmed": "1", "link": url}).status_code == 302
    settle()
    booking.refresh_from_db()
    row.refresh_from_db()
    assert (row.remote_id, booking.join_url, row.last_error) == (meets(sandbox)[0]["code"], url, "")
    with time_machine.travel(next_monday - timedelta(minutes=5)):
        page = text(client.get(path(booking)))
    theirs = meets(sandbox)[0]["participants"][1]["accessRules"][0]["condition"]
    assert theirs in page, "the passcode that was drawn before the call"
    assert len(meets(sandbox)) == 1


def test_staff_let_it_be_made_again(connection, admin_client, video, next_monday, bob, sandbox):
    sandbox.fault("drop", provider=NAME, path="/v1/meetings", method="POST")
    book(video, next_monday, bob)
    sync.work()
    row = Mirror.objects.get()
    page = f"/admin/integrations/mirror/{row.pk}/create-again/"
    assert admin_client.post(page, {"confirmed": "1"}).status_code == 302
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=10)):
        settle()
    assert len(meets(sandbox)) == 1
    assert rooms.room_of(bookings.Booking.objects.get(), "host").state == "ready"


# --- configurations ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("names", ["map", "text"])
def test_configurations_are_listed_and_remembered(connection, sandbox, names):
    sandbox.switch(NAME, "names", names)
    provider = connection.open()
    found = provider.configurations()
    assert [(one.name, one.is_default, one.type) for one in found][0] == ("Conversation", True, 1)
    assert found[1].settings("monaco") == [{"key": "lang", "value": "python"}]
    assert found[1].settings("rnto") == []
    connection.open().configurations()
    assert len(sandbox.log(provider=NAME, path="/v1/addonConfigurations")) == 1


def test_configurations_are_written_only_where_that_is_switched_on(provider, able, sandbox):
    with pytest.raises(Unsupported, match="enabled_optional"):
        Configurations(Client(provider)).create({"name": "Board", "type": 1})
    writer = Configurations(Client(able))
    board = writer.create({"name": {"en": "Board"}, "type": 1, "isDefault": True, "items": []})
    assert [one.name for one in able.configurations() if one.is_default] == ["Board"]
    assert writer.update(board.id, {**board.raw, "name": {"en": "White board"}}).name == "White board"
    with pytest.raises(Conflict):
        writer.delete(board.id)
    other = next(one for one in able.configurations() if not one.is_default)
    writer.delete(other.id)
    with pytest.raises(NotFound):
        writer.delete(other.id)


# --- the copy ----------------------------------------------------------------------------------------------------------


def test_the_page_of_a_meet_lets_in_who_may_and_counts_the_time(provider, sandbox):
    room, remote = made(provider)
    url = room.entry(remote, ADA.ref).url
    refused = requests.post(url, {"do": "enter", "provider": "Passcode", "given": "000000x"}, timeout=5)
    assert refused.status_code == 403
    inside = requests.post(
        url, {"do": "enter", "provider": "Passcode", "given": room.entry(remote, ADA.ref).passcode}, timeout=5
    )
    assert "in the room as User" in inside.text
    requests.post(url, {"do": "enter", "provider": "Passcode", "given": room.entry(remote, HOST).passcode}, timeout=5)
    sandbox.clock(datetime.now(UTC) + timedelta(minutes=25))
    for _person in range(2):
        requests.post(url, {"do": "leave"}, timeout=5)
    row = sandbox.objects(NAME, "usage")[-1]
    assert row["code"] == remote.id
    assert row["isFree"] is False
    assert row["billableDurationInSeconds"] >= 1500
    assert "Thank you" in requests.post(url, {"do": "rate", "rating": "9"}, timeout=5).text
