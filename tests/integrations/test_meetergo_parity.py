"""The stories of a member at meetergo, from our rows to its copy: sign-up, edits, bookings, faults, leaving."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from directory.models import Professional
from integrations import connections, parity, sync
from integrations.models import Connection, Mirror
from integrations.sandbox.meetergo.seed import KEY
from scheduling import bookings, hours
from scheduling.models import Booking, MeetingType
from scheduling.models.bookings import Status
from tests import factories


@pytest.fixture
def connection(brand, sandbox) -> Connection:
    sandbox.limit("meetergo", enabled=False)
    made = Connection.objects.create(
        brand=brand,
        provider="meetergo",
        name="meetergo",
        is_default=True,
        base_url=f"{sandbox.base('meetergo')}/v4",
        options={"rate": [[1000, 1.0]]},
    )
    connections.set_credentials(made, {"api_key": KEY})
    return Connection.objects.get(pk=made.pk)


@pytest.fixture
def member(connection, brand) -> Professional:
    member = factories.make_professional(
        brand, email="erika@example.org", first_name="Erika", last_name="Muster", slug="erika-muster"
    )
    factories.make_meeting_type(member, slug="talk", title="Talk", channel="phone")
    return member


def settle(rounds: int = 15) -> None:
    for _round in range(rounds):
        due = Mirror.objects.filter(due_at__isnull=False)
        pending = due.filter(data__state="pending")
        if not due.exclude(pk__in=pending).update(due_at=timezone.now()):
            return
        sync.work()
    pytest.fail(f"still due: {list(Mirror.objects.exclude(due_at=None).values_list('kind', 'last_error'))}")


def mirror(kind: str) -> Mirror:
    return Mirror.objects.select_related("connection__brand").get(kind=kind)


def test_a_member_gets_account_hours_page_and_types_without_seeing_it(sandbox, member):
    second = factories.make_meeting_type(member, slug="long-talk", title="Long talk", duration=60, position=1)
    settle()
    user = sandbox.objects("meetergo", "user")[-1]
    assert (user["email"], user["slug"]) == ("erika@example.org", "erika-muster")
    assert user["personalPage"]["useCustomColors"] is True
    assert user["personalPage"]["primaryColor"] == member.brand.accent
    types = {each["slug"]: each for each in sandbox.objects("meetergo", "meetingType")}
    assert set(types) == {"talk", "long-talk"}
    assert types["long-talk"]["metadata"] == {"ref": str(second.pk)}
    assert not Mirror.objects.exclude(last_error="").exists()
    assert not Mirror.objects.exclude(drift={}).exists()
    assert mirror("user").data["bookingUrl"].endswith("/erika-muster/talk")
    assert parity.sweep(mirror("user").connection) == 0


def test_edits_reach_it_with_only_what_changed(sandbox, member):
    settle()
    before = len(sandbox.log())
    member.person.last_name = "Neu"
    member.person.save()
    hours.replace_week(member, {0: [(600, 720)]})
    meeting_type = member.meeting_types.get()
    meeting_type.duration = 45
    meeting_type.save()
    settle()
    writes = [entry for entry in sandbox.log()[before:] if entry["method"] != "GET"]
    bodies = {entry["path"].split("/")[2]: entry["body"] for entry in writes}
    assert bodies["user"] == {"familyName": "Neu"}
    assert bodies["meeting-type"]["meetingInfo"] == {"duration": 45}
    assert list(bodies["availability"]) == ["schedule"]
    assert len(writes) == 3


def test_a_new_name_in_the_address_reaches_every_type(sandbox, member):
    settle()
    member.slug = "erika-neu"
    member.save()
    settle()
    assert mirror("meeting_type").data["bookingUrl"].endswith("/erika-neu/talk")


def test_a_new_address_of_mail_is_shown_and_create_again_is_the_way_out(sandbox, member, next_monday):
    settle()
    booking = bookings.enter(
        member.meeting_types.get(),
        next_monday,
        name="Bob Berg",
        email="bob@example.org",
        outside_rules=True,
        notify=False,
    )
    settle()
    type(member.person).objects.filter(pk=member.person_id).update(email="new@example.org")
    member.person.refresh_from_db()
    member.person.save()
    settle()
    row = mirror("user")
    assert row.state == "drifted"
    assert "create again" in row.drift["email"][2]
    assert parity.verify(row.connection, kinds=["user"]).checked == 1
    assert mirror("user").due_at is None
    parity.create_again(row)
    sync.work()
    settle()
    (user,) = (each for each in sandbox.objects("meetergo", "user") if not each["isAdmin"])
    assert (user["email"], user["slug"]) == ("new@example.org", "erika-muster")
    assert user["id"] == mirror("user").remote_id
    assert mirror("meeting_type").data["userId"] == user["id"]
    booking.refresh_from_db()
    kept = [each for each in sandbox.objects("meetergo", "appointment") if each["hostIds"] == [user["id"]]]
    assert booking.status == Status.CONFIRMED
    assert [each["id"] for each in kept] == [mirror("booking").remote_id]
    assert not Mirror.objects.exclude(last_error="").exists()


@pytest.mark.parametrize("kind", ["lost", "lost_504", "cut", "truncated", "html", "drop"])
def test_no_fault_makes_two_of_anything(sandbox, member, next_monday, kind):
    for path in ("/v4/user", "/v4/meeting-type", "/v4/booking"):
        sandbox.fault(kind, method="POST", path=path)
    meeting_type = factories.make_meeting_type(member, slug="long-talk", title="Long talk", position=1, channel="video")
    settle()
    bookings.enter(
        meeting_type, next_monday, name="Bob Berg", email="bob@example.org", outside_rules=True, notify=False
    )
    settle()
    assert len(sandbox.objects("meetergo", "user")) == 2
    assert len(sandbox.objects("meetergo", "meetingType")) == 2
    assert len(sandbox.objects("meetergo", "appointment")) == 1


def test_edits_and_deletions_there_are_mended(sandbox, member, connection):
    settle()
    remote_type = mirror("meeting_type").remote_id
    info = sandbox.objects("meetergo", "meetingType")[0]["meetingInfo"]
    sandbox.edit("meetergo", "meetingType", remote_type, meetingInfo={**info, "name": "Hacked"})
    assert parity.verify(connection).edited == 1
    settle()
    assert sandbox.objects("meetergo", "meetingType")[0]["meetingInfo"]["name"] == "Talk"
    sandbox.act("meetergo", "delete_user", userId=mirror("user").remote_id)
    assert parity.verify(connection).missing >= 1
    settle()
    parity.verify(connection)
    settle()
    assert mirror("user").remote_id == sandbox.objects("meetergo", "user")[-1]["id"]
    live = [each for each in sandbox.objects("meetergo", "meetingType") if not each["deletedAt"]]
    assert [each["id"] for each in live] == [mirror("meeting_type").remote_id]


def test_who_leaves_is_gone_there_and_her_appointments_are_cancelled(sandbox, member, next_monday):
    settle()
    booking = bookings.enter(
        member.meeting_types.get(),
        next_monday,
        name="Bob Berg",
        email="bob@example.org",
        outside_rules=True,
        notify=False,
    )
    settle()
    bookings.cancel(booking, actor="host", notify=False)
    member.status = Professional.Status.DRAFT
    member.save()
    settle()
    assert not Mirror.objects.exists()
    assert len(sandbox.objects("meetergo", "user")) == 1
    assert sandbox.objects("meetergo", "appointment")[0]["isCancelled"]


def test_appointments_that_are_over_are_not_cancelled_there(sandbox, member, next_monday):
    settle()
    booking = bookings.enter(
        member.meeting_types.get(),
        next_monday,
        name="Bob Berg",
        email="bob@example.org",
        outside_rules=True,
        notify=False,
    )
    settle()
    sandbox.edit("meetergo", "appointment", mirror("booking").remote_id, start="2020-01-01T09:00:00.000Z")
    booking.status = Status.COMPLETED
    booking.save()
    settle()
    assert not Mirror.objects.filter(kind="booking").exists()
    assert not sandbox.objects("meetergo", "appointment")[0]["isCancelled"]


# --- three ways a booking ends ----------------------------------------------------------------------------------------


@pytest.fixture
def waiting(member, next_monday) -> Booking:
    settle()
    booking = bookings.enter(
        member.meeting_types.get(),
        next_monday,
        name="Bob Berg",
        email="bob@example.org",
        outside_rules=True,
        notify=False,
    )
    Booking.objects.filter(pk=booking.pk).update(status=Status.PENDING)
    return booking


def test_confirmed(sandbox, waiting):
    settle()
    waiting.refresh_from_db()
    assert waiting.status == Status.CONFIRMED
    assert waiting.remote_id == sandbox.objects("meetergo", "appointment")[0]["id"]
    bookings.reschedule(waiting, waiting.starts_at + timedelta(hours=1), actor="host", outside_rules=True, notify=False)
    settle()
    (there,) = sandbox.objects("meetergo", "appointment")
    waiting.refresh_from_db()
    assert there["start"] == waiting.starts_at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


@pytest.mark.parametrize("status", [400, 409])
def test_taken(sandbox, waiting, member, status):
    sandbox.switch("meetergo", "slot_occupied", status)
    someone = {"email": "first@example.org", "fullname": "First", "receiveReminders": False, "notes": {}}
    sandbox.act(
        "meetergo", "book", meetingTypeId=mirror("meeting_type").remote_id, start=waiting.starts_at.isoformat(),
        attendee=someone,
    )  # fmt: skip
    settle()
    waiting.refresh_from_db()
    assert waiting.status == Status.DECLINED
    assert len(sandbox.objects("meetergo", "appointment")) == 1


def test_pending_then_confirmed_by_the_host_there(sandbox, waiting):
    company = sandbox.objects("meetergo", "company")[0]
    sandbox.edit("meetergo", "company", company["id"], requireHostConfirmation="enabled")
    settle()
    waiting.refresh_from_db()
    row = mirror("booking")
    assert (waiting.status, row.data["state"]) == (Status.PENDING, "pending")
    assert row.due_at > timezone.now() + timedelta(minutes=5)
    sandbox.act("meetergo", "confirm", provisionalBookingId=row.remote_id.split(":")[1])
    Mirror.objects.filter(pk=row.pk).update(due_at=timezone.now())
    sync.work()
    waiting.refresh_from_db()
    assert (waiting.status, waiting.remote_id) == (
        Status.CONFIRMED,
        sandbox.objects("meetergo", "appointment")[0]["id"],
    )


def test_pending_then_declined_there(sandbox, waiting):
    company = sandbox.objects("meetergo", "company")[0]
    sandbox.edit("meetergo", "company", company["id"], requireHostConfirmation="enabled")
    settle()
    row = mirror("booking")
    sandbox.act("meetergo", "decline", provisionalBookingId=row.remote_id.split(":")[1])
    Mirror.objects.filter(pk=row.pk).update(due_at=timezone.now())
    sync.work()
    waiting.refresh_from_db()
    assert waiting.status == Status.DECLINED


def test_the_recipe_carries_a_member_through_as_well(sandbox, connection, brand, next_monday):
    sandbox.switch("meetergo", "profile", "recipe")
    Connection.objects.filter(pk=connection.pk).update(options={"dialect": "recipe", "rate": [[1000, 1.0]]})
    member = factories.make_professional(brand, email="erika@example.org", slug="erika-muster")
    talk = factories.make_meeting_type(member, slug="talk", title="Talk", channel="phone")
    factories.make_meeting_type(member, slug="long-talk", title="Long talk", duration=60, position=1)
    settle()
    names = [each["meetingInfo"]["name"] for each in sandbox.objects("meetergo", "meetingType")]
    assert sorted(names) == ["Long talk", "Talk"]
    bookings.enter(talk, next_monday, name="Bob Berg", email="bob@example.org", outside_rules=True, notify=False)
    settle()
    assert len(sandbox.objects("meetergo", "appointment")) == 1
    assert not Mirror.objects.exclude(last_error="").exists()
    assert MeetingType.objects.count() == 2


def test_a_template_is_made_from_a_type_and_given_to_newcomers(sandbox, member, brand, connection, capsys):
    call_command("meetergo_template", connection=connection.pk, source=member.meeting_types.get().pk)
    assert "is given to new members (*)" in capsys.readouterr().out
    settle()
    names = [each["meetingInfo"]["name"] for each in sandbox.objects("meetergo", "meetingType")]
    assert names == ["Talk", "Talk"]
    with pytest.raises(CommandError, match="no meeting type"):
        call_command("meetergo_template", connection=connection.pk, source=0)
