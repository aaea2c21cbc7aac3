"""Where a professional's booking pages may be shown inside another site, and from where a booking came."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.models import Professional
from scheduling.models.bookings import Booking


class EmbedSite(models.Model):
    """A site that may show her booking pages in a frame: scheme://host[:port], in the form that browsers send."""

    host = models.ForeignKey(Professional, models.CASCADE, related_name="embed_sites", verbose_name=_("professional"))
    origin = models.CharField(_("website"), max_length=300)

    class Meta:
        verbose_name = _("website with booking pages")
        verbose_name_plural = _("websites with booking pages")
        ordering = ("origin",)
        constraints = [models.UniqueConstraint(fields=["host", "origin"], name="embed_site_once")]

    def __str__(self) -> str:
        return self.origin


class BookingSource(models.Model):
    """The site in which a booking was made, and the campaign (utm_…) that led there."""

    booking = models.OneToOneField(
        Booking, models.CASCADE, primary_key=True, related_name="source", verbose_name=_("booking")
    )
    origin = models.CharField(_("website"), max_length=300, blank=True)
    campaign = models.JSONField(_("campaign"), default=dict, blank=True)

    class Meta:
        verbose_name = _("source of a booking")
        verbose_name_plural = _("sources of bookings")

    def __str__(self) -> str:
        return self.origin
