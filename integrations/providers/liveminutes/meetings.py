"""The video room of a session as a LiveMinutes meeting.

There is no update: another time makes another meeting under a new key, and the old one is cancelled. Keys are our own, so
that a lost create can be looked up; the host's link is told only once, when the meeting is made.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from integrations.conferencing import HOST, Conferencing, Entry, PersonState, RoomState, RoomStatus
from integrations.contract import Attendee, ConferenceFacts, Payload, Remote
from integrations.errors import NotFound, OutcomeUnknown, Rejected, Transient, Unsupported
from integrations.providers.liveminutes.client import Client
from integrations.providers.liveminutes.methods import MEETING_STATES, PERSON_STATES, fit_id, wall_clock

UNITS = {"minutes": 60, "hours": 3600}
# What names a meeting: when one of these changes it is another meeting.
NAMES = ("basis", "time", "duration", "hostid")
SHOWN = ("title", "description", "lang", "hostnickname", "hostemail")
# Seconds after which people who could not be added are tried again.
SOON = 5
MOST_KEYS = 50


class Conference(Conferencing):
    can_update: ClassVar[bool] = False
    has_status: ClassVar[bool] = True
    keeps_secrets: ClassVar[bool] = True

    @property
    def api(self) -> Client:
        return Client(self.http, self.provider.option, self.provider.memory)

    def payload(self, facts: ConferenceFacts) -> Payload:
        option = self.provider.option
        unit = UNITS.get(str(option["duration_unit"]))
        length = (facts.ends_at - facts.starts_at).total_seconds()
        return {
            "basis": facts.ref,
            "time": wall_clock(facts.starts_at, str(option["time_zone"])),
            "duration": round(length / unit, 4) if unit else None,
            "hostid": fit_id(facts.host.person or facts.host.email or f"host-{facts.ref}"),
            "title": facts.title,
            "description": facts.description,
            "lang": facts.language[:2] if option["send_language"] else "",
            "hostnickname": facts.host.name,
            "hostemail": facts.host.email,
            "guests": [_guest(guest) for guest in facts.guests],
        }

    # --- keys ---------------------------------------------------------------------------------------------------

    def _keys(self, payload: Payload) -> Iterator[str]:
        """Keys that were used for this meeting, then the next one that is free. 32 hex digits that nobody can guess."""
        for number in range(MOST_KEYS):
            name = "|".join(str(payload.get(part)) for part in NAMES) + f"|{number}"
            key = salted_hmac("liveminutes meeting", name, algorithm="sha256").hexdigest()[:32]
            yield key
            if not self.provider.memory.knows("session", key):
                return

    def find(self, ref: str, payload: Payload) -> Remote | None:
        for key in reversed(list(self._keys(payload))):
            found = self.api.ask("getMeetingUrl", meetingKey=key)
            if found:
                return Remote(key, {"join_url": found["meetingUrl"], **_kept(payload)})
        return None

    # --- life ---------------------------------------------------------------------------------------------------

    def create(self, ref: str, payload: Payload) -> Remote:
        key = list(self._keys(payload))[-1]
        api, memory = self.api, self.provider.memory
        api.reserve(key, [payload["hostid"], *(guest["puid"] for guest in payload["guests"])])
        fields = {name: payload[name] for name in ("hostid", "time", "duration", *SHOWN)}
        try:
            made = api.call("createMeeting", meetingKey=key, **fields)
        except OutcomeUnknown:
            # It may count there.
            memory.note("session", key)
            memory.note("user", payload["hostid"])
            raise
        memory.note("session", key)
        memory.note("user", payload["hostid"])
        self.secrets.clear()
        self.secrets[f"link:{HOST}"] = str(made["hostUrl"])
        remote = Remote(str(made["meetingKey"]), {"join_url": made["meetingUrl"], **_kept(payload)})
        return self._admit(remote, payload)

    def update(self, remote: Remote, payload: Payload) -> Remote:
        """Another time is another meeting; people come and go in the one there is."""
        if any(remote.data.get(name) != payload[name] for name in NAMES):
            moved = self._again(payload)
            self._cancel(remote.id)
            return moved
        if f"link:{HOST}" not in self.secrets:
            self._find_host(remote, payload)
        return self._admit(remote, payload)

    def _again(self, payload: Payload) -> Remote:
        """The last attempt may have made it already."""
        found = self.find(str(payload["basis"]), payload)
        if found is None:
            return self.create(str(payload["basis"]), payload)
        self.secrets.clear()
        self._find_host(found, payload)
        return self._admit(found, payload)

    def _find_host(self, remote: Remote, payload: Payload) -> None:
        """The host's own link was lost with an answer. As a participant she has one as well, where LiveMinutes says so."""
        found = self.api.ask("getParticipantUrl", meetingKey=remote.id, puid=payload["hostid"])
        self.secrets[f"link:{HOST}"] = str(found["participantUrl"]) if found else str(remote.data["join_url"])
        self.secrets["host_link_lost"] = "1"

    def _admit(self, remote: Remote, payload: Payload) -> Remote:
        """Add who is missing and take out who no longer belongs. Whoever cannot be added now is tried again soon."""
        wanted = {guest["ref"]: guest for guest in payload["guests"]}
        inside: dict[str, str] = dict(remote.data.get("puids") or {})
        gaps: dict[str, list[str]] = {}
        waiting = False
        for ref in [ref for ref in inside if ref not in wanted or inside[ref] != wanted[ref]["puid"]]:
            puid = inside.pop(ref)
            self.secrets.pop(f"link:{ref}", None)
            if puid not in inside.values():
                self.api.ask("cancelParticipant", meetingKey=remote.id, puid=puid)
        for ref, guest in wanted.items():
            if ref in inside and f"link:{ref}" in self.secrets:
                continue
            try:
                self.secrets[f"link:{ref}"] = self._add(remote.id, guest)
                inside[ref] = guest["puid"]
            except (Transient, OutcomeUnknown):
                waiting = True
            except (Rejected, Unsupported) as error:
                gaps[str(guest["nickname"] or ref)] = [_("a link of her own"), str(error)]
                inside[ref] = guest["puid"]
        for name in SHOWN:
            if (remote.data.get(name) or "") != (payload[name] or ""):
                gaps[name] = [str(payload[name]), _("as it was made; LiveMinutes has no call to change it")]
        if "host_link_lost" in self.secrets:
            gaps["hostUrl"] = [_("the host's own link"), _("lost with an answer; “Create again” makes a new meeting")]
        data = {name: value for name, value in remote.data.items() if name not in ("gaps", "state", "again")}
        data |= {"puids": inside, "people": [HOST, *inside], "gaps": gaps}
        return Remote(remote.id, {**data, "state": "pending", "again": SOON} if waiting else data)

    def _add(self, key: str, guest: dict[str, Any]) -> str:
        """Her link. One who is known there already, because an answer was lost, is not added twice."""
        known = self.provider.memory.knows("participant", f"{key}|{guest['puid']}")
        found = self.api.ask("getParticipantUrl", meetingKey=key, puid=guest["puid"]) if known else None
        if found is None:
            self.api.reserve("", [guest["puid"]])
            self.provider.memory.note("participant", f"{key}|{guest['puid']}")
            fields = {name: guest[name] for name in ("puid", "nickname", "email")}
            found = self.api.call("addParticipant", meetingKey=key, **fields)
            self.provider.memory.note("user", guest["puid"])
        return str(found["participantUrl"])

    def delete(self, remote: Remote) -> None:
        self._cancel(remote.id)

    def _cancel(self, key: str) -> None:
        """0 is right where the meeting is gone or over; else it is a failure."""
        if self.api.ask("cancelMeeting", meetingKey=key):
            return
        status = self.api.ask("getMeetingStatus", meetingKey=key)
        if status and MEETING_STATES.get(str(status["status"])) != RoomState.ENDED:
            self.api.call("cancelMeeting", meetingKey=key)

    # --- reading ------------------------------------------------------------------------------------------------

    def read(self, remote: Remote) -> Remote:
        found = self.api.ask("getMeetingUrl", meetingKey=remote.id)
        if not found:
            raise NotFound(_("LiveMinutes does not know this meeting any more."))
        return Remote(remote.id, {"join_url": found["meetingUrl"]})

    def entry(self, remote: Remote, ref: str) -> Entry:
        if ref not in remote.data.get("people", []):
            raise Unsupported(_("This room was not made for her."))
        return Entry(self.secrets.get(f"link:{ref}") or str(remote.data["join_url"]))

    def status(self, remote: Remote) -> RoomStatus:
        """People are asked about only while somebody can be inside: each costs a call."""
        answered = self.api.ask("getMeetingStatus", meetingKey=remote.id)
        if not answered:
            raise NotFound(_("LiveMinutes does not know this meeting any more."))
        raw = str(answered["status"])
        state = MEETING_STATES.get(raw, RoomState.UNKNOWN)
        people: dict[str, PersonState] = {}
        if state not in (RoomState.SCHEDULED, RoomState.ENDED):
            for ref, puid in dict(remote.data.get("puids") or {}).items():
                said = self.api.ask("getParticipantStatus", meetingKey=remote.id, puid=puid)
                if said:
                    people[ref] = PERSON_STATES.get(str(said["status"]), PersonState.UNKNOWN)
        if state == RoomState.HOST_LEFT:
            people[HOST] = PersonState.LEFT
        return RoomStatus(state, raw, people)


def _guest(guest: Attendee) -> dict[str, str]:
    return {"ref": guest.ref, "puid": fit_id(guest.person or guest.ref), "nickname": guest.name, "email": guest.email}


def _kept(payload: Payload) -> dict[str, Any]:
    """What was sent and cannot be read back."""
    return {name: payload[name] for name in (*NAMES, *SHOWN)}
