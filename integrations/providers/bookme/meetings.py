"""Appointments as meetings of BookMe: reserved under a token of our own, made from the reserved slot, moved by another.

The id of the slot is what a lost create is found by, so it is committed (sealed) before the meeting is made. There is no
call that gives a hold back: it ends by itself.

How a meeting moves is documented as far as `existingMeetingId` of a reservation; what is changed in the meeting then is not.
By default its slot is replaced (`move_path`). With `move_by` "anew" only documented calls are used: another meeting is made
from the new slot, then the former one goes.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from integrations.contract import BookingFacts, HeldThere, Payload, Remote, Resource
from integrations.errors import Conflict, NotFound, OutcomeUnknown, Rejected
from integrations.providers.bookme import calendar_file, wire
from integrations.providers.bookme.answers import Missing
from integrations.providers.bookme.engine import reserve, token_for

if TYPE_CHECKING:
    from integrations.providers.bookme import BookMe

# A hold with less than this is reserved anew before a meeting is made from it.
LEAST = timedelta(seconds=5)
LONGEST = 2000


class Meeting(Resource):
    """`secrets`: the hold that the meeting is made from."""

    provider: "BookMe"
    owner_kind: ClassVar[str | None] = "meeting_type"
    create_only = ("hold", "customer", "category")
    keeps_secrets: ClassVar[bool] = True

    def payload(self, facts: BookingFacts) -> Payload:
        lines = [facts.note]
        if self.provider.option["send_contact"]:
            lines = [facts.client_name, facts.client_email, facts.client_phone, *lines]
        title = facts.title or facts.client_name
        return {
            "start": wire.spelled(facts.starts_at),
            "end": wire.spelled(facts.ends_at),
            "title": f"{title} – {facts.client_name}" if facts.title else title,
            "description": "\n".join(line for line in lines if line)[:LONGEST],
            "customer": facts.client_ref or facts.ref,
            "category": facts.client_category,
            "hold": dict(facts.hold),
        }

    # --- making ---------------------------------------------------------------------------------------------------

    def draw(self, payload: Payload) -> None:
        """A reserved slot that lasts long enough: the visitor's own, else one of this moment. Raises Conflict."""
        for known in (self.secrets, payload["hold"]):
            if usable(known, payload):
                self.secrets = dict(known)
                return
        token = (
            self.secrets.get("token")
            or payload["hold"].get("token")
            or token_for(payload["customer"], payload["start"])
        )
        data = self._owner.data
        made = reserve(
            self.provider.client, data, wire.instant(payload["start"]), wire.instant(payload["end"]), token,
            room=self.secrets.get("room") or payload["hold"].get("room", ""),
        )  # fmt: skip
        self.secrets = kept(made, payload["start"])

    def find(self, ref: str, payload: Payload) -> Remote | None:
        """By the slot; where even that is not known, by employee, start and client."""
        slot = self.secrets.get("slot") or (payload.get("hold") or {}).get("slot")
        if slot:
            for row in self._listed("timeSlotId", slot):
                if str(row.get("timeSlotId") or slot) == slot:
                    return self._remote(row)
        return self._at(payload) if payload.get("start") else None

    def _at(self, payload: Payload) -> Remote | None:
        """This client's meeting at the wanted time."""
        for row in self._listed("employeeId", str(self._owner.data["employeeId"])):
            begins = row.get("startDate") or row.get("startTime")
            mine = row.get("customerId") == payload["customer"]
            if mine and begins and wire.instant(begins) == wire.instant(payload["start"]):
                return self._remote(row)
        return None

    def create(self, ref: str, payload: Payload) -> Remote:
        if not usable(self.secrets, payload):
            self.draw(payload)
        return self._made(payload, str(self.provider.option["salesforce_id"]) or ref)

    def _made(self, payload: Payload, salesforce: str) -> Remote:
        """A meeting from the slot in `secrets`."""
        client, option, data = self.provider.client, self.provider.option, self._owner.data
        slot = self.secrets["slot"]
        if option["promote_before_create"]:
            self._promote(slot)
        case = str(option["enum_case"])
        values = {
            "booked_by": wire.cased(str(option["booked_by"]), case),
            "customer_type": (data.get("customerTypes") or {}).get(payload["category"]) or data.get("customerTypeId"),
            "slot": slot,
            "type": wire.cased(data["type"], case),
            "topic": data["topicId"],
            "room": self.secrets.get("room"),
            "employee": data["employeeId"],
            "customer": payload["customer"],
            "title": payload["title"] if self._titled else "",
            "description": payload["description"],
        }
        if client.version.needs_salesforce:
            values["salesforce"] = salesforce
        try:
            made = client.call("create", body=wire.named(values, wire.MEETING, str(option["dialect"])))
        except Missing as error:  # the hold has run out, or what it names is gone: another choice
            raise Conflict(str(error), status=error.status) from None
        if not isinstance(made, dict) or not made.get("id"):
            raise OutcomeUnknown("The answer names no meeting.")
        return self._remote({"startDate": payload["start"], "endDate": payload["end"], **made})

    def _promote(self, slot: str) -> None:
        """Some installations want the slot to be booked before its meeting is made."""
        path = f"{wire.ENDPOINTS['promote'][1]}?reservationToken={self.secrets['token']}"
        try:
            self.provider.client.send(
                "PATCH",
                path,
                {"slot": slot},
                body=[{"op": "replace", "path": "/status", "value": "Booked"}],
                write=False,
            )
        except Missing as error:
            raise Conflict(str(error), status=error.status) from None

    # --- changing -------------------------------------------------------------------------------------------------

    def update(self, remote: Remote, payload: Payload) -> Remote:
        """Another time: reserve it for this meeting, then point the meeting to the new slot, or make another from it."""
        row = self._read(remote.id)
        if wire.times(row)[0] != wire.instant(payload["start"]):
            if self.provider.option["move_by"] == "anew":
                return self._anew(row, payload)
            self._reserve_for(row, payload)
            self._change(remote.id, {str(self.provider.option["move_path"]): self.secrets["slot"]})
            row = self._read(remote.id)
            if wire.times(row)[0] != wire.instant(payload["start"]):
                raise Rejected("BookMe took the change and did not move the meeting.")
        wanted = {"/description": payload["description"]}
        if self._titled:
            wanted["/title"] = payload["title"]
        changed = {path: value for path, value in wanted.items() if (row.get(path[1:]) or "") != value}
        for path, value in changed.items():
            self._change(remote.id, {path: value})
        return self._remote({**row, **{path[1:]: value for path, value in changed.items()}})

    def _reserve_for(self, row: Mapping[str, Any], payload: Payload) -> None:
        """Its new time, in its room, under a token of this move: a repetition replaces its own hold."""
        start, end = wire.instant(payload["start"]), wire.instant(payload["end"])
        uid, room = str(row["id"]), str(row.get("roomId") or "")
        token = token_for(uid, payload["start"])
        made = reserve(self.provider.client, self._owner.data, start, end, token, room=room, moved=uid)
        self.secrets = kept(made, payload["start"])

    def _anew(self, row: Mapping[str, Any], payload: Payload) -> Remote:
        """What an earlier try made is found by client and time; the former meeting goes last, so there is always one."""
        made = self._at(payload)
        if made is None:
            self._reserve_for(row, payload)
            made = self._made(payload, str(row.get("salesforceId") or self.provider.option["salesforce_id"]))
        with suppress(NotFound):
            self.provider.client.call("delete", {"meeting": str(row["id"])})
        return made

    def _change(self, uid: str, changes: Mapping[str, Any]) -> None:
        operations = [{"op": "replace", "path": path, "value": value} for path, value in changes.items()]
        many = self.provider.client.version.update_is_list
        try:
            for body in [operations] if many else operations:
                self.provider.client.call("update", {"meeting": uid}, body=body)
        except Missing as error:
            raise Conflict(str(error), status=error.status) from None

    def delete(self, remote: Remote) -> None:
        """What has begun stays: it is history there as well."""
        row = self._read(remote.id)
        if wire.times(row)[0] > datetime.now(UTC):
            self.provider.client.call("delete", {"meeting": remote.id})

    # --- reading --------------------------------------------------------------------------------------------------

    def read(self, remote: Remote) -> Remote:
        row = self._read(remote.id)
        data = dict(self._remote(row).data) | {name: row.get(name) or "" for name in ("title", "description")}
        if self.provider.option["compare_calendar"]:
            text = self.provider.client.send(
                "POST", wire.ENDPOINTS["ical"][1], {"meeting": remote.id}, write=False,
                headers={"Accept": "text/calendar"}, body={"title": data["title"], "description": data["description"]},
            ).text  # fmt: skip
            data["calendar"] = calendar_file.read(text)
        return Remote(remote.id, data)

    def differences(self, payload: Payload, observed: Remote) -> dict[str, tuple[Any, Any]]:
        """Fields of the meeting, and those of its calendar file, which clients may get from BookMe as well."""
        found: dict[str, tuple[Any, Any]] = {}
        names = ["start", "end", "description", *(["title"] if self._titled else [])]
        for name in names:
            if observed.data.get(name) != payload[name]:
                found[name] = (payload[name], observed.data.get(name))
        calendar = observed.data.get("calendar")
        if calendar is not None:
            found |= calendar_file.differences(payload, calendar, names)
        return found

    @property
    def _titled(self) -> bool:
        """The guide knows no title of a meeting."""
        return bool(self.provider.option["send_title"]) and self.provider.option["dialect"] != "guide"

    # --- inside ---------------------------------------------------------------------------------------------------

    @property
    def _owner(self) -> Remote:
        assert self.owner is not None
        return self.owner

    def _read(self, uid: str) -> dict[str, Any]:
        row = self.provider.client.call("meeting", {"meeting": uid})
        if not isinstance(row, dict) or not row.get("id"):
            raise NotFound(f"There is no meeting {uid}.")
        return row

    def _listed(self, name: str, value: str) -> list[dict[str, Any]]:
        rows = self.provider.client.call("meetings", params=[(name, value)])
        return [row for row in rows if isinstance(row, dict) and row.get("id")] if isinstance(rows, list) else []

    def _remote(self, row: Mapping[str, Any]) -> Remote:
        begins, ends = wire.times(row)
        video = str(row.get("videoLink") or "")
        data = {"start": wire.spelled(begins), "end": wire.spelled(ends), "room": str(row.get("roomId") or "")}
        return Remote(str(row["id"]), data | ({"joinUrl": video} if video.startswith("https://") else {}))


def usable(hold: Mapping[str, str], payload: Payload) -> bool:
    """A hold for this time that lasts a little longer."""
    if not hold.get("slot") or hold.get("start") != payload["start"]:
        return False
    return datetime.fromisoformat(hold["until"]) - LEAST > datetime.now(UTC)


def kept(made: HeldThere, start: str) -> dict[str, str]:
    return {
        "token": made.token,
        "slot": made.slot,
        "room": made.room,
        "until": made.until.isoformat(),
        "start": start,
    }
