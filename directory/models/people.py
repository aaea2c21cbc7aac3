"""People: log-ins, and one person per human and brand."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from directory.models.brands import Brand, validate_zone


class UserManager(BaseUserManager["User"]):
    """Users are found by e-mail; there is no user name."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A log-in. One log-in may be a different person at each brand of the installation."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail"), unique=True)
    brands = models.ManyToManyField(
        Brand,
        related_name="staff",
        blank=True,
        verbose_name=_("looks after"),
        help_text=_("The brands that this member of staff sees in the administration. Superusers see all."),
    )

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()  # type: ignore[assignment,misc]

    class Meta:
        verbose_name = _("log-in")
        verbose_name_plural = _("log-ins")

    def get_full_name(self) -> str:
        return self.email

    def get_short_name(self) -> str:
        return self.email


class Person(models.Model):
    """One human per brand, known by e-mail. Clients are persons too; only some have a log-in."""

    brand = models.ForeignKey(Brand, models.PROTECT, related_name="people", verbose_name=_("brand"))
    user = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="people", verbose_name=_("log-in")
    )
    email = models.EmailField(_("e-mail"), blank=True)
    prefix = models.CharField(_("academic title"), max_length=30, blank=True)
    first_name = models.CharField(_("first name"), max_length=60, blank=True)
    last_name = models.CharField(_("last name"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    time_zone = models.CharField(_("time zone"), max_length=64, default="Europe/Berlin", validators=[validate_zone])
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en")
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        permissions = [
            ("see_contacts", "Can see contact data"),
            ("reveal_contacts", "Can reveal masked contact data, which is logged"),
        ]
        ordering = ["last_name", "first_name"]
        constraints = [
            models.UniqueConstraint(
                "brand",
                Lower("email"),
                condition=~models.Q(email=""),
                name="person_email_once_per_brand",
                violation_error_message=_("A person with this e-mail exists already."),
            ),
            models.UniqueConstraint(
                fields=["brand", "user"], condition=models.Q(user__isnull=False), name="person_user_once_per_brand"
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email or f"#{self.pk}"

    @property
    def full_name(self) -> str:
        return " ".join(part for part in (self.prefix, self.first_name, self.last_name) if part)
