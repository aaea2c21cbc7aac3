"""The spam desk: rules about who may book online, and what the guard stopped."""

import ipaddress
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.models import Brand, Professional
from scheduling.models.bookings import Booking


class SpamRuleQuerySet(models.QuerySet["SpamRule"]):
    def in_force(self, brand: Brand, now: Any) -> "SpamRuleQuerySet":
        """Of this brand or of all, not run out."""
        return self.filter(Q(brand=brand) | Q(brand=None)).filter(Q(until=None) | Q(until__gt=now))


class SpamRule(models.Model):
    """What the guard does with a sender. Where several fit, allowing wins over refusing, refusing over asking."""

    class Kind(models.TextChoices):
        EMAIL = "email", _("E-mail address")
        DOMAIN = "domain", _("Mail domain")
        NETWORK = "network", _("IP address or range")
        FINGERPRINT = "fingerprint", _("Visitor of an attempt")

    class Effect(models.TextChoices):
        ALLOW = "allow", _("Always let book")
        MAIL = "mail", _("Ask to confirm by e-mail")
        REFUSE = "refuse", _("Refuse politely")

    brand = models.ForeignKey(
        Brand,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="spam_rules",
        verbose_name=_("brand"),
        help_text=_("Empty: all brands."),
    )
    kind = models.CharField(_("about"), max_length=12, choices=Kind)
    value = models.CharField(
        _("value"),
        max_length=254,
        help_text=_("For example spam@example.org, example.org (with its subdomains) or 203.0.113.0/24."),
    )
    effect = models.CharField(_("effect"), max_length=8, choices=Effect, default=Effect.MAIL)
    note = models.CharField(_("note"), max_length=200, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True, help_text=_("Empty: until it is deleted."))
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    objects = SpamRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("spam rule")
        verbose_name_plural = _("spam rules")
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["brand", "kind", "value"],
                name="spam_rule_once_per_brand",
                violation_error_message=_("There is a rule about this already."),
            ),
            models.UniqueConstraint(
                fields=["kind", "value"],
                condition=Q(brand=None),
                name="spam_rule_once_for_all",
                violation_error_message=_("There is a rule about this already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value}: {self.get_effect_display()}"

    def clean(self) -> None:
        """Bring the value into the one spelling that is compared."""
        value = self.value.strip().lower()
        if self.kind == self.Kind.EMAIL:
            try:
                validate_email(value)
            except ValidationError as error:
                raise ValidationError({"value": error.messages}) from error
        elif self.kind == self.Kind.DOMAIN:
            value = value.removeprefix("*.").lstrip("@.")
            if "." not in value or "@" in value or " " in value:
                raise ValidationError({"value": _("Enter a domain such as example.org.")})
        elif self.kind == self.Kind.NETWORK:
            try:
                value = str(ipaddress.ip_network(value, strict=False))
            except ValueError as error:
                raise ValidationError({"value": _("Enter an address such as 203.0.113.7 or a range.")}) from error
        self.value = value


class BlockedAttempt(models.Model):
    """Somebody was stopped or asked for more. Senders are hashed; what is readable is too coarse to find a person."""

    class Action(models.TextChoices):
        HOLD = "hold", _("Choosing a time")
        CONFIRM = "confirm", _("Booking")
        CHANGE = "change", _("Changing a booking")
        LINK = "link", _("Trying secret links")

    class Reason(models.TextChoices):
        DECOY = "decoy", _("Filled in the hidden field")
        FAST = "fast", _("Faster than a person types")
        ADDRESS = "address", _("Too often from one address")
        EMAIL = "email", _("Too often with one e-mail address")
        HOST = "host", _("Rush on one professional")
        DISPOSABLE = "disposable", _("Throw-away e-mail address")
        RULE = "rule", _("Rule")

    class Outcome(models.TextChoices):
        REFUSED = "refused", _("Refused")
        LIMITED = "limited", _("Asked to wait")
        MAIL = "mail", _("Asked to confirm by e-mail")

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="+", verbose_name=_("brand"))
    host = models.ForeignKey(
        Professional, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("professional")
    )
    booking = models.ForeignKey(
        Booking, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("booking")
    )
    rule = models.ForeignKey(
        SpamRule, models.SET_NULL, null=True, blank=True, related_name="attempts", verbose_name=_("rule")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)
    action = models.CharField(_("what"), max_length=8, choices=Action)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome)
    network = models.CharField(_("network"), max_length=64, blank=True)
    address_hash = models.CharField(max_length=32, blank=True, editable=False)
    email = models.CharField(_("e-mail, masked"), max_length=254, blank=True)
    email_hash = models.CharField(max_length=32, blank=True, editable=False)
    undone_at = models.DateTimeField(_("marked as no spam"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )

    class Meta:
        verbose_name = _("blocked attempt")
        verbose_name_plural = _("blocked attempts")
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["brand", "-at"], name="blocked_attempt_recent")]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.get_reason_display()}"
