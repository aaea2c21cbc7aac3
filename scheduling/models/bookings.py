"""Bookings: one row through its whole life, and its history."""

import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from directory.models import Brand, Office, Person, Professional
from directory.models.brands import validate_zone
from scheduling.models.meeting_rooms import MeetingRoom
from scheduling.models.meeting_types import MeetingType


class Status(models.TextChoices):
    """held → pending → confirmed → completed / no-show / cancelled, or expired, declined."""

    HELD = "held", _("Held")
    PENDING = "pending", _("Pending")
    CONFIRMED = "confirmed", _("Confirmed")
    COMPLETED = "completed", _("Completed")
    NO_SHOW = "no_show", _("Did not appear")
    CANCELLED = "cancelled", _("Cancelled")
    EXPIRED = "expired", _("Hold expired")
    DECLINED = "declined", _("Declined")


class Awaits(models.TextChoices):
    """Whose word a booking waits for, apart from a provider's; it stays on a request that came to nothing."""

    HOST = "host", _("The professional's answer, the time is kept")
    CHOICE = "choice", _("The professional's choice among several requests")


# These take the host's time. A hold counts until it expires; see BookingQuerySet.blocking().
ACTIVE = (Status.HELD, Status.PENDING, Status.CONFIRMED)
# One of several requests takes no time until it is chosen.
TAKES_TIME = Q(status__in=ACTIVE) & ~Q(awaits=Awaits.CHOICE)


class TsTzRange(Func):
    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class OverlapConstraint(ExclusionConstraint):
    """The exclusion constraint as a net under the host lock; only PostgreSQL can express it.

    Without PostgreSQL the same rule rests on IMMEDIATE transactions and the check under the lock alone.
    """

    def constraint_sql(self, model, schema_editor):  # type: ignore[no-untyped-def]
        return super().constraint_sql(model, schema_editor) if _is_postgresql(schema_editor) else None

    def create_sql(self, model, schema_editor):  # type: ignore[no-untyped-def]
        return super().create_sql(model, schema_editor) if _is_postgresql(schema_editor) else None

    def remove_sql(self, model, schema_editor):  # type: ignore[no-untyped-def]
        return super().remove_sql(model, schema_editor) if _is_postgresql(schema_editor) else None

    def validate(self, *args, **kwargs):  # type: ignore[no-untyped-def]
        """Forms ask `availability`, which gives a reason; the constraint speaks to the database only."""


def _is_postgresql(schema_editor) -> bool:  # type: ignore[no-untyped-def]
    return bool(schema_editor.connection.vendor == "postgresql")


class BookingQuerySet(models.QuerySet["Booking"]):
    def of_brand(self, brand: Brand) -> "BookingQuerySet":
        return self.filter(host__brand=brand)

    def blocking(self, now: datetime) -> "BookingQuerySet":
        """Bookings that take the host's time at this moment: active, holds only until they expire."""
        return self.filter(TAKES_TIME).exclude(status=Status.HELD, hold_expires_at__lte=now)

    def real(self) -> "BookingQuerySet":
        """What people call an appointment: not a hold, not a hold that expired."""
        return self.exclude(status__in=[Status.HELD, Status.EXPIRED])

    def upcoming(self, now: datetime) -> "BookingQuerySet":
        return self.filter(status__in=[Status.PENDING, Status.CONFIRMED], ends_at__gt=now)

    def requests(self) -> "BookingQuerySet":
        """Those that wait for the host's answer."""
        return self.filter(status=Status.PENDING).exclude(awaits="")


class Booking(models.Model):
    """One appointment for life. Written only by the verbs of `scheduling.bookings`.

    `blocked_from`–`blocked_until` is the time it takes including buffers. `session` is the row's own uid for
    one-to-one meetings; bookings that share a group meeting share one session, so that the exclusion constraint
    lets only those overlap. `version` starts at 0 and rises on every change that a calendar must see (iCalendar
    SEQUENCE). What was promised when it was booked (cut-offs, place, price) is copied into the row.
    """

    class Actor(models.TextChoices):
        CLIENT = "client", _("Client")
        HOST = "host", _("Professional")
        ADMIN = "admin", _("Administration")
        PROVIDER = "provider", _("Provider")
        SYSTEM = "system", _("System")

    class Origin(models.TextChoices):
        PAGE = "page", _("Booking page")
        PHONE = "phone", _("Entered by the professional")
        ADMIN = "admin", _("Entered in administration")
        API = "api", _("API")
        IMPORT = "import", _("Provider")

    uid = models.UUIDField(_("UID"), primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(_("reference"), max_length=12, unique=True, editable=False)
    host = models.ForeignKey(Professional, models.PROTECT, related_name="bookings", verbose_name=_("professional"))
    meeting_type = models.ForeignKey(
        MeetingType, models.PROTECT, related_name="bookings", verbose_name=_("meeting type")
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.HELD)
    version = models.PositiveIntegerField(_("version"), default=0, editable=False)
    awaits = models.CharField(_("waits for"), max_length=8, choices=Awaits, blank=True, default="", editable=False)
    answer_by = models.DateTimeField(_("answer until"), null=True, blank=True, editable=False)
    origin = models.CharField(_("origin"), max_length=8, choices=Origin, default=Origin.PAGE)

    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("end"))
    blocked_from = models.DateTimeField(_("blocked from"))
    blocked_until = models.DateTimeField(_("blocked until"))
    session = models.UUIDField(_("session"), editable=False)
    series = models.UUIDField(_("booked together"), null=True, blank=True, editable=False)
    seats = models.PositiveSmallIntegerField(_("seats"), default=1)
    time_zone = models.CharField(_("time zone of intent"), max_length=64, validators=[validate_zone])
    hold_expires_at = models.DateTimeField(_("hold expires"), null=True, blank=True)
    mail_asked_at = models.DateTimeField(_("asked to confirm by e-mail"), null=True, blank=True, editable=False)

    client = models.ForeignKey(
        Person, models.SET_NULL, null=True, blank=True, related_name="bookings", verbose_name=_("client")
    )
    client_name = models.CharField(_("client's name"), max_length=120, blank=True)
    client_email = models.EmailField(_("client's e-mail"), blank=True)
    client_phone = models.CharField(_("client's phone"), max_length=40, blank=True)
    client_note = models.TextField(_("client's message"), max_length=2000, blank=True)
    attendee_name = models.CharField(_("attendee's name"), max_length=120, blank=True)
    attendee_email = models.EmailField(_("attendee's e-mail"), blank=True)
    attendee_phone = models.CharField(_("attendee's phone"), max_length=40, blank=True)
    client_time_zone = models.CharField(_("client's time zone"), max_length=64, blank=True)
    client_language = models.CharField(_("client's language"), max_length=8, choices=settings.LANGUAGES, default="en")
    consented_at = models.DateTimeField(_("privacy notice accepted"), null=True, blank=True)

    title = models.CharField(_("title"), max_length=80)
    channel = models.CharField(_("channel"), max_length=8, choices=MeetingType.Channel)
    location = models.CharField(_("place"), max_length=300, blank=True)
    office = models.ForeignKey(
        Office, models.SET_NULL, null=True, blank=True, related_name="+", editable=False, verbose_name=_("office")
    )
    room = models.ForeignKey(
        MeetingRoom, models.SET_NULL, null=True, blank=True, related_name="bookings", editable=False,
        verbose_name=_("meeting room"),
    )  # fmt: skip
    price_text = models.CharField(_("price"), max_length=80, blank=True)
    cancel_cutoff = models.PositiveIntegerField(_("cancel cut-off, minutes"), default=0)
    move_cutoff = models.PositiveIntegerField(_("move cut-off, minutes"), default=0)
    move_limit = models.PositiveSmallIntegerField(_("client's moves at most"), null=True, blank=True, editable=False)
    client_moves = models.PositiveSmallIntegerField(_("moved by the client"), default=0, editable=False)
    fallback_start = models.DateTimeField(
        _("back to"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Where it was, while a provider has not yet agreed to a move."),
    )
    join_url = models.URLField(_("video room"), blank=True, max_length=500)

    manage_hash = models.CharField(max_length=64, unique=True, editable=False)
    cancelled_by = models.CharField(_("cancelled by"), max_length=8, choices=Actor, blank=True)
    cancel_reason = models.CharField(_("reason"), max_length=500, blank=True)
    engine = models.CharField(_("engine"), max_length=32, default="native", editable=False)
    remote_source = models.CharField(_("connection"), max_length=64, blank=True, editable=False)
    remote_id = models.CharField(_("id at the provider"), max_length=255, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("last changed"), default=timezone.now, editable=False)

    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="booking_end_after_start"),
            models.CheckConstraint(
                condition=Q(blocked_from__lte=F("starts_at"), blocked_until__gte=F("ends_at")),
                name="booking_blocked_covers_meeting",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.HELD) | Q(hold_expires_at__isnull=False), name="booking_hold_has_an_end"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[Status.HELD, Status.EXPIRED]) | ~Q(client_name=""),
                name="booking_has_a_client",
            ),
            models.UniqueConstraint(
                fields=["host", "starts_at"],
                condition=TAKES_TIME & Q(session=F("uid")),
                name="booking_one_per_host_and_start",
            ),
            models.UniqueConstraint(
                fields=["room", "starts_at"],
                condition=TAKES_TIME & Q(session=F("uid"), room__isnull=False),
                name="booking_one_per_room_and_start",
            ),
            OverlapConstraint(
                name="booking_no_room_overlap",
                expressions=[
                    ("room", RangeOperators.EQUAL),
                    (TsTzRange("blocked_from", "blocked_until", RangeBoundary()), RangeOperators.OVERLAPS),
                    ("session", RangeOperators.NOT_EQUAL),
                ],
                condition=TAKES_TIME & Q(room__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["remote_source", "remote_id"],
                condition=~Q(remote_id=""),
                name="booking_remote_once",
            ),
            OverlapConstraint(
                name="booking_no_overlap",
                expressions=[
                    ("host", RangeOperators.EQUAL),
                    (TsTzRange("blocked_from", "blocked_until", RangeBoundary()), RangeOperators.OVERLAPS),
                    ("session", RangeOperators.NOT_EQUAL),
                ],
                condition=TAKES_TIME,
            ),
            models.CheckConstraint(
                condition=~Q(status__in=[Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW]) | Q(awaits=""),
                name="booking_confirmed_awaits_nobody",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.PENDING) | Q(awaits="") | Q(answer_by__isnull=False),
                name="booking_request_has_an_end",
            ),
        ]
        indexes = [
            models.Index(fields=["host", "starts_at"], name="booking_host_start"),
            models.Index(fields=["status", "hold_expires_at"], name="booking_due_holds"),
            models.Index(fields=["status", "ends_at"], name="booking_due_completion"),
            models.Index(fields=["answer_by"], condition=~Q(awaits=""), name="booking_due_answers"),
            models.Index(fields=["session"], name="booking_session"),
            models.Index(fields=["series"], condition=Q(series__isnull=False), name="booking_series"),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.client_name}".strip()

    @property
    def is_group(self) -> bool:
        return self.session != self.uid

    @property
    def is_open(self) -> bool:
        """Still ahead of us: can be moved or cancelled by somebody."""
        return self.status in (Status.PENDING, Status.CONFIRMED)

    @property
    def is_request(self) -> bool:
        """The host has not answered yet."""
        return self.status == Status.PENDING and self.awaits != ""

    @property
    def attendee(self) -> str:
        """Who comes: the client, or the one for whom she booked."""
        return self.attendee_name or self.client_name

    @property
    def waits_for_mail(self) -> bool:
        """Becomes a booking once the link in a mail is used (scheduling.proof)."""
        return self.mail_asked_at is not None and self.status in (Status.HELD, Status.EXPIRED)

    @property
    def cancel_until(self) -> datetime:
        """Until then the client may cancel; the host always may. A request is withdrawn until it is answered."""
        if self.is_request:
            return self.starts_at
        return self.starts_at - timedelta(minutes=self.cancel_cutoff)

    @property
    def move_until(self) -> datetime:
        return self.starts_at - timedelta(minutes=self.move_cutoff)

    @property
    def moves_used_up(self) -> bool:
        """The client has moved it as often as she may; the host always may."""
        return self.move_limit is not None and self.client_moves >= self.move_limit

    @property
    def display_zone(self) -> ZoneInfo:
        """The zone in which the client reads the time: the place's for on-site meetings, else her own."""
        if self.channel == MeetingType.Channel.ON_SITE:
            return ZoneInfo(self.time_zone)
        return ZoneInfo(self.client_time_zone or self.time_zone)


# What can be in a booking's history, in words.
EVENTS = {
    "requested": _("Requested"),
    "accepted": _("Accepted"),
    "declined": _("Declined"),
    "lapsed": _("Ran out without an answer"),
    "outrun": _("Somebody else was chosen"),
    "move_asked": _("Move asked for"),
    "mail_asked": _("Asked to confirm by e-mail"),
    "confirmed": _("Booked"),
    "moved": _("Moved"),
    "conflict": _("Clash with another appointment"),
    "cancelled": _("Cancelled"),
    "completed": _("Took place"),
    "no_show": _("Did not appear"),
}


class BookingEvent(models.Model):
    """History: who did what, when, from → to, why. Only added to."""

    booking = models.ForeignKey(Booking, models.CASCADE, related_name="events", verbose_name=_("booking"))
    version = models.PositiveIntegerField(_("version"))
    kind = models.CharField(_("what"), max_length=16)
    actor = models.CharField(_("by"), max_length=8, choices=Booking.Actor)
    actor_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("log-in")
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    from_start = models.DateTimeField(pgettext_lazy("moved appointment", "from"), null=True, blank=True)
    to_start = models.DateTimeField(pgettext_lazy("moved appointment", "to"), null=True, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("booking event")
        verbose_name_plural = _("booking history")
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.kind} v{self.version}"
