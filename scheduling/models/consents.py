"""The consent log: who agreed to which text when, and who took it back."""

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.models import Brand, Person
from scheduling.models.bookings import Booking


class ConsentQuerySet(models.QuerySet["Consent"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("The consent log is only added to.")

    def delete(self) -> NoReturn:
        raise TypeError("The consent log is only added to.")


class Consent(models.Model):
    """One line. What holds now is the last line of a booking and kind; nothing is changed afterwards.

    The text is kept as it was shown, with its SHA-256, so that nobody need find out what a version said.
    """

    class Kind(models.TextChoices):
        PRIVACY = "privacy", _("Privacy notice read")
        CARE = "care", _("Sensitive data")
        MARKETING = "marketing", _("Marketing")

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="+", verbose_name=_("brand"))
    booking = models.ForeignKey(Booking, models.SET_NULL, null=True, related_name="consents", verbose_name=_("booking"))
    person = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="+", verbose_name=_("client"))
    kind = models.CharField(_("about"), max_length=10, choices=Kind)
    given = models.BooleanField(_("given"), default=True)
    text = models.TextField(_("text"))
    text_hash = models.CharField(_("SHA-256 of the text"), max_length=64)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    at = models.DateTimeField(_("at"), default=timezone.now)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ["-at", "-id"]
        default_permissions = ("view",)
        indexes = [models.Index(fields=["brand", "-at"], name="consent_brand")]

    def __str__(self) -> str:
        return self.get_kind_display()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("The consent log is only added to.")
        super().save(*args, **kwargs)
