"""Bookings: created, moved, cancelled; confirmed, pending or taken."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from integrations.contract import BookingFacts, CannotFind, Payload, Remote, RemoteBooking, Resource
from integrations.errors import Conflict, NotFound, Rejected, Unsupported
from integrations.providers.meetergo import answers, shapes
from integrations.providers.meetergo.shapes import Differences

if TYPE_CHECKING:
    from integrations.providers.meetergo.provider import Meetergo

PROVISIONAL = "provisional:"
PAGE_SIZE = 100


def instant(value: Any) -> datetime:
    """An aware instant in UTC. Raises ValueError for anything else: a naive time is never guessed at."""
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no offset.")
    return moment.astimezone(UTC)


def spelled(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def is_cancelled(appointment: Mapping[str, Any]) -> bool:
    """There is no status: two marks tell."""
    return bool(appointment.get("isCancelled") or shapes.at(appointment, "cancel.actionAt"))


def join_url(appointment: Mapping[str, Any]) -> str:
    found = shapes.at(appointment, "hostingInfo.meetingLink") or shapes.at(appointment, "meetingInfo.meetingLink")
    return str(found or "")


def attendees(appointment: Mapping[str, Any]) -> list[dict[str, Any]]:
    return answers.rows(appointment.get("attendees"), "")


def appointments(
    provider: "Meetergo", user_id: str, start: datetime, end: datetime, meeting_type_id: str = ""
) -> Iterator[dict[str, Any]]:
    """Appointments of a host that start in [start, end), cancelled ones included."""
    pages, number = answers.Pages(PAGE_SIZE), 0
    while pages.more:
        params = [
            ("page", str(number)), ("pageSize", str(PAGE_SIZE)), ("start", spelled(start)), ("end", spelled(end)),
            ("sortBy", "appointment.start"), ("sortDirection", "ASC"),
        ]  # fmt: skip
        if meeting_type_id:
            params.append(("meetingTypeId", meeting_type_id))
        body = provider.call("GET", "/appointment/paginated", acting=user_id, params=params)
        number += 1
        for row in pages.take(answers.rows(body, "appointments")):
            if row.get("start") and start <= instant(row["start"]) < end:
                yield row


class Booking(Resource):
    """An appointment of one attendee. In a group (a type with several spots) its id is `appointment:attendee`, because
    those who come together share one appointment there. `provisional:…` while attendee or host have yet to agree.

    The attendee's secret is neither kept nor logged: cancelling and moving go through the host.
    """

    provider: "Meetergo"
    owner_kind: ClassVar[str | None] = "meeting_type"
    create_only = ("stands",)

    def payload(self, facts: BookingFacts) -> Payload:
        if not facts.client_email:
            raise Unsupported("meetergo needs an e-mail address of the attendee; this appointment is known here only.")
        if not facts.client_name.strip():
            raise Unsupported("meetergo would take an attendee without a name and write to nobody; enter the name.")
        attendee: Payload = {"email": facts.client_email, "fullname": facts.client_name}
        if facts.client_phone:
            attendee["phone"] = facts.client_phone
        body: Payload = {"start": spelled(facts.starts_at), "attendee": attendee}
        if self.provider.is_recipe:
            return body
        attendee |= {
            "receiveReminders": bool(self.provider.option["provider_mails"]),
            "notes": {"note": facts.note} if facts.note else {},
            "timezone": facts.time_zone,
            "language": facts.client_language,
            "dataPolicyAccepted": True,
        }
        body["skipNotifications"] = not self.provider.option["provider_mails"]
        return body | {"stands": facts.stands}

    def find(self, ref: str, payload: Payload) -> Remote | None:
        """By host, meeting type, start and attendee; then among those that still wait for an agreement."""
        if not payload.get("start"):
            raise CannotFind("Nothing is known by which the appointment could be found at meetergo.")
        return self._confirmed(payload) or self._provisional(payload)

    def create(self, ref: str, payload: Payload) -> Remote:
        scope: Payload = {}
        if not self.provider.is_recipe:
            queue = self._owner.data.get("queueId")
            scope = {"queueId": queue} if queue else {"hostIds": [self._host]}
        sent = {name: value for name, value in payload.items() if name != "stands"}
        body = {"meetingTypeId": self._owner.id, **scope, **sent}
        try:
            made = self._call("POST", "/booking", body=body)
        except Conflict:
            # "Occupied" is said of times outside the hours as well. What is agreed here goes there, unless it overlaps.
            if not payload.get("stands") or self._overlaps(payload):
                raise
            made = self._call("POST", "/booking", body=body | {"ignoreAvailability": True})
        if not isinstance(made, dict):
            made = {}
        if made.get("bookingType") or made.get("provisionalBookingId"):
            return self._pending(answers.id_in(made, "provisionalBookingId", "bookingType"), made, payload)
        return self._read_remote(answers.id_in(made, "appointmentId", "id"), payload)

    def update(self, remote: Remote, payload: Payload) -> Remote:
        if remote.id.startswith(PROVISIONAL):
            return self._settle(remote, payload)
        appointment_id, _attendee = split(remote.id)
        appointment = self._read_appointment(appointment_id)
        if is_cancelled(appointment):
            raise Rejected("It has been cancelled at meetergo.")
        if instant(appointment["start"]) != instant(payload["start"]):
            if self._is_group:
                return self._change_group(remote, payload)
            moved = self._call("POST", f"/appointment/{appointment_id}/reschedule", body={"start": payload["start"]})
            answered = moved.get("appointment") if isinstance(moved, dict) else None
            if isinstance(answered, dict) and answered.get("start") and answered.get("id"):
                appointment = answered
            else:
                appointment = self._read_appointment(appointment_id)
        return self._remote(appointment, payload)

    def delete(self, remote: Remote) -> None:
        """Cancel. What has begun stays: it is history there as well. In a group only the one attendee leaves."""
        if remote.id.startswith(PROVISIONAL):
            provisional_id = remote.id.removeprefix(PROVISIONAL)
            self._call(
                "POST", f"/provisional-booking/{answers.checked_id(provisional_id)}/decline", body={"reason": ""}
            )
            return
        appointment_id, attendee_id = split(remote.id)
        appointment = self._read_appointment(appointment_id)
        here = {str(one.get("id")) for one in attendees(appointment)}
        if is_cancelled(appointment) or instant(appointment["start"]) <= datetime.now(UTC):
            return
        attendee_id = attendee_id or (str(remote.data.get("attendeeId") or "") if len(here) > 1 else "")
        if attendee_id and attendee_id not in here:
            return
        body = {"attendeeId": attendee_id} if attendee_id else {}
        self._call("POST", f"/appointment/{appointment_id}/cancel", body=body)

    def read(self, remote: Remote) -> Remote:
        if remote.id.startswith(PROVISIONAL):
            return remote
        appointment_id, attendee_id = split(remote.id)
        appointment = self._read_appointment(appointment_id)
        gone = attendee_id and attendee_id not in {str(one.get("id")) for one in attendees(appointment)}
        if is_cancelled(appointment) or gone:
            raise NotFound(f"Appointment {remote.id} has been cancelled.")
        return self._remote(appointment, {})

    def differences(self, payload: Payload, observed: Remote) -> Differences:
        there = observed.data.get("start")
        if not there or instant(there) == instant(payload["start"]):
            return {}
        return {"start": (payload["start"], there)}

    # --- inside -------------------------------------------------------------------------------------------------

    @property
    def _owner(self) -> Remote:
        assert self.owner is not None
        return self.owner

    @property
    def _host(self) -> str:
        return answers.checked_id(str(self._owner.data.get("userId", "")))

    @property
    def _is_group(self) -> bool:
        return int(self._owner.data.get("spots") or 1) > 1

    def _call(self, method: str, path: str, *, body: Any = None, params: list[tuple[str, str]] | None = None) -> Any:
        return self.provider.call(method, path, acting=self._host, body=body, params=params)

    def _read_appointment(self, appointment_id: str) -> dict[str, Any]:
        found = self._call("GET", f"/appointment/{answers.checked_id(appointment_id)}")
        if not isinstance(found, dict) or not found.get("id") or not found.get("start"):
            raise NotFound(f"There is no appointment {appointment_id}.")
        return found

    def _read_remote(self, appointment_id: str, payload: Payload) -> Remote:
        return self._remote(self._read_appointment(appointment_id), payload)

    def _remote(self, appointment: Mapping[str, Any], payload: Payload) -> Remote:
        mine = attendee_of(appointment, shapes.at(payload, "attendee.email"))
        attendee_id = str(mine.get("id") or "")
        remote_id = str(appointment["id"])
        if self._is_group and attendee_id:
            remote_id = f"{remote_id}:{attendee_id}"
        return Remote(
            remote_id,
            {
                "state": "confirmed",
                "start": appointment["start"],
                "end": appointment.get("end"),
                "attendeeId": attendee_id,
                "joinUrl": join_url(appointment),
                "updatedAt": appointment.get("updatedAt"),
            },
        )

    def _confirmed(self, payload: Payload) -> Remote | None:
        start = instant(payload["start"])
        window = (start - timedelta(minutes=1), start + timedelta(minutes=1))
        for row in appointments(self.provider, self._host, *window, self._owner.id):
            same = row.get("meetingTypeId") == self._owner.id and instant(row["start"]) == start
            if same and not is_cancelled(row) and attendee_of(row, payload["attendee"]["email"]):
                return self._remote(row, payload)
        return None

    def _overlaps(self, payload: Payload) -> bool:
        start = instant(payload["start"])
        end = start + timedelta(minutes=int(self._owner.data.get("duration") or 30))
        rows = appointments(self.provider, self._host, start - timedelta(hours=12), end)
        return any(not is_cancelled(row) and instant(row.get("end") or row["start"]) > start for row in rows)

    def _provisional(self, payload: Payload, status: str = "pending") -> Remote | None:
        for row in self._provisionals(status):
            dto = row.get("dto") or {}
            same = str(shapes.at(dto, "attendee.email")).lower() == payload["attendee"]["email"].lower()
            if same and dto.get("start") and instant(dto["start"]) == instant(payload["start"]):
                return self._pending(str(row["id"]), {"bookingType": row.get("type")}, payload)
        return None

    def _provisionals(self, status: str) -> Iterator[dict[str, Any]]:
        pages, number = answers.Pages(PAGE_SIZE), 0
        while pages.more:
            params = [
                ("page", str(number)),
                ("pageSize", str(PAGE_SIZE)),
                ("status", status),
                ("meetingTypeId", self._owner.id),
            ]
            body = self._call("GET", "/provisional-booking/paginated", params=params)
            number += 1
            yield from pages.take(answers.rows(body, "provisionalBookings"))

    def _pending(self, provisional_id: str, said: Mapping[str, Any], payload: Payload) -> Remote:
        data = {"state": "pending", "waitsFor": str(said.get("bookingType") or ""), "start": payload["start"]}
        return Remote(f"{PROVISIONAL}{provisional_id}", data)

    def _settle(self, remote: Remote, payload: Payload) -> Remote:
        """A request that waited: agreed, refused, run out, moved by us, or still waiting."""
        if instant(str(remote.data.get("start"))) != instant(payload["start"]):
            moved = self.create("", payload)
            self.delete(remote)
            return moved
        found = self._confirmed(payload)
        if found is not None:
            return found
        waiting = {f"{PROVISIONAL}{row.get('id')}" for row in self._provisionals("pending")}
        if remote.id in waiting:
            return remote
        raise Rejected("The request was declined, or has run out without an answer.")

    def _change_group(self, remote: Remote, payload: Payload) -> Remote:
        """Moving the appointment would move everybody: book the new time for this one, then leave the old."""
        found = self._confirmed(payload) or self.create("", payload)
        try:
            self.delete(remote)
        except (Conflict, NotFound):
            return found
        return found


def split(remote_id: str) -> tuple[str, str]:
    """Appointment, and attendee in a group."""
    appointment_id, _colon, attendee_id = remote_id.partition(":")
    return answers.checked_id(appointment_id), attendee_id


def attendee_of(appointment: Mapping[str, Any], email: str | None) -> dict[str, Any]:
    """The attendee with this address; {} when there is none. Without an address the only one."""
    everybody = attendees(appointment)
    if email is None:
        return everybody[0] if len(everybody) == 1 else {}
    return next((one for one in everybody if str(one.get("email", "")).lower() == email.lower()), {})


def remote_bookings(appointment: Mapping[str, Any], *, group: bool) -> list[RemoteBooking]:
    """One per attendee of a group, else one. Raises ValueError for times without an offset."""
    people = attendees(appointment) or [{}]
    if not group:
        people = people[:1]
    hosts = appointment.get("hostIds") or [host.get("id") for host in answers.rows(appointment.get("hosts"), "")]
    start = instant(appointment["start"])
    length = int(shapes.at(appointment, "meetingInfo.duration") or 30)
    end = instant(appointment["end"]) if appointment.get("end") else start + timedelta(minutes=length)
    updated = appointment.get("updatedAt")
    return [
        RemoteBooking(
            id=f"{appointment['id']}:{one.get('id')}" if group and one.get("id") else str(appointment["id"]),
            user_id=str(hosts[0]) if hosts else "",
            meeting_type_id=str(appointment.get("meetingTypeId") or shapes.at(appointment, "meetingType.id") or ""),
            starts_at=start,
            ends_at=end,
            cancelled=is_cancelled(appointment),
            client_name=name_of(one),
            client_email=str(one.get("email") or ""),
            client_phone=str(one.get("phone") or ""),
            client_language=str(one.get("language") or ""),
            client_time_zone=str(one.get("timezone") or ""),
            join_url=join_url(appointment),
            updated_at=instant(updated) if updated else None,
        )
        for one in people
    ]


def name_of(attendee: Mapping[str, Any]) -> str:
    parts = (attendee.get("firstname"), attendee.get("lastname"))
    return str(attendee.get("fullname") or " ".join(str(part) for part in parts if part))
