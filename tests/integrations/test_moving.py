"""Members who change provider, over real HTTP: addresses, bookings, links and calendar entries stay; nobody is told."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from directory.models import Professional
from integrations import connections, inbound, moving, parity, remote_times, sync, tasks
from integrations.models import Connection, Enrolment, Mirror, RemoteTimes
from integrations.sandbox.meetergo.seed import KEY
from scheduling import availability, bookings, ics, links
from scheduling.models import AvailabilityOverride, Booking, Message
from scheduling.models.bookings import Status
from tests import factories
from tests.integrations import meetbit_world


@pytest.fixture(autouse=True)
def _patient_pages(monkeypatch) -> None:
    monkeypatch.setattr(remote_times, "BUDGET", 3.0)


@pytest.fixture
def meetergo(brand, sandbox) -> Connection:
    sandbox.limit("meetergo", enabled=False)
    base = sandbox.base("meetergo")
    made = Connection.objects.create(
        brand=brand, provider="meetergo", name="meetergo", is_default=True, base_url=f"{base}/v4",
        options={"rate": [[1000, 1.0]]},
    )  # fmt: skip
    connections.set_credentials(made, {"api_key": KEY})
    return Connection.objects.get(pk=made.pk)


@pytest.fixture
def meetbit(brand, sandbox) -> Connection:
    made = meetbit_world.connect(brand, sandbox, is_default=False)
    return Connection.objects.get(pk=made.pk)


@pytest.fixture
def alices(alice, meeting_type, meetergo) -> Professional:
    """Alice is at meetergo with one confirmed booking of Bob's, made on our pages."""
    parity.sweep(meetergo)
    settle()
    assert tasks.fetch_times(meeting_type.pk)
    return alice


@pytest.fixture
def bobs(alices, meeting_type) -> Booking:
    return booked(meeting_type)


def booked(meeting_type, *, nth: int = 0, email: str = "bob@example.org") -> Booking:
    meeting_type.refresh_from_db()
    now = timezone.now()
    start = availability.open_starts(meeting_type, now + timedelta(days=2), now + timedelta(days=20))[nth]
    booking = bookings.confirm(bookings.hold(meeting_type, start), name="Bob Berg", email=email)
    settle()
    booking.refresh_from_db()
    assert booking.status == Status.CONFIRMED
    return booking


def settle(rounds: int = 25) -> None:
    for _round in range(rounds):
        if not Mirror.objects.filter(due_at__isnull=False).update(due_at=timezone.now()):
            return
        sync.work()
    pytest.fail(f"still due: {list(Mirror.objects.exclude(due_at=None).values_list('kind', 'last_error'))}")


def what_people_hold(booking: Booking) -> tuple[object, ...]:
    """What must outlive a move: the row, its links, its entry in calendars, and what was sent."""
    booking = Booking.objects.select_related("host__person", "host__brand", "meeting_type").get(pk=booking.pk)
    entry = ics.event_for(booking, audience=Message.Audience.CLIENT, language="en")
    return (
        booking.uid, booking.reference, booking.manage_hash, links.manage_path(booking), booking.version,
        booking.starts_at, booking.status, Message.objects.filter(booking=booking).count(),
        entry.uid, entry.sequence, entry.conference_url,
    )  # fmt: skip


def appointments(sandbox) -> list[dict]:
    return [one for one in sandbox.objects("meetergo", "appointment") if not one.get("isCancelled")]


def test_to_another_provider_and_back(sandbox, alices, bobs, meetergo, meetbit, meeting_type, client):
    before, address = what_people_hold(bobs), alices.get_absolute_url()
    assert (bobs.remote_source, bobs.engine) == (meetergo.source, "remote")
    connections.enrol([alices], meetbit)
    meeting_type.refresh_from_db()
    assert meeting_type.engine == "native"  # at once, before any worker has run
    settle()
    assert appointments(sandbox) == []
    assert [one["email"] for one in meetbit_world.alive(sandbox, "user") if one["email"] == alices.person.email]
    assert not Mirror.objects.filter(connection=meetergo).exists()
    assert what_people_hold(bobs) == before
    bobs.refresh_from_db()
    assert (bobs.remote_source, bobs.remote_id, bobs.engine) == ("", "", "native")
    assert client.get(address).status_code == 200

    connections.enrol([alices], meetergo)
    settle()
    meeting_type.refresh_from_db()
    assert meeting_type.engine == "remote"
    [there] = appointments(sandbox)
    assert there["attendees"][0]["email"] == "bob@example.org"
    assert what_people_hold(bobs) == before
    bobs.refresh_from_db()
    assert (bobs.remote_source, bobs.remote_id, bobs.engine) == (meetergo.source, there["id"], "meetergo")
    assert client.get(address).status_code == 200
    assert client.get(links.manage_path(bobs)).status_code == 200


def test_the_old_providers_word_on_its_own_cancellation_is_not_followed(sandbox, alices, bobs, meetergo):
    """The race first: without the guard, the webhook of our own cancelling there would cancel here and tell Bob."""
    before, there = what_people_hold(bobs), bobs.remote_id
    host = Mirror.objects.get(connection=meetergo, kind="user").remote_id
    connections.enrol([alices], None)
    mirror = Mirror.objects.get(connection=meetergo, kind="booking")
    assert sync.claim(mirror)
    sync.reconcile(mirror)  # cancelled there; her account is still there, so the webhook can be followed
    assert appointments(sandbox) == []
    assert "not booked there any more" in inbound.read(meetergo, there, (host,))
    assert what_people_hold(bobs) == before
    tasks.poll()
    Connection.objects.update(booking="embed")
    tasks.poll()
    settle()
    assert what_people_hold(bobs) == before


def test_that_a_followed_cancellation_would_cancel_here(sandbox, alices, bobs, meetergo):
    """The test of the test: for a member who stays, the same message cancels and tells both."""
    sandbox.act("meetergo", "cancel", appointmentId=bobs.remote_id)
    inbound.read(meetergo, bobs.remote_id, (Mirror.objects.get(kind="user").remote_id,))
    bobs.refresh_from_db()
    assert bobs.status == Status.CANCELLED


def test_moves_and_cancellations_after_a_move_are_ours_alone(sandbox, alices, bobs, meetergo, meeting_type):
    connections.enrol([alices], None)
    settle()
    meeting_type.refresh_from_db()
    free = availability.open_starts(meeting_type, bobs.starts_at + timedelta(days=1), bobs.starts_at + timedelta(9))
    moved = bookings.reschedule(bobs, free[0], actor="client")
    assert (moved.status, moved.version) == (Status.CONFIRMED, 1)
    settle()
    assert appointments(sandbox) == []
    assert not Mirror.objects.exists()


def test_what_the_old_provider_had_not_agreed_to_yet_is_agreed_here(sandbox, alices, meetergo, meeting_type):
    sandbox.fault("status", path="/v4/booking", status=503, times=None)
    meeting_type.refresh_from_db()
    start = availability.open_starts(meeting_type, timezone.now(), timezone.now() + timedelta(days=9))[0]
    booking = bookings.confirm(bookings.hold(meeting_type, start), name="Bob", email="bob@example.org")
    sync.work()
    booking.refresh_from_db()
    assert booking.status == Status.PENDING
    sandbox.heal()
    connections.enrol([alices], None)
    settle()
    booking.refresh_from_db()
    assert (booking.status, booking.engine) == (Status.CONFIRMED, "native")
    assert appointments(sandbox) == []


def test_a_time_that_the_new_provider_refuses_waits_for_a_person_and_stays_here(sandbox, alice, meeting_type, meetergo):
    """She comes from the built-in engine; at the provider somebody has the time already."""
    connections.enrol([alice], None)
    settle()
    booking = booked(meeting_type)
    before = what_people_hold(booking)
    sandbox.fault("status", path="/v4/booking", status=409, times=None)
    connections.enrol([alice], meetergo)
    settle()
    row = Mirror.objects.get(kind="booking", connection=meetergo)
    assert row.state == "parked"
    assert what_people_hold(booking) == before
    assert any("wait" in alarm.text for alarm in connections.alarms(meetergo))
    meeting_type.refresh_from_db()
    assert booking.starts_at not in availability.open_starts(
        meeting_type, booking.starts_at, booking.starts_at + timedelta(minutes=1)
    )
    sandbox.heal()
    parity.sync_now(Mirror.objects.filter(pk=row.pk))
    settle()
    assert what_people_hold(booking) == before
    booking.refresh_from_db()
    assert booking.remote_id == appointments(sandbox)[0]["id"]


def test_another_account_at_the_same_provider_waits_for_the_old_one_to_go(sandbox, brand, alices, bobs, meetergo):
    """An address of mail is unique there: the account she leaves is deleted first, by itself."""
    other = Connection.objects.create(
        brand=brand, provider="meetergo", name="Other", base_url=meetergo.base_url, options=meetergo.options
    )
    connections.set_credentials(other, {"api_key": KEY})
    before = what_people_hold(bobs)
    connections.enrol([alices], Connection.objects.get(pk=other.pk))
    settle()
    assert not Mirror.objects.filter(connection=meetergo).exists()
    assert {row.state for row in Mirror.objects.filter(connection=other)} <= {"done", "drifted"}
    assert what_people_hold(bobs) == before
    assert len(appointments(sandbox)) == 1


def test_a_new_default_takes_everybody_without_a_choice_along_at_once(
    sandbox, brand, alices, bobs, meetergo, meetbit, meeting_type, charlie
):
    before = what_people_hold(bobs)
    stays = factories.make_professional(brand)
    Enrolment.objects.create(professional=stays, connection=None)
    assert moving.make_default(brand, meetbit) == moving.without_choice(brand).count()
    assert list(Connection.objects.filter(brand=brand, is_default=True)) == [meetbit]
    meeting_type.refresh_from_db()
    assert meeting_type.engine == "native"
    assert not RemoteTimes.objects.exists()
    assert availability.open_starts(meeting_type, timezone.now(), timezone.now() + timedelta(days=9))
    assert parity.sweep(meetergo) >= 0  # the brake does not count what was decided
    settle()
    assert not Mirror.objects.filter(connection=meetergo).exists()
    assert Mirror.objects.filter(connection=meetbit, kind="user").exclude(remote_id="").count() >= 1
    assert not Mirror.objects.filter(local_uid=str(stays.pk), kind="user").exists()
    assert what_people_hold(bobs) == before


def test_twenty_members_move_past_the_brake(brand, connection, world):
    for _number in range(20):
        factories.make_professional(brand)
    settle()
    moving.make_default(brand, None)
    parity.sweep(connection)
    settle()
    assert not Mirror.objects.exists()
    assert world.of("user") == {}


def test_a_look_beforehand(admin_client, alices, bobs, meetbit, meetergo, brand, sandbox, at_most_queries):
    AvailabilityOverride.objects.create(
        host=alices, first_date="2027-12-24", last_date="2027-12-31", windows=[], note=""
    )
    found = moving.preview([alices], meetbit)
    assert (found.members, found.types, found.bookings, found.already) == (1, 1, 1, 0)
    assert len(found.lacks) == 3
    calls = len(sandbox.log())
    Mirror.objects.all().delete()
    Enrolment.objects.create(professional=alices, connection=None)
    settle()
    factories.make_meeting_type(alices, slug="long", title="Whole day", duration=720)
    nobody = bookings.enter(
        alices.meeting_types.first(), bobs.starts_at + timedelta(days=30), name="By phone", outside_rules=True,
    )  # fmt: skip
    found = moving.preview([alices], meetergo)
    said = " ".join(f"{subject} {why}" for subject, why in found.unmapped)
    assert found.bookings == 2
    for part in ("Whole day", "2027-12-24", nobody.reference):
        assert part in said
    assert len(sandbox.log()) == calls
    data = {"action": "choose_where", "_selected_action": [str(alices.pk)]}
    page = admin_client.post(reverse("admin:directory_professional_changelist"), data).content.decode()
    for part in ("Whole day", nobody.reference, "meetergo", "MeetBit"):
        assert part in page
    assert not Mirror.objects.exists()


def test_the_default_is_changed_by_a_question_with_the_look(admin_client, alices, bobs, meetergo, meetbit, brand):
    address = reverse("admin:integrations_connection_make_default", args=[meetbit.pk])
    page = admin_client.get(address).content.decode()
    assert "1 appointment" in page
    assert Connection.objects.get(pk=meetergo.pk).is_default
    assert admin_client.post(address, {"confirmed": "on"}).status_code == 302
    assert Connection.objects.get(pk=meetbit.pk).is_default
    settle()
    assert not Mirror.objects.filter(connection=meetergo).exists()
    address = reverse("admin:integrations_connection_leave_default", args=[meetbit.pk])
    assert admin_client.post(address, {"confirmed": "on"}).status_code == 302
    assert not Connection.objects.filter(is_default=True).exists()
    page = admin_client.get(reverse("admin:integrations_connection_change", args=[meetbit.pk])).content.decode()
    assert 'name="is_default"' not in page
