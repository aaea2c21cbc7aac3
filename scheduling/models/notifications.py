"""Which mails a professional wants, and her daily digest."""

from datetime import time

from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.models import Professional
from scheduling.models.messages import Outgoing


class NotificationChoices(models.Model):
    """What she is told by mail, and when she is left in peace. Without a row the defaults hold."""

    host = models.OneToOneField(
        Professional,
        models.CASCADE,
        primary_key=True,
        related_name="notification_choices",
        verbose_name=_("professional"),
    )
    new_booking = models.BooleanField(_("somebody has booked"), default=True)
    request = models.BooleanField(_("somebody asks for a time"), default=True)
    moved = models.BooleanField(_("an appointment was moved"), default=True)
    cancelled = models.BooleanField(_("an appointment was cancelled"), default=True)
    reminder = models.BooleanField(_("a reminder a day before each appointment"), default=False)
    digest = models.BooleanField(_("the day in one mail, at 06:30"), default=True)
    digest_when_empty = models.BooleanField(_("also on days without appointments"), default=False)
    quiet = models.BooleanField(_("quiet hours"), default=False)
    quiet_from = models.TimeField(_("from"), default=time(20))
    quiet_until = models.TimeField(_("until"), default=time(7))

    class Meta:
        verbose_name = _("notification choices")
        verbose_name_plural = _("notification choices")

    def __str__(self) -> str:
        return str(self.host)


class Digest(Outgoing):
    """The mail of one local day: the unique key is what makes it one."""

    host = models.ForeignKey(Professional, models.CASCADE, related_name="digests", verbose_name=_("professional"))
    day = models.DateField(_("day"))

    class Meta:
        verbose_name = _("daily digest")
        verbose_name_plural = _("daily digests")
        ordering = ["-day", "-id"]
        constraints = [models.UniqueConstraint(fields=["host", "day"], name="digest_once_per_local_day")]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(status="due"), name="digest_due")]

    def __str__(self) -> str:
        return f"{self.host}, {self.day}"
