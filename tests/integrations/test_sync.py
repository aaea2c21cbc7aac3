"""The mirror protocol of docs/architecture.md, step by step, with the provider of fake.py.

Longer than other modules of tests: every sentence of the protocol is tried, and most of them against their opposite.
"""

import contextlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from directory.models import Professional
from integrations import parity, sync
from integrations.contract import CannotFind, Remote
from integrations.errors import Conflict, OutcomeUnknown, Rejected, Transient, Unauthorised
from integrations.models import Connection, Enrolment, Mirror
from scheduling import bookings
from scheduling.models import Booking, MeetingType
from scheduling.models.bookings import Status
from tests import factories
from tests.integrations import fake


@pytest.fixture
def member(connection, brand) -> Professional:
    return factories.make_professional(brand, email="erika@example.org", first_name="Erika", last_name="Muster")


@pytest.fixture
def row(member) -> Mirror:
    """The due row of the member's account, with nothing else due."""
    Mirror.objects.exclude(kind="user").update(due_at=None)
    return Mirror.objects.select_related("connection__brand").get(kind="user", local_uid=str(member.pk))


def again(row: Mirror) -> Mirror:
    return Mirror.objects.select_related("connection__brand").get(pk=row.pk)


def run(row: Mirror) -> Mirror:
    """What a worker does with one row; the row afterwards."""
    row = again(row)
    assert sync.claim(row)
    sync.reconcile(row)
    return again(row)


def due_now(row: Mirror) -> Mirror:
    Mirror.objects.filter(pk=row.pk).update(due_at=timezone.now())
    return again(row)


def settle(rounds: int = 12) -> None:
    """Work until nothing is due, without waiting for the clock."""
    for _round in range(rounds):
        if not Mirror.objects.filter(due_at__isnull=False).update(due_at=timezone.now()):
            return
        sync.work()
    pytest.fail(f"still due: {list(Mirror.objects.exclude(due_at=None).values_list('kind', 'last_error'))}")


def rename(member: Professional, name: str) -> None:
    member.person.last_name = name
    member.person.save()


def lose_answer(monkeypatch, kind, method="create"):
    """The next call does its work, and its answer is lost."""
    original = getattr(kind, method)

    def lossy(self, *args):
        original(self, *args)
        monkeypatch.setattr(kind, method, original)
        raise OutcomeUnknown("No answer.")

    monkeypatch.setattr(kind, method, lossy)


# --- marking ----------------------------------------------------------------------------------------------------------


def test_signing_up_marks_in_the_same_transaction(connection, brand, world):
    with contextlib.suppress(ZeroDivisionError), transaction.atomic():
        factories.make_professional(brand)
        assert Mirror.objects.filter(kind="user").exists()
        raise ZeroDivisionError
    assert not Mirror.objects.exists()
    assert not world.calls


def test_ten_edits_are_one_row_and_one_call(member, row, world):
    run(row)
    for number in range(10):
        rename(member, f"Name {number}")
    assert Mirror.objects.filter(kind="user").count() == 1
    run(row)
    assert world.calls == ["create user", "update user"]
    assert world.of("user")[again(row).remote_id]["last_name"] == "Name 9"


def test_members_of_nobody_are_not_marked(brand, db):
    factories.make_professional(brand)
    assert not Mirror.objects.exists()


# --- claiming ---------------------------------------------------------------------------------------------------------


def test_one_claim_holds_until_the_lease_is_over(row):
    first, second = again(row), again(row)
    assert sync.claim(first)
    assert not sync.claim(second)
    assert not sync.claim(again(row))
    Mirror.objects.filter(pk=row.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    assert sync.claim(again(row))


def test_what_was_seen_before_another_edit_cannot_be_claimed(member, row):
    seen = again(row)
    rename(member, "Later")
    assert not sync.claim(seen)


def test_who_lost_the_lease_writes_nothing(row, world):
    slow, fast = again(row), None
    assert sync.claim(slow)
    Mirror.objects.filter(pk=row.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    fast = again(row)
    assert sync.claim(fast)
    sync.reconcile(fast)
    done = again(row)
    slow.remote_id = ""
    sync.reconcile(slow)
    assert again(row).remote_id == done.remote_id
    assert len(world.of("user")) == 1 or again(row).remote_id in world.of("user")


def test_a_resting_or_inactive_connection_is_left_alone(connection, row):
    for fields in (
        {"resting_until": timezone.now() + timedelta(minutes=1)},
        {"resting_until": None, "is_active": False},
    ):
        Connection.objects.filter(pk=connection.pk).update(**fields)
        assert not sync.claim(again(row))
        assert sync.work() == 0


# --- applying ---------------------------------------------------------------------------------------------------------


def test_an_edit_during_the_call_stays_due(member, row, world):
    def edit(call):
        world.fail = lambda call: None
        rename(member, "Meanwhile")

    world.fail = edit
    after = run(row)
    assert after.remote_id
    assert after.due_at is not None
    assert world.of("user")[after.remote_id]["last_name"] == "Muster"
    after = run(row)
    assert after.due_at is None
    assert world.of("user")[after.remote_id]["last_name"] == "Meanwhile"


def test_the_same_digest_makes_no_call(row, world):
    run(row)
    due_now(row)
    world.calls.clear()
    assert run(row).due_at is None
    assert world.calls == []


def test_the_first_create_is_not_preceded_by_a_look(row, world):
    run(row)
    assert world.calls == ["create user"]


def test_a_lost_answer_is_looked_for_and_never_repeated(row, world, monkeypatch):
    lose_answer(monkeypatch, fake.User)
    after = run(row)
    assert after.attempted_at
    assert not after.remote_id
    assert after.due_at > timezone.now()
    due_now(row)
    world.calls.clear()
    after = run(row)
    assert world.calls == ["find user", "update user"]
    assert list(world.of("user")) == [after.remote_id]


def test_without_the_look_there_would_be_two(row, world, monkeypatch):
    """The test of the test above."""
    monkeypatch.setattr(fake.User, "find", lambda self, ref, payload: None)
    lose_answer(monkeypatch, fake.User)
    run(row)
    due_now(row)
    run(row)
    assert len(world.of("user")) == 2


def test_a_worker_killed_after_the_call_leaves_a_row_that_is_looked_for(row, world, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(sync, "_finish", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            run(row)
    killed = again(row)
    assert killed.attempted_at
    assert killed.due_at
    Mirror.objects.filter(pk=row.pk).update(leased_until=timezone.now() - timedelta(seconds=1))
    after = run(row)
    assert list(world.of("user")) == [after.remote_id]


def test_what_exists_is_adopted(row, world, monkeypatch):
    world.of("user")["old"] = {"_ref": row.local_uid, "email": "erika@example.org"}
    monkeypatch.setattr(fake.User, "create", lambda self, ref, payload: (_ for _ in ()).throw(Conflict("exists")))
    after = run(row)
    assert after.remote_id == "old"
    assert world.of("user")["old"]["last_name"] == "Muster"


def test_what_belongs_to_another_member_is_not(row, world, brand, monkeypatch):
    other = factories.make_professional(brand)
    Mirror.objects.filter(kind="user", local_uid=str(other.pk)).update(remote_id="old", due_at=None)
    world.of("user")["old"] = {"_ref": row.local_uid}
    monkeypatch.setattr(fake.User, "create", lambda self, ref, payload: (_ for _ in ()).throw(Conflict("exists")))
    after = run(row)
    assert after.state == "parked"
    assert "belongs to another" in after.last_error


def test_a_conflict_that_cannot_be_found_is_parked_in_their_words(row, monkeypatch):
    monkeypatch.setattr(
        fake.User, "create", lambda self, ref, payload: (_ for _ in ()).throw(Conflict("409: in another company"))
    )
    after = run(row)
    assert (after.state, after.last_error) == ("parked", "409: in another company")


def test_an_object_deleted_there_is_made_again(member, row, world):
    run(row)
    world.of("user").clear()
    rename(member, "Neu")
    after = run(row)
    assert list(world.of("user")) == [after.remote_id]


def test_two_rows_never_share_a_remote_object(connection):
    Mirror.objects.create(connection=connection, kind="user", local_uid="1", remote_id="r")
    with pytest.raises(IntegrityError), transaction.atomic():
        Mirror.objects.create(connection=connection, kind="user", local_uid="2", remote_id="r")


# --- errors -----------------------------------------------------------------------------------------------------------


def fail_with(error):
    def fail(call):
        raise error

    return fail


def test_back_off_doubles_with_jitter_up_to_an_hour():
    for attempts in range(12):
        seconds = sync.backoff(attempts).total_seconds()
        assert 0.5 * 2**attempts <= seconds <= 1.5 * 2**attempts
    assert sync.backoff(50).total_seconds() <= 1.5 * 3600
    assert 7 <= sync.backoff(9, 7.0).total_seconds() <= 8


@pytest.mark.parametrize("error", [Transient("503: busy"), OutcomeUnknown("No answer.")])
def test_what_may_pass_is_tried_again_later(connection, row, world, error):
    world.fail = fail_with(error)
    after = run(row)
    assert after.state == "waiting"
    assert after.attempts == 1
    assert after.due_at > timezone.now()
    assert after.leased_until is None
    world.fail = lambda call: None
    due_now(row)
    after = run(row)
    assert (after.state, after.attempts, after.last_error) == ("done", 0, "")
    assert Connection.objects.get(pk=connection.pk).last_error == ""


def test_the_provider_says_when(row, world):
    world.fail = fail_with(Transient("429", retry_after=120))
    assert 119 <= (run(row).due_at - timezone.now()).total_seconds() <= 122


def test_wrong_credentials_rest_the_connection_and_make_one_alarm(connection, row, world, brand):
    factories.make_professional(brand)
    world.fail = fail_with(Unauthorised("401: API key has expired"))
    sync.work()
    assert len(world.calls) == 1
    rested = Connection.objects.get(pk=connection.pk)
    assert rested.is_resting
    assert rested.last_error == "401: API key has expired"
    assert again(row).due_at is not None
    assert sync.work() == 0
    Connection.objects.update(resting_until=None)
    world.fail = lambda call: None
    settle()
    assert len(world.of("user")) == 2


def test_a_refusal_parks_until_the_next_change(member, row, world):
    world.fail = fail_with(Rejected("400: familyName must be longer"))
    after = run(row)
    assert (after.state, after.due_at, after.last_error) == ("parked", None, "400: familyName must be longer")
    world.fail = lambda call: None
    assert parity.sweep(row.connection) == 0 or again(row).due_at is None, (
        "a sweep does not wake what waits for a person"
    )
    rename(member, "Longer")
    assert run(row).state == "done"


def test_sync_now_wakes_what_is_parked(row, world):
    world.fail = fail_with(Rejected("no"))
    run(row)
    world.fail = lambda call: None
    parity.sync_now(Mirror.objects.filter(pk=row.pk))
    assert run(row).state == "done"


def test_where_nothing_can_be_looked_up_a_person_decides(row, monkeypatch):
    def cannot(self, ref, payload):
        raise CannotFind("The API has no list.")

    monkeypatch.setattr(fake.User, "find", cannot)
    lose_answer(monkeypatch, fake.User)
    run(row)
    due_now(row)
    after = run(row)
    assert (after.state, after.last_error) == ("parked", "The API has no list.")


# --- families ---------------------------------------------------------------------------------------------------------


def test_children_wait_for_their_parent(member, world):
    factories.make_meeting_type(member, slug="talk")
    child = Mirror.objects.select_related("connection__brand").get(kind="meeting_type")
    after = run(child)
    assert after.due_at > timezone.now()
    assert world.calls == []
    settle()
    assert len(world.of("meeting_type")) == 1


def test_children_of_a_parked_parent_do_not_ask_every_three_seconds(member, row, world):
    factories.make_meeting_type(member, slug="talk")
    world.fail = fail_with(Rejected("no"))
    run(row)
    child = Mirror.objects.select_related("connection__brand").get(kind="meeting_type")
    assert run(due_now(child)).due_at > timezone.now() + timedelta(minutes=4)


def book_with(member, meeting_type, start, name="Bob Berg"):
    return bookings.enter(meeting_type, start, name=name, email="bob@example.org", outside_rules=True, notify=False)


def test_who_leaves_takes_bookings_first_and_dies_with_what_is_hers(member, world, next_monday):
    meeting_type = factories.make_meeting_type(member, slug="talk")
    booking = book_with(member, meeting_type, next_monday)
    settle()
    assert set(world.objects) == {"user", "availability", "meeting_type", "booking"}
    world.calls.clear()
    bookings.cancel(booking, actor="host", notify=False)
    member.status = Professional.Status.SUSPENDED
    Professional.objects.filter(pk=member.pk).update(status="draft")
    member.refresh_from_db()
    member.save()
    settle()
    assert not Mirror.objects.exists()
    deletes = [call for call in world.calls if call.startswith("delete")]
    assert deletes == ["delete booking", "delete user"]


def test_a_booking_that_is_still_there_keeps_its_host_there(member, world, next_monday, connection):
    """The account goes only when what does not die with it has gone, however deep it hangs."""
    meeting_type = factories.make_meeting_type(member, slug="talk")
    book_with(member, meeting_type, next_monday)
    settle()
    Professional.objects.filter(pk=member.pk).update(status="draft")
    parity.sweep(connection, force=True)
    Mirror.objects.filter(kind="booking").update(due_at=None, last_error="their words")
    row = Mirror.objects.select_related("connection__brand").get(kind="user")
    after = run(due_now(row))
    assert after.remote_id in world.of("user")
    assert after.due_at > timezone.now()


def test_an_archived_type_stays_until_its_last_appointment_is_over(member, world, next_monday):
    meeting_type = factories.make_meeting_type(member, slug="talk")
    booking = book_with(member, meeting_type, next_monday)
    settle()
    meeting_type.visibility = MeetingType.Visibility.ARCHIVED
    meeting_type.save()
    settle()
    (there,) = world.of("meeting_type").values()
    assert there["enabled"] == "False"
    bookings.cancel(booking, actor="host", notify=False)
    parity.sweep(Connection.objects.get())
    settle()
    assert not world.of("meeting_type")


def test_deleting_what_is_gone_is_done(member, row, world):
    run(row)
    world.of("user").clear()
    Professional.objects.filter(pk=member.pk).update(status="draft")
    due_now(row)
    assert sync.claim(row := again(row))
    sync.reconcile(row)
    assert not Mirror.objects.filter(pk=row.pk).exists()


def test_a_lost_create_of_somebody_who_left_is_looked_for_and_deleted(member, row, world, monkeypatch):
    lose_answer(monkeypatch, fake.User)
    run(row)
    assert len(world.of("user")) == 1
    Professional.objects.filter(pk=member.pk).update(status="draft")
    due_now(row)
    assert sync.claim(row := again(row))
    sync.reconcile(row)
    assert not world.of("user")
    assert not Mirror.objects.filter(pk=row.pk).exists()


def test_who_changes_provider_leaves_the_old_one(member, row, world):
    run(row)
    Enrolment.objects.create(professional=member, connection=None)
    member.save()
    settle()
    assert not world.of("user")
    assert not Mirror.objects.exists()


# --- sweep and verify -------------------------------------------------------------------------------------------------


def test_a_sweep_finds_what_no_signal_told(member, connection, world):
    settle()
    type(member.person).objects.filter(pk=member.person_id).update(last_name="Silent")
    assert parity.sweep(connection) == 1
    settle()
    assert next(iter(world.of("user").values()))["last_name"] == "Silent"


def test_the_second_sweep_is_silent(member, connection, world):
    factories.make_meeting_type(member, slug="talk")
    settle()
    assert parity.sweep(connection) == 0
    world.calls.clear()
    assert sync.work() == 0
    assert world.calls == []


def test_the_brake_stops_a_sweep_that_would_empty_the_other_side(brand, connection, world):
    for _number in range(12):
        factories.make_professional(brand)
    settle()
    Professional.objects.update(status="draft")
    with pytest.raises(parity.BrakeError):
        parity.sweep(connection)
    assert "Stopped" in Connection.objects.get(pk=connection.pk).sweep_note
    assert not Mirror.objects.exclude(due_at=None).exists()
    parity.sweep(connection, force=True)
    settle()
    assert not world.of("user")


def test_verify_mends_edits_and_deletions_made_there(member, row, connection, world):
    settle()
    remote_id = again(row).remote_id
    world.of("user")[remote_id]["last_name"] = "Edited there"
    verdict = parity.verify(connection, repair=False, kinds=["user"])
    assert (verdict.checked, verdict.edited) == (1, 1)
    assert again(row).drift == {"last_name": ["Muster", "Edited there"]}
    assert again(row).state == "drifted"
    parity.verify(connection, kinds=["user"])
    settle()
    assert world.of("user")[remote_id]["last_name"] == "Muster"
    assert again(row).drift == {}
    world.of("user").clear()
    assert parity.verify(connection, kinds=["user"]).missing == 1
    settle()
    assert len(world.of("user")) == 1


def test_what_cannot_be_kept_there_is_shown_and_not_written_again(member, row, connection, world, monkeypatch):
    gaps = {"email": ["erika@example.org", "old@example.org. Make a new account."]}

    def update(self, remote, payload):
        world.call("update user")
        return Remote(remote.id, {"gaps": gaps})

    monkeypatch.setattr(fake.User, "update", update)
    monkeypatch.setattr(fake.User, "differences", lambda self, payload, observed: {"email": ("erika", "old")})
    settle()
    rename(member, "Other")
    settle()
    assert again(row).state == "drifted"
    assert again(row).drift == gaps
    world.calls.clear()
    verdict = parity.verify(connection, kinds=["user"])
    assert verdict.edited == 0
    assert again(row).due_at is None
    assert again(row).drift == gaps
    assert parity.sweep(connection) == 0


def test_what_is_there_and_nobodys_is_counted(member, connection, world):
    settle()
    world.of("user")["stray"] = {"email": "stray@example.org"}
    assert parity.verify(connection, kinds=["user"]).unknown == 1


# --- the word of the other side ---------------------------------------------------------------------------------------


@pytest.fixture
def waiting(member, next_monday, world) -> Booking:
    """A booking that waits for the provider, its host and type being there already."""
    meeting_type = factories.make_meeting_type(member, slug="talk")
    settle()
    booking = book_with(member, meeting_type, next_monday)
    Booking.objects.filter(pk=booking.pk).update(status=Status.PENDING)
    return booking


def test_a_booking_that_arrived_is_confirmed(waiting, connection):
    settle()
    waiting.refresh_from_db()
    assert waiting.status == Status.CONFIRMED
    assert waiting.remote_source == connection.source
    assert waiting.remote_id == Mirror.objects.get(kind="booking").remote_id
    settle()


@pytest.mark.parametrize("error", [Conflict("slot-occupied"), Rejected("400: attendee.phone")])
def test_a_booking_that_is_refused_is_declined(waiting, world, error, monkeypatch):
    monkeypatch.setattr(fake.Bookings, "create", lambda self, ref, payload: (_ for _ in ()).throw(error))
    settle()
    waiting.refresh_from_db()
    assert waiting.status == Status.DECLINED
    assert not Mirror.objects.filter(kind="booking").exists()


def test_an_outage_leaves_it_pending(waiting, world):
    world.fail = fail_with(Transient("503"))
    row = Mirror.objects.select_related("connection__brand").get(kind="booking")
    run(row)
    waiting.refresh_from_db()
    assert waiting.status == Status.PENDING


def test_what_they_have_not_decided_is_asked_again_and_confirms_nothing(waiting, monkeypatch, world):
    def undecided(self, ref, payload):
        return Remote("provisional:1", {"state": "pending"})

    monkeypatch.setattr(fake.Bookings, "create", undecided)
    row = Mirror.objects.select_related("connection__brand").get(kind="booking")
    after = run(row)
    waiting.refresh_from_db()
    assert waiting.status == Status.PENDING
    assert after.due_at > timezone.now() + timedelta(minutes=5)
    monkeypatch.setattr(fake.Bookings, "update", lambda self, remote, payload: Remote("b-1", {"state": "confirmed"}))
    due_now(row)
    after = run(row)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.remote_id) == (Status.CONFIRMED, "b-1")


def test_an_answer_about_an_older_time_confirms_nothing(waiting, monkeypatch):
    earlier = (waiting.starts_at - timedelta(hours=1)).isoformat()
    monkeypatch.setattr(fake.Bookings, "create", lambda self, ref, payload: Remote("b-1", {"start": earlier}))
    run(Mirror.objects.select_related("connection__brand").get(kind="booking"))
    waiting.refresh_from_db()
    assert waiting.status == Status.PENDING
