"""What is kept of a member who left: when she did, and when nothing of her was found any more."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.models.professionals import Professional
from directory.secrets import SealedField


class Departure(models.Model):
    """`address` is where the proof is sent, empty once it is; `elsewhere` names the accounts of her at providers."""

    professional = models.OneToOneField(
        Professional, models.CASCADE, related_name="departure", verbose_name=_("professional")
    )
    address = SealedField(default=str, editable=False)
    language = models.CharField(_("language"), max_length=8)
    elsewhere = models.JSONField(_("accounts at providers"), default=list)
    closed_at = models.DateTimeField(_("account closed"))
    verified_at = models.DateTimeField(_("verified as absent"), null=True)
    mailed_at = models.DateTimeField(_("proof sent"), null=True)

    class Meta:
        verbose_name = _("departure")
        verbose_name_plural = _("departures")

    def __str__(self) -> str:
        return str(self.professional_id)
