"""The video room of a booking: a MeetBit Online Conference, owned by the professional's account at "MeetBit Rooms".

The API returns no address to join: it is built from `public_id`, which nobody can guess. A room has at most five people,
the owner among them by itself, and lives for at most a day.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from integrations.conferencing import HOST, Conferencing, Entry, RoomState, RoomStatus
from integrations.contract import ConferenceFacts, Payload, Remote
from integrations.errors import Conflict, NotFound, Rejected, Unsupported
from integrations.providers.meetbit.client import Row
from integrations.providers.meetbit.people import LONGEST, MeetBitResource, room_account

MOST_ATTENDEES = 5
ROOM = "online_conference_id"
ATTENDEES = "online_conference_attendees"
# Ours: who the room is for, whether she has an e-mail address or not. Not sent.
PEOPLE = "people"


def public_ids(ref: str) -> list[str]:
    """The same for the same booking, so that a lost create is found again; keyed, because references are no secret.

    The further ones are for a room that staff deleted there: its public id may stay taken.
    """
    name = f"visit-{salted_hmac('meetbit room', ref, algorithm='sha256').hexdigest()[:32]}"
    return [name, f"{name}-2", f"{name}-3"]


class Conference(MeetBitResource, Conferencing):
    owner_kind: ClassVar[str | None] = "user"
    has_status: ClassVar[bool] = True

    def payload(self, facts: ConferenceFacts) -> Payload:
        """A group that has more people than places in the list meets in a room that opens to whoever has the link."""
        named = {guest.email.lower(): guest.name for guest in facts.guests if guest.email}
        people = [{"name": name, "email": email} for email, name in named.items()]
        full = len(people) > MOST_ATTENDEES
        return {
            "title": facts.title[:LONGEST],
            "is_public": full,
            ATTENDEES: [] if full else people,
            PEOPLE: [HOST, *(guest.ref for guest in facts.guests)],
        }

    def entry(self, remote: Remote, ref: str) -> Entry:
        """Everybody has the same address; who may enter is told apart there, by e-mail address."""
        return Entry(str(remote.data["join_url"]))

    def status(self, remote: Remote) -> RoomStatus:
        row = self.api.get("online_conferences.get", {ROOM: remote.id})
        if row.get("ended_at"):
            return RoomStatus(RoomState.ENDED, str(row["ended_at"]))
        started = str(row.get("started_at") or "")
        return RoomStatus(RoomState.LIVE if started else RoomState.SCHEDULED, started)

    def find(self, ref: str, payload: Payload) -> Remote | None:
        for wanted in public_ids(ref):
            for row in self.api.pages("online_conferences.list", where=("public_id", wanted)):
                if row.get("public_id") == wanted and not row.get("deleted_at"):
                    return self._remote(row, wanted)
        return None

    def create(self, ref: str, payload: Payload) -> Remote:
        sent = {name: value for name, value in payload.items() if name != PEOPLE}
        body = {"online_conference_account_id": self._account(), "backer_event_id": None, **sent}
        refused = None
        for public_id in public_ids(ref):
            try:
                row = self.api.create("online_conferences.create", {**body, "public_id": public_id})
            except Conflict as error:
                refused = refused or error
                if self.find(ref, payload):
                    break
            else:
                return self._remote(row, public_id, payload)
        assert refused is not None
        raise refused

    def _account(self) -> int:
        owner = self.owner
        account = owner.data.get("online_conference_account_id") if owner else None
        account = account or (room_account(self.api, owner.id) if owner else None)
        account = account or self.provider.option["online_conference_account_id"]
        if not account:
            raise Unsupported(
                _(
                    "This user has no account at MeetBit Rooms. Connect her there, check the option rooms_provider_id, "
                    "or enter a common account as online_conference_account_id."
                )
            )
        return int(account)

    def update(self, remote: Remote, payload: Payload) -> Remote:
        """Title and publicity go together or not at all; people are changed one by one."""
        shown = {name: payload[name] for name in ("title", "is_public")}
        if shown != {name: remote.data.get(name) for name in shown}:
            self.api.call("online_conferences.update", {ROOM: remote.id}, body=shown)
        if payload[ATTENDEES] != remote.data.get(ATTENDEES):
            self._invite(remote, payload[ATTENDEES])
        return self._remote({"id": remote.id, **shown}, str(remote.data["public_id"]), payload)

    def _invite(self, remote: Remote, wanted: list[Row]) -> None:
        """Those who no longer belong leave first, because places are few. The owner stays."""
        room = {ROOM: remote.id}
        people = {row["email"]: row for row in wanted}
        there = {str(row.get("email") or "").lower(): row for row in self.api.pages("attendees.list", room)}
        before = {row["email"] for row in remote.data.get(ATTENDEES) or []}
        for email, row in there.items():
            renamed = email in people and row.get("name") not in (None, people[email]["name"])
            if renamed or (email in before and email not in people):
                self.api.call("attendees.delete", {**room, "online_conference_attendee_id": row["id"]})
        for email, person in people.items():
            if email not in there or there[email].get("name") not in (None, person["name"]):
                self.api.call("attendees.create", room, body=person)

    def delete(self, remote: Remote) -> None:
        """A room in which people have met cannot be deleted; it ends by itself within a day."""
        try:
            self.api.call("online_conferences.delete", {ROOM: remote.id})
        except Rejected as error:
            if error.status != 409:
                raise

    def read(self, remote: Remote) -> Remote:
        row = self.api.get("online_conferences.get", {ROOM: remote.id})
        if row.get("deleted_at"):
            raise NotFound(_("The room was deleted at MeetBit."))
        return Remote(str(row.get("id", remote.id)), row)

    def differences(self, payload: Payload, observed: Remote) -> dict[str, tuple[Any, Any]]:
        """The answer does not name the people in the room, so only the room itself is compared."""
        return {
            name: (payload[name], observed.data[name])
            for name in ("title", "is_public")
            if name in observed.data and observed.data[name] != payload[name]
        }

    def list(self) -> Iterator[Remote]:
        for row in self.api.pages("online_conferences.list"):
            yield Remote(str(row.get("id")), row)

    def _remote(self, row: Row, public: str, payload: Payload | None = None) -> Remote:
        """What is kept is what was sent, because people are not told back."""
        url = str(self.provider.option["room_url_template"]).format(site=self.api.site, public_id=public)
        known = {name: row.get(name) for name in ("title", "is_public")}
        return Remote(str(row["id"]), {"public_id": public, "join_url": url, **known, **(payload or {})})
