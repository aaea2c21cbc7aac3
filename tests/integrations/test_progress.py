"""How far members are at their providers, as the operator's programs read it; the filter says the same as the rows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integrations.models import Connection, Enrolment, Mirror
from integrations.progress import MirrorProgress
from scheduling.progress import State
from tests import factories
from tests.scheduling.test_oauth import access, program

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(brand):
    return access(brand, program(brand, scopes=["members:read"]))


def mirrored(connection: Connection, member, kind: str = "user", **fields) -> Mirror:
    uid = fields.pop("local_uid", str(member.pk))
    return Mirror.objects.create(connection=connection, kind=kind, local_uid=uid, **fields)


def test_each_state_is_told_and_filtered_alike(operator, brand, connection, at_most_queries):
    Mirror.objects.all().delete()
    now = timezone.now()
    rows = {
        "not_started": [],
        "waiting": [{"due_at": now}, {"kind": "availability", "drift": {"zone": ["a", "b"]}}],
        "working": [
            {"leased_until": now + timedelta(minutes=1), "due_at": now},
            {"kind": "availability", "due_at": now},
        ],
        "parked": [{"last_error": "E-mail taken."}, {"kind": "availability", "due_at": now}],
        "drifted": [{"drift": {"title": ["a", "b"]}}, {"kind": "availability"}],
        "done": [{"remote_id": "u-1", "leased_until": now - timedelta(hours=1), "proven_at": now}],
    }
    members = {}
    for state, parts in rows.items():
        members[state] = factories.make_professional(brand, slug=state.replace("_", "-"))
        Mirror.objects.filter(local_uid=str(members[state].pk)).delete()
        for part in parts:
            mirrored(connection, members[state], **part)
    members["built_in"] = factories.make_professional(brand, slug="built-in")
    Enrolment.objects.create(professional=members["built_in"], connection=None)
    Mirror.objects.filter(local_uid=str(members["built_in"].pk)).delete()
    found = MirrorProgress().of(members.values(), brand)
    assert {found[member.pk].state.value: state for state, member in members.items()} == {one: one for one in State}
    for state, member in members.items():
        answer = operator("get", f"members?onboarding={state}").json()["items"]
        assert [one["id"] for one in answer] == [member.pk], state
        assert answer[0]["onboarding"]["state"] == state
    with at_most_queries(14):
        assert len(operator("get", "members").json()["items"]) == len(rows) + 1


def test_the_providers_words_the_proof_and_the_place_are_told(operator, brand, connection, alice, meeting_type):
    Mirror.objects.all().delete()
    mirrored(connection, alice, remote_id="user-7", proven_at=timezone.now())
    kind = {"kind": "meeting_type", "local_uid": str(meeting_type.pk), "owner_uid": str(alice.pk)}
    mirrored(connection, alice, **kind, last_error="422: duration too long", attempts=3)
    shown = operator("get", f"members/{alice.pk}/onboarding").json()
    assert (shown["state"], shown["state_text"], shown["connection"]) == ("parked", "needs a person", "Fake")
    user, one_type = shown["parts"]
    assert (user["state"], user["label"], user["remote_id"]) == ("done", "Account", "user-7")
    assert user["proven_at"]
    assert (one_type["name"], one_type["error"], one_type["attempts"]) == (
        meeting_type.title,
        "422: duration too long",
        3,
    )
    assert shown["problem"] == ""
    connection.is_paused = True
    connection.save()
    assert operator("get", f"members/{alice.pk}/onboarding").json()["problem"] == "Onboarding is stopped."


def test_an_object_of_the_same_number_that_is_not_hers_does_not_count(operator, brand, other_brand, connection, alice):
    Mirror.objects.all().delete()
    mirrored(connection, alice, "booking", last_error="Not hers.")
    elsewhere = Connection.objects.create(brand=other_brand, provider="fake", name="Other", is_default=True)
    mirrored(elsewhere, alice, last_error="Of another brand.")
    assert operator("get", f"members/{alice.pk}/onboarding").json()["state"] == "not_started"
    assert [one["id"] for one in operator("get", "members?onboarding=not_started").json()["items"]] == [alice.pk]
