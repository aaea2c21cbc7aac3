"""The audit log: who did what to which row, when. Written by `directory.audit` alone; the database refuses the rest."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.models.brands import Brand


class AuditEvent(models.Model):
    """One line of the log. Triggers of the database refuse UPDATE, and DELETE outside `directory.audit.forget`.

    Brand and log-in are pointed to without a constraint: a row of the log outlives what it tells of. Names of people
    are not copied here, because nothing could erase them; `changes` is {column: [old, new]}, [None, None] for a column
    whose values are private.
    """

    class Source(models.TextChoices):
        ADMIN = "admin", _("Administration")
        SITE = "site", _("Website")
        SYSTEM = "system", _("System")

    at = models.DateTimeField(_("at"), default=timezone.now, db_index=True)
    verb = models.CharField(_("what"), max_length=40, db_index=True)
    subject_type = models.CharField(_("kind of row"), max_length=80)
    subject_id = models.CharField(_("row"), max_length=64)
    brand = models.ForeignKey(
        Brand, models.DO_NOTHING, null=True, db_constraint=False, related_name="+", verbose_name=_("brand")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("log-in"),
    )
    actor_text = models.CharField(_("by"), max_length=254, blank=True)
    source = models.CharField(_("where"), max_length=8, choices=Source, default=Source.SYSTEM)
    changes = models.JSONField(_("changes"), default=dict)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("audit event")
        verbose_name_plural = _("audit log")
        ordering = ["-at", "-id"]
        default_permissions = ("view",)
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="audit_subject"),
            models.Index(fields=["brand", "-at"], name="audit_brand"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject_type} {self.subject_id}"
