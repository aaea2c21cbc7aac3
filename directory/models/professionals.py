"""The public side of a person who can be booked."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.models.brands import Brand
from directory.models.people import Person

# Languages a professional may speak, BCP 47, in the order of the filter; names come from directory.languages.
SPOKEN = ["de", "en", "fr", "es", "it", "pt", "nl", "pl", "cs", "ro", "hu", "hr", "bs", "sr", "sq", "el", "bg"]
SPOKEN += ["ru", "uk", "tr", "ku", "ar", "fa", "ur", "hi", "zh", "vi", "ja", "ko", "sv", "da", "fi"]


class Specialty(models.Model):
    """What somebody is looking for: an area of law, a field of medicine."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="specialties", verbose_name=_("brand"))
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("belongs to")
    )
    slug = models.SlugField(_("URL name"))
    name = models.CharField(_("name"), max_length=80)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("specialty")
        verbose_name_plural = _("specialties")
        ordering = ["position", "name"]
        constraints = [models.UniqueConstraint(fields=["brand", "slug"], name="specialty_slug_once_per_brand")]

    def __str__(self) -> str:
        return self.name


class ProfessionalQuerySet(models.QuerySet["Professional"]):
    def of_brand(self, brand: Brand) -> "ProfessionalQuerySet":
        return self.filter(brand=brand)

    def listed(self) -> "ProfessionalQuerySet":
        """Public: approved, and there is something to book."""
        return self.filter(status=Professional.Status.LISTED, bookable=True)


class Professional(models.Model):
    """The public side of a person. Public only when listed *and* bookable.

    `bookable` and `next_free_at` are columns below with writers above: `scheduling.availability` keeps them.
    Every path that takes a professional's time away locks this row first (docs/architecture.md).
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SUBMITTED = "submitted", _("Waiting for approval")
        LISTED = "listed", _("Listed")
        SUSPENDED = "suspended", _("Suspended")
        CLOSED = "closed", _("Closed")

    person = models.OneToOneField(Person, models.PROTECT, related_name="professional", verbose_name=_("person"))
    brand = models.ForeignKey(Brand, models.PROTECT, related_name="professionals", verbose_name=_("brand"))
    slug = models.SlugField(_("URL name"), max_length=120)
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT, db_index=True)

    title = models.CharField(
        _("professional title"),
        max_length=120,
        blank=True,
        help_text=_("For example: specialist lawyer for family law"),
    )
    about = models.TextField(_("about me"), max_length=4000, blank=True)
    fees = models.TextField(_("fees"), max_length=1000, blank=True)
    registration = models.CharField(
        _("chamber and register number"), max_length=160, blank=True, help_text=_("Shown on the profile.")
    )
    portrait = models.ImageField(_("portrait"), upload_to="portraits/", blank=True)
    specialties = models.ManyToManyField(
        Specialty, related_name="professionals", blank=True, verbose_name=_("specialties")
    )
    accepts_new_clients = models.BooleanField(_("accepts new clients"), default=True)

    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    refusal_reason = models.TextField(_("reason of refusal"), blank=True)

    bookable = models.BooleanField(_("bookable"), default=False, editable=False)
    next_free_at = models.DateTimeField(_("next free time"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    objects = ProfessionalQuerySet.as_manager()

    class Meta:
        verbose_name = _("professional")
        verbose_name_plural = _("professionals")
        ordering = ["person__last_name", "person__first_name"]
        constraints = [
            models.UniqueConstraint(fields=["brand", "slug"], name="professional_slug_once_per_brand"),
        ]
        indexes = [
            models.Index(fields=["brand", "status", "bookable", "next_free_at"], name="professional_next_free"),
        ]

    def __str__(self) -> str:
        return str(self.person)

    def get_absolute_url(self) -> str:
        return f"/p/{self.slug}/"

    @property
    def is_public(self) -> bool:
        return self.status == self.Status.LISTED and self.bookable

    @property
    def time_zone(self) -> str:
        """The zone of the wall clock by which hours are kept."""
        return self.person.time_zone

    @property
    def main_office(self) -> "Office | None":
        """The first office; uses a prefetch where there is one."""
        return next(iter(self.offices.all()), None)


class SpokenLanguage(models.Model):
    """A language a professional speaks with clients (BCP 47)."""

    professional = models.ForeignKey(Professional, models.CASCADE, related_name="languages")
    code = models.CharField(_("language"), max_length=8)

    class Meta:
        verbose_name = _("spoken language")
        verbose_name_plural = _("spoken languages")
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["professional", "code"], name="language_once_per_professional")]

    def __str__(self) -> str:
        return self.code


class Office(models.Model):
    """A place where a professional sees clients."""

    professional = models.ForeignKey(
        Professional, models.CASCADE, related_name="offices", verbose_name=_("professional")
    )
    name = models.CharField(_("name"), max_length=120, blank=True)
    street = models.CharField(_("street and number"), max_length=120)
    postcode = models.CharField(_("postcode"), max_length=12)
    city = models.CharField(_("city"), max_length=80, db_index=True)
    country = models.CharField(_("country"), max_length=2, default="DE")
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    access_notes = models.CharField(
        _("getting there and accessibility"), max_length=300, blank=True, help_text=_("Lift, step-free, parking …")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("office")
        verbose_name_plural = _("offices")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.street}, {self.postcode} {self.city}"

    @property
    def one_line(self) -> str:
        parts = [self.name, self.street, f"{self.postcode} {self.city}"]
        return ", ".join(part for part in parts if part)
