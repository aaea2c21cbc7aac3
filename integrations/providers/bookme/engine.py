"""Free times of one employee, holds of five minutes, and meetings as they stand."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from integrations.contract import Engine, HeldThere, HoldFacts, Remote, RemoteBooking
from integrations.errors import Conflict, NotFound, Transient
from integrations.providers.bookme import wire
from integrations.providers.bookme.answers import Missing
from integrations.providers.bookme.client import Client

if TYPE_CHECKING:
    from integrations.providers.bookme import BookMe

# Range limits are not documented; more than a month at once is never needed.
WINDOW = timedelta(days=31)


def reserve(
    client: Client,
    data: Mapping[str, Any],
    start: datetime,
    end: datetime,
    token: str,
    *,
    room: str = "",
    moved: str = "",
) -> HeldThere:
    """Hold a time: under the same token the former hold goes, so that a repetition does no harm. Raises Conflict where
    it is taken, or where BookMe no longer knows what is named: both mean another choice."""
    rooms = list(data.get("rooms") or [])
    slot = {
        "startDate": wire.spelled(start),
        "endDate": wire.spelled(end),
        "status": "Reserved",
        "employeeId": data["employeeId"],
    }
    room = room or (rooms[0] if len(rooms) == 1 else "")
    body: dict[str, Any] = {"timeSlot": slot | ({"roomId": room} if room else {}), "token": token}
    if moved:
        body["existingMeetingId"] = moved
    sent = datetime.now(UTC)
    try:
        made = client.call("reserve", body=body)
    except Missing as error:
        raise Conflict(str(error), status=error.status) from None
    if not isinstance(made, dict) or not made.get("id"):
        raise Transient("The answer names no time slot.")
    try:
        since = min(sent, wire.instant(made["dateCreated"]))
    except (KeyError, ValueError):
        since = sent
    return HeldThere(token, str(made["id"]), max(since, sent - timedelta(seconds=30)) + wire.HOLD, room)


class Calendar(Engine):
    provider: "BookMe"
    can_hold = True

    def free_starts(
        self, user: Remote, meeting_type: Remote, start: datetime, end: datetime, *, fresh: bool = False
    ) -> list[datetime]:
        return sorted({begin for begin, _room in self._free(meeting_type.data, start, end)})

    def hold(self, user: Remote, meeting_type: Remote, wanted: HoldFacts) -> HeldThere:
        """Where a room is needed, the one that BookMe proposes for this time."""
        data, room = meeting_type.data, ""
        if data.get("requireRoom"):
            offered = dict(self._free(data, wanted.starts_at, wanted.starts_at + timedelta(minutes=1)))
            if wanted.starts_at not in offered:
                raise Conflict("BookMe does not offer this time any more.")
            room = offered[wanted.starts_at]
        return reserve(self.provider.client, data, wanted.starts_at, wanted.ends_at, wanted.token, room=room)

    def _free(self, data: Mapping[str, Any], start: datetime, end: datetime) -> Iterator[tuple[datetime, str]]:
        """(start, room or "") of every free time in [start, end)."""
        begin = start
        while begin < end:
            stop = min(begin + WINDOW, end)
            yield from self._window(data, begin, stop)
            begin = stop

    def _window(self, data: Mapping[str, Any], start: datetime, end: datetime) -> Iterator[tuple[datetime, str]]:
        option, long = self.provider.option, timedelta(minutes=int(data["duration"]))
        style = str(option["list_style"])
        params = [
            ("requireEmployeeParticipation", "true"),
            *wire.listed("explicitEmployeeIds", [data["employeeId"]], style),
            ("startDate", wire.spelled(start)),
            ("lookForwardTime", wire.span(end - start + long)),
            ("meetingDuration", wire.clock(long)),
            *wire.listed("meetingTypes", [wire.cased(data["type"], str(option["enum_case"]))], style),
            ("isCustomerInitiated", "true" if option["customer_rules"] else "false"),
        ]
        names = {"topic": data["topicId"], "customer_type": data.get("customerTypeId")}
        params += list(wire.named(names, wire.QUERY, str(option["dialect"])).items())
        if data.get("requireRoom"):
            params += [("requireRoom", "true"), *wire.listed("specificRooms", data.get("rooms") or [], style)]
        flags = {"ignoreMinimumTimeBeforeBooking": "ignore_notice", "getBestTimeSlots": "best_time_slots"}
        params += [(theirs, "true") for theirs, ours in flags.items() if option[ours]]
        places = {"customerLocation": "customer_location", "meetingLocation": "meeting_location"}
        params += [(theirs, str(option[ours])) for theirs, ours in places.items() if option[ours]]
        rows = self.provider.client.call("available", params=params)
        if not isinstance(rows, list):
            raise Transient("The list of free times cannot be read.")
        for row in rows:
            try:
                begins, ends = wire.times(row)
            except (ValueError, AttributeError) as error:
                raise Transient(f"The list of free times cannot be read: {error!r}") from None
            hers = str(row.get("employeeId") or data["employeeId"]) == data["employeeId"]
            fits = str(row.get("meetingType") or data["type"]).lower() == data["type"] and ends - begins >= long
            if hers and fits and start <= begins < end:
                yield begins, str(row.get("roomId") or "")

    def embed_url(self, meeting_type: Remote, *, language: str) -> str:
        return ""

    # --- meetings -------------------------------------------------------------------------------------------------

    def read_booking(self, user: Remote, remote_id: str) -> RemoteBooking:
        found = self.provider.client.call("meeting", {"meeting": remote_id})
        if not isinstance(found, dict) or not found.get("id"):
            raise NotFound(f"There is no meeting {remote_id}.")
        return self._booking(found)

    def bookings(self, user: Remote, start: datetime, end: datetime) -> Iterator[RemoteBooking]:
        """Those that BookMe lists for the employee. Deleted ones are not listed: a comparison finds them gone."""
        rows = self.provider.client.call("meetings", params=[("employeeId", user.id)])
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict) and row.get("id") and (row.get("startDate") or row.get("startTime")):
                one = self._booking(row)
                if start <= one.starts_at < end:
                    yield one

    def _booking(self, row: Mapping[str, Any]) -> RemoteBooking:
        """BookMe names clients by our own id only: what comes from elsewhere has the meeting's title for a name."""
        try:
            begins, ends = wire.times(row)
        except ValueError as error:
            raise Transient(f"Meeting {row.get('id')} cannot be read: {error}") from None
        video = str(row.get("videoLink") or "")
        return RemoteBooking(
            id=str(row["id"]),
            user_id=str(row.get("employeeId") or ""),
            meeting_type_id="",
            starts_at=begins,
            ends_at=ends,
            cancelled=False,
            client_name=str(row.get("title") or "BookMe"),
            client_email="",
            join_url=video if video.startswith("https://") else "",
        )


def token_for(*parts: str) -> str:
    """The same parts give the same token: a repeated call replaces its own hold."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join(parts)))
