"""What the outcome of a reconciliation means for the rows below: the only writer of other apps' rows from here."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from integrations import desired, remote_times, rooms
from integrations.conferencing import HOST
from integrations.errors import Conflict, Rejected
from integrations.models import Mirror
from integrations.room_models import RoomPerson
from scheduling import bookings, external
from scheduling.models import Booking
from scheduling.models.bookings import Status


def applied(mirror: Mirror, *, changed: bool) -> None:
    """The remote object is as desired. Told also when nothing changed: the last worker may have died before this."""
    if mirror.kind in APPLIED:
        APPLIED[mirror.kind](mirror, changed)


def removed(mirror: Mirror) -> None:
    """The remote object is gone, as desired."""
    if mirror.kind in REMOVED and not mirror.local_uid.startswith(desired.RETIRED):
        REMOVED[mirror.kind](mirror)


def refused(mirror: Mirror, error: Exception) -> None:
    """The provider said no for good."""
    if mirror.kind in REFUSED:
        REFUSED[mirror.kind](mirror, error)


def _booked(mirror: Mirror, changed: bool) -> None:
    """The provider's word on a booking or its move; a booking that has moved on since is not confirmed by an old answer.

    What was agreed before it came there (entered here, or brought along from another provider) only learns where it is.
    """
    if mirror.data.get("state", "confirmed") != "confirmed":
        return
    room = str(mirror.data.get("joinUrl") or "")[:500]
    external.link(
        UUID(mirror.local_uid),
        source=mirror.connection.source,
        remote_id=mirror.remote_id,
        engine=mirror.connection.provider,
        join_url=room,
    )
    booking = Booking.objects.filter(pk=mirror.local_uid, status=Status.PENDING).first()
    if booking is None:
        return
    start = mirror.data.get("start")
    if start and datetime.fromisoformat(start) != booking.starts_at:
        return
    bookings.settle(booking, source=mirror.connection.source, remote_id=mirror.remote_id, join_url=room)


def _not_there(mirror: Mirror) -> None:
    """A booking has left the provider. One that is still open goes on here: its host has moved, nobody is told.

    What that provider had not agreed to yet is agreed where our own engine decides now; else the next one is asked.
    """
    uid, room = UUID(mirror.local_uid), str(mirror.data.get("joinUrl") or "")
    waiting = Booking.objects.filter(pk=uid, status=Status.PENDING, awaits="").exclude(engine="native").first()
    external.unlink(uid, source=mirror.connection.source, join_url=room)
    if waiting is None:
        return
    now = desired.connection_of(waiting.host)
    if now is None or (now != mirror.connection and now.provider_class.engine is None):
        bookings.settle(waiting)


def _account_gone(mirror: Mirror) -> None:
    """Addresses are unique in the whole of a provider: another connection that was refused may have its turn now."""
    others = Mirror.objects.filter(kind="user", local_uid=mirror.local_uid).exclude(connection=mirror.connection)
    others.parked().update(due_at=timezone.now(), attempts=0)


def _not_booked(mirror: Mirror, error: Exception) -> None:
    """A refusal ends the waiting; what only we could not do (credentials, look-ups) does not."""
    if not isinstance(error, (Conflict, Rejected)):
        return
    booking = Booking.objects.filter(pk=mirror.local_uid, status=Status.PENDING).first()
    if booking is not None:
        with translation.override(booking.client_language):
            reason = _("This time has just been taken.") if isinstance(error, Conflict) else ""
        bookings.decline(booking, reason=reason)


def _account_applied(mirror: Mirror, changed: bool) -> None:
    """Booking addresses hold the name of the account: after a change every meeting type's has to be read again."""
    slug = mirror.data.get("slug")
    if slug:
        stale = Mirror.objects.filter(connection=mirror.connection, kind="meeting_type", owner_uid=mirror.local_uid)
        stale.exclude(remote_id="").exclude(data__userSlug=slug).update(applied_digest="", due_at=timezone.now())


def _room_made(mirror: Mirror, changed: bool) -> None:
    """The room's address to all who meet there; who has left it finds her own elsewhere."""
    join_url, people = str(mirror.data.get("join_url") or "")[:500], list(mirror.data.get("people") or [])
    known = set(RoomPerson.objects.filter(mirror=mirror).values_list("ref", flat=True))
    left, fresh = known - set(people), set(people) - known
    RoomPerson.objects.bulk_create([RoomPerson(mirror=mirror, ref=ref) for ref in fresh], ignore_conflicts=True)
    for booking in Booking.objects.filter(pk__in=left - {HOST}, join_url=join_url).exclude(session=mirror.local_uid):
        bookings.set_conference(booking, "")
    RoomPerson.objects.filter(mirror=mirror, ref__in=left).delete()
    here = Booking.objects.filter(pk__in=set(people) - {HOST}, session=mirror.local_uid)
    for booking in here.exclude(join_url=join_url):
        bookings.set_conference(booking, join_url)
    rooms.watch(mirror)


def _room_gone(mirror: Mirror) -> None:
    """Only the room that was this one: a host's own is left alone."""
    join_url, people = mirror.data.get("join_url"), set(mirror.data.get("people") or [])
    for booking in Booking.objects.filter(pk__in=people - {HOST}, join_url=join_url) if join_url else ():
        bookings.set_conference(booking, "")


APPLIED: dict[str, Callable[[Mirror, bool], None]] = {
    "availability": remote_times.hours_changed,
    "booking": _booked,
    "conference": _room_made,
    "meeting_type": remote_times.adopt,
    "user": _account_applied,
}
REFUSED: dict[str, Callable[[Mirror, Exception], None]] = {"booking": _not_booked}
REMOVED: dict[str, Callable[[Mirror], None]] = {
    "booking": _not_there,
    "conference": _room_gone,
    "meeting_type": remote_times.abandon,
    "user": _account_gone,
}
