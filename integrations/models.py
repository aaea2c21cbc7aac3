"""The outside world as rows: connections, mirrors, webhook events.

A mirror is mapping row, outbox row and queue entry in one: what we are responsible for at a provider, what was applied
last, and whether it is due (docs/architecture.md, the mirror protocol).
"""

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from directory.models import Brand, Professional
from directory.secrets import SealedField
from integrations.contract import Provider, Remote
from integrations.hooks.models import HookAttempt, HookDelivery, HookEndpoint, HookEvent  # noqa: F401  (Django looks here)
from integrations.http import Http
from integrations.limits import gates
from integrations.memory import RowMemory
from scheduling.models import MeetingType

EXPIRY_WARNINGS = (14, 7, 1)  # days
# What a new member is given; the rest follows from what she does. Stopped onboarding leaves these alone.
ONBOARDING = ("user", "availability", "personal_page", "meeting_type")


def new_webhook_token() -> str:
    return secrets.token_urlsafe(32)


def provider_class(slug: str) -> type[Provider]:
    """Seam 2 of docs/architecture.md: one explicit table lists all providers."""
    return import_string(settings.PROVIDERS[slug])


class Connection(models.Model):
    """A brand's account at one provider.

    `credentials` holds up to two live sets, the preferred one first, so that keys can be rotated without a gap.
    """

    class Booking(models.TextChoices):
        OWN_PAGES = "own", _("On our pages")
        EMBED = "embed", _("In the provider's page")

    class WhenDown(models.TextChoices):
        CLOSED = "closed", _("Offer nothing")
        REQUEST = "request", _("Take requests from the last known times")

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="connections", verbose_name=_("brand"))
    provider = models.CharField(_("provider"), max_length=32)
    name = models.CharField(_("name"), max_length=80)
    is_default = models.BooleanField(_("new members join here"), default=False)
    for_rooms = models.BooleanField(_("video rooms come from here"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    base_url = models.CharField(_("address of the API"), max_length=300, blank=True)
    credentials = SealedField(_("credentials"), default=list, editable=False)
    options = models.JSONField(_("options"), default=dict, blank=True)
    expires_on = models.DateField(_("credentials expire on"), null=True, blank=True)
    booking = models.CharField(_("visitors book"), max_length=8, choices=Booking, default=Booking.OWN_PAGES)
    ask_before_embed = models.BooleanField(_("load the provider's page only after a click"), default=True)
    when_down = models.CharField(
        _("when the provider is down"), max_length=8, choices=WhenDown, default=WhenDown.CLOSED
    )
    reminds_clients = models.BooleanField(
        _("reminds clients itself"),
        default=False,
        help_text=_("Tick this where the provider mails reminders of its own: then clients do not get ours as well."),
    )
    webhook_token = models.CharField(max_length=64, unique=True, default=new_webhook_token, editable=False)
    webhook_secret = SealedField(_("webhook secret"), default=str, editable=False)
    is_paused = models.BooleanField(_("onboarding is stopped"), default=False, editable=False)
    resting_until = models.DateTimeField(_("resting until"), null=True, blank=True, editable=False)
    last_ok_at = models.DateTimeField(_("last answer"), null=True, blank=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True, editable=False)
    last_error_at = models.DateTimeField(_("last error at"), null=True, blank=True, editable=False)
    # Questions about free times that were not answered in time, in a row; and until when none is asked.
    unanswered = models.PositiveIntegerField(default=0, editable=False)
    quiet_until = models.DateTimeField(null=True, blank=True, editable=False)
    swept_at = models.DateTimeField(_("last full comparison"), null=True, blank=True, editable=False)
    sweep_note = models.TextField(_("result of the last comparison"), blank=True, editable=False)
    warned_days = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("connection")
        verbose_name_plural = _("connections")
        ordering = ["brand", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["brand"], condition=models.Q(is_default=True), name="connection_one_default_per_brand"
            ),
            models.UniqueConstraint(
                fields=["brand"],
                condition=models.Q(for_rooms=True),
                name="connection_one_for_rooms_per_brand",
                violation_error_message=_("Another connection of this brand gives the video rooms already."),
            ),
            models.UniqueConstraint(fields=["brand", "name"], name="connection_name_once_per_brand"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.brand})"

    def clean(self) -> None:
        if self.provider not in settings.PROVIDERS:
            raise ValidationError({"provider": _("There is no such provider.")})
        if self.for_rooms and "conference" not in self.provider_class.resources:
            raise ValidationError({"for_rooms": _("This provider has no video rooms.")})
        allowed = ["https", "http"] if settings.DEVELOPMENT or self.provider_class.plain_http else ["https"]
        if self.base_url:
            if not self.base_url.startswith(tuple(f"{scheme}://" for scheme in allowed)):
                raise ValidationError({"base_url": _("The address must begin with https://.")})
            if not settings.DEVELOPMENT:
                URLValidator(schemes=allowed)(self.base_url)
        known = {option.name: option for option in provider_class(self.provider).options}
        for name, value in self.options.items():
            if name not in known:
                raise ValidationError({"options": _("“%(name)s” is no option of this provider.") % {"name": name}})
            if known[name].choices and value not in known[name].choices:
                raise ValidationError(
                    {
                        "options": _("“%(name)s” is one of: %(choices)s.")
                        % {"name": name, "choices": ", ".join(known[name].choices)}
                    }
                )

    @property
    def provider_class(self) -> type[Provider]:
        return provider_class(self.provider)

    @property
    def is_resting(self) -> bool:
        return self.resting_until is not None and self.resting_until > timezone.now()

    @property
    def days_left(self) -> int | None:
        """Days until the credentials expire; None where they do not."""
        return (self.expires_on - timezone.localdate()).days if self.expires_on else None

    @property
    def source(self) -> str:
        """How bookings and busy times below name this connection (`remote_source`, `BusyTime.source`)."""
        return f"connection-{self.pk}"

    @property
    def webhook_url(self) -> str:
        return self.brand.url(f"/hooks/{self.provider}/{self.webhook_token}/")

    def open(self, *, patience: float = 30.0) -> Provider:
        """The provider, ready to be called. `patience`: seconds to wait for a place in the rate limit."""
        cls = self.provider_class
        credentials: list[dict[str, str]] = self.credentials or [{}]
        blank = cls.__new__(cls)
        rates = self.options.get("rate") or cls.rate
        http = Http(
            self.base_url or cls.base_url,
            headers=[cls.headers(blank, one) for one in credentials],
            gate=gates(f"connection-{self.pk}", rates),
            secrets=[*(str(value) for one in credentials for value in one.values()), self.webhook_secret],
            record=self._record,
            classify=cls.classify,
            patience=patience,
        )
        provider = cls(http, self.options, {**credentials[0], "webhook_secret": self.webhook_secret or ""})
        provider.live, provider.memory = credentials, RowMemory(self.pk)
        return provider

    def _record(self, status: int, seconds: float) -> None:
        CallCount.add(self, status)

    def succeeded(self) -> None:
        """An answer came: the connection is well."""
        Connection.objects.filter(pk=self.pk).update(last_ok_at=timezone.now(), last_error="", resting_until=None)

    def failed(self, error: Exception, *, rest: timedelta | None = None) -> None:
        now = timezone.now()
        fields: dict[str, Any] = {"last_error": str(error)[:2000], "last_error_at": now}
        if rest is not None:
            fields["resting_until"] = now + rest
        Connection.objects.filter(pk=self.pk).update(**fields)


class Enrolment(models.Model):
    """An admin's choice for one member, against the brand's default: another connection, or the built-in engine."""

    professional = models.OneToOneField(
        Professional, models.CASCADE, related_name="enrolment", verbose_name=_("professional")
    )
    connection = models.ForeignKey(
        Connection, models.CASCADE, null=True, blank=True, related_name="enrolments", verbose_name=_("connection"),
        help_text=_("Empty: the built-in engine."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("choice of provider")
        verbose_name_plural = _("choices of provider")

    def __str__(self) -> str:
        built_in = _("built-in engine")
        return f"{self.professional}: {self.connection or built_in}"


class MirrorQuerySet(models.QuerySet["Mirror"]):
    def due(self, now: Any) -> "MirrorQuerySet":
        """Rows to work on: due, nobody at it, and the connection neither resting nor switched off."""
        free = models.Q(leased_until=None) | models.Q(leased_until__lte=now)
        awake = models.Q(connection__resting_until=None) | models.Q(connection__resting_until__lte=now)
        new = models.Q(connection__is_paused=True, attempted_at=None, kind__in=ONBOARDING)
        return self.filter(free, awake, due_at__lte=now, connection__is_active=True).exclude(new)

    def parked(self) -> "MirrorQuerySet":
        """Not due although something is wrong: a person or the next change must help."""
        return self.filter(due_at=None).exclude(last_error="")


class Mirror(models.Model):
    """One remote object we are responsible for. No foreign key to the local object: it must outlive it.

    `local_uid` names the local object of `kind`; `person_uid` the human behind a user or customer. `attempted_at` is
    committed before the first create: from then on `find` comes before any further create.
    """

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="mirrors", verbose_name=_("connection"))
    kind = models.CharField(_("kind"), max_length=24)
    local_uid = models.CharField(_("local object"), max_length=64)
    owner_uid = models.CharField(_("belongs to"), max_length=64, blank=True)
    person_uid = models.CharField(_("person"), max_length=64, blank=True)
    remote_id = models.CharField(_("id there"), max_length=255, blank=True)
    data = models.JSONField(_("what is known of it"), default=dict, blank=True)
    secrets = SealedField(_("passcodes and personal links"), default=dict, editable=False)
    applied_digest = models.CharField(max_length=64, blank=True)
    drift = models.JSONField(_("differences"), default=dict, blank=True)
    proven_at = models.DateTimeField(_("last proof"), null=True, blank=True)
    attempted_at = models.DateTimeField(_("first tried"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    leased_until = models.DateTimeField(_("worked on until"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("tries"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    updated_at = models.DateTimeField(_("last changed"), auto_now=True)

    objects = MirrorQuerySet.as_manager()

    class Meta:
        verbose_name = _("mirrored object")
        verbose_name_plural = _("mirrored objects")
        ordering = ["connection", "kind", "local_uid"]
        constraints = [
            models.UniqueConstraint(fields=["connection", "kind", "local_uid"], name="mirror_once"),
            models.UniqueConstraint(
                fields=["connection", "kind", "remote_id"],
                condition=~models.Q(remote_id=""),
                name="mirror_remote_once",
            ),
            # MeetBit's rule: one person is never user and customer at once.
            models.UniqueConstraint(
                fields=["connection", "person_uid"],
                condition=~models.Q(person_uid=""),
                name="mirror_user_xor_customer",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="mirror_due"),
            models.Index(fields=["connection", "kind", "owner_uid"], name="mirror_owner"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.local_uid} → {self.remote_id or '…'}"

    @property
    def remote(self) -> Remote | None:
        return Remote(self.remote_id, self.data) if self.remote_id else None

    @property
    def state(self) -> str:
        """In one word, for lists: waiting, working, parked, drifted, done."""
        if self.leased_until and self.leased_until > timezone.now():
            return "working"
        if self.due_at:
            return "waiting"
        if self.last_error:
            return "parked"
        return "drifted" if self.drift else "done"


class RemoteTimes(models.Model):
    """The free times of one meeting type as its provider gave them last. The row says whose engine decides.

    `epochs`: free starts as whole seconds since the epoch, sorted, from the moment they were fetched up to `until`.
    """

    meeting_type = models.OneToOneField(
        MeetingType, models.CASCADE, primary_key=True, related_name="remote_times", verbose_name=_("meeting type")
    )
    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="remote_times", verbose_name=_("connection")
    )
    epochs = models.JSONField(_("free times"), default=list)
    until = models.DateTimeField(_("known until"), null=True, blank=True)
    fetched_at = models.DateTimeField(_("fetched"), null=True, blank=True)
    asked_at = models.DateTimeField(_("asked a worker"), null=True, blank=True)

    class Meta:
        verbose_name = _("remembered times")
        verbose_name_plural = _("remembered times")
        ordering = ["meeting_type"]
        indexes = [models.Index(fields=["connection", "fetched_at"], name="remote_times_oldest")]

    def __str__(self) -> str:
        return f"{self.meeting_type_id}: {len(self.epochs)}"


class WebhookEvent(models.Model):
    """One authenticated message, stored once by its id or digest, applied once."""

    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="webhook_events", verbose_name=_("connection")
    )
    event_key = models.CharField(_("id or digest"), max_length=128)
    type = models.CharField(_("type"), max_length=64, blank=True)
    headers = models.JSONField(_("headers"), default=dict)
    body = models.TextField(_("body"))
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    applied_at = models.DateTimeField(_("applied"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True, default=timezone.now)
    leased_until = models.DateTimeField(_("worked on until"), null=True, blank=True)
    attempts = models.PositiveIntegerField(_("tries"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    note = models.CharField(_("what it led to"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("webhook event")
        verbose_name_plural = _("webhook events")
        ordering = ["-received_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["connection", "event_key"], name="webhook_event_once")]
        indexes = [models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="webhook_event_due")]

    def __str__(self) -> str:
        return f"{self.type or '?'} {self.event_key[:12]}"


class CallCount(models.Model):
    """Calls of a connection by hour, for the chart: all, limited (429), failed (5xx or no answer)."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="call_counts")
    hour = models.DateTimeField()
    calls = models.PositiveIntegerField(default=0)
    limited = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("calls of an hour")
        verbose_name_plural = _("calls by hour")
        ordering = ["hour"]
        constraints = [models.UniqueConstraint(fields=["connection", "hour"], name="call_count_once_per_hour")]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H}: {self.calls}"

    @classmethod
    def add(cls, connection: Connection, status: int) -> None:
        hour = timezone.now().replace(minute=0, second=0, microsecond=0)
        limited, failed = int(status == 429), int(status == 0 or status >= 500)
        added = {
            "calls": models.F("calls") + 1,
            "limited": models.F("limited") + limited,
            "failed": models.F("failed") + failed,
        }
        if not cls.objects.filter(connection=connection, hour=hour).update(**added):
            CallCount.objects.bulk_create([CallCount(connection=connection, hour=hour)], ignore_conflicts=True)
            cls.objects.filter(connection=connection, hour=hour).update(**added)


# Their tables belong to this app; Django looks for models here.
import integrations.hold_rows  # noqa: E402, F401
import integrations.report_models  # noqa: E402, F401
import integrations.room_models  # noqa: E402, F401
