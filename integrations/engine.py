"""A meeting type whose times and bookings a provider decides, behind the same seam as our own (scheduling/engine.py)."""

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
from django.db.models import prefetch_related_objects
from django.db.models.query import Prefetch
from django.utils import timezone

from directory.secrets import CannotUnseal
from integrations import hold_rows, http, remote_times, sync
from integrations.contract import HoldFacts
from integrations.errors import Conflict, ProviderError, Transient
from integrations.models import Connection, Mirror, RemoteTimes
from integrations.pages import framed
from scheduling import engine, slots
from scheduling.engine import Embed, Freshness
from scheduling.models import Booking, MeetingType
from scheduling.models.bookings import Status
from scheduling.slots import Reason

if TYPE_CHECKING:
    from scheduling.calendars import HostCalendar

logger = logging.getLogger(__name__)
# From this age on, times that the provider does not renew are not offered as certain.
STALE = timedelta(minutes=10)
# How long a visitor waits for the provider's word on a booking.
SETTLE = 4.0
# How long she waits while it is asked to keep a time.
HOLD = 3.0
NONE = np.empty(0, dtype=np.int64)


class RemoteEngine(engine.Engine):
    """Offers what the provider gave last, without what our own rows take. The provider has the last word on bookings."""

    confirms_at_once = False

    def prepare(self, meeting_types: Iterable[MeetingType]) -> None:
        rows = RemoteTimes.objects.select_related("connection").defer(*SEALED)
        prefetch_related_objects(list(meeting_types), Prefetch("remote_times", rows))

    def refresh(self, meeting_type: MeetingType, *, fresh: bool = False) -> Freshness:
        row, now = _whole_row(meeting_type), timezone.now()
        if row is None:
            return Freshness(down=True)
        missed = False
        if fresh or row.fetched_at is None or row.fetched_at < now - remote_times.FRESH:
            missed = not remote_times.ask_now(row, now, fresh=fresh)
            if missed:
                remote_times.ask_worker(row, now)
        if missed and is_stale(row, now):
            row.connection.unanswered = max(1, row.connection.unanswered)
        return freshness(row, now)

    def open_epochs(
        self,
        meeting_type: MeetingType,
        calendar: "HostCalendar",
        start: datetime,
        end: datetime,
        now: datetime,
        seats: int = 1,
    ) -> np.ndarray:
        row = _row(meeting_type)
        if row is None or freshness(row, now).down:
            return NONE
        known = np.array(row.epochs, dtype=np.int64)
        return calendar.offered(meeting_type, known, start, end, now, seats)

    def refusal(
        self, meeting_type: MeetingType, calendar: "HostCalendar", start: datetime, now: datetime, seats: int = 1
    ) -> Reason | None:
        """The provider does not say why; our own rules say it where they can."""
        if len(self.open_epochs(meeting_type, calendar, start, start + timedelta(seconds=1), now, seats)):
            return None
        reason = slots.explain(
            **calendar.inputs(meeting_type),
            start=int(start.timestamp()),
            now=int(np.ceil(now.timestamp())),
            seats_wanted=seats,
        )
        row = _row(meeting_type)
        offered_there = row is not None and int(start.timestamp()) in row.epochs
        ours = (Reason.HOURS, Reason.OVERRIDE, Reason.GRID)
        return Reason.BUSY if reason is None or (offered_there and reason in ours) else reason

    def reasons(
        self, meeting_type: MeetingType, calendar: "HostCalendar", start: datetime, now: datetime, seats: int = 1
    ) -> list[Reason]:
        """Our own hours do not bind where a provider decides; our bookings, notice and limits do."""
        if len(self.open_epochs(meeting_type, calendar, start, start + timedelta(seconds=1), now, seats)):
            return []
        row = _row(meeting_type)
        if row is None or freshness(row, now).down:
            return [Reason.PROVIDER_DOWN]
        found = slots.against(
            **calendar.inputs(meeting_type),
            start=int(start.timestamp()),
            now=int(np.ceil(now.timestamp())),
            seats_wanted=seats,
        )
        ours: list[Reason] = [reason for reason in found if reason not in (Reason.HOURS, Reason.OVERRIDE, Reason.GRID)]
        return ours if int(start.timestamp()) in row.epochs and ours else [Reason.REMOTE, *ours]

    def keep(self, booking: Booking, earlier: Booking | None = None) -> datetime | None:
        """A provider that is silent keeps nothing; its word comes with the booking then. A request is not its business."""
        row, now = remote_times.row_of(booking.meeting_type_id), timezone.now()
        if row is None or booking.awaits or not _can_hold(row.connection):
            return None
        http.refuse_inside_transaction()
        if not remote_times.may_ask(row.connection, now):
            return None
        question = remote_times.prepare(row, now, far=remote_times.NEAR, patience=HOLD / 2)
        if question is None:
            return None
        token = hold_rows.token_for(booking, row.connection, earlier)
        wanted = HoldFacts(token, booking.starts_at, booking.ends_at)
        try:
            with http.within(HOLD):
                there = question.engine.hold(question.user, question.meeting_type, wanted)
        except Conflict:
            remote_times.ask_now(row, timezone.now(), fresh=True)
            raise engine.TakenThere from None
        except ProviderError as error:
            logger.warning("Booking %s is not kept at %s: %s", booking.reference, row.connection, error)
            remote_times.unanswered(row.connection, error, now)
            return None
        hold_rows.keep(booking, row.connection, there)
        return there.until

    def settle(self, booking: Booking) -> None:
        """Do the worker's turn for this one booking, or wait for a worker who is at it already."""
        until = time.monotonic() + SETTLE
        try:
            while time.monotonic() < until - http.LEAST:
                mirror = (
                    Mirror.objects.filter(kind="booking", local_uid=str(booking.pk))
                    .select_related("connection__brand")
                    .first()
                )
                if mirror is None or not _is_pending(booking):
                    return
                if not remote_times.may_ask(mirror.connection, timezone.now()):
                    return
                if sync.claim(mirror):
                    self._reconcile(mirror, until)
                    return
                if mirror.leased_until is None:
                    return
                time.sleep(0.1)
        except Exception:  # the booking stays pending, and a worker clears it up
            logger.exception("Booking %s could not be settled at once.", booking.reference)

    @staticmethod
    def _reconcile(mirror: Mirror, until: float) -> None:
        with http.within(until - time.monotonic()):
            sync.reconcile(mirror)
        failed = Mirror.objects.filter(pk=mirror.pk, attempts__gt=mirror.attempts).exclude(due_at=None).first()
        if failed is not None:
            remote_times.unanswered(mirror.connection, Transient(failed.last_error), timezone.now())

    def embed(self, meeting_type: MeetingType, *, language: str) -> Embed | None:
        row = _whole_row(meeting_type)
        if row is None or row.connection.booking != Connection.Booking.EMBED or not row.connection.is_active:
            return None
        connection = row.connection
        mirror = Mirror.objects.filter(
            connection=connection, kind="meeting_type", local_uid=str(meeting_type.pk)
        ).first()
        if mirror is None or mirror.remote is None or connection.provider_class.engine is None:
            return None
        try:
            url = connection.provider_class.engine(connection.open()).embed_url(mirror.remote, language=language)
        except CannotUnseal:
            return None
        return framed(connection, url)


SEALED = ("connection__credentials", "connection__webhook_secret")
RELATION: Any = MeetingType._meta.get_field("remote_times")


def _row(meeting_type: MeetingType) -> RemoteTimes | None:
    """As `prepare` or `refresh` left it on the object, else as the database has it."""
    if RELATION.is_cached(meeting_type):
        return RELATION.get_cached_value(meeting_type)  # type: ignore[no-any-return]
    return RemoteTimes.objects.select_related("connection").defer(*SEALED).filter(pk=meeting_type.pk).first()


def _whole_row(meeting_type: MeetingType) -> RemoteTimes | None:
    """The row with all that asking needs; left on the object, so that one page loads it once."""
    row = RELATION.get_cached_value(meeting_type, default=None)
    if row is None or row.connection.get_deferred_fields():
        row = remote_times.row_of(meeting_type.pk)
        RELATION.set_cached_value(meeting_type, row)
    if row is not None:
        row.meeting_type = meeting_type
    return row  # type: ignore[no-any-return]


def _can_hold(connection: Connection) -> bool:
    cls = connection.provider_class.engine
    return cls is not None and cls.can_hold


def _is_pending(booking: Booking) -> bool:
    return Booking.objects.filter(pk=booking.pk, status=Status.PENDING).exists()


def is_stale(row: RemoteTimes, now: datetime) -> bool:
    return row.fetched_at is None or row.fetched_at < now - STALE


def freshness(row: RemoteTimes, now: datetime) -> Freshness:
    """Old times alone are no failure: search cards show them, and who looks closer asks anew. Old times of a provider
    that does not answer are closed, or for requests only, as the connection says."""
    connection = row.connection
    silent = bool(connection.unanswered) or not connection.is_active or connection.is_resting
    failing = is_stale(row, now) and silent
    if connection.when_down == Connection.WhenDown.REQUEST:
        quiet = connection.quiet_until is not None and connection.quiet_until > now
        return Freshness(as_of=row.fetched_at, down=row.fetched_at is None, requests_only=failing or quiet)
    return Freshness(as_of=row.fetched_at, down=failing or row.fetched_at is None)
