"""The free times that a provider gave last: who asks it for them, when, how long, and what is kept of the answer.

Pages ask within a budget and serve what is remembered when no answer comes; a worker asks with more patience. A provider
that leaves questions unanswered is left in peace for a while, by all processes: the state is in the connection's row.
"""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from directory.models import Professional
from directory.secrets import CannotUnseal
from integrations import http
from integrations.contract import Engine, Remote
from integrations.errors import ProviderError, Transient, Unauthorised
from integrations.models import CallCount, Connection, Mirror, RemoteTimes
from scheduling import availability, background
from scheduling.models import MeetingType

logger = logging.getLogger(__name__)
# What a visitor waits for at most, and what a worker does.
BUDGET, PATIENCE = 0.3, 15.0
FRESH = timedelta(seconds=60)
# After so many questions without an answer in time, none is asked for a while.
FAILURES, QUIET = 3, timedelta(seconds=30)
REST = timedelta(minutes=5)
# How far ahead a page asks, so that one call does, and a worker.
NEAR, FAR = timedelta(days=31), timedelta(days=92)
# A worker asks for everything again when its last answer is older than this.
WHOLE = timedelta(minutes=10)
# Keeping warm takes this share of the allowed pace, and leaves alone what is younger.
SHARE, WARM = 0.25, timedelta(minutes=2)
# Calls run in threads, because nothing else bounds a name that does not resolve or an answer that drips. They have no
# connection to the database. A hanging provider fills these few, and then costs its pages nothing but the budget.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="remote-times")


@dataclass(frozen=True, slots=True)
class Question:
    """All that a call needs, read beforehand."""

    engine: Engine
    user: Remote
    meeting_type: Remote
    start: datetime
    end: datetime
    whole_end: datetime
    fresh: bool

    def ask(self, seconds: float) -> list[int]:
        """Epoch seconds, sorted. Raises the six errors."""
        with http.within(seconds):
            found = self.engine.free_starts(self.user, self.meeting_type, self.start, self.end, fresh=self.fresh)
        return sorted({int(start.timestamp()) for start in found})


# --- whose engine decides ------------------------------------------------------------------------------------------


@transaction.atomic
def adopt(mirror: Mirror, changed: bool) -> None:
    """A meeting type is as desired at a provider that has an engine: from now on that one decides about it."""
    connection = mirror.connection
    meeting_type = MeetingType.objects.filter(pk=mirror.local_uid).first()
    if connection.provider_class.engine is None or meeting_type is None:
        return
    row = RemoteTimes.objects.filter(pk=meeting_type.pk).first()
    if row is None or row.connection_id != connection.pk or meeting_type.engine != "remote":
        RemoteTimes.objects.update_or_create(
            meeting_type=meeting_type, defaults={"connection": connection, "epochs": [], "fetched_at": None}
        )
        MeetingType.objects.filter(pk=meeting_type.pk).update(engine="remote")
        availability.refresh_later(meeting_type.host_id)
    elif not changed:
        return
    background.after_commit("integrations.tasks.fetch_times", meeting_type.pk)


def hours_changed(mirror: Mirror, changed: bool) -> None:
    """Other hours have reached the provider: what is remembered of this host is no longer true."""
    if changed:
        for pk in RemoteTimes.objects.filter(
            connection=mirror.connection, meeting_type__host=int(mirror.local_uid)
        ).values_list("pk", flat=True):
            background.after_commit("integrations.tasks.fetch_times", pk)


def abandon(mirror: Mirror) -> None:
    """A meeting type is gone from its provider: our own engine decides again."""
    leave(Q(meeting_type=mirror.local_uid, connection=mirror.connection))


@transaction.atomic
def leave(rows: Q) -> None:
    """These are no longer decided about there; until they are at another provider, our own engine decides."""
    found = RemoteTimes.objects.filter(rows).select_related("meeting_type")
    types = {row.pk: row.meeting_type.host_id for row in found}
    RemoteTimes.objects.filter(pk__in=types).delete()
    MeetingType.objects.filter(pk__in=types).update(engine="native")
    for host_id in set(types.values()):
        availability.refresh_later(host_id)


# --- asking --------------------------------------------------------------------------------------------------------


def row_of(meeting_type_id: int) -> RemoteTimes | None:
    """The row as it is now, with all that asking needs."""
    rows = RemoteTimes.objects.select_related("connection__brand", "meeting_type__host__person")
    return rows.filter(pk=meeting_type_id).first()


def prepare(
    row: RemoteTimes, now: datetime, *, far: timedelta, patience: float, fresh: bool = False
) -> Question | None:
    """None: the objects are not there (any more), or the credentials cannot be read."""
    meeting_type, connection = row.meeting_type, row.connection
    mirrors = Mirror.objects.filter(
        Q(kind="meeting_type", local_uid=str(meeting_type.pk)) | Q(kind="user", local_uid=str(meeting_type.host_id)),
        connection=connection,
    )
    remote = {mirror.kind: mirror.remote for mirror in mirrors}
    user, there = remote.get("user"), remote.get("meeting_type")
    if user is None or there is None or connection.provider_class.engine is None:
        return None
    try:
        provider = connection.open(patience=patience)
    except CannotUnseal:
        logger.exception("Connection %s cannot be used.", connection)
        return None
    whole_end = min(availability.horizon_end(meeting_type, now), now + FAR)
    end = min(whole_end, now + far)
    return Question(connection.provider_class.engine(provider), user, there, now, end, whole_end, fresh)


def ask_now(row: RemoteTimes, now: datetime, *, fresh: bool = False) -> bool:
    """Ask within the budget of a page; says whether an answer came. Outside transactions only."""
    connection = row.connection
    if not may_ask(connection, now):
        return False
    http.refuse_inside_transaction()
    question = prepare(row, now, far=NEAR, patience=BUDGET / 2, fresh=fresh)
    if question is None:
        return False
    calls: list[int] = []
    question.engine.http.record = lambda status, _seconds: calls.append(status)
    future = _threads.submit(question.ask, BUDGET)
    try:
        epochs = future.result(timeout=BUDGET)
    except TimeoutError:
        future.cancel()
        unanswered(connection, Transient("No answer in time."), now)
        calls = calls or [0]
    except ProviderError as error:
        unanswered(connection, error, now)
    except Exception as error:  # an answer that nobody expected must not cost a visitor the page
        logger.exception("Free times of %s", row)
        unanswered(connection, error, now)
    else:
        remember(row, epochs, question, now)
        answered(connection, now, in_time=True)
        return True
    finally:
        for status in list(calls):
            CallCount.add(connection, status)
    return False


def ask_patiently(row: RemoteTimes) -> bool:
    """A worker's question: it may take longer. Says whether an answer came."""
    now, begun = timezone.now(), time.monotonic()
    question = prepare(row, now, far=FAR, patience=PATIENCE / 3)
    if question is None or row.connection.is_resting or not row.connection.is_active:
        return False
    try:
        epochs = question.ask(PATIENCE)
    except ProviderError as error:
        unanswered(row.connection, error, now)
        return False
    answered(row.connection, now, in_time=time.monotonic() - begun <= BUDGET)
    if remember(row, epochs, question, now):
        availability.refresh(row.meeting_type.host)
    return True


def ask_worker(row: RemoteTimes, now: datetime) -> None:
    """Once in a while, however many visitors look."""
    waiting = Q(asked_at__gt=now - QUIET)
    if RemoteTimes.objects.filter(pk=row.pk).exclude(waiting).update(asked_at=now):
        background.send("integrations.tasks.fetch_times", row.pk)


def remember(row: RemoteTimes, epochs: list[int], question: Question, now: datetime) -> bool:
    """Keep an answer unless a later one is there; says whether it was news. What lies behind its end stays."""
    whole = question.end >= question.whole_end
    if not whole:
        end = question.end.timestamp()
        epochs = epochs + [epoch for epoch in row.epochs if epoch >= end]
    changed = row.epochs != epochs
    row.epochs, row.fetched_at = epochs, now
    row.until = question.end if whole else row.until
    older = Q(fetched_at=None) | Q(fetched_at__lt=now)
    RemoteTimes.objects.filter(older, pk=row.pk, connection=row.connection_id).update(
        epochs=epochs, until=row.until, fetched_at=now
    )
    if row.until is None or row.until < question.whole_end - WHOLE:
        ask_worker(row, now)
    return changed


# --- the circuit breaker -------------------------------------------------------------------------------------------


def may_ask(connection: Connection, now: datetime) -> bool:
    """False while the connection rests or is left in peace. After that one asks for all; its answer decides."""
    if not connection.is_active or (connection.resting_until and connection.resting_until > now):
        return False
    if connection.quiet_until is None:
        return True
    if connection.quiet_until > now:
        return False
    first = Connection.objects.filter(pk=connection.pk, quiet_until=connection.quiet_until)
    return bool(first.update(quiet_until=now + QUIET))


def answered(connection: Connection, now: datetime, *, in_time: bool) -> None:
    if in_time and (connection.unanswered or connection.quiet_until):
        connection.unanswered, connection.quiet_until = 0, None
        Connection.objects.filter(pk=connection.pk).update(unanswered=0, quiet_until=None)
    if connection.last_error or connection.last_ok_at is None or connection.last_ok_at < now - FRESH:
        connection.last_ok_at = now
        connection.succeeded()


def unanswered(connection: Connection, error: Exception, now: datetime) -> None:
    """Count it, unless the provider or we ourselves only asked for a slower pace."""
    if isinstance(error, Transient) and (error.status == 429 or error.retry_after is not None):
        return
    if isinstance(error, Unauthorised):
        connection.failed(error, rest=REST)
        return
    connection.unanswered += 1
    Connection.objects.filter(pk=connection.pk).update(unanswered=F("unanswered") + 1)
    if connection.unanswered >= FAILURES:
        connection.quiet_until = now + QUIET
        Connection.objects.filter(pk=connection.pk).update(quiet_until=connection.quiet_until)
        connection.failed(error)


# --- what the clock does -------------------------------------------------------------------------------------------


def keep_warm(connection: Connection, *, seconds: float) -> int:
    """Ask anew for what was asked longest ago, in `seconds` and within a share of the pace; how many answers came."""
    now = timezone.now()
    pace = min(calls / period for calls, period in connection.options.get("rate") or connection.provider_class.rate)
    batch = max(1, int(pace * seconds * SHARE))
    rows = (
        RemoteTimes.objects.filter(connection=connection, meeting_type__host__status=Professional.Status.LISTED)
        .filter(Q(fetched_at=None) | Q(fetched_at__lt=now - WARM))
        .select_related("connection__brand", "meeting_type__host__person")
        .order_by(F("fetched_at").asc(nulls_first=True))
    )
    until, count, missed = time.monotonic() + seconds, 0, 0
    for row in rows[:batch]:
        if ask_patiently(row):
            count, missed = count + 1, 0
        else:
            missed += 1
        if missed >= FAILURES or time.monotonic() > until:
            break
    return count
