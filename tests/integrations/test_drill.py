"""Parity under fire (tests/integrations/drill.py), and proof that the drill can fail.

DRILL_MEMBERS, DRILL_EDITS and DRILL_SEED of the environment make it larger, and repeat one.
"""

import os
import random
import threading
from collections import Counter

import pytest

from integrations import parity, sync
from integrations.models import Mirror
from integrations.providers.meetbit.people import User
from tests.integrations.drill import Drill, MeetBitSide, MeetergoSide

MEMBERS, EDITS = int(os.environ.get("DRILL_MEMBERS", 15)), int(os.environ.get("DRILL_EDITS", 80))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("side", [MeetBitSide, MeetergoSide], ids=["meetbit", "meetergo"])
def test_both_sides_are_equal_in_the_end(side, sandbox, monkeypatch):
    seed = int(os.environ.get("DRILL_SEED", random.randrange(10**6)))
    drill = Drill(side(sandbox), monkeypatch, seed=seed, members=MEMBERS)
    drill.run(EDITS)
    stormy = len(drill.calls())
    rounds = drill.recover()
    calls, faults = drill.calls(), Counter(call["fault"] for call in drill.calls())
    print(
        f"\nseed {seed}: {len(drill.members())} members, {EDITS} edits, {stormy} + {len(calls) - stormy} calls, "
        f"{drill.kills} workers killed, {rounds} rounds, own 429: {drill.refused()}, faults: {dict(faults)}"
    )
    assert drill.kills
    assert drill.side.differences(drill) == [], f"DRILL_SEED={seed}"
    assert drill.left() == []
    assert drill.twice == []
    assert drill.overlaps() == []
    assert drill.refused() <= len(calls) / 100
    assert parity.sweep(drill.connection) == 0
    assert not Mirror.objects.exclude(due_at=None).exists()


# --- the drill can fail ----------------------------------------------------------------------------------------------


@pytest.fixture
def calm(sandbox, monkeypatch):
    """A drill without chance: one member, nothing due, MeetBit makes second records without a word."""
    drill = Drill(MeetBitSide(sandbox), monkeypatch, seed=1, members=1)
    drill.chaos = False
    return drill


def account(drill: Drill) -> Mirror:
    return Mirror.objects.select_related("connection__brand").get(connection=drill.connection, kind="user")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("looks", [True, False])
def test_without_the_look_a_lost_answer_makes_two(calm, sandbox, monkeypatch, looks):
    if not looks:
        monkeypatch.setattr(User, "find", lambda self, ref, payload: None)
    sandbox.fault("lost", provider="meetbit", method="POST", path="*/users")
    calm.work_off()
    doubles = [line for line in calm.side.differences(calm) if "2 times" in line]
    assert bool(doubles) is not looks


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("conditional", [True, False])
def test_clearing_what_is_due_in_any_case_forgets_an_edit(calm, monkeypatch, conditional):
    calm.work_off()
    person, send, renamed = calm.members()[0].person, User.update, []

    def edited_meanwhile(self, remote, payload):
        answer = send(self, remote, payload)
        if not renamed:
            renamed.append(True)
            person.first_name = "Last"
            person.save()
        return answer

    def careless(mirror, **fields):
        Mirror.objects.filter(pk=mirror.pk).update(leased_until=None, **fields)

    monkeypatch.setattr(User, "update", edited_meanwhile)
    if not conditional:
        monkeypatch.setattr(sync, "_release", careless)
    person.first_name = "First"
    person.save()
    calm.work_off()
    assert (calm.side.differences(calm) == []) is conditional


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lease", [True, False])
def test_without_the_lease_two_workers_are_at_one_object(calm, sandbox, monkeypatch, lease):
    calm.work_off()
    if not lease:
        monkeypatch.setattr(sync, "claim", lambda mirror: True)
    sandbox.fault("latency", provider="meetbit", path="*/users/*", times=None, seconds=0.5)
    calm.rename_member("Twice")
    row = account(calm)
    crew = [calm.thread(f"crew-{number}", calm.one_row, row.pk) for number in range(4)]
    for thread in crew:
        thread.join(30)
    assert calm.crashes == []
    assert (calm.overlaps() == []) is lease
    assert (calm.twice == []) is lease


@pytest.mark.django_db(transaction=True)
def test_a_claim_that_waited_for_another_is_lost(calm):
    """PostgreSQL looks again at the row alone, and not at a subquery, when an update has waited for another one."""
    row = account(calm)
    start, outcomes = threading.Barrier(8), []

    def race():
        mine = account(calm)
        start.wait(10)
        outcomes.append(sync.claim(mine))

    for _round in range(5):
        Mirror.objects.filter(pk=row.pk).update(leased_until=None)
        outcomes.clear()
        crew = [calm.thread(f"claim-{number}", race) for number in range(8)]
        for thread in crew:
            thread.join(30)
        assert sorted(outcomes) == [False] * 7 + [True]


@pytest.mark.django_db(transaction=True)
def test_an_adopted_account_is_known_before_it_is_changed(calm, sandbox):
    """Else an e-mail address that changes with a lost answer would hide the account for ever."""
    member = calm.members()[0]
    sandbox.fault("lost", provider="meetbit", method="POST", path="*/users")
    sync.work()
    member.person.email = "moved@example.org"
    member.person.save()
    sandbox.fault("lost", provider="meetbit", method="PATCH", path="*/users/*")
    sync.work()
    assert account(calm).remote_id
    calm.leave(random.Random(1))
    calm.work_off()
    assert calm.side.alive("user") == []


@pytest.mark.django_db(transaction=True)
def test_a_user_deleted_at_meetergo_stops_nobody_else(sandbox, monkeypatch):
    """Calls on behalf of a user who is gone are refused with 403: hers alone, and she is made again."""
    drill = Drill(MeetergoSide(sandbox), monkeypatch, seed=1, members=2)
    drill.chaos = False
    drill.work_off()
    gone = drill.side.alive("user")[0]
    sandbox.act("meetergo", "delete_user", userId=gone["id"])
    for member in drill.members():
        drill.change_hours_of(member, random.Random(1))
    drill.work_off()
    drill.connection.refresh_from_db()
    assert not drill.connection.is_resting
    assert drill.side.differences(drill) == []
    assert len(drill.side.alive("user")) == 2
