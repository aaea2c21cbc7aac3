"""What the outcome of a reconciliation means for the rows below: the only writer of other apps' rows from here."""

from collections.abc import Callable
from datetime import datetime

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from integrations import remote_times
from integrations.errors import Conflict, Rejected
from integrations.models import Mirror
from scheduling import bookings
from scheduling.models import Booking
from scheduling.models.bookings import Status


def applied(mirror: Mirror, *, changed: bool) -> None:
    """The remote object is as desired. Told also when nothing changed: the last worker may have died before this."""
    if mirror.kind in APPLIED:
        APPLIED[mirror.kind](mirror, changed)


def removed(mirror: Mirror) -> None:
    """The remote object is gone, as desired."""
    if mirror.kind in REMOVED:
        REMOVED[mirror.kind](mirror)


def refused(mirror: Mirror, error: Exception) -> None:
    """The provider said no for good."""
    if mirror.kind in REFUSED:
        REFUSED[mirror.kind](mirror, error)


def _booked(mirror: Mirror, changed: bool) -> None:
    """The provider's word on a booking or its move; a booking that has moved on since is not confirmed by an old answer."""
    booking = Booking.objects.filter(pk=mirror.local_uid, status=Status.PENDING).first()
    if booking is None or mirror.data.get("state", "confirmed") != "confirmed":
        return
    start = mirror.data.get("start")
    if start and datetime.fromisoformat(start) != booking.starts_at:
        return
    join_url = str(mirror.data.get("joinUrl") or "")
    bookings.settle(booking, source=mirror.connection.source, remote_id=mirror.remote_id, join_url=join_url[:500])


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
    booking = Booking.objects.filter(pk=mirror.local_uid).first()
    join_url = mirror.data.get("join_url", "")
    if booking and join_url and booking.join_url != join_url:
        bookings.set_conference(booking, join_url)


def _room_gone(mirror: Mirror) -> None:
    """Only the room that was this one: a host's own is left alone."""
    booking = Booking.objects.filter(pk=mirror.local_uid).first()
    if booking and booking.join_url and booking.join_url == mirror.data.get("join_url"):
        bookings.set_conference(booking, "")


APPLIED: dict[str, Callable[[Mirror, bool], None]] = {
    "availability": remote_times.hours_changed,
    "booking": _booked,
    "conference": _room_made,
    "meeting_type": remote_times.adopt,
    "user": _account_applied,
}
REFUSED: dict[str, Callable[[Mirror, Exception], None]] = {"booking": _not_booked}
REMOVED: dict[str, Callable[[Mirror], None]] = {"conference": _room_gone, "meeting_type": remote_times.abandon}
