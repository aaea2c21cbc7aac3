"""Who decides about the times and bookings of a meeting type: ours, or somebody else's.

Pages, holds, moves and the API ask `availability` and `bookings`; those ask the engine of the meeting type. An engine never
sends anything while a transaction is open: `refresh` and `settle` are called outside of one, by views and workers.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import numpy as np
from django.apps import apps
from django.conf import settings
from django.utils.module_loading import import_string

from scheduling.calendars import HostCalendar
from scheduling.models import Booking, MeetingType
from scheduling.models.bookings import Status
from scheduling.slots import Reason


@dataclass(frozen=True, slots=True)
class Embed:
    """A booking page of somebody else, for an iframe. `ask_first`: load it only after a click."""

    url: str
    origin: str
    ask_first: bool

    @property
    def host(self) -> str:
        return self.origin.split("://")[-1]


@dataclass(frozen=True, slots=True)
class Freshness:
    """How well the offered times are known. `as_of` None: they are computed at this moment."""

    as_of: datetime | None = None
    down: bool = False
    requests_only: bool = False


class TakenThere(Exception):  # noqa: N818
    """The other side does not keep a time that is held here: somebody else has it."""


class Engine(ABC):
    """`confirms_at_once`: our own word is enough; else a booking is pending until `settle` has the other side's."""

    confirms_at_once: bool = True

    def prepare(self, meeting_types: Iterable[MeetingType]) -> None:  # noqa: B027  (ours needs nothing)
        """Load what `open_epochs` needs for many meeting types with one query."""

    def refresh(self, meeting_type: MeetingType, *, fresh: bool = False) -> Freshness:
        """Bring remembered times up to date within a small budget of time. Outside transactions only."""
        return Freshness()

    @abstractmethod
    def open_epochs(
        self,
        meeting_type: MeetingType,
        calendar: HostCalendar,
        start: datetime,
        end: datetime,
        now: datetime,
        seats: int = 1,
    ) -> np.ndarray:
        """Free starts in [start, end) as epoch seconds, sorted."""

    @abstractmethod
    def refusal(
        self, meeting_type: MeetingType, calendar: HostCalendar, start: datetime, now: datetime, seats: int = 1
    ) -> Reason | None:
        """Why a start is not offered; None if it is."""

    def reasons(
        self, meeting_type: MeetingType, calendar: HostCalendar, start: datetime, now: datetime, seats: int = 1
    ) -> list[Reason]:
        """Everything that speaks against a start, the first as `refusal` says it; empty if it is offered."""
        reason = self.refusal(meeting_type, calendar, start, now, seats)
        return [reason] if reason else []

    def keep(self, booking: Booking, earlier: Booking | None = None) -> datetime | None:
        """Let the other side keep a held time as well, or keep it longer; until when, None where it keeps none.

        `earlier`: what the same visitor held before. Raises TakenThere. Outside transactions only.
        """
        return None

    def settle(self, booking: Booking) -> None:  # noqa: B027  (ours is never pending)
        """Try, within a few seconds, to get the other side's word on a pending booking. Outside transactions only."""

    def embed(self, meeting_type: MeetingType, *, language: str) -> Embed | None:
        """The other side's own booking page, where visitors shall book there."""
        return None


class NativeEngine(Engine):
    """Ours: hours, rules and bookings of our own database."""

    def open_epochs(
        self,
        meeting_type: MeetingType,
        calendar: HostCalendar,
        start: datetime,
        end: datetime,
        now: datetime,
        seats: int = 1,
    ) -> np.ndarray:
        return calendar.open_epochs(meeting_type, start, end, now, seats)

    def refusal(
        self, meeting_type: MeetingType, calendar: HostCalendar, start: datetime, now: datetime, seats: int = 1
    ) -> Reason | None:
        return next(self._against(meeting_type, calendar, start, now, seats), None)

    def reasons(
        self, meeting_type: MeetingType, calendar: HostCalendar, start: datetime, now: datetime, seats: int = 1
    ) -> list[Reason]:
        return list(self._against(meeting_type, calendar, start, now, seats))

    @staticmethod
    def _against(
        meeting_type: MeetingType, calendar: HostCalendar, start: datetime, now: datetime, seats: int
    ) -> Iterator[Reason]:
        return calendar.against(meeting_type, int(start.timestamp()), int(np.ceil(now.timestamp())), seats)


@cache
def _engine(path: str) -> Engine:
    app, _dot, _rest = path.partition(".")
    return import_string(path if apps.is_installed(app) else settings.SCHEDULING_ENGINES["native"])()


def engine_for(meeting_type: MeetingType) -> Engine:
    """The engine named by the meeting type; ours where that one is not installed."""
    engines = settings.SCHEDULING_ENGINES
    return _engine(engines.get(meeting_type.engine, engines["native"]))


def embed_for(meeting_type: MeetingType, *, language: str, name: str = "", email: str = "") -> Embed | None:
    """The page of somebody else on which this meeting type is booked: its engine's, or one of the host's own.

    `name`, `email`: the visitor's, where they are known, to be filled in.
    """
    found = engine_for(meeting_type).embed(meeting_type, language=language)
    path = settings.MEMBER_PAGES
    if found is None and path and meeting_type.engine == "native" and apps.is_installed(path.partition(".")[0]):
        return import_string(path)(meeting_type, name=name, email=email)  # type: ignore[no-any-return]
    return found


def settled(booking: Booking) -> Booking:
    """The booking after its engine was asked for its word, where it is not ours to give. Outside transactions only."""
    if booking.status == Status.PENDING and not booking.awaits:
        engine_for(booking.meeting_type).settle(booking)
        booking.refresh_from_db(fields=["status", "starts_at", "ends_at", "version", "fallback_start"])
    return booking
