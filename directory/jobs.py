"""Verbs of long work: start, stop, run.

A kind of work (settings.JOB_KINDS) is a generator: it takes the Job, skips the `job.done + job.failed` items that are
behind it, does the next and yields None, or a sentence where that item failed. Each item is its own transaction and must
bear being done twice: a worker may die between the item and the count.
"""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory import audit
from directory.models import Brand, Job, User
from directory.signals import job_queued

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)
KEPT = timedelta(days=1)  # what a job needs to go on, after its end
TOLD = timedelta(days=30)  # words about rows: they may name people
OFTEN = timedelta(seconds=1)  # between two counts that are written down
LINES = 500  # of the log of one job
Status = Job.Status


@transaction.atomic
def start(
    kind: str, *, title: str, brand: Brand, by: User | None, total: int, data: str = "", options: Any = None
) -> Job:
    """Queue a job; the worker is woken when the transaction is done."""
    if kind not in settings.JOB_KINDS:
        raise LookupError(kind)
    options = {**(options or {}), "language": translation.get_language()}
    job = Job.objects.create(kind=kind, title=title[:160], brand=brand, by=by, total=total, data=data, options=options)
    audit.record("job.started", job, actor=by)
    job_queued.send(sender=Job, job=job)
    return job


@transaction.atomic
def stop(job: Job) -> None:
    """A waiting job ends at once, a running one after the item at hand. What is done stays done."""
    Job.objects.filter(pk=job.pk, status__in=Job.OPEN).update(stop_asked=True)
    waiting = Job.objects.filter(pk=job.pk, status=Status.WAITING)
    waiting.update(status=Status.STOPPED, ended_at=timezone.now())
    audit.record("job.stopped", job)


@transaction.atomic
def resume(job: Job) -> bool:
    """Go on after the last item that was counted; False where the job runs, is done or was forgotten."""
    ended = Job.objects.filter(pk=job.pk, status__in=(Status.STOPPED, Status.BROKEN)).exclude(data="")
    if not ended.update(status=Status.WAITING, stop_asked=False, ended_at=None, leased_until=None):
        return False
    audit.record("job.resumed", job)
    job_queued.send(sender=Job, job=job)
    return True


def forget(now: datetime) -> int:
    """What a job that was stopped or broke off needs to go on is kept for a day, what it said of rows for a month."""
    over = Job.objects.exclude(status__in=Job.OPEN)
    count = over.filter(ended_at__lte=now - KEPT).exclude(data="").update(data="")
    told = over.filter(ended_at__lte=now - TOLD).exclude(log="", result="")
    return count + told.update(log="", result="")


def run_next() -> int:
    """Claim one job that waits, or whose worker died, and work until it ends; returns how many were run: 0 or 1."""
    now = timezone.now()
    free = Q(status=Status.WAITING) | Q(status=Status.RUNNING, leased_until__lt=now)
    for job in Job.objects.filter(free).select_related("brand", "by").order_by("created_at")[:5]:
        claimed = Job.objects.filter(free, pk=job.pk).update(status=Status.RUNNING, leased_until=now + LEASE)
        if claimed:
            job.refresh_from_db()
            with translation.override(job.options.get("language") or translation.get_language()):
                _work(job)
            return 1
    return 0


def _work(job: Job) -> None:
    """Count what the generator yields; the row is written every second, so that the page can show it."""
    lines = job.log.splitlines()
    done, failed, written, ending = job.done, job.failed, timezone.now(), Status.DONE
    try:
        work: Iterator[str | None] = import_string(settings.JOB_KINDS[job.kind])(job)
        for problem in work:
            if problem is None:
                done += 1
            else:
                failed += 1
                lines.append(problem)
            now = timezone.now()
            if now - written >= OFTEN or problem is not None:
                written = now
                if not _count(job, done, failed, lines, now):
                    return  # another worker has it
                if Job.objects.filter(pk=job.pk, stop_asked=True).exists():
                    ending = Status.STOPPED
                    break
    except Exception:  # noqa: BLE001  the loop of a worker: whatever it was, the job ends and says so
        log.exception("Job %s broke off", job.pk)
        lines.append(_("The work broke off at an unexpected error; the operator's log has the details."))
        ending = Status.BROKEN
    if not _count(job, done, failed, lines, timezone.now()):
        return
    ended: dict[str, Any] = {"status": ending, "ended_at": timezone.now(), "leased_until": None}
    if ending == Status.DONE:
        ended["data"] = ""
    Job.objects.filter(pk=job.pk, status=Status.RUNNING).update(**ended)


def _count(job: Job, done: int, failed: int, lines: list[str], now: Any) -> bool:
    """Write the numbers down while the job is ours; False where it is not."""
    mine = Job.objects.filter(pk=job.pk, status=Status.RUNNING, leased_until=job.leased_until)
    numbers = {"done": done, "failed": failed, "total": max(job.total, done + failed)}
    words = {"log": "\n".join(lines[:LINES]), "result": job.result}
    count = mine.update(**numbers, **words, leased_until=now + LEASE)
    job.leased_until = now + LEASE
    return bool(count)


audit.WORDS["job.started"] = gettext_lazy("job started")
audit.WORDS["job.stopped"] = gettext_lazy("job stopped")
audit.WORDS["job.resumed"] = gettext_lazy("job resumed")
