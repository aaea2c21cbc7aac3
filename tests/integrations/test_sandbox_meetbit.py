"""The MeetBit copy answers as the vendor's documents say."""

import json
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests

from integrations.providers.meetbit.webhook import sign
from tests.integrations.meetbit_world import Raw, quick

CUSTOMER = {
    "first_name": "Ada", "middle_name": None, "last_name": "Quist", "email": "ada.quist@example.org",
    "contact_number": "+4740000001",
    "address": {
        "line_1": None, "line_2": None, "city": "Bergen", "region": None, "region_code": None, "country": "Norway",
        "country_code": "NO", "postal_code": "5003",
    },
}  # fmt: skip
USER = {
    "first_name": "Hanna", "last_name": "Host", "email": "hanna@example.org", "timezone": "Europe/Berlin",
    "department_id": 1, "role_id": 1,
}  # fmt: skip


@pytest.fixture
def raw(sandbox):
    sandbox.clock(datetime(2027, 3, 20, 12, tzinfo=UTC), speed=0)
    quick(sandbox)
    return Raw(sandbox)


@pytest.fixture
def host(raw):
    return raw("POST", "/users", USER).json()["data"]


@pytest.fixture
def room(raw, host, sandbox):
    return raw("POST", "/online_conferences", room_of(sandbox)).json()["data"]


def room_of(sandbox, **changes):
    account = sandbox.objects("meetbit", "account")[0]["id"]
    return {
        "online_conference_account_id": account,
        "public_id": "visit-1",
        "title": "Visit",
        "is_public": False,
    } | changes


def test_create_answers_200_in_an_envelope_without_the_mark_of_an_assumption(raw):
    answer = raw("POST", "/customers", CUSTOMER)
    assert answer.status_code == 200
    assert answer.json()["message"] == "Successfully created Customer."
    data = answer.json()["data"]
    assert data["name"] == "Ada Quist"
    assert data["created_at"] == "2027-03-20T12:00:00Z"
    assert data["deleted_at"] is None
    assert data["id"] == 1
    assert "X-Sandbox-Inferred" not in answer.headers
    assert raw("GET", "/customers/1").headers["X-Sandbox-Inferred"] == "1"


def test_both_meanings_of_401_are_plain_text(raw):
    wrong = raw("GET", "/users", headers={"X-Access-Key-Id": "MBP-sandbox", "X-Access-Key-Secret": "no"})
    assert (wrong.status_code, wrong.text) == (401, "Invalid or missing access key.")
    reader = {"X-Access-Key-Id": "MBP-readonly", "X-Access-Key-Secret": "sandbox-secret!"}
    denied = raw("POST", "/users", USER, headers=reader)
    assert (denied.status_code, denied.text) == (401, "Access Denied.")
    assert denied.headers["Content-Type"].startswith("text/plain")
    assert raw("GET", "/users", headers=reader).status_code == 200


def test_validation_counts_the_further_errors(raw):
    answer = raw(
        "POST", "/customers", {**CUSTOMER, "email": "nobody", "contact_number": "030 1", "first_name": "x" * 256}
    )
    assert answer.status_code == 400
    assert answer.json()["message"].endswith("(and 2 more errors)")
    assert set(answer.json()["errors"]) == {"email", "contact_number", "first_name"}


def test_every_key_of_a_customer_must_be_sent(raw):
    body = {name: value for name, value in CUSTOMER.items() if name != "middle_name"}
    assert raw("POST", "/customers", body).json()["errors"] == {
        "middle_name": ["The middle name field must be present."]
    }
    body = {**CUSTOMER, "address": {"city": "Bergen"}}
    assert "address.line_1" in raw("POST", "/customers", body).json()["errors"]


def test_delete_is_soft(raw):
    raw("POST", "/customers", CUSTOMER)
    gone = raw("DELETE", "/customers/1")
    assert (gone.status_code, gone.content) == (202, b"")
    missing = raw("GET", "/customers/1")
    assert (missing.status_code, missing.text) == (404, "Resource object does not exist.")
    assert raw("DELETE", "/customers/1").status_code == 404
    assert raw("GET", "/customers").json()["data"] == []
    trashed = raw("GET", "/customers?with_trashed=1").json()["data"]
    assert trashed[0]["deleted_at"] == "2027-03-20T12:00:00Z"
    assert raw("POST", "/customers", CUSTOMER).json()["data"]["id"] == 2
    assert raw("POST", "/customers/2/restore").status_code == 200


def test_lists_filter_order_and_page(raw):
    for number in range(1, 4):
        raw("POST", "/users", {**USER, "email": f"u{number}@example.org"})
    found = raw("GET", "/users?filter_attribute=email&filter_operator==&filter_value=U2@example.org").json()["data"]
    assert [row["id"] for row in found] == [2]
    page = raw("GET", "/users?order_by=id&order_direction=desc&page_size=2&page_number=2").json()
    assert [row["id"] for row in page["data"]] == [1]
    refused = raw("GET", "/users?filter_attribute=shoe_size&page_size=101&order_by=x")
    assert set(refused.json()["errors"]) == {"filter_attribute", "page_size", "order_by"}


@pytest.mark.parametrize("shape", ["data", "items"])
def test_the_place_of_the_rows_is_a_switch(raw, sandbox, host, shape):
    sandbox.switch("meetbit", "list_shape", shape)
    assert raw("GET", "/users").json()["data"][shape][0]["id"] == host["id"]


def test_silent_needs_active_and_active_needs_a_permission(raw, sandbox):
    refused = raw("POST", "/users", {**USER, "is_silent": True})
    assert "activate" in refused.json()["errors"]
    assert raw("POST", "/users", {**USER, "activate": True, "is_silent": True}).json()["data"]["status"] == "active"
    assert sandbox.objects("meetbit", "mail") == []
    sandbox.edit("meetbit", "client", "1", permissions=["users.create.*"])
    denied = raw("POST", "/users", {**USER, "email": "other@example.org", "activate": True})
    assert denied.text == "Access Denied."
    assert raw("POST", "/users", {**USER, "email": "other@example.org"}).json()["data"]["status"] == "inactive"
    assert len(sandbox.objects("meetbit", "mail")) == 1


def test_an_address_is_given_once_and_free_again_after_a_delete(raw, sandbox, host):
    taken = raw("POST", "/users", {**USER, "email": "HANNA@example.org"})
    assert taken.json()["errors"] == {"email": ["The email has already been taken."]}
    raw("DELETE", f"/users/{host['id']}")
    sandbox.switch("meetbit", "trashed_is_taken", True)
    assert raw("POST", "/users", USER).status_code == 400
    sandbox.switch("meetbit", "trashed_is_taken", False)
    assert raw("POST", "/users", USER).status_code == 200


def test_rooms_are_unique_hold_five_and_know_their_people(raw, sandbox, host):
    raw("POST", "/customers", CUSTOMER)
    people = [{"name": "Ada", "email": "ada.quist@example.org"}, {"name": "New", "email": "new@example.org"}]
    answer = raw("POST", "/online_conferences", room_of(sandbox, online_conference_attendees=people))
    data = answer.json()["data"]
    assert answer.status_code == 200
    assert "online_conference_attendees" not in data
    rows = raw("GET", f"/online_conferences/{data['id']}/online_conference_attendees").json()["data"]
    assert [(row["email"], row["user_id"], row["customer_id"]) for row in rows] == [
        ("hanna@example.org", host["id"], None),
        ("ada.quist@example.org", None, 1),
        ("new@example.org", None, 2),
    ]
    assert "public_id" in raw("POST", "/online_conferences", room_of(sandbox)).json()["errors"]
    many = [{"name": "x", "email": f"x{number}@example.org"} for number in range(6)]
    body = room_of(sandbox, public_id="visit-2", online_conference_attendees=many)
    assert "online_conference_attendees" in raw("POST", "/online_conferences", body).json()["errors"]
    nested = room_of(sandbox, public_id="visit-2", online_conference_attendees=[{"name": "x"}])
    assert "online_conference_attendees.0.email" in raw("POST", "/online_conferences", nested).json()["errors"]


def test_a_room_that_has_begun_is_not_changed(raw, sandbox, room):
    path = f"/online_conferences/{room['id']}"
    assert "is_public" in raw("PATCH", path, {"title": "New"}).json()["errors"]
    assert raw("PATCH", path, {"title": "New", "is_public": False}).json()["data"]["title"] == "New"
    sandbox.act("meetbit", "start_conference", id=room["id"])
    for answer in (raw("PATCH", path, {"title": "Newer", "is_public": False}), raw("DELETE", path)):
        assert answer.status_code == 409
        assert "started" in answer.text
        assert answer.headers["Content-Type"].startswith("text/plain")


def test_pace_is_told_and_calling_during_a_block_lengthens_it(raw, sandbox):
    sandbox.limit("meetbit-client", enabled=True)
    sandbox.limit("meetbit-tenant", enabled=True)
    told = [raw("GET", "/users").headers["RateLimit-Remaining"] for _call in range(5)]
    assert told == ["4", "3", "2", "1", "0"]
    waits = [raw("GET", "/users") for _call in range(3)]
    assert [answer.status_code for answer in waits] == [429] * 3
    assert waits[0].text == "Too many requests."
    assert [answer.headers["Retry-After"] for answer in waits] == ["1", "2", "4"]
    sandbox.clock(datetime(2027, 3, 20, 12, 0, 10, tzinfo=UTC))
    assert raw("GET", "/users").status_code == 200


def test_a_correction_of_the_table_moves_the_path(raw, sandbox, host):
    sandbox.switch("meetbit", "endpoints", {"users.update": ["PUT", "/people/{user_id}"]})
    assert raw("PATCH", f"/users/{host['id']}", {"first_name": "Ada"}).status_code == 404
    assert raw("PUT", f"/people/{host['id']}", {"first_name": "Ada"}).json()["data"]["first_name"] == "Ada"


# --- public pages and webhooks -----------------------------------------------------------------------------------------


@pytest.fixture
def receiver():
    """Notes headers and bodies; `answers` are the statuses it gives, then 200."""

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.received.append((dict(self.headers), body))
            self.send_response(server.answers.pop(0) if server.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.received, server.answers = [], []
    server.url = f"http://127.0.0.1:{server.server_port}/hook"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_visitor_books_a_meeting_link_and_signed_webhooks_tell_of_it(raw, sandbox, host, receiver):
    sandbox.act("meetbit", "add_link", public_id="hanna", user_id=host["id"], timezone="Europe/Berlin")
    sandbox.act("meetbit", "add_destination", url=receiver.url)
    url = sandbox.base("meetbit") + "/meetings/hanna"
    page = requests.get(
        url, params={"name": "Bob", "email": "no@example.org", "mb_email": "bob@example.org"}, timeout=5
    )
    assert 'value="Bob"' in page.text
    assert 'value="bob@example.org"' in page.text
    assert "frame-ancestors *" in page.headers["Content-Security-Policy"]
    form = {"name": "Bob", "email": "bob@example.org", "contact": "", "start": "2027-03-22T08:00:00Z"}
    assert "is booked" in requests.post(url, data=form, timeout=5).text
    again = requests.post(url, data=form, timeout=5)
    assert again.status_code == 400
    assert "not free any more" in again.text

    sandbox.deliveries("meetbit")
    bodies = [json.loads(body) for _headers, body in receiver.received]
    assert {body["event"] for body in bodies} == {"meeting_links.scheduled", "events.created"}
    for headers, body in receiver.received:
        signed = sign("sandbox-secret", headers["X-Webhook-Id"], headers["X-Webhook-Timestamp"], body)
        assert headers["X-Webhook-Signature"] == signed
    assert [row["email"] for row in sandbox.objects("meetbit", "customer")] == ["bob@example.org"]


def test_a_webhook_is_tried_five_times_with_the_same_id(raw, sandbox, host, receiver):
    sandbox.switch("meetbit", "webhook_pauses", [0, 0, 0, 0])
    sandbox.act("meetbit", "add_link", public_id="hanna", user_id=host["id"])
    sandbox.act("meetbit", "add_destination", url=receiver.url, events=["events.deleted"])
    event = sandbox.act("meetbit", "book", public_id="hanna", name="Bob", email="bob@example.org")
    receiver.answers = [500] * 9
    sandbox.act("meetbit", "cancel", id=event["id"])
    sandbox.deliveries("meetbit")
    assert len(receiver.received) == 5
    assert len({headers["X-Webhook-Id"] for headers, _body in receiver.received}) == 1


def test_a_private_room_lets_in_who_is_invited(raw, sandbox, room):
    url = sandbox.base("meetbit") + "/rooms/visit-1"
    assert requests.get(url, timeout=5).status_code == 200
    assert requests.post(url, data={"email": "eve@example.org"}, timeout=5).status_code == 403
    assert "You are in the room" in requests.post(url, data={"email": "hanna@example.org"}, timeout=5).text
    assert sandbox.objects("meetbit", "online_conference")[0]["started_at"] == "2027-03-20T12:00:00Z"
    assert requests.get(url + "x", timeout=5).status_code == 404
