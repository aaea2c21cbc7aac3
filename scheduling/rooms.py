"""The video room of an appointment, as one side of it finds it. Who makes rooms lies above (settings.VIDEO_ROOMS)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string

from scheduling.models import Booking, Message
from scheduling.models.bookings import Status

# Our link opens the room for so long before and after the appointment.
BEFORE, AFTER = timedelta(minutes=15), timedelta(hours=2)


class State(StrEnum):
    """NONE: nobody makes one, and no link was entered."""

    READY = "ready"
    PREPARING = "preparing"
    FAILED = "failed"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Room:
    """`url` and `passcode` are this side's own, for nobody else to see. `since`: being prepared since.

    `problem`: why it could not be made, for staff. `meeting` and `other`: how the call stands and where the other side is,
    in words, where the provider says so.
    """

    state: State
    url: str = ""
    passcode: str = ""
    since: datetime | None = None
    problem: str = ""
    meeting: str = ""
    other: str = ""


def room_of(booking: Booking, audience: Message.Audience) -> Room:
    """Reads rows only."""
    path = settings.VIDEO_ROOMS
    found: Room | None = None
    if path and apps.is_installed(path.split(".")[0]):
        found = import_string(path)(booking, audience)
    if found is not None:
        return found
    return Room(State.READY, booking.join_url) if booking.join_url else Room(State.NONE)


def is_open(booking: Booking, now: datetime) -> bool:
    """The room may be entered now; who talks longer than planned may also come back."""
    meets = booking.is_open or booking.status == Status.COMPLETED
    return meets and booking.starts_at - BEFORE <= now <= booking.ends_at + AFTER
