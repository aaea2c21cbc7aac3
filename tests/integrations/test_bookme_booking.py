"""A member who is booked through BookMe: from the visitor's hold to the meeting and its calendar file. Real HTTP."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone

from integrations import connections, desired, hold_rows, parity, remote_times, sync, tasks
from integrations.hold_rows import ProviderHold
from integrations.models import Connection, Mirror
from integrations.sandbox.bookme.seed import credentials
from scheduling import alerts, availability, bookings, holding
from scheduling.models import Alert, Booking, MeetingType, Offer, Opening
from scheduling.models.bookings import Status
from tests.concurrency import race
from tests.concurrency.visitors import Visitor
from tests.integrations.bookme_world import BO, NAME, PRIVATE, Api
from tests.integrations.test_engine import DETAILS, held, the_booking


@pytest.fixture(autouse=True)
def _patient_pages(monkeypatch) -> None:
    monkeypatch.setattr(remote_times, "BUDGET", 3.0)


def connect(brand, sandbox, alice, meeting_type, **options) -> Connection:
    sandbox.act(NAME, "add_employee", email=alice.person.email, first="Alice", last="Adams")
    sandbox.act(NAME, "add_topic", name=meeting_type.title)
    base = sandbox.base(NAME)
    given = {"authority": base, "customer_type": PRIVATE, "rate": [[1000, 1.0]], **options}
    made = Connection.objects.create(
        brand=brand, provider=NAME, name="BookMe", is_default=True, base_url=f"{base}/api/v1", options=given
    )
    connections.set_credentials(made, credentials())
    parity.sweep(made)
    for _round in range(3):
        sync.work()
        Mirror.objects.filter(due_at__gt=timezone.now(), last_error="").update(due_at=timezone.now())
    assert tasks.fetch_times(meeting_type.pk)
    return Connection.objects.get(pk=made.pk)


@pytest.fixture
def connection(sandbox, brand, alice, meeting_type) -> Connection:
    return connect(brand, sandbox, alice, meeting_type)


@pytest.fixture
def remote(connection, meeting_type) -> MeetingType:
    found = fresh(meeting_type)
    assert found.engine == "remote"
    return found


def fresh(meeting_type):
    return MeetingType.objects.select_related("host__person", "host__brand").get(pk=meeting_type.pk)


def starts(meeting_type) -> list[datetime]:
    now = timezone.now()
    return availability.open_starts(fresh(meeting_type), now, now + timedelta(days=20))


def slots(sandbox):
    return sandbox.objects(NAME, "slot")


def somebody_takes(sandbox, meeting_type, start):
    """A competitor at the bank, with a token of her own."""
    employee = Mirror.objects.get(kind="user", local_uid=str(meeting_type.host_id)).remote_id
    assert Api(sandbox).reserve("competitor", start, employee, minutes=meeting_type.duration).ok


class TestHold:
    def test_a_hold_is_kept_there_and_the_countdown_is_theirs(self, remote, client, sandbox, connection):
        start = starts(remote)[0]
        path = held(client, remote, start)
        booking, row = Booking.objects.get(), ProviderHold.objects.get()
        (slot,) = slots(sandbox)
        assert (slot["id"], slot["_token"]) == (row.slot, row.token)
        assert booking.hold_expires_at == row.until
        assert row.until - timezone.now() <= timedelta(minutes=5)
        assert row.until.isoformat()[:16] in client.get(path).content.decode()

    def test_what_is_taken_there_is_a_409_with_other_times_and_frees_ours(self, remote, client, sandbox):
        start = starts(remote)[0]
        somebody_takes(sandbox, remote, start)
        answer = client.post(f"{remote.get_absolute_url()}hold/", {"start": start.isoformat()})
        assert answer.status_code == 409
        assert not Booking.objects.filter(status=Status.HELD).exists()
        assert start not in starts(remote)

    def test_another_choice_moves_the_hold_there(self, remote, client, sandbox):
        first, *_rest, last = starts(remote)[:6]
        held(client, remote, first)
        token = ProviderHold.objects.get().token
        held(client, remote, last)
        (slot,) = slots(sandbox)
        assert (slot["_token"], slot["startDate"]) == (token, last.strftime("%Y-%m-%dT%H:%M:%SZ"))
        assert ProviderHold.objects.get().token == token

    def test_the_same_time_can_be_chosen_again_after_it_was_given_back(self, remote, client, sandbox):
        start = starts(remote)[0]
        path = held(client, remote, start)
        client.post(path.replace("details/", "release/"))
        remote_times.FRESH, before = timedelta(days=1), remote_times.FRESH
        try:
            held(client, remote, start)
        finally:
            remote_times.FRESH = before
        assert len(slots(sandbox)) == 1

    def test_more_time_is_a_new_hold_under_the_same_token(self, remote, client, sandbox):
        path = held(client, remote, starts(remote)[0])
        first = ProviderHold.objects.get()
        assert client.post(path.replace("details/", "extend/")).status_code == 303
        second = ProviderHold.objects.get()
        assert (second.token, second.slot) == (first.token, slots(sandbox)[0]["id"])
        assert second.slot != first.slot

    @pytest.mark.parametrize("fault", [{"kind": "drop"}, {"kind": "status", "status": 500}, {"kind": "html"}])
    def test_a_provider_that_does_not_answer_keeps_nothing_and_the_hold_stays_ours(
        self, remote, client, sandbox, fault
    ):
        sandbox.fault(provider=NAME, path="*/reserve", **fault)
        held(client, remote, starts(remote)[0])
        assert not ProviderHold.objects.exists()
        assert Booking.objects.get().status == Status.HELD

    def test_no_hold_is_asked_for_inside_a_transaction(self, remote):
        from django.db import transaction

        with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
            holding.hold(remote, starts(remote)[0])

    def test_requests_are_not_the_providers_business_yet(self, remote, sandbox):
        MeetingType.objects.filter(pk=remote.pk).update(on_request=True)
        holding.hold(fresh(remote), starts(remote)[0])
        assert slots(sandbox) == []

    def test_facts_of_nothing(self, connection):
        import uuid

        assert hold_rows.facts(uuid.uuid4(), connection) == {}


class TestStory:
    def test_hold_expiry_hold_meeting_calendar_file(self, remote, client, sandbox, connection):
        """Eve looks away until her hold is over here and there; she chooses again, books, moves and cancels."""
        start, later = starts(remote)[0], starts(remote)[5]
        path = held(client, remote, start)
        token = ProviderHold.objects.get().token
        over = timezone.now() + timedelta(minutes=5, seconds=10)
        with time_machine.travel(over, tick=True):
            sandbox.clock(over)
            assert client.get(path).status_code == 410
            bookings.expire_holds()
            path = held(client, remote, start)
            assert client.post(path, DETAILS).status_code == 303
            booking = the_booking()
            assert booking.status == Status.CONFIRMED
            (meeting,) = sandbox.objects(NAME, "meeting")
            assert meeting["timeSlotId"] == ProviderHold.objects.get(booking=booking).slot
            assert meeting["startDate"] == start.strftime("%Y-%m-%dT%H:%M:%SZ")
            assert meeting["customerId"] == f"person-{booking.client_id}"
            assert booking.remote_id == meeting["id"]
            assert token
            mirror = Mirror.objects.get(kind="booking")
            verdict = parity.Verdict()
            parity.verify_one(mirror, verdict)
            mirror.refresh_from_db()
            assert mirror.drift == {}
            sandbox.switch(NAME, "ical_shift", "0:30")
            parity.verify_one(mirror, verdict, repair=False)
            mirror.refresh_from_db()
            assert set(mirror.drift) == {"calendar file: DTSTART", "calendar file: DTEND"}
            sandbox.switch(NAME, "ical_shift", None)
            manage = path.replace("details/", "")
            assert client.post(f"{manage}move/", {"start": later.isoformat()}).status_code == 303
            booking.refresh_from_db()
            assert (booking.status, booking.starts_at) == (Status.CONFIRMED, later)
            assert sandbox.objects(NAME, "meeting")[0]["startDate"] == later.strftime("%Y-%m-%dT%H:%M:%SZ")
            assert client.post(f"{manage}cancel/", {"reason": ""}).status_code == 303
            sync.work()
            assert sandbox.objects(NAME, "meeting") == []
            assert [slot["status"] for slot in slots(sandbox)] == []

    def test_a_lost_answer_makes_one_meeting(self, remote, client, sandbox):
        path = held(client, remote, starts(remote)[0])
        sandbox.fault("lost", provider=NAME, method="POST", path="*/bookme/meetings")
        client.post(path, DETAILS)
        assert the_booking().status == Status.PENDING
        Mirror.objects.filter(kind="booking").update(due_at=timezone.now())
        sync.work()
        assert the_booking().status == Status.CONFIRMED
        assert len(sandbox.objects(NAME, "meeting")) == 1

    def test_a_time_that_is_lost_before_the_meeting_declines_it(self, remote, client, sandbox):
        start = starts(remote)[0]
        path = held(client, remote, start)
        for slot in slots(sandbox):
            sandbox.delete(NAME, "slot", slot["id"])
        ProviderHold.objects.update(until=timezone.now())
        somebody_takes(sandbox, remote, start)
        answer = client.post(path, DETAILS)
        assert answer.status_code == 409
        assert the_booking().status == Status.DECLINED

    def test_a_refused_move_goes_back(self, remote, client, sandbox):
        start, later = starts(remote)[0], starts(remote)[5]
        path = held(client, remote, start)
        client.post(path, DETAILS)
        somebody_takes(sandbox, remote, later)
        answer = client.post(path.replace("details/", "move/"), {"start": later.isoformat()})
        assert answer.status_code == 409
        booking = the_booking()
        assert (booking.status, booking.starts_at) == (Status.CONFIRMED, start)

    def test_a_move_by_another_meeting(self, remote, client, sandbox, connection):
        Connection.objects.update(options={**connection.options, "move_by": "anew"})
        sandbox.switch(NAME, "moves", "no")
        path = held(client, remote, starts(remote)[0])
        client.post(path, DETAILS)
        before, later = the_booking().remote_id, starts(remote)[5]
        assert client.post(path.replace("details/", "move/"), {"start": later.isoformat()}).status_code == 303
        (meeting,) = sandbox.objects(NAME, "meeting")
        booking = the_booking()
        assert (booking.status, booking.starts_at, booking.remote_id) == (Status.CONFIRMED, later, meeting["id"])
        assert meeting["id"] != before

    def test_who_came_before_is_known(self, remote, client, sandbox, connection):
        path = held(client, remote, starts(remote)[0])
        client.post(path, DETAILS)
        booking = the_booking()
        assert desired.booking_facts(booking).client_category == "new"
        before = bookings.enter(
            remote, starts(remote)[8], name="Bob", email=booking.client_email, notify=False, outside_rules=True
        )
        Booking.objects.filter(pk=before.pk).update(status=Status.COMPLETED)
        assert desired.booking_facts(booking).client_category == "known"

    def test_a_meeting_deleted_at_the_bank_waits_for_a_person(self, remote, client, sandbox, connection):
        path = held(client, remote, starts(remote)[0])
        client.post(path, DETAILS)
        sandbox.act(NAME, "cancel", meeting=sandbox.objects(NAME, "meeting")[0]["id"])
        mirror = Mirror.objects.get(kind="booking")
        parity.verify_one(mirror, parity.Verdict(), repair=False)
        mirror.refresh_from_db()
        assert "object" in mirror.drift


class TestEarlierTimes:
    """A claim asks the bank as a visitor's own choice does."""

    def offer(self, meeting_type, start, booking=None) -> Offer:
        now = timezone.now()
        common = {"language": "en", "due_at": now, "created_at": now}
        alert = Alert.objects.create(
            meeting_type=meeting_type, booking=booking, state="active", name="Nora", email="nora@example.org",
            time_zone="Europe/Berlin", expires_at=now + timedelta(days=60), **common,
        )  # fmt: skip
        opening = Opening.objects.create(meeting_type=meeting_type, starts_at=start, created_at=now)
        return Offer.objects.create(alert=alert, opening=opening, **common)

    def test_a_claimed_time_is_kept_there(self, remote, sandbox):
        start = starts(remote)[0]
        booking = alerts.claim(self.offer(remote, start))
        assert booking.status == Status.HELD
        assert [slot["_token"] for slot in slots(sandbox)] == [ProviderHold.objects.get(booking=booking).token]

    def test_a_time_that_is_gone_there_is_refused_and_she_waits_on(self, remote, client, sandbox):
        start = starts(remote)[0]
        offer = self.offer(remote, start)
        somebody_takes(sandbox, remote, start)
        path = f"/earlier/{alerts.token(offer)}/"
        assert client.post(path).status_code == 409
        assert not Booking.objects.filter(status=Status.HELD).exists()
        offer.alert.refresh_from_db(), offer.opening.refresh_from_db()
        assert (offer.alert.state, offer.opening.state) == ("active", "gone")

    def test_a_move_that_is_refused_there_stays_and_she_waits_on(self, remote, client, sandbox):
        early, later = starts(remote)[0], starts(remote)[5]
        client.post(held(client, remote, later), DETAILS)
        offer = self.offer(remote, early, the_booking())
        somebody_takes(sandbox, remote, early)
        with pytest.raises(bookings.SlotTaken):
            alerts.claim(offer)
        booking = the_booking()
        assert (booking.status, booking.starts_at) == (Status.CONFIRMED, later)
        offer.alert.refresh_from_db()
        assert offer.alert.state == "active"

    def test_a_move_is_made_there(self, remote, client, sandbox):
        early, later = starts(remote)[0], starts(remote)[5]
        client.post(held(client, remote, later), DETAILS)
        booking = alerts.claim(self.offer(remote, early, the_booking()))
        assert (booking.status, booking.starts_at) == (Status.CONFIRMED, early)
        assert sandbox.objects(NAME, "meeting")[0]["startDate"] == early.strftime("%Y-%m-%dT%H:%M:%SZ")


class TestAssignments:
    def test_who_is_no_employee_waits_for_a_choice_and_is_booked_here_meanwhile(
        self, sandbox, brand, alice, meeting_type
    ):
        base = sandbox.base(NAME)
        made = Connection.objects.create(
            brand=brand, provider=NAME, name="BookMe", is_default=True, base_url=base, options={"authority": base}
        )
        connections.set_credentials(made, credentials())
        parity.sweep(made)
        sync.work()
        row = Mirror.objects.get(kind="user")
        assert row.state == "parked"
        assert "Assignments" in row.last_error
        assert fresh(meeting_type).engine == "native"
        made.options |= {"employees": {str(alice.pk): BO}}
        made.save()
        Mirror.objects.update(due_at=timezone.now())
        sync.work()
        row.refresh_from_db()
        assert row.remote_id == BO

    def test_the_subscription_key_may_be_missing(self, brand):
        made = Connection.objects.create(brand=brand, provider=NAME, name="BookMe", base_url="https://x.example/api/v1")
        given = credentials()
        del given["subscription_key"]
        connections.set_credentials(made, given)
        del given["scope"]
        with pytest.raises(connections.CannotConnectError, match="scope"):
            connections.set_credentials(made, given)


@pytest.mark.django_db(transaction=True)
def test_thirty_visitors_at_once_one_hold_here_and_there(sandbox, live_server, brand, alice, meeting_type):
    """Through the pages of a running server: one is led on, the others read that the time has gone; one hold at the bank."""
    connect(brand, sandbox, alice, meeting_type)
    found = fresh(meeting_type)
    start = starts(found)[0]
    # The test server lets ten wait at its door, as no server of the real world does.
    live_server.thread.httpd.socket.listen(128)
    visitors = [Visitor(live_server.url) for _number in range(30)]
    visitors[0].look(f"{found.get_absolute_url()}?from={start:%Y-%m-%d}")
    for visitor in visitors[1:]:
        visitor.session.cookies = visitors[0].session.cookies.copy()
        visitor.action, visitor.token = visitors[0].action, visitors[0].token
    moment = f"{start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    answers = race.run([partial(visitor.take, moment) for visitor in visitors], over_http=True)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    assert Counter(answer.status_code for answer in answers) == {303: 1, 409: 29}
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert "This time is no longer free" in refused.text
    assert [slot["_token"] for slot in slots(sandbox)] == [ProviderHold.objects.get().token]
    assert datetime.fromisoformat(slots(sandbox)[0]["startDate"]) == start.astimezone(UTC)
    assert Booking.objects.filter(status=Status.HELD).count() == 1
