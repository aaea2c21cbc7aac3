"""Free times in all four published shapes, bookings made there, and the page for a frame."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from integrations.contract import Engine, Remote, RemoteBooking
from integrations.errors import NotFound, Transient
from integrations.providers.meetergo import answers, shapes
from integrations.providers.meetergo.bookings import appointments, instant, remote_bookings, split

if TYPE_CHECKING:
    from integrations.providers.meetergo.provider import Meetergo

# Range limits are not documented; more than a month at once is never needed.
WINDOW = timedelta(days=31)
SLOTS_TIMEOUT = 10.0


class Calendar(Engine):
    """meetergo as the one who computes free times."""

    provider: "Meetergo"

    def free_starts(
        self, user: Remote, meeting_type: Remote, start: datetime, end: datetime, *, fresh: bool = False
    ) -> list[datetime]:
        found: set[datetime] = set()
        begin = start
        while begin < end:
            stop = min(begin + WINDOW, end)
            found.update(self._window(user, meeting_type, begin, stop, fresh))
            begin = stop
        return sorted(found)

    def _window(
        self, user: Remote, meeting_type: Remote, start: datetime, end: datetime, fresh: bool
    ) -> Iterator[datetime]:
        """Dates are UTC dates, and the last one is the day after: `end` is the beginning of a day."""
        first, last = start.astimezone(UTC).date(), end.astimezone(UTC).date() + timedelta(days=1)
        params = [("meetingTypeId", answers.checked_id(meeting_type.id)), ("start", str(first)), ("end", str(last))]
        if not self.provider.is_recipe:
            queue = meeting_type.data.get("queueId")
            params += [("queueId", str(queue))] if queue else []
            params += [("hostIds", user.id), ("timezone", "UTC")]
            params += [("refreshCache", "true")] if fresh else []
        acting = user.id
        body = self.provider.call("GET", "/booking-availability", acting=acting, params=params, timeout=SLOTS_TIMEOUT)
        try:
            yield from (one for one in starts_in(body, meeting_type.data) if start <= one < end)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Transient(f"The list of free times cannot be read: {error!r}") from None

    def read_booking(self, user: Remote, remote_id: str) -> RemoteBooking:
        """In a group, one attendee; who has left it is cancelled, whatever becomes of the others."""
        appointment_id, attendee_id = split(remote_id)
        appointment = self._read(user, appointment_id)
        found = self._bookings(appointment, group=bool(attendee_id))
        if not attendee_id:
            return found[0]
        for booking in found:
            if booking.id == remote_id:
                return booking
        one = found[0]
        return RemoteBooking(
            remote_id,
            one.user_id,
            one.meeting_type_id,
            one.starts_at,
            one.ends_at,
            True,
            "",
            "",
            updated_at=one.updated_at,
        )

    def read_attendances(self, user: Remote, remote_id: str) -> list[RemoteBooking]:
        appointment_id, _attendee = split(remote_id)
        appointment = self._read(user, appointment_id)
        return self._bookings(appointment, group=self._is_group(user, appointment))

    def bookings(self, user: Remote, start: datetime, end: datetime) -> Iterator[RemoteBooking]:
        for appointment in appointments(self.provider, user.id, start, end):
            yield from self._bookings(appointment, group=self._is_group(user, appointment))

    def embed_url(self, meeting_type: Remote, *, language: str) -> str:
        """The stored booking URL; "" where its host is not on the list of the connection."""
        url = str(meeting_type.data.get("bookingUrl") or "")
        parts = urlsplit(url)
        local = urlsplit(self.http.base_url).scheme == "http"
        if parts.scheme not in (("https", "http") if local else ("https",)):
            return ""
        if not {parts.netloc, parts.hostname} & set(self.provider.option["embed_hosts"]):
            return ""
        return shapes.with_query(url, embed="true", lang=language)

    # --- inside -------------------------------------------------------------------------------------------------

    def _read(self, user: Remote, appointment_id: str) -> dict[str, Any]:
        found = self.provider.call("GET", f"/appointment/{appointment_id}", acting=user.id)
        if not isinstance(found, dict) or not found.get("id") or not found.get("start"):
            raise NotFound(f"There is no appointment {appointment_id}.")
        return found

    def _bookings(self, appointment: Mapping[str, Any], *, group: bool) -> list[RemoteBooking]:
        try:
            return remote_bookings(appointment, group=group)
        except (ValueError, TypeError, KeyError) as error:
            raise Transient(f"Appointment {appointment.get('id')} cannot be read: {error!r}") from None

    def _is_group(self, user: Remote, appointment: Mapping[str, Any]) -> bool:
        """Several spots: asked of the meeting type, once per provider object, because a group may begin with one."""
        type_id = str(appointment.get("meetingTypeId") or "")
        if len(appointment.get("attendees") or []) > 1:
            return True
        if not type_id:
            return False
        if not hasattr(self, "_spots"):
            self._spots: dict[str, int] = {}
        if type_id not in self._spots:
            try:
                body = self.provider.call("GET", f"/meeting-type/{answers.checked_id(type_id)}", acting=user.id)
            except NotFound:
                body = {}
            self._spots[type_id] = int((body or {}).get("spots") or 1)
        return self._spots[type_id] > 1


def starts_in(body: Any, meeting_type: Mapping[str, Any]) -> Iterator[datetime]:
    """Every free start of an answer, whatever its shape. Raises ValueError for a time that cannot be placed."""
    if isinstance(body, list):
        body = {"availableSlots": body}
    if body.get("dates") is not None:
        yield from _spots(body["dates"])
    elif body.get("availableSlots") is not None:
        yield from (instant(slot["start"] if isinstance(slot, dict) else slot) for slot in body["availableSlots"])
    elif body.get("slots") is not None:
        yield from _times(body["slots"], str(body.get("timezone") or "UTC"))
    elif body.get("timeframes") is not None:
        yield from _inside(body["timeframes"], meeting_type)
    else:
        raise ValueError("no known list")


def _spots(dates: list[dict[str, Any]]) -> Iterator[datetime]:
    """Blocked spots and full groups are listed as well."""
    for day in dates:
        for spot in day.get("spots") or []:
            group = spot.get("appointment") or {}
            full = group and int(group.get("totalSpots") or 0) - int(group.get("takenSpots") or 0) <= 0
            if not spot.get("unavailabilityEvents") and not full:
                yield instant(spot["startTime"])


def _times(days: list[dict[str, Any]], zone: str) -> Iterator[datetime]:
    """Full instants, or clock times of a date in the answer's zone."""
    for day in days:
        for value in day.get("times") or []:
            if len(str(value)) > 8:
                yield instant(value)
            else:
                moment = datetime.combine(date.fromisoformat(day["date"]), time.fromisoformat(value), ZoneInfo(zone))
                yield moment.astimezone(UTC)


def _inside(frames: list[dict[str, Any]], meeting_type: Mapping[str, Any]) -> Iterator[datetime]:
    """Free windows are no starts: one at every step, as long as the meeting fits in."""
    duration = timedelta(minutes=int(meeting_type.get("duration") or 30))
    step = timedelta(minutes=int(meeting_type.get("step") or meeting_type.get("duration") or 30))
    for frame in frames:
        start, end = instant(frame["start"]), instant(frame["end"])
        while start + duration <= end:
            yield start
            start += step
