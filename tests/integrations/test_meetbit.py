"""MeetBit over real HTTP against its copy: people, rooms, roles, refusals, webhooks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from directory import accounts
from directory.models import Professional
from integrations import parity, sync
from integrations.contract import Attendee, CannotFind, ConferenceFacts, CustomerFacts, HoursFacts, Remote, UserFacts
from integrations.errors import (
    Conflict,
    NotFound,
    OutcomeUnknown,
    Rejected,
    Transient,
    Unauthorised,
    Unsupported,
)
from integrations.models import Mirror
from integrations.providers.meetbit import MeetBit, embed_url
from integrations.providers.meetbit.endpoints import assumptions, endpoint_table
from integrations.providers.meetbit.people import international
from integrations.providers.meetbit.webhook import sign
from scheduling import bookings
from tests import factories
from tests.integrations.contract import ProviderContract, open_provider
from tests.integrations.meetbit_world import KEYS, PREFIX, alive, connect, mirror, quick, settle

THEN = datetime(2026, 1, 15, 9, 4, 59, tzinfo=UTC)
HANNA = UserFacts("1", "hanna@example.org", "Hanna", "Host", "", "hanna", "en", HoursFacts("Europe/Berlin", {}))
ADA = CustomerFacts("7", "ada@example.org", "Ada", "Quist", "0047 40 00 00 01", "en")
VISIT = ConferenceFacts(
    "5",
    "Visit",
    THEN,
    THEN + timedelta(minutes=30),
    Attendee("host", "Hanna Host", "hanna@example.org"),
    (Attendee("b1", "Ada Quist", "ada@example.org"),),
)
USERS, ROOMS = "/api/public/v2.0/users*", "/api/public/v2.0/online_conferences*"


@pytest.fixture
def connection(brand, sandbox):
    return connect(brand, sandbox)


@pytest.fixture
def users(connection):
    return connection.open().resource("user")


@pytest.fixture
def customers(connection):
    return connection.open().resource("customer")


def made(resource, facts):
    payload = resource.payload(facts)
    return payload, resource.create(facts.ref, payload)


class TestContract(ProviderContract):
    name = "meetbit"
    kinds = ("user", "customer", "conference")

    @pytest.fixture
    def provider(self, sandbox):
        quick(sandbox)
        return open_provider(MeetBit, sandbox.url + PREFIX, KEYS, department_id=1, role_id=1)

    def facts(self, kind):
        return {"user": HANNA, "customer": ADA, "conference": VISIT}[kind]

    def changed(self, kind):
        field = {"user": "last_name", "customer": "first_name", "conference": "title"}[kind]
        return replace(self.facts(kind), **{field: "Changed"})

    def owner(self, provider, kind):
        users = provider.resource("user")
        return users.create("1", users.payload(HANNA)) if kind == "conference" else None


# --- people ------------------------------------------------------------------------------------------------------------


def test_a_user_is_created_found_changed_read_and_deleted(users, sandbox):
    payload, remote = made(users, HANNA)
    stored = alive(sandbox, "user")[0]
    assert (stored["email"], stored["timezone"], stored["department_id"], stored["role_id"]) == (
        "hanna@example.org",
        "Europe/Berlin",
        1,
        1,
    )
    account = sandbox.objects("meetbit", "account")[0]["id"]
    assert remote == Remote(str(stored["id"]), {"online_conference_account_id": account})
    assert users.find("1", payload) == remote
    assert users.update(remote, {**payload, "last_name": "Huber"}) == remote
    observed = users.read(remote)
    assert users.differences(payload, observed) == {"last_name": ("Host", "Huber")}
    assert [one.id for one in users.list()] == [remote.id]
    users.delete(remote)
    assert users.find("1", payload) is None
    for call in (lambda: users.read(remote), lambda: users.update(remote, payload), lambda: users.delete(remote)):
        with pytest.raises(NotFound):
            call()


def test_a_customer_is_sent_with_every_key(customers, sandbox):
    payload, remote = made(customers, ADA)
    stored = alive(sandbox, "customer")[0]
    assert stored["contact_number"] == "+4740000001"
    assert payload["middle_name"] is None
    assert set(payload["address"].values()) == {None}
    assert customers.find("7", payload) == remote
    customers.update(remote, {**payload, "first_name": "Adele"})
    assert customers.differences(payload, customers.read(remote)) == {"first_name": ("Ada", "Adele")}
    customers.delete(remote)
    assert alive(sandbox, "customer") == []


@pytest.mark.parametrize(
    ("given", "sent"),
    [("+49 (30) 123-4567", "+49301234567"), ("0049 30 1234567", "+49301234567"), ("030 1234567", None), ("", None)],
)
def test_numbers_without_their_country_are_not_guessed(given, sent):
    assert international(given) == sent


def test_without_an_address_nobody_can_be_found(users):
    with pytest.raises(CannotFind):
        users.find("1", {})


def test_a_taken_address_is_a_conflict_and_the_account_is_adopted(users, connection, alice, sandbox):
    foreign, remote = made(users, replace(HANNA, email="alice@example.org"))
    with pytest.raises(Conflict):
        users.create("1", foreign)
    sync.mark(connection, "user", str(alice.pk))
    settle()
    assert mirror("user").remote_id == remote.id
    assert [row["first_name"] for row in alive(sandbox, "user")] == ["Alice"]


@pytest.mark.parametrize("shape", ["list", "data", "items"])
def test_every_page_of_a_list_is_read_whatever_its_shape(connection, sandbox, shape):
    sandbox.switch("meetbit", "list_shape", shape)
    connection.options["list_page_size"] = 2
    users = connection.open().resource("user")
    for number in range(5):
        made(users, replace(HANNA, email=f"u{number}@example.org"))
    assert len(list(users.list())) == 5
    sandbox.fault("repeat_page", path=USERS, times=None)
    assert users.find("x", {"email": "u4@example.org"})


def test_a_list_that_ignores_the_filter_is_searched_to_its_end(connection, sandbox):
    connection.options |= {"list_page_size": 2, "parameters": {"filter_attribute": "fa", "filter_value": "fv"}}
    users = connection.open().resource("user")
    for number in range(5):
        made(users, replace(HANNA, email=f"u{number}@example.org"))
    assert users.find("x", {"email": "u4@example.org"}).id == "5"


def test_activation_is_sent_only_where_it_is_wanted(connection, sandbox):
    made(connection.open().resource("user"), HANNA)
    assert alive(sandbox, "user")[0]["status"] == "inactive"
    connection.options |= {"activate": True, "is_silent": True}
    made(connection.open().resource("user"), replace(HANNA, email="b@example.org"))
    assert alive(sandbox, "user")[1]["status"] == "active"
    assert len(sandbox.objects("meetbit", "mail")) == 1
    connection.options["activate"] = False
    with pytest.raises(Rejected, match="is_silent"):
        made(connection.open().resource("user"), replace(HANNA, email="c@example.org"))


def test_a_department_is_demanded_before_anything_is_sent(connection, sandbox):
    connection.options.pop("department_id")
    provider = connection.open()
    with pytest.raises(Unsupported, match="department_id"):
        provider.resource("user").payload(HANNA)
    assert "department_id" in provider.check()


def test_a_deleted_account_is_restored_only_where_that_is_allowed(connection, sandbox):
    sandbox.switch("meetbit", "trashed_is_taken", True)
    users = connection.open().resource("user")
    payload, remote = made(users, HANNA)
    users.delete(remote)
    with pytest.raises(Conflict):
        users.create("1", payload)
    connection.options["enabled_optional"] = ["users.restore"]
    users = connection.open().resource("user")
    assert users.create("1", {**payload, "last_name": "Huber"}).id == remote.id
    assert alive(sandbox, "user")[0]["last_name"] == "Huber"


def test_corrections_reach_path_method_and_fields(connection, sandbox):
    corrections = {"endpoints": {"users.update": ["PUT", "/people/{user_id}"]}, "fields": {"user": {"role": "role_no"}}}
    for name, value in corrections.items():
        sandbox.switch("meetbit", name, value)
    connection.options |= corrections
    users = connection.open().resource("user")
    payload, remote = made(users, HANNA)
    users.update(remote, {**payload, "role_no": 2})
    assert alive(sandbox, "user")[0]["role_id"] == 2


# --- refusals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status", "status": 503}, Transient),
        ({"kind": "status", "status": 429, "body": "Too many requests.", "retry_after": 3}, Transient),
        ({"kind": "status", "status": 500, "body": "UnexpectedErrorResponse"}, OutcomeUnknown),
        ({"kind": "lost"}, OutcomeUnknown),
        ({"kind": "lost_504"}, Transient),
        ({"kind": "truncated"}, OutcomeUnknown),
        ({"kind": "html"}, OutcomeUnknown),
        ({"kind": "empty"}, OutcomeUnknown),
        ({"kind": "nulls", "fields": ["id"]}, OutcomeUnknown),
        ({"kind": "status", "status": 404, "body": "Resource object does not exist."}, NotFound),
        ({"kind": "status", "status": 400, "body": {"message": "No", "errors": {"email": ["Too odd."]}}}, Rejected),
    ],
)
def test_every_failure_of_a_create_is_one_of_the_six(users, sandbox, fault, error):
    sandbox.fault(path=USERS, method="POST", **fault)
    with pytest.raises(error) as raised:
        made(users, HANNA)
    assert type(raised.value) is error


def test_the_two_meanings_of_401_have_different_words(connection):
    connection.credentials = [{"key_id": "MBP-sandbox", "key_secret": "wrong-wrong"}]
    with pytest.raises(Unauthorised, match="key is wrong"):
        connection.open().check()
    connection.credentials = [{"key_id": "MBP-readonly", "key_secret": "sandbox-secret!"}]
    provider = connection.open()
    assert "answers" in provider.check()
    with pytest.raises(Unauthorised, match="lacks a permission.*Access Denied"):
        made(provider.resource("user"), HANNA)


def test_the_second_key_is_tried_while_keys_are_rotated(connection):
    connection.credentials = [{"key_id": "MBP-new", "key_secret": "none"}, *connection.credentials]
    assert "answers" in connection.open().check()


def test_refused_fields_are_named_and_addresses_hidden(users):
    payload = {**users.payload(HANNA), "first_name": "x" * 300}
    with pytest.raises(Rejected) as raised:
        users.create("1", payload)
    assert set(raised.value.fields) == {"first_name"}


def test_without_an_address_of_the_api_it_says_so(connection):
    connection.base_url = ""
    with pytest.raises(Unsupported, match="address of the API"):
        connection.open().check()


def test_the_pace_of_the_copy_is_never_exceeded(connection, sandbox, users):
    """Four calls a second against five allowed: no 429."""
    sandbox.limit("meetbit-client", enabled=True)
    sandbox.limit("meetbit-tenant", enabled=True)
    connection.options["rate"] = None
    users = connection.open().resource("user")
    for _call in range(10):
        list(users.list())
    assert {entry["status"] for entry in sandbox.log(provider="meetbit")} == {200}


# --- parity ------------------------------------------------------------------------------------------------------------


def test_a_member_becomes_a_user_and_follows_every_edit(connection, sandbox, alice):
    alice.save()
    settle()
    assert [row["email"] for row in alive(sandbox, "user")] == ["alice@example.org"]
    before = len(sandbox.log(provider="meetbit"))
    alice.save()
    settle()
    assert len(sandbox.log(provider="meetbit")) == before, "nothing changed, so nothing is called"
    alice.person.last_name = "Adler"
    alice.person.save()
    settle()
    assert alive(sandbox, "user")[0]["last_name"] == "Adler"
    accounts.close_account(alice)
    settle()
    assert alive(sandbox, "user") == []
    assert not Mirror.objects.exists()


def test_a_lost_create_is_found_again_though_the_address_has_changed(connection, sandbox, alice):
    sandbox.fault("lost", path=USERS, method="POST")
    alice.save()
    sync.work()
    assert mirror("user").remote_id == ""
    alice.person.email = "alice.new@example.org"
    alice.person.save()
    settle()
    assert [row["email"] for row in alive(sandbox, "user")] == ["alice.new@example.org"]


def test_a_lost_create_is_deleted_when_the_member_has_left(connection, sandbox, alice):
    sandbox.fault("lost", path=USERS, method="POST")
    alice.save()
    sync.work()
    accounts.close_account(alice)
    settle()
    assert alive(sandbox, "user") == []
    assert not Mirror.objects.exists()


def test_remote_edits_and_deletes_are_repaired(connection, sandbox, alice):
    alice.save()
    settle()
    sandbox.edit("meetbit", "user", "1", first_name="Mallory")
    assert parity.verify(connection).edited == 1
    settle()
    assert alive(sandbox, "user")[0]["first_name"] == "Alice"
    sandbox.act("meetbit", "delete", kind="user", id=1)
    assert parity.verify(connection).missing == 1
    settle()
    assert [row["email"] for row in alive(sandbox, "user")] == ["alice@example.org"]
    assert mirror("user").remote_id == "2"


def test_one_person_is_never_user_and_customer_in_the_database(connection):
    Mirror.objects.create(connection=connection, kind="user", local_uid="1", person_uid="9")
    with pytest.raises(IntegrityError), transaction.atomic():
        Mirror.objects.create(connection=connection, kind="customer", local_uid="9", person_uid="9")


def book(meeting_type, start, person):
    held = bookings.hold(meeting_type, start)
    return bookings.confirm(held, name=person.full_name, email=person.email)


def test_a_change_of_role_is_one_run_and_never_both(connection, sandbox, meeting_type, next_monday, bob, brand):
    book(meeting_type, next_monday, bob)
    settle()
    assert [row["email"] for row in alive(sandbox, "customer")] == ["bob@example.org"]

    member = factories.make_professional(brand, person=bob, slug="bob-berg")
    sync.work()  # one run
    assert alive(sandbox, "customer") == []
    assert {row["email"] for row in alive(sandbox, "user")} == {"alice@example.org", "bob@example.org"}
    assert_never_both(sandbox)

    settle()
    accounts.close_account(member)
    sync.work()
    assert [row["email"] for row in alive(sandbox, "customer")] == ["bob@example.org"]
    assert [row["email"] for row in alive(sandbox, "user")] == ["alice@example.org"]
    assert_never_both(sandbox)
    settle()
    assert sorted(Mirror.objects.values_list("kind", flat=True)) == ["customer", "user"]


def test_the_sweep_finds_a_change_of_role_that_no_signal_told(
    connection, sandbox, meeting_type, next_monday, bob, brand
):
    book(meeting_type, next_monday, bob)
    member = factories.make_professional(brand, person=bob, status=Professional.Status.DRAFT)
    settle()
    Professional.objects.filter(pk=member.pk).update(status=Professional.Status.LISTED)
    parity.sweep(connection)
    sync.work()
    assert {row["email"] for row in alive(sandbox, "user")} == {"alice@example.org", "bob@example.org"}
    assert alive(sandbox, "customer") == []
    assert parity.sweep(connection) == 0


def assert_never_both(sandbox):
    users = {row["email"] for row in alive(sandbox, "user")}
    assert not users & {row["email"] for row in alive(sandbox, "customer")}


# --- video rooms -------------------------------------------------------------------------------------------------------


@pytest.fixture
def video(meeting_type):
    meeting_type.channel = "video"
    meeting_type.save()
    return meeting_type


def test_a_video_booking_gets_a_room_that_nobody_can_guess(connection, sandbox, video, next_monday, bob):
    booking = book(video, next_monday, bob)
    version = booking.version
    settle()
    booking.refresh_from_db()
    room = alive(sandbox, "online_conference")[0]
    assert booking.join_url == f"{sandbox.url}/meetbit/rooms/{room['public_id']}"
    assert str(booking.pk) not in booking.join_url
    assert booking.version == version
    assert room["is_public"] is False
    people = {row["email"]: row for row in alive(sandbox, "attendee")}
    assert set(people) == {"alice@example.org", "bob@example.org"}
    before = len(sandbox.log(provider="meetbit"))
    bookings.reschedule(booking, next_monday + timedelta(days=1), actor="host")
    settle()
    assert len(sandbox.log(provider="meetbit")) == before, "a room has no time"
    bookings.cancel(booking, actor="host")
    settle()
    booking.refresh_from_db()
    assert booking.join_url == ""
    assert alive(sandbox, "online_conference") == []


def test_a_host_keeps_a_room_of_her_own(connection, sandbox, video, next_monday, bob):
    video.video_url = "https://video.example/alice"
    video.save()
    booking = book(video, next_monday, bob)
    settle()
    booking.refresh_from_db()
    assert booking.join_url == "https://video.example/alice"
    assert alive(sandbox, "online_conference") == []


def test_title_and_people_of_a_room_are_changed_each_in_its_way(connection, sandbox, video, next_monday, bob):
    book(video, next_monday, bob)
    settle()
    row = mirror("conference")
    rooms = sync.resource_of(row, str(video.host_id))
    sandbox.sandbox.log.clear()
    wanted = {
        "title": "Second visit",
        "is_public": False,
        "online_conference_attendees": row.data["online_conference_attendees"],
        "people": row.data["people"],
    }
    remote = rooms.update(row.remote, wanted)
    assert [(entry["method"], entry["body"]) for entry in sandbox.log(provider="meetbit")] == [
        ("PATCH", {"title": "Second visit", "is_public": False})
    ]
    people = [{"name": "Carla", "email": "carla@example.org"}]
    remote = rooms.update(remote, {**wanted, "online_conference_attendees": people})
    assert {row["email"] for row in alive(sandbox, "attendee")} == {"alice@example.org", "carla@example.org"}
    assert remote.data["join_url"] == row.data["join_url"]


def test_a_lost_room_is_found_by_its_public_id(connection, sandbox, video, next_monday, bob):
    sandbox.fault("lost", path=ROOMS, method="POST")
    booking = book(video, next_monday, bob)
    settle()
    booking.refresh_from_db()
    assert len(alive(sandbox, "online_conference")) == 1
    assert booking.join_url


def test_a_room_that_was_deleted_there_is_made_again_though_its_name_is_taken(
    connection, sandbox, video, next_monday, bob
):
    sandbox.switch("meetbit", "trashed_is_taken", True)
    booking = book(video, next_monday, bob)
    settle()
    booking.refresh_from_db()
    first = booking.join_url
    sandbox.act("meetbit", "delete", kind="online_conference", id=1)
    parity.verify(connection)
    settle()
    booking.refresh_from_db()
    assert booking.join_url.startswith(first)
    assert booking.join_url != first


def test_after_its_start_a_room_stays_and_nothing_is_stuck(connection, sandbox, video, next_monday, bob, alice):
    booking = book(video, next_monday, bob)
    settle()
    sandbox.act("meetbit", "start_conference", id=1)
    row = mirror("conference")
    rooms = sync.resource_of(row, str(video.host_id))
    with pytest.raises(Rejected, match="has begun"):
        rooms.update(row.remote, {**row.data, "title": "Too late"})
    bookings.cancel(booking, actor="host")
    accounts.close_account(alice)
    settle()
    assert not Mirror.objects.exclude(kind="customer").exists()


def test_without_an_account_at_rooms_it_says_how_to_get_one(connection, sandbox, video, next_monday, bob):
    sandbox.switch("meetbit", "room_accounts", "manual")
    book(video, next_monday, bob)
    settle()
    assert "account at MeetBit Rooms" in mirror("conference").last_error
    sandbox.act("meetbit", "connect_rooms", user_id=1)
    parity.sync_now(Mirror.objects.filter(kind="conference"))
    settle()
    assert len(alive(sandbox, "online_conference")) == 1


def test_a_common_account_serves_those_without_their_own(connection, sandbox, video, next_monday, bob):
    sandbox.switch("meetbit", "room_accounts", "manual")
    common = sandbox.act("meetbit", "connect_rooms", user_id=99)["id"]
    connection.options["online_conference_account_id"] = common
    connection.save()
    book(video, next_monday, bob)
    settle()
    assert alive(sandbox, "online_conference")[0]["online_conference_account_id"] == common


# --- webhooks, Meeting Links, the table ----------------------------------------------------------------------------------

BODY = b'{"event":"events.created","data":{"id":501,"calendar_id":12}}'
SIGNED = {
    "X-Webhook-Id": "0b6c1f2e-0000-4000-8000-000000000001",
    "X-Webhook-Timestamp": "2026-01-15T09:00:00Z",
    "X-Webhook-Signature": "459a92a01b29c57a448c23306d1a5b0ddc88da4be86c0116f77fa35f8c05694f",
}


@pytest.fixture
def hook(connection):
    provider = connection.open()
    return provider.webhook(provider)


def test_the_signature_of_the_notes(hook):
    assert (
        sign("sandbox-secret", SIGNED["X-Webhook-Id"], SIGNED["X-Webhook-Timestamp"], BODY)
        == SIGNED["X-Webhook-Signature"]
    )
    assert hook.authentic(SIGNED, BODY, THEN)
    assert hook.authentic({name.lower(): value for name, value in SIGNED.items()}, BODY, THEN)


@pytest.mark.parametrize(
    ("headers", "body", "now"),
    [
        ({}, BODY, THEN),
        (SIGNED, BODY + b" ", THEN),
        ({**SIGNED, "X-Webhook-Id": "other"}, BODY, THEN),
        ({**SIGNED, "X-Webhook-Timestamp": "2026-01-15T09:00:01Z"}, BODY, THEN),
        ({**SIGNED, "X-Webhook-Signature": "é"}, BODY, THEN),
        (SIGNED, BODY, THEN + timedelta(seconds=2)),
        (SIGNED, BODY, THEN - timedelta(minutes=10)),
    ],
)
def test_forged_and_old_messages_are_refused(hook, headers, body, now):
    assert not hook.authentic(headers, body, now)


@pytest.mark.parametrize("timestamp", ["", "yesterday", "2026-01-15T09:00:00"])
def test_odd_times_are_refused_even_when_they_are_signed(hook, timestamp):
    signed = {**SIGNED, "X-Webhook-Timestamp": timestamp}
    signed["X-Webhook-Signature"] = sign("sandbox-secret", SIGNED["X-Webhook-Id"], timestamp, BODY)
    assert not hook.authentic(signed, BODY, THEN)


def test_without_a_secret_nothing_is_authentic(connection):
    connection.webhook_secret = ""
    provider = connection.open()
    signed = {**SIGNED, "X-Webhook-Signature": sign("", SIGNED["X-Webhook-Id"], SIGNED["X-Webhook-Timestamp"], BODY)}
    assert not provider.webhook(provider).authentic(signed, BODY, THEN)


@pytest.mark.parametrize(
    ("body", "kind", "remote_id"),
    [
        (BODY, "booking", "501"),
        (b'{"event":"events.reassigned","data":{"id":7,"calendar_id":1}}', "booking", "7"),
        (b'{"event":"meeting_links.scheduled","data":{"id":1,"event_id":8,"email":"b@example.org"}}', "booking", "8"),
        (b'{"event":"forms.answered","data":{"id":3}}', "", ""),
    ],
)
def test_messages_only_say_where_to_look(hook, body, kind, remote_id):
    notice = hook.parse(SIGNED, body)
    assert (notice.kind, notice.remote_id, notice.event_id) == (kind, remote_id, SIGNED["X-Webhook-Id"])


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"event":1}', b'{"event":"x","data":[1]}', b"\xff"])
def test_other_bodies_are_no_message(hook, body):
    with pytest.raises(ValueError, match="no message"):
        hook.parse(SIGNED, body)


def test_registration_says_who_can_do_it(hook):
    with pytest.raises(Unsupported, match="https://brand.example/hook"):
        hook.register("https://brand.example/hook")


def test_a_meeting_link_is_shown_with_the_visitors_data(connection, sandbox):
    connection.options["meeting_links"] = {"Alice@example.org": "alice & co"}
    provider = connection.open()
    url = urlsplit(embed_url(provider, "alice@example.org", name="Bob Berg", email="b@example.org"))
    assert url.path == "/meetbit/meetings/alice%20%26%20co"
    assert parse_qs(url.query) == {"name": ["Bob Berg"], "email": ["b@example.org"]}
    assert embed_url(provider, "charlie@example.org") == ""


def test_the_command_prints_every_assumption(connection, capsys):
    connection.options["endpoints"] = {"customers.update": ["PUT", "/customers/{customer_id}"]}
    connection.save()
    call_command("meetbit_endpoints", connection=connection.pk)
    out = capsys.readouterr().out
    for line in assumptions({}):
        assert (f" {line.name} " in out) == line.inferred, line
    assert "corrected   customers.update" in out
    assert "(off)" in out
    with pytest.raises(CommandError):
        call_command("meetbit_endpoints", connection=0)


@pytest.mark.parametrize(
    "wrong", [{"users.fly": ["GET", "/x"]}, {"users.get": ["FLY", "/x"]}, {"users.get": {"color": 1}}]
)
def test_a_correction_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="users"):
        endpoint_table({"endpoints": wrong})
