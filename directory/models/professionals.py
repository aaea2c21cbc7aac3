"""The public side of a person who can be booked."""

from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.functional import cached_property
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
    synonyms = models.TextField(
        _("synonyms"),
        blank=True,
        help_text=_("Other words that people look for, in any language, one on each line."),
    )
    schema_type = models.CharField(
        _("name at schema.org"),
        max_length=60,
        blank=True,
        validators=[RegexValidator(r"^[A-Z][A-Za-z]+$", _("One word as schema.org writes it, such as Dermatology."))],
        help_text=_("For search engines: a medical specialty such as Dermatology. Empty for none."),
    )
    sensitive = models.BooleanField(
        _("sensitive"),
        default=False,
        help_text=_("Who books a member of this specialty gets neutral mail subjects and private calendar entries."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("specialty")
        verbose_name_plural = _("specialties")
        ordering = ["position", "name"]
        constraints = [models.UniqueConstraint(fields=["brand", "slug"], name="specialty_slug_once_per_brand")]

    def __str__(self) -> str:
        return self.name


class SpecialtyAddress(models.Model):
    """A URL name that a specialty had once, or that of one merged into it; leads to it for good."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="+", verbose_name=_("brand"))
    slug = models.SlugField(_("URL name"))
    specialty = models.ForeignKey(Specialty, models.CASCADE, related_name="addresses", verbose_name=_("specialty"))

    class Meta:
        verbose_name = _("former URL name")
        verbose_name_plural = _("former URL names")
        constraints = [models.UniqueConstraint(fields=["brand", "slug"], name="specialty_address_once_per_brand")]

    def __str__(self) -> str:
        return self.slug


class ProfessionalQuerySet(models.QuerySet["Professional"]):
    def of_brand(self, brand: Brand) -> "ProfessionalQuerySet":
        return self.filter(brand=brand)

    def listed(self) -> "ProfessionalQuerySet":
        """Public: approved, and there is something to book."""
        return self.filter(status=Professional.Status.LISTED, bookable=True)

    def locked(self, pk: int) -> "Professional":
        """The row as it is now, locked until the transaction ends: one queue for each professional.

        SQLite has no row locks: its IMMEDIATE transactions are one queue for all.
        """
        # "No key": an insert that points to her need not wait, and so can never wait for us while we wait for it.
        return self.select_for_update(no_key=True).get(pk=pk)

    def lock(self, pk: int) -> None:
        """The same for who needs only the lock."""
        self.only("pk").locked(pk)


class Professional(models.Model):
    """The public side of a person. Public only when listed *and* bookable.

    `bookable`, `next_free_at` and `calendar_version`, which rises with every change of what is free, are columns below
    with writers above: `scheduling.availability` keeps them.
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
    reference = models.CharField(
        _("reference"), max_length=60, blank=True, help_text=_("The member's number in another system, for imports.")
    )
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

    paused = models.BooleanField(
        _("bookings paused"),
        default=False,
        help_text=_("Nothing new can be booked. Moving and cancelling go on working."),
    )
    pause_note = models.CharField(
        _("message while paused"), max_length=300, blank=True, help_text=_("Shown where free times would be.")
    )

    submitted_at = models.DateTimeField(_("submitted"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    refusal_reason = models.TextField(_("reason of refusal"), blank=True)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", editable=False
    )
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    recheck_on = models.DateField(_("re-check on"), null=True, blank=True)
    recheck_reminded = models.BooleanField(default=False, editable=False)

    bookable = models.BooleanField(_("bookable"), default=False, editable=False)
    next_free_at = models.DateTimeField(_("next free time"), null=True, blank=True, editable=False)
    calendar_version = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    objects = ProfessionalQuerySet.as_manager()

    class Meta:
        verbose_name = _("professional")
        verbose_name_plural = _("professionals")
        ordering = ["person__last_name", "person__first_name"]
        permissions = [("view_as", "Can look at the pages of a member as if being her, which is logged")]
        constraints = [
            models.UniqueConstraint(fields=["brand", "slug"], name="professional_slug_once_per_brand"),
            models.UniqueConstraint(
                fields=["brand", "reference"],
                condition=~models.Q(reference=""),
                name="professional_reference_once_per_brand",
                violation_error_message=_("Another member has this reference."),
            ),
        ]
        indexes = [
            models.Index(fields=["brand", "status", "bookable", "next_free_at"], name="professional_next_free"),
        ]

    def __str__(self) -> str:
        return str(self.person)

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Without the version of the calendar, which only rises: a row that was read earlier must not set it back."""
        if not self._state.adding and kwargs.get("update_fields") is None and not kwargs.get("force_insert"):
            loaded = [field for field in self._meta.concrete_fields if field.attname in self.__dict__]
            kwargs["update_fields"] = [
                field.name for field in loaded if not field.primary_key and field.name != "calendar_version"
            ]
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return f"/p/{self.slug}/"

    @cached_property
    def is_sensitive(self) -> bool:
        """By the brand, or by a specialty or what that belongs to: mails and calendars then say only that there is an
        appointment. One query; remembered, so that a calendar of many bookings asks once."""
        if self.brand.sensitive:
            return True
        marked = models.Q(sensitive=True) | models.Q(parent__sensitive=True) | models.Q(parent__parent__sensitive=True)
        return self.specialties.filter(marked).exists()

    @property
    def is_public(self) -> bool:
        return self.status == self.Status.LISTED and self.bookable

    @property
    def is_paused(self) -> bool:
        """Nothing new can be booked for the time being, by her own word or the brand's."""
        return self.paused or self.brand.paused

    @property
    def pause_text(self) -> str:
        return (self.pause_note if self.paused else "") or (self.brand.pause_note if self.brand.paused else "")

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
