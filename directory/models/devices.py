"""Browsers from which somebody has logged in."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.models.brands import Brand
from directory.models.people import User


class Device(models.Model):
    """One browser of one log-in at one brand, known again by a cookie of which only the digest is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="devices", verbose_name=_("log-in"))
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="+", verbose_name=_("brand"))
    digest = models.CharField(max_length=64, editable=False)
    name = models.CharField(_("name"), max_length=80)
    ip = models.GenericIPAddressField(_("address"), null=True)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))
    # Set while a mail about this device is to be sent; the worker clears it.
    alert_due_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="device_once_per_user")]
        indexes = [
            models.Index(
                fields=["alert_due_at"], name="device_alert_due", condition=models.Q(alert_due_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.name
