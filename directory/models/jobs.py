"""Long work that a person started and watches."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.models.brands import Brand


class Job(models.Model):
    """One piece of long work: queue entry, progress and record in one row. Written by `directory.jobs`.

    `data` is what the work needs (a file's text, say) and goes when it ends; `result` is what it made, for download.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for the worker")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        STOPPED = "stopped", _("Stopped")
        BROKEN = "broken", _("Broken off")

    OPEN = (Status.WAITING, Status.RUNNING)

    uid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    title = models.CharField(_("what"), max_length=160)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="jobs", verbose_name=_("brand"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("started by")
    )
    status = models.CharField(_("status"), max_length=8, choices=Status, default=Status.WAITING, db_index=True)
    total = models.PositiveIntegerField(_("items"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    log = models.TextField(_("log"), blank=True)
    options = models.JSONField(default=dict)
    data = models.TextField(blank=True)
    result = models.TextField(blank=True)
    stop_asked = models.BooleanField(_("asked to stop"), default=False)
    leased_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(_("started"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-created_at"]
        default_permissions = ("view", "change")
        constraints = [
            models.CheckConstraint(condition=Q(total__gte=F("done") + F("failed")), name="job_not_more_than_total")
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def can_resume(self) -> bool:
        return self.status in (self.Status.STOPPED, self.Status.BROKEN) and bool(self.data)

    @property
    def left(self) -> int:
        return self.total - self.done - self.failed

    @property
    def percent(self) -> int:
        return 100 * (self.done + self.failed) // self.total if self.total else 0
