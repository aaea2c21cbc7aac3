"""What waits for a worker, of all apps: each names its queues by settings.QUEUES, so that a page can say how late they are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import CharField, Count, Min, QuerySet, Value
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from directory.models import Job, LoggedMail


@dataclass(frozen=True)
class Queue:
    """`rows` are due now, since `column`; `way` is the lookup from a row to its brand; `page` an admin URL with a query."""

    name: str
    label: Any
    rows: QuerySet[Any]
    column: str
    way: str
    page: str


@dataclass(frozen=True)
class Backlog:
    """How many rows wait in a queue, and since when the oldest does."""

    queue: Queue
    count: int
    oldest: datetime


def all_of(now: datetime) -> list[Queue]:
    found: list[Queue] = []
    for path in settings.QUEUES:
        if apps.is_installed(path.partition(".")[0]):
            source: Callable[[datetime], Iterable[Queue]] = import_string(path)
            found += source(now)
    return found


def backlogs(queues: Iterable[Queue], brands: list[int] | None = None) -> list[Backlog]:
    """The queues in which something waits, the latest first; one query for all. `brands`: None for all."""
    by_name = {queue.name: queue for queue in queues}
    parts = []
    for queue in by_name.values():
        rows = queue.rows if brands is None else queue.rows.filter(**{f"{queue.way}__in": brands})
        named = rows.order_by().annotate(queue=Value(queue.name, output_field=CharField())).values("queue")
        parts.append(
            named.annotate(waiting=Count("pk"), oldest=Min(queue.column)).values_list("queue", "waiting", "oldest")
        )
    if not parts:
        return []
    rows = parts[0].union(*parts[1:], all=True)
    found = [Backlog(by_name[name], count, oldest) for name, count, oldest in rows if count]
    return sorted(found, key=lambda backlog: backlog.oldest)


def failed_mails(now: datetime) -> list[Queue]:
    """Mails about accounts that failed in the last week: nobody can send them again, so they are not news for ever."""
    since = now - timedelta(days=7)
    rows = LoggedMail.objects.filter(status=LoggedMail.Status.FAILED, at__gte=since)
    query = f"status__exact=failed&at_from={timezone.localdate(since).isoformat()}"
    label = LoggedMail._meta.verbose_name_plural
    return [Queue("failed loggedmail", label, rows, "at", "brand", f"admin:directory_loggedmail_changelist?{query}")]


def jobs(now: datetime) -> list[Queue]:
    waiting = Job.objects.filter(status=Job.Status.WAITING)
    return [
        Queue("jobs", _("jobs"), waiting, "created_at", "brand", "admin:directory_job_changelist?status__exact=waiting")
    ]
