"""What is to be sent: one row per booking, version, kind, channel and audience."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from scheduling.models.bookings import Booking


class Outgoing(models.Model):
    """What every row has that a worker sends: when, to whom, how often it was tried."""

    class Status(models.TextChoices):
        DUE = "due", _("Waiting")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        SUPERSEDED = "superseded", _("Overtaken")

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DUE)
    recipient = models.EmailField(_("address"), blank=True)
    subject = models.CharField(_("subject"), max_length=255, blank=True)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    due_at = models.DateTimeField(_("due"), default=timezone.now, null=True, blank=True)
    leased_until = models.DateTimeField(_("leased until"), null=True, blank=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    class Meta:
        abstract = True


class MessageQuerySet(models.QuerySet["Message"]):
    def about_changes(self) -> "MessageQuerySet":
        """What somebody did, not what the clock reminds of."""
        return self.exclude(kind__in=REMINDERS)


class Message(Outgoing):
    """An outbox row, written in the booking's transaction and sent by the worker.

    The unique key makes it safe to write and to send again. The text is rendered when it is sent, from the state
    then: a row whose version the booking has left behind is `superseded`.
    """

    class Kind(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        VERIFY = "verify", _("Please confirm")
        CONFIRMED = "confirmed", _("Confirmed")
        MOVED = "moved", _("Moved")
        CANCELLED = "cancelled", _("Cancelled")
        DECLINED = "declined", _("Declined")
        REMINDER_WEEK = "reminder_7d", _("Reminder a week before")
        REMINDER_DAY = "reminder_24h", _("Reminder a day before")
        REMINDER_HOURS = "reminder_2h", _("Reminder two hours before")

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")

    class Audience(models.TextChoices):
        CLIENT = "client", _("Client")
        HOST = "host", _("Professional")

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="messages", verbose_name=_("booking"))
    version = models.PositiveIntegerField(_("version"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    channel = models.CharField(_("channel"), max_length=8, choices=Channel, default=Channel.EMAIL)
    audience = models.CharField(pgettext_lazy("receiver of a message", "to"), max_length=8, choices=Audience)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking", "version", "kind", "channel", "audience"], name="message_once_per_version"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(status="due"), name="message_due"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.get_audience_display()}"


# In the order in which they are sent.
REMINDERS = (Message.Kind.REMINDER_WEEK, Message.Kind.REMINDER_DAY, Message.Kind.REMINDER_HOURS)
