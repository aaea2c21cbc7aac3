"""What every provider's video rooms must do, besides what every provider must (contract.py), over real HTTP.

The subclass says how somebody enters (`enter`), where the provider tells how a meeting stands.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from integrations.conferencing import HOST, Conferencing, RoomState
from integrations.contract import Attendee, ConferenceFacts
from integrations.errors import NotFound, OutcomeUnknown, Unsupported
from tests.integrations.contract import ProviderContract

START = datetime(2027, 3, 22, 9, tzinfo=UTC)
ADA = Attendee("b1", "Ada Quist", "ada@example.org", "client-1")
CAROL = Attendee("b2", "Carol Cruz", "carol@example.org", "client-2")
VISIT = ConferenceFacts(
    "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "Visit",
    START,
    START + timedelta(minutes=30),
    Attendee(HOST, "Hanna Host", "hanna@example.org", "member-1"),
    (ADA,),
    description="Please be on time.",
    language="en",
)


class ConferencingContract(ProviderContract):
    kinds = ("conference",)
    error_kind = "conference"

    def facts(self, kind: str) -> ConferenceFacts:
        return VISIT

    def changed(self, kind: str) -> ConferenceFacts:
        return replace(VISIT, guests=(ADA, CAROL), is_group=True)

    def room(self, provider: Any) -> Conferencing:
        room = self.resource(provider, "conference")
        assert isinstance(room, Conferencing)
        return room

    def enter(self, sandbox: Any, remote: Any) -> None:
        """Somebody goes in."""
        pytest.skip("nobody is told how a meeting stands")

    def test_a_change_arrives(self, provider, kind):
        """What a room shows back differs from provider to provider: here, who it lets in."""
        room = self.room(provider)
        remote = self.made(room, kind)
        with pytest.raises(Unsupported):
            self._stranger(room, remote)
        remote = room.update(remote, room.payload(self.changed(kind)))
        for ref in (HOST, ADA.ref, CAROL.ref):
            assert room.entry(remote, ref).url.startswith("http")

    def _stranger(self, room, remote):
        if len({room.entry(remote, ref).url for ref in (HOST, ADA.ref)}) == 1:
            raise Unsupported("one address for all; the room itself asks who comes")
        room.entry(remote, CAROL.ref)

    def test_everybody_has_a_way_in(self, provider, kind):
        room = self.room(provider)
        remote = self.made(room, kind)
        assert remote.data["people"] == [HOST, ADA.ref]
        assert str(remote.data["join_url"]).startswith("http")
        for ref in (HOST, ADA.ref):
            assert room.entry(remote, ref) == room.entry(remote, ref)
            assert room.entry(remote, ref).url.startswith("http")

    def test_nothing_that_only_one_person_may_see_is_kept_in_the_open(self, provider, kind):
        room = self.room(provider)
        remote = self.made(room, kind)
        for name, secret in room.secrets.items():
            if name.startswith(("link:", "passcode:")):
                assert secret not in str({**remote.data, **room.payload(VISIT)})

    def test_how_the_meeting_stands(self, provider, sandbox, kind):
        room = self.room(provider)
        remote = self.made(room, kind)
        if not room.has_status:
            with pytest.raises(Unsupported):
                room.status(remote)
            return
        assert room.status(remote).state == RoomState.SCHEDULED
        self.enter(sandbox, remote)
        assert room.status(remote).state == RoomState.LIVE

    def test_a_cancelled_room_is_closed(self, provider, kind):
        room = self.room(provider)
        if not room.can_cancel:
            pytest.skip("this provider cannot cancel")
        remote = self.made(room, kind)
        room.delete(remote)
        with pytest.raises(NotFound):
            room.read(remote)

    def test_a_lost_create_makes_no_second_room(self, provider, sandbox, kind):
        room = self.room(provider)
        payload = room.payload(VISIT)
        sandbox.fault("lost", provider=self.name, **self.write)
        with pytest.raises(OutcomeUnknown):
            room.create(VISIT.ref, payload)
        if room.can_find:
            found = room.find(VISIT.ref, payload)
            assert found is not None
            assert room.entry(room.update(found, payload), HOST).url.startswith("http")

    def test_the_features_say_what_the_code_can(self, provider, kind):
        names = type(provider).features()
        assert {"conference: create", "conference: participant link"} <= set(names)
        assert ("conference: status" in names) is self.room(provider).has_status
