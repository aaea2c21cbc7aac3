"""Approval of members: what is looked at, by whom, and what was decided."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.models.brands import Brand
from directory.models.professionals import Professional
from directory.secrets import SealedField


class CheckItem(models.Model):
    """A line of a brand's checklist for approval."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="check_items", verbose_name=_("brand"))
    text = models.CharField(_("what is checked"), max_length=200)
    required = models.BooleanField(_("needed for approval"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("line of the checklist")
        verbose_name_plural = _("checklist for approval")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text


class Evidence(models.Model):
    """A document that shows who a member is. Its content is sealed and goes with the member."""

    professional = models.ForeignKey(
        Professional, models.CASCADE, related_name="evidence", verbose_name=_("professional")
    )
    title = models.CharField(_("what it shows"), max_length=120)
    content_type = models.CharField(max_length=60, editable=False)
    content = SealedField(default=str, editable=False)  # base64
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False)
    at = models.DateTimeField(_("added"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.title


class TraderRecord(models.Model):
    """Who stands behind a listing, as Art. 30 of the Digital Services Act asks of traders."""

    professional = models.OneToOneField(
        Professional, models.CASCADE, related_name="trader_record", verbose_name=_("professional")
    )
    legal_name = models.CharField(_("legal name"), max_length=160)
    address = models.CharField(_("address"), max_length=300)
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("phone"), max_length=40)
    register = models.CharField(_("trade register and number"), max_length=160, blank=True)
    identity_checked = models.BooleanField(_("identity document or payment account seen"), default=False)
    certified_on = models.DateField(
        _("self-certification of"),
        null=True,
        blank=True,
        help_text=_("When she confirmed that she offers only what complies with the law of the Union."),
    )

    class Meta:
        verbose_name = _("trader record")
        verbose_name_plural = _("trader records")

    def __str__(self) -> str:
        return self.legal_name

    @property
    def is_filled_in(self) -> bool:
        """The member has done her part."""
        return all([self.legal_name, self.address, self.email, self.phone, self.certified_on])

    @property
    def is_complete(self) -> bool:
        return self.is_filled_in and self.identity_checked


class Decision(models.Model):
    """One decision about a member, with what was ticked then. Only added to."""

    professional = models.ForeignKey(
        Professional, models.CASCADE, related_name="decisions", verbose_name=_("professional")
    )
    status = models.CharField(_("decided"), max_length=12, choices=Professional.Status)
    reason = models.TextField(_("reason"), blank=True)
    checks = models.JSONField(_("ticked"), default=list)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("decided by")
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering = ["-at", "-id"]

    def __str__(self) -> str:
        return self.get_status_display()
