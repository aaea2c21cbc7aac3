"""What the public API remembers: tokens, clients, callers' reservations, answers that may be asked for again."""

import uuid
from datetime import datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AbstractApplication

from directory.models import Brand, Professional
from directory.secrets import SealedField
from scheduling.models.bookings import Booking


class Scope(models.TextChoices):
    """What a token may do. Free times and booking as a visitor need none."""

    BOOKINGS_READ = "bookings:read", _("See bookings")
    BOOKINGS_WRITE = "bookings:write", _("Enter, move and cancel bookings")
    HOURS_READ = "hours:read", _("See hours, special days and busy times")
    HOURS_WRITE = "hours:write", _("Change hours, special days and busy times")
    TYPES_READ = "meeting_types:read", _("See meeting types, also hidden ones")
    TYPES_WRITE = "meeting_types:write", _("Change meeting types")
    MEMBERS_READ = "members:read", _("See members and how far their set-up is")
    MEMBERS_WRITE = "members:write", _("Add and change members")
    MEMBERS_CONTACTS = "members:contacts", _("See members' e-mail addresses and phone numbers")


# What a professional can give away; the rest is the operator's.
OWN_SCOPES = [one for one in Scope if not one.value.startswith("members:")]


# Where the brand of a call stands among the headers that OAuth's library passes on; no header of a visitor has a dot.
BRAND_KEY = "marketplace.brand"


class PersonalToken(models.Model):
    """A professional's key to her own things. Shown once, kept as a digest."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="+", verbose_name=_("brand"))
    professional = models.ForeignKey(
        Professional, models.CASCADE, related_name="tokens", verbose_name=_("professional")
    )
    name = models.CharField(_("name"), max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(_("begins with"), max_length=12, editable=False)
    scopes = models.JSONField(_("may"), default=list)
    expires_at = models.DateTimeField(_("expires"))
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.name

    def is_good(self, now: datetime) -> bool:
        return self.revoked_at is None and self.expires_at > now


class Reservation(models.Model):
    """A caller's own token for the time that is held for her: asking again under it moves the hold.

    `caller` is hashed with the token, so that nobody moves somebody else's hold by guessing a word.
    """

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    booking = models.ForeignKey(Booking, models.CASCADE, related_name="+", null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        constraints = [models.UniqueConstraint(fields=["brand", "digest"], name="reservation_once_per_token")]

    def __str__(self) -> str:
        return self.digest[:8]


class IdempotentCall(models.Model):
    """An unsafe call under an Idempotency-Key and its answer, which is given again for a day."""

    uid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    brand = models.ForeignKey(Brand, models.CASCADE, related_name="+")
    caller = models.CharField(max_length=80)
    key = models.CharField(max_length=64)
    request = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = SealedField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("idempotent call")
        verbose_name_plural = _("idempotent calls")
        constraints = [
            models.UniqueConstraint(fields=["brand", "caller", "key"], name="idempotency_key_once_per_caller")
        ]

    def __str__(self) -> str:
        return self.key[:8]


class ApiClient(AbstractApplication):
    """A program of somebody else's that may ask for tokens at one brand: OAuth 2, by django-oauth-toolkit.

    With client credentials it acts for `professional`, or without one for the whole brand. With an authorization code it
    acts for each professional who allows it.
    """

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="+", verbose_name=_("brand"))
    professional = models.ForeignKey(
        Professional,
        models.CASCADE,
        related_name="api_clients",
        null=True,
        blank=True,
        verbose_name=_("professional"),
        help_text=_("Only with client credentials. Empty: the program sees the whole brand."),
    )
    scopes = models.JSONField(_("may at most"), default=list)
    is_active = models.BooleanField(_("active"), default=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("connected program")
        verbose_name_plural = _("connected programs")
        ordering = ["name", "pk"]

    def is_usable(self, request: Any) -> bool:
        """Under the hosts of its brand only; scheduling.api.oauth.Core says which one is asked."""
        return self.is_active and request.headers.get(BRAND_KEY) == self.brand_id

    @property
    def allowed_scopes(self) -> list[str]:
        """What is the operator's goes to programs of the whole brand only."""
        whole = self.authorization_grant_type == self.GRANT_CLIENT_CREDENTIALS and self.professional_id is None
        return [one for one in self.scopes if one in Scope.values and (whole or one in OWN_SCOPES)]
