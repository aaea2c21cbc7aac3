"""A provider decides about times and bookings: what visitors see while it is well, slow, silent and gone. Real HTTP."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from integrations import connections, engine, parity, remote_times, sync, tasks
from integrations.models import Connection, Enrolment, Mirror, RemoteTimes
from integrations.sandbox.meetergo.seed import KEY
from scheduling import availability, bookings, links, requests, why
from scheduling.engine import engine_for
from scheduling.models import Booking, MeetingType, Message
from scheduling.models.bookings import Status
from scheduling.slots import Reason
from tests import factories

DETAILS = {"name": "Bob Berg", "email": "bob@example.org", "privacy": "on"}
SLOTS, BOOKING = "/v4/booking-availability", "/v4/booking"


@pytest.fixture(autouse=True)
def _patient_pages(monkeypatch) -> None:
    """The copy shares a busy machine with the tests; only the test of the budget keeps it."""
    monkeypatch.setattr(remote_times, "BUDGET", 3.0)


@pytest.fixture
def connection(sandbox, brand) -> Connection:
    base = sandbox.base("meetergo")
    made = Connection.objects.create(
        brand=brand,
        provider="meetergo",
        name="meetergo",
        is_default=True,
        base_url=f"{base}/v4",
        options={"embed_hosts": ["127.0.0.1"], "booking_domain": base, "rate": [[1000, 1.0]]},
    )
    connections.set_credentials(made, {"api_key": KEY})
    return Connection.objects.get(pk=made.pk)


@pytest.fixture
def remote(connection, meeting_type) -> MeetingType:
    """Alice is onboarded, her meeting type exists there, and its free times have been fetched."""
    parity.sweep(connection)
    for _round in range(3):
        sync.work()
        Mirror.objects.filter(due_at__gt=timezone.now(), last_error="").update(due_at=timezone.now())
    assert tasks.fetch_times(meeting_type.pk)
    return fresh(meeting_type)


def fresh(meeting_type: MeetingType) -> MeetingType:
    return MeetingType.objects.select_related("host__person", "host__brand").get(pk=meeting_type.pk)


def starts(meeting_type: MeetingType) -> list[datetime]:
    now = timezone.now()
    return availability.open_starts(fresh(meeting_type), now, now + timedelta(days=30))


def age(meeting_type: MeetingType, **by: float) -> None:
    """What is remembered was fetched that long ago."""
    RemoteTimes.objects.filter(pk=meeting_type.pk).update(fetched_at=timezone.now() - timedelta(**by))


def held(client, meeting_type: MeetingType, start: datetime) -> str:
    """Take a time over the pages; returns the path of the details."""
    answer = client.post(f"{meeting_type.get_absolute_url()}hold/", {"start": start.isoformat()})
    assert answer.status_code == 303, answer.content.decode()[:2000]
    return answer["Location"]


def the_booking() -> Booking:
    return Booking.objects.exclude(status__in=[Status.HELD, Status.EXPIRED]).get()


def appointments(sandbox) -> list[dict]:
    return [one for one in sandbox.objects("meetergo", "appointment") if not one.get("isCancelled")]


class TestWhoDecides:
    def test_a_meeting_type_is_ours_until_it_exists_there(self, connection, meeting_type):
        assert fresh(meeting_type).engine == "native"
        parity.sweep(connection)
        assert fresh(meeting_type).engine == "native"

    def test_then_the_provider_decides(self, remote):
        assert remote.engine == "remote"
        assert isinstance(engine_for(remote), engine.RemoteEngine)
        assert starts(remote)

    def test_the_built_in_engine_decides_again_when_she_is_moved(self, remote, alice):
        Enrolment.objects.create(professional=alice, connection=None)
        assert fresh(remote).engine == "native"
        assert not RemoteTimes.objects.exists()

    def test_and_when_the_object_goes(self, remote, connection):
        mirror = Mirror.objects.get(kind="meeting_type")
        remote_times.abandon(mirror)
        assert fresh(remote).engine == "native"


class TestTimes:
    def test_own_bookings_and_rules_take_time_away(self, remote):
        first, second, *_rest = starts(remote)
        booking = bookings.hold(remote, first)
        assert first not in starts(remote)
        assert second in starts(remote)
        assert availability.refusal(fresh(remote), first) in availability.TAKEN
        bookings.release(booking)
        assert first in starts(remote)
        MeetingType.objects.filter(pk=remote.pk).update(notice=60 * 24 * 5)
        assert starts(remote)[0] >= timezone.now() + timedelta(days=5)
        assert availability.refusal(fresh(remote), first) == Reason.NOTICE

    def test_what_is_not_offered_there_is_not_offered(self, remote):
        taken = starts(remote)[3]
        row = RemoteTimes.objects.get()
        row.epochs.remove(int(taken.timestamp()))
        row.save()
        assert taken not in starts(remote)
        assert availability.refusal(fresh(remote), taken) == Reason.BUSY

    def test_pages_ask_anew_after_a_minute(self, remote, client, sandbox):
        asked = len(sandbox.log(provider="meetergo", path=SLOTS))
        client.get(remote.get_absolute_url())
        assert len(sandbox.log(provider="meetergo", path=SLOTS)) == asked
        age(remote, seconds=70)
        page = client.get(remote.get_absolute_url())
        assert len(sandbox.log(provider="meetergo", path=SLOTS)) == asked + 1
        assert "Times as of" in page.content.decode()
        assert RemoteTimes.objects.get(fetched_at__gt=timezone.now() - timedelta(seconds=10))

    def test_queries(self, remote, client, at_most_queries):
        with at_most_queries(12):
            assert client.get(remote.host.get_absolute_url()).status_code == 200
        with at_most_queries(8):
            assert client.get(remote.get_absolute_url()).status_code == 200

    def test_cards_load_all_remembered_times_at_once(self, remote, alice, at_most_queries):
        other = factories.make_meeting_type(alice, slug="second", engine="remote")
        RemoteTimes.objects.create(
            meeting_type=other, connection=RemoteTimes.objects.get().connection, fetched_at=timezone.now()
        )
        with at_most_queries(5):
            assert availability.next_times([alice])[alice.pk]

    def test_nothing_is_sent_inside_a_transaction(self, remote):
        age(remote, minutes=2)
        with transaction.atomic(), pytest.raises(transaction.TransactionManagementError):
            engine_for(remote).refresh(remote)


class TestSilence:
    def test_a_slow_provider_costs_the_page_its_budget(self, remote, client, sandbox, monkeypatch):
        monkeypatch.setattr(remote_times, "BUDGET", 0.3)
        sandbox.fault("latency", path=SLOTS, seconds=5, times=None)
        age(remote, minutes=2)
        before = RemoteTimes.objects.get().fetched_at
        page = client.get(remote.get_absolute_url())
        # Whoever had waited for the answer would have kept it.
        assert RemoteTimes.objects.get().fetched_at == before
        assert Connection.objects.get().unanswered == 1
        assert page.status_code == 200
        assert page.context["week"].count

    def test_the_explainer_names_the_provider_that_is_silent(self, alice):
        """Without the provider: rows alone say that it does not answer."""
        kind = factories.make_meeting_type(alice, slug="there", engine="remote")
        account = Connection.objects.create(brand=alice.brand, provider="meetergo", name="meetergo", unanswered=3)
        start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=3)
        RemoteTimes.objects.create(
            meeting_type=kind, connection=account, fetched_at=timezone.now() - timedelta(hours=2)
        )
        (cause,) = why.answer(kind, start).causes
        assert cause.reason == Reason.PROVIDER_DOWN
        assert str(cause.title) == "The booking system of your provider does not answer"

    def test_three_silences_close_the_circuit_for_everybody(self, remote, sandbox):
        sandbox.fault("status", path=SLOTS, status=503, times=None)
        asked = len(sandbox.log(provider="meetergo", path=SLOTS))
        age(remote, minutes=2)
        for _visit in range(6):
            engine_for(remote).refresh(fresh(remote))
        assert len(sandbox.log(provider="meetergo", path=SLOTS)) == asked + 3
        sandbox.heal()
        Connection.objects.update(quiet_until=timezone.now() - timedelta(seconds=1))
        engine_for(remote).refresh(fresh(remote))
        connection = Connection.objects.get()
        assert connection.unanswered == 0
        assert connection.quiet_until is None

    def test_our_own_pace_is_no_silence(self, remote, sandbox):
        sandbox.fault("status", path=SLOTS, status=429, times=None)
        age(remote, minutes=2)
        for _visit in range(4):
            engine_for(remote).refresh(fresh(remote))
        assert Connection.objects.get().quiet_until is None

    def test_closed(self, remote, client, sandbox, alice):
        sandbox.fault("status", path=SLOTS, status=503, times=None)
        age(remote, minutes=9)
        assert client.get(remote.get_absolute_url()).context["week"].count
        age(remote, minutes=11)
        for path in (remote.get_absolute_url(), alice.get_absolute_url()):
            page = client.get(path)
            words = page.content.decode()
            assert page.status_code == 200
            assert "Free times cannot be shown" in words
            assert alice.brand.support_email in words
            assert 'name="start"' not in words
        assert not starts(remote)

    def test_requests(self, remote, client, sandbox):
        Connection.objects.update(when_down="request")
        sandbox.fault("status", status=503, times=None)
        age(remote, minutes=11)
        page = client.get(remote.get_absolute_url())
        assert "What you book is a request" in page.content.decode()
        assert page.context["week"].count
        details = held(client, remote, starts(remote)[0])
        page = client.post(details, DETAILS, follow=True)
        assert "is being confirmed" in page.content.decode()
        assert the_booking().status == Status.PENDING

    def test_old_times_of_a_provider_that_answers_stay_on_cards(self, remote, alice):
        age(remote, hours=2)
        assert availability.next_times([alice])[alice.pk]

    def test_keeping_warm_begins_with_the_oldest(self, remote, connection):
        age(remote, hours=2)
        assert tasks.keep_times_warm() == 1
        assert tasks.keep_times_warm() == 0


class TestBooking:
    def test_confirmed_while_the_visitor_waits(self, remote, client, sandbox):
        start = starts(remote)[0]
        page = client.post(held(client, remote, start), DETAILS, follow=True)
        assert "Your appointment is confirmed" in page.content.decode()
        assert the_booking().status == Status.CONFIRMED
        assert the_booking().remote_id
        [there] = appointments(sandbox)
        assert datetime.fromisoformat(there["start"]) == start

    def test_a_lost_answer_is_looked_up_and_booked_once(self, remote, client, sandbox):
        sandbox.fault("lost", path=BOOKING, method="POST", times=1)
        page = client.post(held(client, remote, starts(remote)[0]), DETAILS, follow=True)
        assert the_booking().status in (Status.PENDING, Status.CONFIRMED)
        assert page.status_code == 200
        Mirror.objects.filter(kind="booking").update(due_at=timezone.now())
        sync.work()
        assert the_booking().status == Status.CONFIRMED
        assert len(appointments(sandbox)) == 1

    def test_taken_there_meanwhile(self, remote, client, sandbox):
        start = starts(remote)[0]
        path = held(client, remote, start)
        sandbox.fault("status", path=BOOKING, method="POST", status=400, times=1, body={
            "statusCode": 400, "message": "slot-occupied", "error": "Bad Request"})  # fmt: skip
        page = client.post(path, DETAILS)
        assert page.status_code == 409
        words = page.content.decode()
        assert "What you typed is kept" in words
        assert page.context["alternatives"]
        assert the_booking().status == Status.DECLINED
        other = page.context["alternatives"][1].start
        again = client.get(held(client, remote, other)).content.decode()
        assert "Bob Berg" in again

    def test_moved_and_cancelled_there(self, remote, client, sandbox):
        start, _second, third, *_rest = starts(remote)
        client.post(held(client, remote, start), DETAILS)
        base = links.manage_path(the_booking())
        answer = client.post(f"{base}move/", {"start": third.isoformat()})
        assert answer.status_code == 303
        assert the_booking().status == Status.CONFIRMED
        assert the_booking().starts_at == third
        [there] = appointments(sandbox)
        assert datetime.fromisoformat(there["start"]) == third
        client.post(f"{base}cancel/", {"reason": ""})
        sync.work()
        assert not appointments(sandbox)

    def test_a_refused_move_leaves_it_where_it_was(self, remote, client, sandbox):
        start, _second, third, *_rest = starts(remote)
        client.post(held(client, remote, start), DETAILS)
        sandbox.fault("status", path="/v4/appointment/*", method="POST", status=400, times=1, body={
            "statusCode": 400, "message": "slot-occupied", "error": "Bad Request"})  # fmt: skip
        page = client.post(f"{links.manage_path(the_booking())}move/", {"start": third.isoformat()})
        assert page.status_code == 409
        assert "stays where it was" in page.content.decode()
        assert the_booking().status == Status.CONFIRMED
        assert the_booking().starts_at == start

    def test_a_provider_that_hangs_leaves_it_pending(self, remote, client, sandbox, monkeypatch):
        monkeypatch.setattr(engine, "SETTLE", 0.5)
        path = held(client, remote, starts(remote)[0])
        sandbox.fault("latency", path=BOOKING, method="POST", seconds=2)
        page = client.post(path, DETAILS, follow=True)  # an answer that was waited for would confirm it
        words = page.content.decode()
        assert "is being confirmed" in words
        assert 'hx-trigger="every 5s"' in words
        assert "noscript" in words


class TestEmbed:
    @pytest.fixture
    def embedded(self, remote) -> MeetingType:
        Connection.objects.update(booking="embed")
        return remote

    def test_after_a_click(self, embedded, client, alice):
        page = client.get(alice.get_absolute_url())
        words = page.content.decode()
        assert "<iframe" not in words
        assert "embed=1" in words
        assert "frame-src" not in page["Content-Security-Policy"]
        page = client.get(alice.get_absolute_url(), {"embed": "1"})
        origin = page.context["embed"].origin
        assert f"frame-src {origin}" in page["Content-Security-Policy"]
        assert f'src="{origin}/' in page.content.decode()
        assert "embed=true" in page.content.decode()

    def test_at_once_where_the_brand_wants_that(self, embedded, client, alice):
        Connection.objects.update(ask_before_embed=False)
        assert "<iframe" in client.get(alice.get_absolute_url()).content.decode()

    def test_never_http_in_https(self, embedded, client, alice, settings):
        settings.PUBLIC_SCHEME = "https"
        assert engine_for(embedded).embed(embedded, language="en") is None

    def test_links_to_times_lead_to_the_frame(self, embedded, client):
        answer = client.get(embedded.get_absolute_url())
        assert answer.status_code == 302
        assert answer["Location"].endswith("#book")

    def test_no_time_can_be_held_past_the_frame(self, embedded, client):
        start = starts(embedded)[0].isoformat()
        answer = client.post(f"{embedded.get_absolute_url()}hold/", {"start": start})
        assert answer.status_code == 303
        assert answer["Location"].endswith(f"?type={embedded.slug}#book")
        assert not Booking.objects.exists()

    @pytest.mark.parametrize(("mails", "told"), [("provider", ["host"]), ("both", ["client", "host"])])
    def test_who_books_there_gets_one_mail_of_each_kind(self, embedded, sandbox, mails, told):
        connection = Connection.objects.get()
        Connection.objects.update(options={**connection.options, "page_mails": mails})
        start = starts(embedded)[0]
        made = sandbox.act(
            "meetergo", "book", meetingTypeId=Mirror.objects.get(kind="meeting_type").remote_id,
            start=start.isoformat(), attendee={"email": "bob@example.org", "fullname": "Bob Berg"},
        )  # fmt: skip
        tasks.poll()
        booking = the_booking()
        sandbox.act("meetergo", "cancel", appointmentId=made["appointmentId"])
        tasks.poll()
        for kind in ("confirmed", "cancelled"):
            rows = Message.objects.filter(booking=booking, kind=kind)
            assert sorted(rows.values_list("audience", flat=True)) == told


class TestWhatWasDoneThere:
    """`verify` without any webhook or poll: nightly, or by hand."""

    def test_a_cancellation_is_followed(self, remote, client, sandbox, connection):
        client.post(held(client, remote, starts(remote)[0]), DETAILS)
        sync.work()
        sandbox.act("meetergo", "cancel", appointmentId=the_booking().remote_id)
        verdict = parity.verify(connection)
        assert verdict.edited == 1
        assert the_booking().status == Status.CANCELLED

    @pytest.mark.parametrize("way", ["again", "here"])
    def test_what_is_gone_without_a_word_waits_for_a_person(
        self, remote, client, admin_client, sandbox, connection, way
    ):
        client.post(held(client, remote, starts(remote)[0]), DETAILS)
        sync.work()
        booking = the_booking()
        sandbox.delete("meetergo", "appointment", booking.remote_id)
        assert parity.verify(connection).missing == 1
        row = Mirror.objects.get(kind="booking")
        assert row.state == "parked"
        assert "gone" in row.last_error
        assert the_booking().status == Status.CONFIRMED
        assert parity.verify(connection).missing == 0  # said once
        page = admin_client.get(reverse("admin:integrations_mirror_change", args=[row.pk])).content.decode()
        assert "cancel-here" in page
        name = "cancel_here" if way == "here" else "sync_one"
        answer = admin_client.post(
            reverse(f"admin:integrations_mirror_{name}", args=[row.pk]), {"confirmed": "on", "reason": "It is gone."}
        )
        assert answer.status_code == 302
        sync.work()
        if way == "here":
            assert the_booking().status == Status.CANCELLED
            assert not Mirror.objects.filter(kind="booking").exists()
        else:
            assert [one["id"] for one in appointments(sandbox)] == [the_booking().remote_id]

    def test_other_objects_are_not_cancelled_here(self, remote, admin_client):
        row = Mirror.objects.get(kind="user")
        page = admin_client.get(reverse("admin:integrations_mirror_change", args=[row.pk])).content.decode()
        assert "cancel-here" not in page
        assert admin_client.get(reverse("admin:integrations_mirror_cancel_here", args=[row.pk])).status_code == 404


class TestAdministration:
    def test_a_move_is_settled_while_the_admin_waits(self, remote, client, admin_client, sandbox):
        first, second, third, *_rest = starts(remote)
        client.post(held(client, remote, first), DETAILS)
        address = reverse("admin:scheduling_booking_move_one", args=[the_booking().pk])
        zone = ZoneInfo(remote.host.time_zone)

        def move(start: datetime) -> int:
            local = start.astimezone(zone)
            data = {"confirmed": "on", "reason": "", "day": f"{local:%Y-%m-%d}", "at": f"{local:%H:%M}", "notify": "on"}
            return int(admin_client.post(address, data).status_code)

        assert move(second) == 302
        assert (the_booking().status, the_booking().starts_at) == (Status.CONFIRMED, second)
        assert datetime.fromisoformat(appointments(sandbox)[0]["start"]) == second
        sandbox.fault("status", path="/v4/appointment/*", method="POST", status=400, times=1, body={
            "statusCode": 400, "message": "slot-occupied", "error": "Bad Request"})  # fmt: skip
        assert move(third) == 409
        assert (the_booking().status, the_booking().starts_at) == (Status.CONFIRMED, second)

    def test_a_request_stays_with_its_host(self, remote, client, sandbox):
        MeetingType.objects.filter(pk=remote.pk).update(on_request=True)
        client.post(held(client, fresh(remote), starts(remote)[0]), DETAILS)
        sync.work()
        assert the_booking().awaits == "host"
        assert not appointments(sandbox)
        requests.accept(the_booking())
        sync.work()
        assert the_booking().status == Status.CONFIRMED
        assert len(appointments(sandbox)) == 1


@pytest.mark.parametrize("policy", ["closed", "request"])
def test_provider_down_for_ten_minutes_while_fifty_visitors_book(policy, remote, sandbox, brand, monkeypatch):
    """No error page, no overlap; all settled afterwards, and each exactly once there."""
    from tests.conftest import client_of

    monkeypatch.setattr(engine, "SETTLE", 0.3)
    Connection.objects.update(when_down=policy)
    sandbox.fault("status", status=503, times=None)
    begun = timezone.now()
    pages = []
    with time_machine.travel(begun, tick=False) as clock:
        for visitor in range(50):
            clock.shift(timedelta(seconds=14))
            client = client_of(brand)
            page = client.get(
                remote.get_absolute_url(), {"from": (begun + timedelta(days=visitor % 9)).date().isoformat()}
            )
            pages.append(page)
            times = [one for day in page.context["week"].days for one in day.times]
            if not times:
                continue
            # Every third wants the first time of the week, like everybody else.
            wanted = times[0 if visitor % 3 else -1].start
            answer = client.post(f"{remote.get_absolute_url()}hold/", {"start": wanted.isoformat()})
            pages.append(answer)
            if answer.status_code == 303:
                details = DETAILS | {"email": f"visitor{visitor}@example.org"}
                pages.append(client.post(answer["Location"], details, follow=True))
            if visitor % 5 == 0:
                sync.work()
    assert {page.status_code for page in pages} <= {200, 303, 409}
    asked = Booking.objects.exclude(status__in=[Status.HELD, Status.EXPIRED])
    assert asked.count() >= (45 if policy == "request" else 40)
    assert not asked.exclude(status=Status.PENDING).exists()
    ranges = sorted(asked.values_list("blocked_from", "blocked_until"))
    assert all(first[1] <= second[0] for first, second in zip(ranges, ranges[1:], strict=False))

    sandbox.heal()
    Connection.objects.update(quiet_until=None, resting_until=None)
    Mirror.objects.exclude(due_at=None).update(due_at=timezone.now())
    sync.work()
    assert not asked.filter(status=Status.PENDING).exists()
    confirmed = asked.filter(status=Status.CONFIRMED)
    assert confirmed.count() == asked.count()
    there = [datetime.fromisoformat(one["start"]) for one in appointments(sandbox)]
    assert sorted(there) == sorted(confirmed.values_list("starts_at", flat=True))
