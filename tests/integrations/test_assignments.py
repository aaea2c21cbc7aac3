"""Assignments of people, topics and rooms at BookMe, on their page in the administration."""

import pytest
from django.urls import reverse
from django.utils import timezone

from integrations import assignments, connections, sync
from integrations.models import Connection, Mirror
from integrations.sandbox.bookme.seed import credentials, uid
from scheduling.models import MeetingRoom, MeetingType
from tests.integrations.bookme_world import BAKKE, BO, HOME, NAME, PRIVATE


@pytest.fixture
def connection(brand, sandbox, alice, meeting_type) -> Connection:
    base = sandbox.base(NAME)
    made = Connection.objects.create(
        brand=brand,
        provider=NAME,
        name="BookMe",
        is_default=True,
        base_url=f"{base}/api/v1",
        options={"authority": base},
    )
    connections.set_credentials(made, credentials())
    return Connection.objects.get(pk=made.pk)


def choice(connection, kind, pk):
    return next(one for one in assignments.read(connection).choices if one.name == f"{kind}-{pk}")


def work():
    for _round in range(3):
        sync.work()
        Mirror.objects.filter(due_at__gt=timezone.now(), last_error="").update(due_at=timezone.now())


def test_suggestions_by_address_by_name_and_by_likeness(connection, sandbox, alice, meeting_type, brand):
    sandbox.act(NAME, "add_employee", email=alice.person.email.upper(), first="A", last="B")
    assert choice(connection, "employees", alice.pk).why == "the same e-mail address"
    MeetingType.objects.filter(pk=meeting_type.pk).update(title="Home loans")
    found = choice(connection, "topics", meeting_type.pk)
    assert (found.suggested, found.why) == (HOME, "a similar name")
    room = MeetingRoom.objects.create(brand=brand, name="bakke")
    assert choice(connection, "rooms", room.pk).suggested == BAKKE
    assert uid("room Archive") not in dict(choice(connection, "rooms", room.pk).options)
    nested = dict(choice(connection, "topics", meeting_type.pk).options)
    assert nested[uid("refinance")] == "Home loan › Refinancing"


def test_choices_are_kept_and_brought_in(connection, alice, meeting_type):
    names = {
        f"employees-{alice.pk}": BO,
        f"topics-{meeting_type.pk}": HOME,
        f"customer_types-{meeting_type.pk}": PRIVATE,
    }
    assert assignments.save(connection, names) == 3
    assert assignments.save(connection, names) == 0
    work()
    assert Mirror.objects.get(kind="user").remote_id == BO
    assert Mirror.objects.get(kind="meeting_type").remote_id == f"{HOME}:{meeting_type.pk}"
    meeting_type.refresh_from_db()
    assert meeting_type.engine == "remote"
    assert assignments.save(connection, {f"employees-{alice.pk}": ""}) == 1
    connection.refresh_from_db()
    assert connection.options["employees"] == {}


def test_the_page_shows_suggestions_and_keeps_the_choice(connection, admin_client, sandbox, alice, meeting_type):
    address = reverse("admin:integrations_connection_assign", args=[connection.pk])
    page = admin_client.get(address).content.decode()
    assert "Bo Nielsen (bo.nielsen@bank.example)" in page
    data = {"confirmed": "on", f"employees-{alice.pk}": BO, f"topics-{meeting_type.pk}": HOME}
    assert admin_client.post(address, data).status_code == 302
    connection.refresh_from_db()
    assert connection.options["employees"] == {str(alice.pk): BO}
    assert Mirror.objects.filter(kind="user").exclude(due_at=None).exists()


def test_what_is_no_choice_is_refused(connection, admin_client, alice):
    address = reverse("admin:integrations_connection_assign", args=[connection.pk])
    answer = admin_client.post(address, {"confirmed": "on", f"employees-{alice.pk}": "nobody"})
    assert answer.status_code in (200, 422)
    connection.refresh_from_db()
    assert "employees" not in connection.options


def test_a_silent_provider_is_said_and_not_a_500(connection, admin_client, sandbox):
    sandbox.fault("drop", provider=NAME, times=None)
    address = reverse("admin:integrations_connection_assign", args=[connection.pk])
    assert admin_client.get(address).status_code == 302


def test_only_where_there_is_something_to_assign(brand, admin_client):
    made = Connection.objects.create(brand=brand, provider="meetergo", name="m", base_url="https://x.example")
    assert admin_client.get(reverse("admin:integrations_connection_assign", args=[made.pk])).status_code == 403
