"""Outgoing webhooks: rows in the transaction, signed messages to a real receiver, repetition, rotation, closed doors."""

import json
import socket
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from jsonschema import Draft202012Validator, FormatChecker
from standardwebhooks import Webhook

from directory import accounts
from directory.models import Professional
from integrations import tasks
from integrations.hooks import catalogue, endpoints, sending
from integrations.models import HookAttempt, HookDelivery, HookEndpoint, HookEvent
from scheduling import bookings
from scheduling.models import AvailabilityRule, Booking, BookingEvent
from tests import factories
from tests.admin_pages import form_data
from tests.integrations.hook_receiver import Receiver, listening

pytestmark = pytest.mark.django_db
Status = HookDelivery.Status


@pytest.fixture(autouse=True)
def _to_this_machine(settings):
    settings.WEBHOOKS_TO_LOOPBACK = True


@pytest.fixture
def receiver():
    with listening() as found:
        yield found


@pytest.fixture
def endpoint(brand, alice, receiver: Receiver) -> HookEndpoint:
    made = endpoints.create(brand, alice, receiver.url)
    receiver.secret = made.secrets[0]["secret"]
    return made


@pytest.fixture
def booking(endpoint, meeting_type, next_monday) -> Booking:
    return bookings.enter(meeting_type, next_monday, name="Bob Berg", email="bob@example.org", phone="030 12")


def valid(body: dict) -> None:
    Draft202012Validator(catalogue.TYPES[body["type"]].schema, format_checker=FormatChecker()).validate(body)


def pass_time(endpoint: HookEndpoint, clock, *, until: timedelta) -> int:
    """Let the worker try whenever something falls due, for so long; returns the number of tries."""
    end, tries = timezone.now() + until, 0
    while True:
        tries += sending.work()
        soon = endpoint.deliveries.filter(status=Status.DUE).order_by("due_at").first()
        if soon is None or soon.due_at > end:
            return tries
        clock.move_to(soon.due_at + timedelta(seconds=1))


# --- what is sent ---------------------------------------------------------------------------------------------------


def test_the_life_of_a_booking_is_heard_and_each_message_is_authentic(booking, receiver, next_monday):
    bookings.reschedule(booking, next_monday + timedelta(hours=1), actor="host")
    bookings.cancel(booking, actor="host", reason="Private: a funeral")
    assert sending.work() == 3
    assert receiver.types == ["booking.confirmed", "booking.moved", "booking.cancelled"]
    assert not receiver.refused
    for body in receiver.heard:
        valid(body)
        assert body["data"]["id"] == str(booking.pk)
        assert body["data"]["client"]["email"] == "bob@example.org"
    confirmed, moved, cancelled = receiver.heard
    assert (confirmed["data"]["version"], moved["data"]["version"], cancelled["data"]["version"]) == (0, 1, 2)
    assert moved["data"]["previous_start"] == confirmed["data"]["starts_at"]
    assert cancelled["data"]["status"] == "cancelled"
    assert "funeral" not in json.dumps(receiver.heard)
    assert len(set(receiver.ids)) == 3
    assert sending.work() == 0


def test_a_thin_message_names_no_client(brand, alice, receiver, meeting_type, next_monday):
    thin = endpoints.create(brand, alice, receiver.url, payload=HookEndpoint.Payload.THIN)
    receiver.secret = thin.secrets[0]["secret"]
    booking = bookings.enter(meeting_type, next_monday, name="Bob Berg", email="bob@example.org")
    sending.work()
    assert receiver.heard[0]["data"] == {"id": str(booking.pk), "version": 0, "professional": alice.slug}
    valid(receiver.heard[0])


def test_only_the_events_that_are_wanted_and_only_of_the_right_people(
    brand, alice, charlie, other_brand, receiver, meeting_type, next_monday
):
    endpoints.create(brand, alice, f"{receiver.url}/moved", types=["booking.moved"])
    endpoints.create(brand, charlie, f"{receiver.url}/charlie")
    endpoints.create(other_brand, None, f"{receiver.url}/other")
    everybody = endpoints.create(brand, None, f"{receiver.url}/brand")
    bookings.enter(meeting_type, next_monday, name="Bob Berg")
    assert [one.endpoint for one in HookDelivery.objects.all()] == [everybody]


@pytest.mark.parametrize(("kind", "heard"), [("accepted", "confirmed"), ("lapsed", "expired"), ("mail_asked", None)])
def test_each_line_of_the_history_is_heard_under_the_name_that_others_know(kind, heard):
    assert catalogue.type_of(BookingEvent(kind=kind)) == (f"booking.{heard}" if heard else None)


def test_where_nobody_listens_a_booking_costs_one_query_and_no_row(alice, meeting_type, next_monday, at_most_queries):
    booking = bookings.enter(meeting_type, next_monday, name="Bob Berg")
    assert not HookEvent.objects.exists()
    with at_most_queries(10) as asked:
        BookingEvent.objects.create(booking=booking, version=1, kind="moved", actor="host")
    assert len([query for query in asked if "hook" in query["sql"]]) == 1


def test_a_change_that_is_rolled_back_is_never_told(endpoint, receiver, meeting_type, next_monday):
    @transaction.atomic
    def book_and_fail():
        bookings.enter(meeting_type, next_monday, name="Bob Berg")
        assert HookDelivery.objects.count() == 1
        raise RuntimeError

    with pytest.raises(RuntimeError):
        book_and_fail()
    assert not HookEvent.objects.exists()
    assert sending.work() == 0
    assert not receiver.heard


def test_members_come_pause_and_go(brand, receiver, admin_user):
    mine = endpoints.create(brand, None, receiver.url)
    receiver.secret = mine.secrets[0]["secret"]
    member = factories.make_professional(brand, status=Professional.Status.SUBMITTED, with_login=True)
    own = endpoints.create(brand, member, f"{receiver.url}/own")
    accounts.approve(member, by=admin_user)
    accounts.suspend(member, by=admin_user)
    accounts.close_account(member)
    sending.work()
    assert [kind for kind in receiver.types if kind != "member.hours_changed"] == [
        "member.listed",
        "member.suspended",
        "member.closed",
    ]
    for body in receiver.heard:
        valid(body)
    own.refresh_from_db()
    assert not own.is_active
    assert not own.deliveries.filter(status=Status.DUE).exists()


def test_a_week_of_hours_is_one_message(endpoint, alice, receiver):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for weekday in range(5):
            AvailabilityRule.objects.create(host=alice, weekday=weekday, start_minute=1080, end_minute=1140)
        assert sending.work() == 0
        clock.shift(sending.PAUSES[0] + 1)
        assert sending.work() == 1
    assert receiver.types == ["member.hours_changed"]


@pytest.mark.parametrize("name", list(catalogue.TYPES))
def test_examples_are_what_the_schemas_say(name):
    one = catalogue.TYPES[name]
    valid({"type": name, "timestamp": "2027-03-01T08:00:00Z", "data": one.example})
    valid({"type": name, "timestamp": "2027-03-01T08:00:00Z", "data": catalogue.thin(name, one.example)})
    Draft202012Validator.check_schema(one.schema)


def test_the_catalogue_is_public(client):
    response = client.get("/webhooks/events.json")
    assert [one["type"] for one in response.json()["types"]] == list(catalogue.TYPES)


# --- at least once, for three days ----------------------------------------------------------------------------------


def test_after_an_outage_each_message_is_heard_with_a_time_and_signature_of_its_own(booking, endpoint, receiver):
    bookings.cancel(booking, actor="host")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        receiver.answers = [500] * 8
        pass_time(endpoint, clock, until=timedelta(days=1))
    assert endpoint.deliveries.filter(status=Status.DELIVERED).count() == 2
    assert not receiver.refused
    of_first = [headers for headers in receiver.headers if headers["webhook-id"] == receiver.ids[0]]
    assert len(of_first) > 2
    assert len({headers["webhook-timestamp"] for headers in of_first}) == len(of_first)
    endpoint.refresh_from_db()
    assert endpoint.is_active
    assert endpoint.failing_since is None
    assert not mail.outbox


def test_after_three_days_it_is_given_up_and_the_owner_told_once(booking, endpoint, receiver):
    bookings.cancel(booking, actor="host")
    receiver.answers = [500] * 100
    with time_machine.travel(timezone.now(), tick=False) as clock:
        began = timezone.now()
        tries = pass_time(endpoint, clock, until=timedelta(days=5))
        lasted = timezone.now() - began
        tasks.send_hooks()
    assert timedelta(days=3) < lasted < timedelta(days=4)
    assert tries >= 10
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    assert endpoint.stopped_because == HookEndpoint.Stopped.SILENT
    assert set(endpoint.deliveries.values_list("status", flat=True)) <= {Status.FAILED, Status.STOPPED}


@pytest.mark.django_db(transaction=True)
def test_gone_switches_off_at_once_and_mails_the_owner(booking, endpoint, receiver):
    bookings.cancel(booking, actor="host")
    receiver.answers = [(410, {}, "moved away")]
    sending.work()
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    assert endpoint.stopped_because == HookEndpoint.Stopped.GONE
    assert len(receiver.heard) == 1
    assert endpoint.deliveries.filter(status=Status.STOPPED).count() == 2
    assert [one.to for one in mail.outbox] == [["alice@example.org"]]
    assert receiver.url in mail.outbox[0].body
    sending.switch_off(endpoint, HookEndpoint.Stopped.GONE)
    assert len(mail.outbox) == 1


def test_a_worker_that_dies_after_sending_sends_again_under_the_same_id(booking, endpoint, receiver, monkeypatch):
    delivery = endpoint.deliveries.get()
    with time_machine.travel(timezone.now(), tick=False) as clock, monkeypatch.context() as patch:
        patch.setattr(sending, "_settle", lambda *given: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            sending.deliver(delivery.pk)
        patch.undo()
        assert sending.work() == 0  # its lease still runs
        clock.shift(sending.LEASE + timedelta(seconds=1))
        assert sending.work() == 1
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1


def test_one_delivery_is_tried_by_one_worker(booking, endpoint):
    delivery = endpoint.deliveries.get()
    HookDelivery.objects.update(leased_until=timezone.now() + timedelta(minutes=1))
    assert sending.deliver(delivery.pk) is None


@pytest.mark.parametrize("wish", [3600, 10_000_000])
def test_a_receiver_that_wants_quiet_gets_it_within_reason(booking, endpoint, receiver, wish):
    receiver.answers = [(429, {"Retry-After": str(wish)}, "slow down")]
    sending.work()
    delivery = endpoint.deliveries.get()
    assert min(wish, sending.LONGEST_WISH) - 60 < (delivery.due_at - timezone.now()).total_seconds() <= wish


def test_a_silent_receiver_costs_a_run_one_time_out(booking, endpoint, brand, alice, receiver, monkeypatch):
    monkeypatch.setattr(sending, "attempt", lambda endpoint, event: sending.Outcome(0, "No answer in time."))
    bookings.cancel(booking, actor="host")
    assert sending.work() == 1
    assert endpoint.deliveries.filter(attempts=0, status=Status.DUE).count() == 1


def test_what_comes_back_is_kept_in_part_and_for_a_month(booking, endpoint, receiver):
    receiver.answers = [(200, {}, "ok\x00" + "x" * 10_000)]
    sending.work()
    log = HookAttempt.objects.get()
    assert log.status == 200
    assert log.answer.startswith("okx")
    assert len(log.answer) <= sending.KEPT_ANSWER
    assert sending.forget_old(timezone.now() + timedelta(days=29)) == 0
    sending.forget_old(timezone.now() + timedelta(days=31))
    assert not HookEvent.objects.exists()
    assert not HookAttempt.objects.exists()


# --- secrets --------------------------------------------------------------------------------------------------------


def test_a_receiver_survives_a_rotation_at_its_leisure(booking, endpoint, receiver, next_monday):
    old = receiver.secret
    with time_machine.travel(timezone.now(), tick=False) as clock:
        new = endpoints.rotate(endpoint)
        sending.work()
        assert not receiver.refused  # still checks with the old one
        receiver.secret = new
        bookings.reschedule(booking, next_monday + timedelta(hours=1), actor="host")
        sending.work()
        assert not receiver.refused
        assert len(receiver.heard) == 2
        clock.shift(endpoints.OVERLAP + timedelta(minutes=1))
        receiver.secret = old
        bookings.cancel(booking, actor="host")
        sending.work()
    assert receiver.refused == ["No matching signature found"]


def test_secrets_and_what_was_said_are_sealed_in_the_database(booking, endpoint):
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM integrations_hookendpoint UNION SELECT data FROM integrations_hookevent")
        text = str(cursor.fetchall())
    assert "whsec_" not in text
    assert "bob@example.org" not in text


# --- closed doors ---------------------------------------------------------------------------------------------------

NOT_PUBLIC = [
    "10.0.0.1",
    "172.16.5.4",
    "192.168.1.1",
    "127.0.0.1",
    "0.0.0.0",  # noqa: S104
    "169.254.169.254",
    "100.64.0.1",
    "::1",
    "fd00::1",
    "fe80::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_public_is_refused_when_entered(settings, address):
    settings.WEBHOOKS_TO_LOOPBACK = False
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(ValidationError):
        endpoints.check_url(f"https://{host}/in")


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_a_name_that_leads_to_an_address_that_is_not_public_is_not_called(
    settings, monkeypatch, booking, endpoint, receiver, address
):
    settings.WEBHOOKS_TO_LOOPBACK = False
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    port = int(receiver.url.split(":")[2].split("/")[0])
    answer = (family, socket.SOCK_STREAM, 6, "", (address, port, 0, 0)[: 4 if ":" in address else 2])
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: [answer])
    HookEndpoint.objects.update(url=f"http://evil.example:{port}/in")
    sending.work()
    assert "not public" in HookAttempt.objects.get().answer
    assert not receiver.heard


def test_a_name_is_resolved_once_so_that_it_cannot_change_between_check_and_call(
    monkeypatch, booking, endpoint, receiver
):
    """Rebinding: the first answer is allowed, the next would lead elsewhere."""
    asked, real = [], socket.getaddrinfo

    def resolve(host, port, *args, **kwargs):
        if host != "rebind.example":
            return real(host, port, *args, **kwargs)
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    HookEndpoint.objects.update(url=receiver.url.replace("localhost", "rebind.example"))
    sending.work()
    assert len(asked) == 1
    assert receiver.types == ["booking.confirmed"]
    assert receiver.headers[0]["host"].startswith("rebind.example:")


def test_a_redirect_is_an_answer_not_a_way(booking, endpoint, receiver):
    receiver.answers = [(302, {"Location": receiver.url}, "")]
    sending.work()
    assert len(receiver.heard) == 1
    assert HookAttempt.objects.get().status == 302
    assert endpoint.deliveries.get().status == Status.DUE


def test_an_answer_that_drips_does_not_hold_the_worker(booking, endpoint, monkeypatch):
    """The read time-out never strikes, because a byte comes every time; the whole try ends all the same."""
    monkeypatch.setattr(sending, "TIMEOUT", -0.7)
    server = socket.create_server(("127.0.0.1", 0))
    HookEndpoint.objects.update(url=f"http://localhost:{server.getsockname()[1]}/")
    monkeypatch.setattr(sending, "_post", lambda *given: server.accept() and server.accept())
    sending.work()
    server.close()
    assert HookAttempt.objects.get().answer == "No answer in time."


@pytest.mark.parametrize("url", ["ftp://a.example/", "https://user:pw@a.example/", "https://", "javascript:1", ""])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(ValidationError):
        endpoints.check_url(url)


def test_plain_http_is_for_development(settings):
    settings.WEBHOOKS_TO_LOOPBACK = False
    with pytest.raises(ValidationError):
        endpoints.check_url("http://receiver.example/in")
    assert endpoints.check_url("https://receiver.example/in#part") == "https://receiver.example/in"


# --- the member's pages ---------------------------------------------------------------------------------------------


def test_a_member_adds_an_address_and_sees_its_secret_once(alice, alice_client, receiver):
    page = alice_client.post("/my/webhooks/new/", {"url": receiver.url, "payload": "full", "description": "Kanzlei"})
    endpoint = HookEndpoint.objects.get()
    secret = endpoint.secrets[0]["secret"]
    assert page.status_code == 201
    assert secret in page.content.decode()
    assert endpoint.professional == alice
    receiver.secret = secret
    address = reverse("my_webhook", args=[endpoint.pk])
    assert secret not in alice_client.get(address).content.decode()
    alice_client.post(f"{address}example/", {"type": "booking.moved"})
    sending.work()
    assert receiver.heard[0]["example"] is True
    assert receiver.types == ["booking.moved"]
    log = alice_client.get(address).content.decode()
    assert "booking.moved" in log
    assert "HTTP 204" in log
    assert "Kanzlei" in alice_client.get("/my/webhooks/").content.decode()


def test_what_is_wrong_is_said_and_kept(alice_client, endpoint):
    for url, words in [("http://10.0.0.1/", "not public"), (endpoint.url, "in the list already")]:
        page = alice_client.post("/my/webhooks/new/", {"url": url, "payload": "full"})
        assert page.status_code == 422
        assert words in page.content.decode()
        assert url in page.content.decode()
    for _count in range(endpoints.LIMIT - 1):
        factories_url = f"{endpoint.url}/{_count}"
        assert alice_client.post("/my/webhooks/new/", {"url": factories_url, "payload": "full"}).status_code == 201
    page = alice_client.post("/my/webhooks/new/", {"url": f"{endpoint.url}/x", "payload": "full"})
    assert page.status_code == 422
    assert HookEndpoint.objects.count() == endpoints.LIMIT


def test_a_member_changes_rotates_switches_replays_and_removes(alice_client, endpoint, booking, receiver):
    address = reverse("my_webhook", args=[endpoint.pk])
    alice_client.post(address, {"payload": "thin", "types": ["booking.moved", "booking.cancelled"]})
    endpoint.refresh_from_db()
    assert endpoint.payload == "thin"
    assert endpoint.types == ["booking.moved", "booking.cancelled"]
    assert alice_client.post(address, {"payload": "thin", "types": ["nonsense"]}).status_code == 422
    page = alice_client.post(f"{address}secret/").content.decode()
    endpoint.refresh_from_db()
    assert endpoint.secrets[0]["secret"] in page
    assert len(endpoint.secrets) == 2
    alice_client.post(f"{address}switch/", {"on": "0"})
    assert endpoint.deliveries.get().status == Status.STOPPED
    alice_client.post(f"{address}replay/", {"hours": "24"})
    assert sending.work() == 0  # switched off
    alice_client.post(f"{address}switch/", {"on": "1"})
    alice_client.post(f"{address}replay/", {"hours": "24"})
    assert sending.work() == 1
    assert receiver.types == ["booking.confirmed"]
    alice_client.post(f"{address}replay/", {"delivery": str(endpoint.deliveries.get().pk)})
    sending.work()
    assert len(receiver.ids) == 2
    assert len(set(receiver.ids)) == 1
    alice_client.post(f"{address}replay/", {"delivery": "²"})
    assert alice_client.post(f"{address}replay/", {"hours": "9"}).status_code == 302
    assert sending.work() == 0
    alice_client.post(f"{address}remove/")
    assert not HookEndpoint.objects.exists()


def test_the_log_is_bounded(alice_client, endpoint, at_most_queries):
    for _count in range(40):
        endpoints.send_example(endpoint)
    with at_most_queries(12):
        assert alice_client.get(reverse("my_webhook", args=[endpoint.pk])).status_code == 200


# --- administration -------------------------------------------------------------------------------------------------


def test_an_operator_hears_of_everybody(admin_client, brand, receiver, meeting_type, next_monday):
    add = reverse("admin:integrations_hookendpoint_add")
    data = form_data(admin_client, add) | {"brand": brand.pk, "url": receiver.url, "payload": "full"}
    page = admin_client.post(add, data, follow=True)
    endpoint = HookEndpoint.objects.get()
    receiver.secret = endpoint.secrets[0]["secret"]
    assert receiver.secret in page.content.decode()
    bookings.enter(meeting_type, next_monday, name="Bob Berg")
    sending.work()
    assert receiver.types == ["booking.confirmed"]
    for name, words in [("example", "on its way"), ("rotate", "shown only now"), ("switch", "Done")]:
        url = f"/admin/integrations/hookendpoint/{endpoint.pk}/{name}/"
        assert admin_client.get(url).status_code == 200
        assert words in admin_client.post(url, {"confirmed": "on"}, follow=True).content.decode(), name
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    assert len(endpoint.secrets) == 2
    for name in ("hookendpoint", "hookdelivery"):
        assert admin_client.get(reverse(f"admin:integrations_{name}_changelist")).status_code == 200
    delivery = endpoint.deliveries.order_by("pk").first()
    change = reverse("admin:integrations_hookdelivery_change", args=[delivery.pk])
    assert "204" in admin_client.get(change).content.decode()
    endpoints.switch(endpoint, True)
    admin_client.post(f"/admin/integrations/hookdelivery/{delivery.pk}/replay/", {"confirmed": "on"})
    delivery.refresh_from_db()
    assert delivery.status == Status.DUE


def test_signatures_are_what_the_specification_says(endpoint):
    """`id.timestamp.body` under the decoded secret, as the library computes it; the header says the same second."""
    event = endpoints.send_example(endpoint)
    now = datetime.fromisoformat("2027-01-01T12:00:00.9+00:00")
    text = sending.body(endpoint, event)
    headers = sending.signed(endpoint, event, text, now)
    assert headers["webhook-timestamp"] == "1798804800"
    expected = Webhook(endpoint.secrets[0]["secret"]).sign(event.message_id, now.replace(microsecond=0), text)
    assert headers["webhook-signature"] == expected
