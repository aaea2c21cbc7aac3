"""White label: everything that makes one directory look and read like itself."""

import hashlib
import zoneinfo
from functools import cache

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import FileExtensionValidator, RegexValidator, validate_domain_name
from django.db import models
from django.db.models.functions import Lower
from django.urls import get_script_prefix
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from directory import colours


@cache
def zone_keys() -> frozenset[str]:
    """Every IANA zone, read from the disk once (it takes hundreds of files); not what a machine calls its own."""
    return frozenset(zoneinfo.available_timezones() - {"localtime", "Factory"})


def validate_zone(value: str) -> None:
    """Refuse what is not an IANA zone name."""
    if value not in zone_keys():
        raise ValidationError(_("“%(value)s” is not a time zone."), params={"value": value})


def validate_host(value: str) -> None:
    if value != "localhost":
        validate_domain_name(value)


class Brand(models.Model):
    """One white-label directory. The host name of a request selects it (`directory.middleware`)."""

    class Typeface(models.TextChoices):
        SANS = "sans", _("Sans serif")
        SERIF = "serif", _("Serif headings")

    class Corners(models.TextChoices):
        SHARP = "sharp", _("Sharp")
        SOFT = "soft", _("Soft")
        ROUND = "round", _("Round")

    class ProfileType(models.TextChoices):
        """schema.org type of a member (features 5.5)."""

        LEGAL = "LegalService", _("Legal service")
        PHYSICIAN = "Physician", _("Physician")
        ACCOUNTING = "AccountingService", _("Accounting service")
        BUSINESS = "LocalBusiness", _("Local business")

    slug = models.SlugField(_("key"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    is_default = models.BooleanField(_("shown on unknown local hosts"), default=False)

    headline = models.CharField(_("headline"), max_length=120, blank=True)
    intro = models.CharField(_("introduction"), max_length=300, blank=True)
    noun = models.CharField(_("word for a member"), max_length=60, default="professional")
    nouns = models.CharField(_("word for members"), max_length=60, default="professionals")
    footer_note = models.CharField(_("footer note"), max_length=300, blank=True)

    logo = models.FileField(
        _("logo"),
        upload_to="brands/",
        blank=True,
        validators=[FileExtensionValidator(["svg", "png", "webp"])],
        help_text=_("SVG, PNG or WebP, shown 36 pixels high. Without one the name is set in type."),
    )
    favicon = models.FileField(
        _("favicon"), upload_to="brands/", blank=True, validators=[FileExtensionValidator(["svg", "png", "ico"])]
    )
    accent = models.CharField(
        _("brand colour"),
        max_length=7,
        default="#1f4b8f",
        validators=[RegexValidator(colours.HEX, _("Six hexadecimal digits in lower case, such as #1f4b8f."))],
        help_text=_("Buttons, links and focus. Checked for contrast; the shade for dark mode is computed."),
    )
    typeface = models.CharField(_("typeface"), max_length=8, choices=Typeface, default=Typeface.SANS)
    corners = models.CharField(_("corners"), max_length=8, choices=Corners, default=Corners.SOFT)

    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Berlin", validators=[validate_zone])
    country = models.CharField(_("country"), max_length=2, default="DE", help_text=_("ISO 3166, two letters"))
    profile_type = models.CharField(_("kind of members"), max_length=32, choices=ProfileType, default=ProfileType.LEGAL)

    support_email = models.EmailField(_("support e-mail"))
    support_phone = models.CharField(_("support phone"), max_length=40, blank=True)
    support_hours = models.CharField(_("support hours"), max_length=80, blank=True)
    sender_name = models.CharField(_("mail sender name"), max_length=80, blank=True)
    sender_address = models.EmailField(_("mail sender address"))

    sensitive = models.BooleanField(
        _("sensitive subjects"),
        default=False,
        help_text=_("Health and the like: neutral mail subjects and private calendar entries."),
    )
    care_text = models.TextField(
        _("consent to sensitive data"),
        max_length=1000,
        blank=True,
        help_text=_("What clients of a brand with sensitive subjects must tick. Empty: a text about health."),
    )
    marketing_text = models.TextField(
        _("consent to marketing"),
        max_length=1000,
        blank=True,
        help_text=_("Text of a separate box at the booking form, never ticked beforehand. Empty: no such box."),
    )
    approval_required = models.BooleanField(
        _("members need approval"), default=True, help_text=_("Off: a submitted profile is listed at once.")
    )
    register_url = models.URLField(
        _("look-up in the register"),
        blank=True,
        help_text=_("An address with {number}, which is replaced by the member's register number."),
    )
    recheck_months = models.PositiveSmallIntegerField(
        _("re-check after months"), default=12, help_text=_("Suggested when a member is approved; 0 for none.")
    )
    trader_record_required = models.BooleanField(
        _("trader record needed"),
        default=False,
        help_text=_("Members are approved only with a complete trader record (Art. 30 Digital Services Act)."),
    )
    hold_minutes = models.PositiveSmallIntegerField(
        _("hold, minutes"), default=10, help_text=_("How long a chosen time is kept while the form is filled in.")
    )
    paused = models.BooleanField(
        _("bookings paused"),
        default=False,
        help_text=_("Nothing new can be booked at any member. Moving and cancelling go on working."),
    )
    pause_note = models.CharField(
        _("message while paused"), max_length=300, blank=True, help_text=_("Shown where free times would be.")
    )
    remind_week = models.BooleanField(
        _("remind a week before"),
        default=True,
        help_text=_("Clients who booked earlier than that. Members may switch it off for a meeting type."),
    )
    remind_day = models.BooleanField(_("remind a day before"), default=True)
    remind_hours = models.BooleanField(
        _("remind two hours before"), default=True, help_text=_("Video and phone calls only.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brands")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=models.Q(is_default=True), name="brand_one_default"
            ),
            models.CheckConstraint(condition=models.Q(hold_minutes__range=(5, 60)), name="brand_hold_minutes_5_60"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Contrast check: the brand colour carries link text on white and button text on itself."""
        if colours.HEX.match(self.accent):
            ratio = colours.contrast(self.accent, colours.LIGHT_SURFACE)
            if ratio < colours.TEXT_CONTRAST:
                nearest = colours.readable(self.accent, colours.LIGHT_SURFACE)
                raise ValidationError(
                    {
                        "accent": _(
                            "Contrast on white is %(ratio)s:1; text needs at least 4.5:1. The nearest shade that passes is %(nearest)s."
                        )
                        % {"ratio": number_format(ratio, 1), "nearest": nearest}
                    }
                )

    @property
    def palette(self) -> dict[str, str]:
        """Custom properties of the brand stylesheet, all with checked contrast."""
        dark = colours.readable(self.accent, colours.DARK_SURFACE)
        return {
            "accent": self.accent,
            "on_accent": colours.on(self.accent),
            "accent_dark": dark,
            "on_accent_dark": colours.on(dark),
        }

    @property
    def style_version(self) -> str:
        """Changes whenever the brand stylesheet does, so that it may be cached for ever."""
        return hashlib.sha256(f"{self.palette}{self.typeface}{self.corners}".encode()).hexdigest()[:12]

    @property
    def host(self) -> str:
        """The primary host name; `localhost` for a default brand without domains."""
        domains = sorted(self.domains.all(), key=lambda domain: (not domain.is_primary, domain.pk))
        return domains[0].host if domains else "localhost"

    def url(self, path: str = "/") -> str:
        """An absolute URL of this brand, for mails, calendar files and canonical links."""
        port = f":{settings.PUBLIC_PORT}" if settings.PUBLIC_PORT else ""
        # Paths reversed while a page is shown inside another site begin with the address of that frame.
        path = "/" + path.removeprefix(get_script_prefix())
        return f"{settings.PUBLIC_SCHEME}://{self.host}{port}{path}"


class Domain(models.Model):
    """A host name under which a brand answers."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="domains", verbose_name=_("brand"))
    host = models.CharField(_("host name"), max_length=253, validators=[validate_host])
    is_primary = models.BooleanField(_("primary"), default=True, help_text=_("Used in links of mails and files."))

    class Meta:
        verbose_name = _("domain")
        verbose_name_plural = _("domains")
        constraints = [
            models.UniqueConstraint(
                Lower("host"), name="domain_host_unique", violation_error_message=_("This host is taken.")
            ),
            models.UniqueConstraint(
                fields=["brand"],
                condition=models.Q(is_primary=True),
                name="domain_one_primary",
                violation_error_message=_("A brand has one primary domain."),
            ),
        ]

    def __str__(self) -> str:
        return self.host


class LegalPage(models.Model):
    """Imprint, privacy notice and the like: data of the brand, in Markdown without HTML."""

    class Kind(models.TextChoices):
        IMPRINT = "imprint", _("Imprint")
        PRIVACY = "privacy", _("Privacy notice")
        TERMS = "terms", _("Terms of use")
        ACCESSIBILITY = "accessibility", _("Accessibility statement")

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="legal_pages", verbose_name=_("brand"))
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    title = models.CharField(_("title"), max_length=120)
    body = models.TextField(_("text"), help_text=_("Markdown; HTML is shown as text."))
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    class Meta:
        verbose_name = _("legal page")
        verbose_name_plural = _("legal pages")
        ordering = ["brand", "kind"]
        constraints = [models.UniqueConstraint(fields=["brand", "kind"], name="legal_page_once_per_brand")]

    def __str__(self) -> str:
        return f"{self.brand}: {self.get_kind_display()}"
