"""The secret address at which a professional's own calendar program reads her bookings."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.models import Professional


class CalendarFeed(models.Model):
    """Switched on while the row exists. Only the digest of the address is kept, so it is shown once."""

    class Detail(models.TextChoices):
        BUSY = "busy", _("Only that I am busy")
        INITIALS = "initials", _("Meeting type and the client's initials")
        FULL = "full", _("Meeting type and the client's name")

    host = models.OneToOneField(
        Professional, models.CASCADE, primary_key=True, related_name="feed", verbose_name=_("professional")
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    detail = models.CharField(_("what it shows"), max_length=8, choices=Detail, default=Detail.INITIALS)
    created_at = models.DateTimeField(_("created"))
    read_at = models.DateTimeField(_("last read"), null=True)

    class Meta:
        verbose_name = _("calendar feed")
        verbose_name_plural = _("calendar feeds")

    def __str__(self) -> str:
        return str(self.host)
