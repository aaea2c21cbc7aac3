"""What a provider of video rooms reports, as rows: feedback and usage by month, as it said them last."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from integrations.models import Connection


class ReportMonth(models.Model):
    """Reports of one month and tenant were fetched. `tenant`: its code, "" for the whole account."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="report_months")
    tenant = models.CharField(_("tenant"), max_length=64, blank=True)
    month = models.DateField(_("month"))
    fetched_at = models.DateTimeField(_("fetched"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    class Meta:
        verbose_name = _("month of reports")
        verbose_name_plural = _("months of reports")
        ordering = ["-month", "tenant"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "tenant", "month"], name="report_month_once"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.tenant}".strip()


class RoomFeedback(models.Model):
    """How somebody rated a video meeting, 0 to 10."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="room_feedback")
    tenant = models.CharField(_("tenant"), max_length=64, blank=True)
    remote_id = models.CharField(_("id there"), max_length=64)
    at = models.DateTimeField(_("given"))
    rating = models.SmallIntegerField(_("rating"))
    text = models.TextField(_("words"), blank=True)
    code = models.CharField(_("meeting"), max_length=64, blank=True)
    tenant_id = models.CharField(_("tenant’s id"), max_length=64, blank=True)
    app_version = models.CharField(_("version"), max_length=64, blank=True)
    browser = models.CharField(_("browser"), max_length=120, blank=True)
    system = models.CharField(_("system"), max_length=120, blank=True)
    screen_width = models.PositiveIntegerField(_("screen width"), null=True, blank=True)
    screen_height = models.PositiveIntegerField(_("screen height"), null=True, blank=True)
    touch = models.BooleanField(_("touch screen"), default=False)

    class Meta:
        verbose_name = _("feedback on a video meeting")
        verbose_name_plural = _("feedback on video meetings")
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["connection", "remote_id"], name="room_feedback_once")]
        indexes = [models.Index(fields=["connection", "at"], name="room_feedback_at")]

    def __str__(self) -> str:
        return f"{self.rating} {self.code}"


class RoomUsage(models.Model):
    """A video meeting that took place. What is free or covered is the provider's word, never reckoned here."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="room_usage")
    tenant = models.CharField(_("tenant"), max_length=64, blank=True)
    remote_id = models.CharField(_("id there"), max_length=64)
    code = models.CharField(_("meeting"), max_length=64, blank=True)
    title = models.CharField(_("title"), max_length=300, blank=True)
    description = models.TextField(_("description"), blank=True)
    participants = models.PositiveIntegerField(_("people"), default=0)
    created_at = models.DateTimeField(_("made"))
    started_at = models.DateTimeField(_("begun"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    total_seconds = models.PositiveIntegerField(_("seconds in all"), default=0)
    billable_seconds = models.PositiveIntegerField(_("billable seconds"), default=0)
    is_free = models.BooleanField(_("free"), default=False)
    is_covered = models.BooleanField(_("covered by the subscription"), default=False)
    subscription_id = models.CharField(_("subscription"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("usage of a video meeting")
        verbose_name_plural = _("usage of video meetings")
        ordering = ["-created_at"]
        constraints = [models.UniqueConstraint(fields=["connection", "remote_id"], name="room_usage_once")]
        indexes = [models.Index(fields=["connection", "created_at"], name="room_usage_at")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"
