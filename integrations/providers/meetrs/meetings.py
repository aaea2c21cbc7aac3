"""The video room of a session as a Meet.

Making one mails everybody who has an address, and nothing made can be looked up: an attempt whose outcome nobody knows is
never repeated by itself. The documents show no way to change or delete a Meet; with the optional calls there is one. A Meet
has no start, only a length, so moving an appointment calls nothing.
"""

import logging
import secrets
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from integrations.conferencing import HOST, Conferencing, Entry, RoomState, RoomStatus
from integrations.contract import CannotFind, ConferenceFacts, Payload, Remote
from integrations.errors import OutcomeUnknown, Unsupported
from integrations.providers.meetrs import participants
from integrations.providers.meetrs.client import Client

logger = logging.getLogger(__name__)
DIGITS = 6
BODY = ("title", "description", "participants", "addonConfigurationId", "schedulingInfo")
LIVE = ("MeetingStarted", "BillableStarted", "BillableStopped")
BEFORE = ("MeetingDraft", "MeetingCreated", "MeetingReactivated")


class Conference(Conferencing):
    can_find: ClassVar[bool] = False
    can_update: ClassVar[bool] = False
    can_cancel: ClassVar[bool] = False
    keeps_secrets: ClassVar[bool] = True

    @property
    def api(self) -> Client:
        return Client(self.provider)

    def payload(self, facts: ConferenceFacts) -> Payload:
        wish = {option.name: option.default for option in self.provider.room_options}
        wish |= {name: value for name, value in self.provider.option.items() if name in wish}
        wish |= {name: value for name, value in facts.options.items() if name in wish and value not in (None, "", [])}
        people = [HOST, *(guest.ref for guest in facts.guests)]
        if wish["clients"] == "quick":
            return {"people": people}
        found: Payload = {
            "title": facts.title,
            "description": facts.description,
            "schedulingInfo": {"duration": round((facts.ends_at - facts.starts_at).total_seconds() / 60)},
            "people": people,
        }
        if wish["addon_configuration_id"]:
            found["addonConfigurationId"] = str(wish["addon_configuration_id"])
        entries = self._participants(facts, wish)
        return {**found, "participants": entries} if entries else found

    def _participants(self, facts: ConferenceFacts, wish: dict[str, Any]) -> list[dict[str, Any]]:
        pattern = str(wish["clients"])
        if pattern == "open":
            return []
        if facts.is_group and pattern in ("named", "guest_identity") and not self.api.may("meetings.update"):
            # Who books later could not be added.
            pattern = "guest_passcode"
        option = self.provider.option
        identities = {str(name).lower(): value for name, value in dict(option["identities"]).items()}
        rules: dict[str, Any] = {"omit_equal": bool(option["omit_equal_conditions"])}
        host = participants.named(facts.host, wish["host_role"], wish["host_access"], identities, **rules)
        if pattern == "named":
            role, access = wish["client_role"], wish["client_access"]
            return [host, *(participants.named(one, role, access, identities, **rules) for one in facts.guests)]
        return [host, *participants.guests(pattern, facts.guests, wish["client_access"], identities, **rules)]

    def draw(self, payload: Payload) -> None:
        for ref in participants.places(payload.get("participants", [])):
            self.secrets.setdefault(
                f"passcode:{ref}", "".join(secrets.choice("0123456789") for _digit in range(DIGITS))
            )

    def find(self, ref: str, payload: Payload) -> Remote | None:
        raise CannotFind(
            _(
                "Nobody knows whether this Meet was made, and Meet.rs has no way to look. Look into its administration or "
                "the host’s mail: then say “It exists” with its link, or “Create again”, which mails everybody once more."
            )
        )

    def create(self, ref: str, payload: Payload) -> Remote:
        if self.provider.option["dry_run"]:
            raise Unsupported(_("The option dry_run is set: no Meet is made and nobody is mailed."))
        self.draw(payload)
        made = _lower(self.api.call("meetings.create", body=self._body(payload)))
        if not made.get("code") or not str(made.get("joinurl", "")).startswith("http"):
            raise OutcomeUnknown(_("The answer names no code or no address, so nobody knows what was made."))
        data = {"join_url": str(made["joinurl"]), **{name: payload[name] for name in BODY if name in payload}}
        return Remote(str(made["code"]), {**data, "people": payload["people"]})

    def _body(self, payload: Payload) -> dict[str, Any]:
        body = {name: payload[name] for name in BODY if name in payload}
        if "participants" in body:
            body["participants"] = participants.filled(body["participants"], self.secrets)
        return body

    def update(self, remote: Remote, payload: Payload) -> Remote:
        """With the optional call the whole Meet is written; without it what differs is said, and people stay let in."""
        kept = {name: value for name, value in remote.data.items() if name != "gaps"}
        if self.api.may("meetings.update"):
            self.draw(payload)
            self.api.call("meetings.update", {"code": remote.id}, body=self._body(payload))
            kept |= {name: payload[name] for name in BODY if name in payload}
            return Remote(remote.id, {**kept, "people": payload["people"]})
        gaps = {
            name: [_short(payload.get(name)), _("as it was made; Meet.rs documents no call to change it")]
            for name in BODY
            if name in kept and kept[name] != payload.get(name)
        }
        data = {**kept, "people": payload["people"]}
        return Remote(remote.id, {**data, "gaps": gaps} if gaps else data)

    def delete(self, remote: Remote) -> None:
        """Without the optional call the Meet stays; our links to it are closed."""
        if self.api.may("meetings.delete"):
            self.api.call("meetings.delete", {"code": remote.id})
        else:
            logger.info("Meet %s stays open at Meet.rs; our links to it are closed.", remote.id)

    def read(self, remote: Remote) -> Remote:
        if not self.api.may("meetings.get"):
            return super().read(remote)
        row = _lower(self.api.call("meetings.get", {"code": remote.id}))
        return Remote(str(row.get("code", remote.id)), row)

    def differences(self, payload: Payload, observed: Remote) -> dict[str, tuple[Any, Any]]:
        return {
            name: (payload[name], observed.data[name])
            for name in ("title", "description")
            if name in payload and name in observed.data and observed.data[name] != payload[name]
        }

    def entry(self, remote: Remote, ref: str) -> Entry:
        if ref not in remote.data.get("people", []):
            raise Unsupported(_("This room was not made for her."))
        own = self.secrets.get(f"passcode:{ref}")
        shared = "" if ref == HOST else self.secrets.get("passcode:guests", "")
        return Entry(str(remote.data["join_url"]), own or shared)

    def status(self, remote: Remote) -> RoomStatus:
        if not self.api.may("meetings.get"):
            return super().status(remote)
        raw = str(_lower(self.api.call("meetings.get", {"code": remote.id})).get("state") or "")
        if not raw:
            return RoomStatus(RoomState.UNKNOWN)
        if raw in BEFORE or raw.startswith("Scheduling"):
            return RoomStatus(RoomState.SCHEDULED, raw)
        ended = raw.startswith(("Meeting", "Feedback"))
        return RoomStatus(RoomState.LIVE if raw in LIVE else RoomState.ENDED if ended else RoomState.UNKNOWN, raw)


def _lower(answer: Any) -> dict[str, Any]:
    """Their samples read names without regard to case."""
    if not isinstance(answer, dict):
        raise OutcomeUnknown(_("The answer is no object."))
    return {str(name).lower(): value for name, value in answer.items()}


def _short(value: Any) -> str:
    """For people: participants by name, never by passcode."""
    if isinstance(value, list):
        return ", ".join(str((one.get("user") or {}).get("email") or one["role"]) for one in value)
    return str(value)
