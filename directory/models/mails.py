"""Mails about accounts and the running of a brand, as they went out."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.models.brands import Brand


class LoggedMail(models.Model):
    """One mail to one address that is no row of a queue. Written by `directory.mail_log` when it is sent, never by hand.

    `recipient` is empty where the address must not be kept. What the mail said is not kept: it may hold a secret link.
    """

    class Kind(models.TextChoices):
        DECISION = "decision", _("Decision about a profile")
        ACCOUNT = "account", _("Log-in and e-mail address")
        DEVICE = "device", _("Log-in from a new device")
        OWN_DATA = "own_data", _("Link to one's own data")
        DEPARTURE = "departure", _("Proof of erasure")
        NOTICE = "notice", _("Technical notice")

    class Status(models.TextChoices):
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="+", verbose_name=_("brand"))
    kind = models.CharField(_("kind"), max_length=9, choices=Kind)
    recipient = models.EmailField(_("recipient"), blank=True)
    subject = models.CharField(_("subject"), max_length=255)
    status = models.CharField(_("status"), max_length=6, choices=Status)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=1)
    last_error = models.TextField(_("last error"), blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("mail about accounts")
        verbose_name_plural = _("mails about accounts")
        ordering = ["-at", "-pk"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["brand", "recipient"], name="loggedmail_recipient")]

    def __str__(self) -> str:
        return self.subject
