"""What the outcome of a reconciliation means for the rows below: the only writer of other apps' rows from here."""

from collections.abc import Callable

from integrations.models import Mirror
from scheduling import bookings
from scheduling.models import Booking


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


APPLIED: dict[str, Callable[[Mirror, bool], None]] = {"conference": _room_made}
REMOVED: dict[str, Callable[[Mirror], None]] = {"conference": _room_gone}
