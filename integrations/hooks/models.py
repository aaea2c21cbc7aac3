"""Addresses that want to hear, what happened, and what became of telling them."""

import secrets
import uuid
from base64 import b64encode
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.models import Brand, Professional
from directory.secrets import SealedField


def new_secret() -> str:
    """256 bits as Standard Webhooks write them."""
    return "whsec_" + b64encode(secrets.token_bytes(32)).decode()


def first_secrets() -> list[dict[str, Any]]:
    return [{"secret": new_secret(), "until": None}]


class HookEndpoint(models.Model):
    """An address that hears of events: of one professional, or (without one) of a whole brand.

    `secrets`, the newest first: {"secret": "whsec_…", "until": ISO instant or None}. All that are still good sign.
    """

    class Payload(models.TextChoices):
        FULL = "full", _("Everything a receiver needs")
        THIN = "thin", _("Only what to look up")

    class Stopped(models.TextChoices):
        GONE = "gone", _("The receiver answered “410 Gone”.")
        SILENT = "silent", _("No message arrived for three days.")
        BY_OWNER = "owner", _("You switched it off.")

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="hook_endpoints", verbose_name=_("brand"))
    professional = models.ForeignKey(
        Professional,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="hook_endpoints",
        verbose_name=_("professional"),
        help_text=_("Empty: hears of everybody in the brand."),
    )
    url = models.CharField(_("address"), max_length=500)
    description = models.CharField(_("what it is for"), max_length=120, blank=True)
    types = models.JSONField(_("events"), default=list, blank=True)
    payload = models.CharField(_("content"), max_length=4, choices=Payload, default=Payload.FULL)
    secrets = SealedField(_("signing secrets"), default=first_secrets, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    stopped_because = models.CharField(
        _("switched off because"), max_length=8, choices=Stopped, blank=True, editable=False
    )
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    last_ok_at = models.DateTimeField(_("last answer"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("webhook address")
        verbose_name_plural = _("webhook addresses")
        ordering = ["brand", "professional", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["professional", "url"], name="hook_endpoint_once_per_professional"),
            models.UniqueConstraint(
                fields=["brand", "url"], condition=Q(professional=None), name="hook_endpoint_once_per_brand"
            ),
        ]

    def __str__(self) -> str:
        return self.url

    def good_secrets(self, now: datetime) -> list[str]:
        """The newest first; those that were replaced only until their end."""
        return [
            one["secret"] for one in self.secrets if one["until"] is None or datetime.fromisoformat(one["until"]) > now
        ]

    def wants(self, event_type: str) -> bool:
        return not self.types or event_type in self.types

    @property
    def owner_emails(self) -> list[str]:
        """Who is told when it is switched off."""
        return [self.professional.person.email if self.professional else self.brand.support_email]


class HookEvent(models.Model):
    """Something that happened, frozen in the transaction in which it did. `data` holds what a full payload says."""

    uid = models.UUIDField(_("id"), primary_key=True, default=uuid.uuid4, editable=False)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="+", verbose_name=_("brand"))
    professional = models.ForeignKey(
        Professional, models.CASCADE, null=True, related_name="+", verbose_name=_("professional")
    )
    type = models.CharField(_("event"), max_length=48)
    subject = models.CharField(_("about"), max_length=64, blank=True)
    data = SealedField(_("content"), default=dict, editable=False)
    is_example = models.BooleanField(_("example"), default=False)
    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("outgoing event")
        verbose_name_plural = _("outgoing events")
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.type

    @property
    def message_id(self) -> str:
        """The same for every try: what a receiver remembers to hear of nothing twice."""
        return f"msg_{self.uid.hex}"


class HookDelivery(models.Model):
    """One event for one address. `due_at` says when it is tried (next); None: nothing more will be tried."""

    class Status(models.TextChoices):
        DUE = "due", _("waiting")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("given up")
        STOPPED = "stopped", _("address switched off")

    event = models.ForeignKey(HookEvent, models.CASCADE, related_name="deliveries", verbose_name=_("event"))
    endpoint = models.ForeignKey(HookEndpoint, models.CASCADE, related_name="deliveries", verbose_name=_("address"))
    status = models.CharField(_("status"), max_length=9, choices=Status, default=Status.DUE)
    due_at = models.DateTimeField(_("tried again at"), null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("tries"), default=0)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="hook_event_once_per_endpoint"),
            models.CheckConstraint(
                condition=Q(status="due", due_at__isnull=False) | (~Q(status="due") & Q(due_at=None)),
                name="hook_delivery_due_has_a_time",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status="due"), name="hook_delivery_due"),
            models.Index(fields=["endpoint", "-created_at"], name="hook_delivery_log"),
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.endpoint}"


class HookAttempt(models.Model):
    """One try and what came back. `status` 0: no answer; `answer` holds its beginning, or what went wrong."""

    delivery = models.ForeignKey(HookDelivery, models.CASCADE, related_name="log", verbose_name=_("delivery"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    status = models.PositiveSmallIntegerField(_("HTTP status"), default=0)
    milliseconds = models.PositiveIntegerField(_("milliseconds"), default=0)
    answer = models.TextField(_("answer"), blank=True)

    class Meta:
        verbose_name = _("try")
        verbose_name_plural = _("tries")
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.status or '–'} {self.at:%H:%M:%S}"
