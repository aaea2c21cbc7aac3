"""LiveMinutes over real HTTP against its copy: methods, the meaning of 0, allowances, keys, links, states."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests
import time_machine

from integrations import connections, parity, rooms, sync
from integrations.conferencing import HOST, PersonState, RoomState
from integrations.contract import Attendee
from integrations.errors import Rejected, Transient, Unauthorised
from integrations.models import Connection, Mirror
from integrations.past import Memory
from integrations.providers.liveminutes import LiveMinutes, OperationFailed, QuotaExceeded
from integrations.providers.liveminutes.client import LocalValidationError
from integrations.providers.liveminutes.methods import fit_id, wall_clock
from integrations.room_models import Counted, RoomPerson, RoomWatch
from scheduling import bookings
from tests.integrations.conferencing_contract import ADA, CAROL, VISIT, ConferencingContract
from tests.integrations.contract import open_provider
from tests.integrations.meetbit_world import settle
from tests.integrations.rooms_world import book, path, text

NAME = "liveminutes"
KEYS = {"account_sid": "trw-sandbox", "auth_token": "sandbox-live-token"}


@pytest.fixture
def provider(sandbox):
    return open_provider(LiveMinutes, sandbox.base(NAME), KEYS)


@pytest.fixture
def connection(brand, sandbox):
    return Connection.objects.create(
        brand=brand,
        provider=NAME,
        name="LiveMinutes",
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


def meetings(sandbox):
    return [row for row in sandbox.objects(NAME, "meeting") if row["id"] != "probe"]


def alive(sandbox):
    return [row for row in meetings(sandbox) if not row["cancelled"]]


def made(provider, facts=VISIT):
    room = provider.resource("conference")
    return room, room.create(facts.ref, room.payload(facts))


class TestContract(ConferencingContract):
    name = NAME
    write = {"method": "POST", "path": "/createMeeting"}
    read = {"method": "POST", "path": "/getMeetingUrl"}

    @pytest.fixture
    def provider(self, sandbox):
        return open_provider(LiveMinutes, sandbox.base(NAME), KEYS)

    def enter(self, sandbox, remote):
        sandbox.act(NAME, "enter", key=remote.id, puid="client-1")

    def test_wrong_credentials_are_unauthorised(self, provider, sandbox):
        provider.option["auth_probe_key"] = "probe"
        assert "accepts the credentials" in provider.check()
        provider.http.credential_headers = [provider.headers({"account_sid": "trw", "auth_token": "wrong"})]
        with pytest.raises(Unauthorised):
            provider.check()
        provider.option["auth_probe_key"] = ""
        assert "shows with the first meeting" in provider.check()
        sandbox.switch(NAME, "auth_failure", "401")
        with pytest.raises(Unauthorised):
            provider.check()


# --- what is sent ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["form", "json", "query"])
def test_every_style_of_body_arrives(provider, sandbox, style):
    sandbox.switch(NAME, "body_styles", style)
    provider.option |= {"body_style": style, "duration_unit": "hours", "time_zone": "Europe/Berlin"}
    _room, remote = made(provider)
    row = meetings(sandbox)[0]
    assert (row["id"], row["time"], row["duration"]) == (remote.id, "2027-03-22 10:00:00", "0.5")
    assert (row["hostid"], row["hostnickname"], row["lang"]) == ("member-1", "Hanna Host", "en")
    assert sandbox.objects(NAME, "participant")[0]["nickname"] == "Ada Quist"


def test_all_eight_methods(provider, sandbox):
    api = provider.client
    made_there = api.call("createMeeting", meetingKey="visit-1", hostid="h")
    added = api.call("addParticipant", meetingKey="visit-1", puid="p")
    assert api.call("getParticipantUrl", meetingKey="visit-1", puid="p")["participantUrl"] == added["participantUrl"]
    assert api.call("getMeetingUrl", meetingKey="visit-1")["meetingUrl"] == made_there["meetingUrl"]
    assert api.call("getMeetingStatus", meetingKey="visit-1")["status"] == "1"
    assert api.call("getParticipantStatus", meetingKey="visit-1", puid="p")["status"] == "1"
    assert api.call("cancelParticipant", meetingKey="visit-1", puid="p")["meetingKey"] == "visit-1"
    assert api.call("cancelMeeting", meetingKey="visit-1")["meetingKey"] == "visit-1"
    assert len(sandbox.log(provider=NAME)) == 8
    assert api.call("createMeeting", meetingKey="", hostid="h")["meetingKey"], "an empty key lets them choose"


def test_what_can_be_known_to_fail_is_not_sent(provider, sandbox):
    for values in ({"hostid": "h" * 51}, {"hostid": ""}, {}, {"hostid": "h", "colour": "red"}):
        with pytest.raises(LocalValidationError):
            provider.client.call("createMeeting", meetingKey="1", **values)
    assert sandbox.log(provider=NAME) == []
    with pytest.raises(ValueError, match="zone"):
        wall_clock(datetime(2027, 1, 1, 9), "UTC")  # noqa: DTZ001
    assert len(fit_id("ä" * 60)) <= 50
    assert fit_id("client-7") == "client-7"


def test_get_is_refused_and_odd_answers_are_no_success(provider, sandbox):
    assert requests.get(f"{sandbox.base(NAME)}/getMeetingUrl", timeout=5).status_code == 405
    for body in ({"resultcode": 7}, {"resultcode": 1}, ["x"], "\ufeff{}"):
        sandbox.fault("status", provider=NAME, status=200, body=body)
        with pytest.raises(Transient):
            provider.client.call("getMeetingUrl", meetingKey="probe")
    sandbox.fault("status", provider=NAME, status=200, body='\ufeff {"resultcode": "1", "meetingUrl": "http://x/"}')
    assert provider.client.call("getMeetingUrl", meetingKey="probe")["meetingUrl"] == "http://x/"


# --- what 0 means ------------------------------------------------------------------------------------------------------


def test_a_0_is_explained_by_what_we_know(connection, sandbox):
    provider = connection.open()
    with pytest.raises(OperationFailed, match="nothing has proved them lately"):
        provider.client.call("cancelMeeting", meetingKey="unknown")
    made(provider)
    with pytest.raises(OperationFailed, match="not made a meeting with this key") as caught:
        provider.client.call("cancelMeeting", meetingKey="unknown")
    assert "may be wrong" not in str(caught.value), "the credentials have just worked"
    key = meetings(sandbox)[0]["id"]
    provider.client.call("cancelMeeting", meetingKey=key)
    with pytest.raises(OperationFailed, match="cancelled or be over"):
        provider.client.call("cancelMeeting", meetingKey=key)
    with pytest.raises(OperationFailed, match="exist already"):
        provider.client.call("createMeeting", meetingKey="probe", hostid="h")


def test_a_key_that_works_tells_wrong_credentials_apart(provider, sandbox):
    provider.option["auth_probe_key"] = "probe"
    with pytest.raises(OperationFailed):
        provider.client.call("getMeetingUrl", meetingKey="unknown")
    provider.http.credential_headers = [provider.headers({"account_sid": "trw", "auth_token": "old"})]
    for call in (provider.client.call, provider.client.ask):
        with pytest.raises(Unauthorised, match="known to work"):
            call("getMeetingUrl", meetingKey="unknown")


# --- allowances --------------------------------------------------------------------------------------------------------


def test_allowances_are_counted_warned_of_and_refused(connection, sandbox):
    connection.options |= {"session_limit": 10, "user_limit": 10}
    connection.save()
    provider = connection.open()
    for number in range(9):
        made(provider, replace(VISIT, ref=f"visit-{number}"))
    assert [alarm.text for alarm in connections.alarms(connection)] == ["9 of 10 meetings of the account are used."]
    room, remote = made(provider, replace(VISIT, ref="visit-9"))
    room.delete(remote)
    calls = len(sandbox.log(provider=NAME))
    with pytest.raises(QuotaExceeded, match="All 10 meetings"):
        made(provider, replace(VISIT, ref="visit-10"))
    assert len(sandbox.log(provider=NAME)) == calls, "refused before anything is sent; cancelled ones still count"
    assert Counted.objects.filter(kind="session").count() == 10
    assert Counted.objects.filter(kind="user").count() == 2, "the same two people in all of them"
    many = tuple(Attendee(f"b{number}", "X", "", f"client-x{number}") for number in range(9))
    connection.options["session_limit"] = 100
    with pytest.raises(QuotaExceeded, match="All 10 people"):
        made(connection.open(), replace(VISIT, ref="big", guests=many))


def test_the_account_itself_refuses_what_is_too_much(provider, sandbox):
    sandbox.act(NAME, "fill_quota", sessions=10_000)
    with pytest.raises(Rejected):
        made(provider)


# --- a story -----------------------------------------------------------------------------------------------------------


def test_from_the_booking_to_the_cancellation(connection, client, admin_client, video, next_monday, bob, sandbox):
    booking = book(video, next_monday, bob)
    settle()
    booking.refresh_from_db()
    room = alive(sandbox)[0]
    assert room["time"] == next_monday.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    assert room["id"] not in str(booking.pk)
    with time_machine.travel(next_monday - timedelta(minutes=5)):
        theirs, ours = (client.get(path(booking, side))["Location"] for side in ("client", "host"))
        assert theirs != ours
        assert ours.endswith(room["host_code"])
        assert "Personal page of Bob Berg" in requests.get(theirs, timeout=5).text
        page = client.get(path(booking)).headers
        assert "frame" not in page.get("Location", "")
    for url in (theirs, ours):
        assert url not in str(Mirror.objects.values("data")), "personal links are kept sealed"
    later = next_monday + timedelta(days=1)
    bookings.reschedule(booking, later, actor="host")
    settle()
    assert len(meetings(sandbox)) == 2
    moved = alive(sandbox)
    assert [row["time"] for row in moved] == [later.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")]
    with time_machine.travel(later - timedelta(minutes=5)):
        assert client.get(path(booking, "host"))["Location"].endswith(moved[0]["host_code"])
        sandbox.act(NAME, "enter", key=moved[0]["id"])
        sandbox.act(NAME, "enter", key=moved[0]["id"], puid=fit_id(f"client-{booking.client_id}"))
        assert rooms.poll() == 1
        assert RoomWatch.objects.get().state == "live"
        assert RoomPerson.objects.get(ref=str(booking.pk)).state == PersonState.INSIDE
        assert rooms.room_of(booking, "host").other == "The other side is in the room."
        shown = text(admin_client.get(f"/admin/integrations/mirror/{Mirror.objects.get(kind='conference').pk}/change/"))
        assert "in progress" in shown
        assert f"{booking.reference}: inside" in shown
    bookings.cancel(booking, actor="host")
    settle()
    booking.refresh_from_db()
    assert alive(sandbox) == []
    assert (booking.join_url, Mirror.objects.count()) == ("", 0)


def test_a_room_made_again_by_staff_has_a_key_of_its_own(connection, video, next_monday, bob, sandbox):
    booking = book(video, next_monday, bob)
    settle()
    booking.refresh_from_db()
    first = booking.join_url
    parity.create_again(Mirror.objects.get())
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=10)):
        settle()
    booking.refresh_from_db()
    assert booking.join_url != first
    assert len(alive(sandbox)) == 1


def test_a_lost_answer_is_looked_up_and_the_hosts_link_said_to_be_lost(connection, video, next_monday, bob, sandbox):
    sandbox.fault("lost", provider=NAME, path="/createMeeting")
    book(video, next_monday, bob)
    settle()
    assert len(meetings(sandbox)) == 1
    row = Mirror.objects.get()
    assert list(row.drift) == ["hostUrl"]
    host = row.secrets["link:host"]
    assert host.endswith(meetings(sandbox)[0]["host_code"]), "as a participant she may get the same"


def test_without_a_participants_link_the_host_gets_the_meetings(provider, sandbox):
    sandbox.switch(NAME, "host_as_participant", False)
    room, remote = made(provider)
    room.secrets.clear()
    found = room.update(room.find(VISIT.ref, room.payload(VISIT)), room.payload(VISIT))
    assert room.entry(found, HOST).url == remote.data["join_url"]


@pytest.mark.parametrize("fault", ["lost", "drop"])
def test_people_who_could_not_be_added_are_added_soon(connection, video, next_monday, bob, sandbox, fault):
    sandbox.fault(fault, provider=NAME, path="/addParticipant")
    booking = book(video, next_monday, bob)
    sync.work()
    assert rooms.room_of(booking, "client").state == "preparing"
    assert rooms.room_of(booking, "host").state == "ready"
    settle()
    assert rooms.room_of(booking, "client").state == "ready"
    assert len(sandbox.objects(NAME, "participant")) == 1
    assert len(meetings(sandbox)) == 1


def test_who_leaves_a_group_loses_her_link(provider, sandbox):
    room, remote = made(provider, replace(VISIT, guests=(ADA, CAROL), is_group=True))
    remote = room.update(remote, room.payload(VISIT))
    assert [row["cancelled"] for row in sandbox.objects(NAME, "participant")] == [False, True]
    assert "link:b2" not in room.secrets


# --- states ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["text", "number"])
def test_states_of_meetings_and_people_are_two_lists(provider, sandbox, kind):
    sandbox.switch(NAME, "status_as", kind)
    room, remote = made(provider)
    seen = []
    for status in ("1", "8", "11", "12", "99"):
        sandbox.act(NAME, "set_status", key=remote.id, status=status)
        seen.append(room.status(remote).state)
    assert seen == [RoomState.SCHEDULED, RoomState.LIVE, RoomState.HOST_LEFT, RoomState.ENDED, RoomState.UNKNOWN]
    sandbox.act(NAME, "set_status", key=remote.id, status="8")
    people = []
    for status in ("1", "2", "3", "10", "11", "77"):
        sandbox.act(NAME, "set_status", key=remote.id, puid="client-1", status=status)
        people.append(room.status(remote).people["b1"])
    assert people == ["invited", "accepted", "declined", "inside", "left", "unknown"]


def test_a_meeting_that_is_over_needs_no_cancelling(provider, sandbox):
    room, remote = made(provider)
    sandbox.act(NAME, "set_status", key=remote.id, status="12")
    room.delete(remote)
    assert not meetings(sandbox)[0]["cancelled"]


def test_the_pages_behind_the_links_move_the_states(provider, sandbox):
    room, remote = made(provider)
    host, ada = room.entry(remote, HOST).url, room.entry(remote, "b1").url
    assert "The meeting has not begun" in requests.get(ada, timeout=5).text
    requests.post(ada, {"do": "enter"}, timeout=5)
    assert room.status(remote).people["b1"] == PersonState.INSIDE
    requests.post(host, {"do": "enter"}, timeout=5)
    requests.post(host, {"do": "leave"}, timeout=5)
    assert room.status(remote).state == RoomState.HOST_LEFT
    requests.post(host, {"do": "end"}, timeout=5)
    assert room.status(remote).state == RoomState.ENDED
    assert "This meeting is over" in requests.get(ada, timeout=5).text
    assert requests.get(remote.data["join_url"], timeout=5).status_code == 200


def test_an_address_without_https_is_told_and_never_framed(connection, client, video, next_monday, bob):
    provider = connection.open()
    assert provider.warnings() == []
    provider.http.base_url = "http://api.liveminutes.com"
    assert "unencrypted" in provider.warnings()[0]
    booking = book(video, next_monday, bob)
    with time_machine.travel(next_monday - timedelta(minutes=5)):
        waiting = client.get(path(booking))
    assert "iframe" not in waiting.content.decode()
    assert "frame-src" not in waiting["Content-Security-Policy"] or "http:" not in waiting["Content-Security-Policy"]


def test_a_memory_without_rows_knows_nothing():
    memory = Memory()
    memory.note("session", "x")
    assert (memory.count("session"), memory.knows("session", "x"), memory.proven()) == (0, False, False)
