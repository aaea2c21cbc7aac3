"""What a professional has decided about single clients, and by rule about those who do not appear."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.models import Person, Professional


class Way(models.TextChoices):
    """How somebody may still come to an appointment."""

    REQUEST = "request", _("Only on request")
    CALL = "call", _("Only by phone")


class ClientMark(models.Model):
    """A client who may book this professional only in another way. Removing the row undoes it."""

    host = models.ForeignKey(Professional, models.CASCADE, related_name="client_marks", verbose_name=_("professional"))
    client = models.ForeignKey(Person, models.CASCADE, related_name="client_marks", verbose_name=_("client"))
    way = models.CharField(_("may book"), max_length=8, choices=Way)
    note = models.CharField(_("note"), max_length=200, blank=True, help_text=_("Clients never see this."))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("marked client")
        verbose_name_plural = _("marked clients")
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["host", "client"], name="client_mark_once_per_host")]

    def __str__(self) -> str:
        return f"{self.client}: {self.get_way_display()}"


class AttendanceRule(models.Model):
    """After `no_shows` missed appointments within `months`, a client may book this professional only in another way."""

    host = models.OneToOneField(
        Professional, models.CASCADE, related_name="attendance_rule", verbose_name=_("professional")
    )
    no_shows = models.PositiveSmallIntegerField(
        _("missed appointments"), validators=[MinValueValidator(1), MaxValueValidator(20)]
    )
    months = models.PositiveSmallIntegerField(
        _("within months"), default=12, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    way = models.CharField(_("may book then"), max_length=8, choices=Way, default=Way.REQUEST)

    class Meta:
        verbose_name = _("rule about no-shows")
        verbose_name_plural = _("rules about no-shows")
        constraints = [
            models.CheckConstraint(condition=Q(no_shows__gte=1, months__gte=1), name="attendance_rule_counts_from_1"),
        ]

    def __str__(self) -> str:
        return f"{self.no_shows} / {self.months}"
