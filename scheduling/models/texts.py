"""A brand's own words in mails."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.models import Brand
from scheduling.models.messages import Message


class MailText(models.Model):
    """Replaces the subject and adds an opening and a closing to one kind of mail. What is empty stays as we wrote it.

    Plain text with placeholders of a fixed list (`scheduling.texts`): nothing in it is ever run.
    """

    class Kind(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        CONFIRMED = "confirmed", _("Confirmed")
        MOVED = "moved", _("Moved")
        CANCELLED = "cancelled", _("Cancelled")
        DECLINED = "declined", _("Declined")
        REMINDER = "reminder", _("Reminder")

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="mail_texts", verbose_name=_("brand"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    audience = models.CharField(_("receiver"), max_length=8, choices=Message.Audience, default=Message.Audience.CLIENT)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=150, blank=True)
    opening = models.TextField(_("opening"), max_length=1000, blank=True)
    closing = models.TextField(_("closing"), max_length=1000, blank=True)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    class Meta:
        verbose_name = _("mail text")
        verbose_name_plural = _("mail texts")
        ordering = ["brand", "kind", "audience", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["brand", "kind", "audience", "language"],
                name="mail_text_once",
                violation_error_message=_("There is a text for this mail already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} → {self.get_audience_display()} ({self.language})"
