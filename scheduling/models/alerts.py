"""Who wants to hear of earlier times, which times have opened, and who was told of which."""

from datetime import datetime, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.models.brands import validate_zone
from scheduling.models.bookings import Booking
from scheduling.models.meeting_types import MeetingType
from scheduling.models.messages import Outgoing

EVERY_DAY = 0b1111111


class Alert(Outgoing):
    """A wish: a time of this meeting type in this window. With `booking`, an earlier one than the booking has.

    Without one, the address is proven by a link in a mail first, and this row is that mail's outbox row.
    """

    class State(models.TextChoices):
        UNPROVEN = "unproven", _("Address not confirmed")
        ACTIVE = "active", _("Active")
        DONE = "done", _("Got a time")
        ENDED = "ended", _("Ended")

    class Daypart(models.TextChoices):
        ANY = "any", _("At any time of the day")
        MORNING = "morning", _("In the morning, before 12:00")
        AFTERNOON = "afternoon", _("In the afternoon, 12:00 to 17:00")
        EVENING = "evening", _("In the evening, from 17:00")

    HOURS: ClassVar[dict[str, tuple[int, int]]] = {
        "any": (0, 24),
        "morning": (0, 12),
        "afternoon": (12, 17),
        "evening": (17, 24),
    }

    meeting_type = models.ForeignKey(MeetingType, models.CASCADE, related_name="alerts", verbose_name=_("meeting type"))
    booking = models.ForeignKey(
        Booking, models.CASCADE, null=True, blank=True, related_name="alerts", verbose_name=_("booking")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UNPROVEN)
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"))
    time_zone = models.CharField(_("time zone"), max_length=64, validators=[validate_zone])
    weekdays = models.PositiveSmallIntegerField(_("weekdays"), default=EVERY_DAY)
    daypart = models.CharField(_("time of day"), max_length=10, choices=Daypart, default=Daypart.ANY)
    expires_at = models.DateTimeField(_("ends"))
    changed_at = models.DateTimeField(_("last changed"), default=timezone.now)

    class Meta:
        verbose_name = _("earlier-time alert")
        verbose_name_plural = _("earlier-time alerts")
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["booking"], condition=Q(state="active"), name="alert_once_per_booking"),
            models.UniqueConstraint(
                fields=["meeting_type", "email"],
                condition=Q(booking=None, state__in=["unproven", "active"]),
                name="alert_once_per_address",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(status="due"), name="alert_due")]

    def __str__(self) -> str:
        return f"{self.email}: {self.meeting_type}"

    def fits(self, start: datetime) -> bool:
        """Whether a start lies in the window, on the clock on which this person reads it, and is earlier."""
        if self.booking is not None and start >= self.booking.starts_at:
            return False
        local = start.astimezone(ZoneInfo(self.time_zone))
        first, last = self.HOURS[self.daypart]
        return bool(self.weekdays >> local.weekday() & 1) and first <= local.hour < last and start < self.expires_at


class Watch(models.Model):
    """The free starts of a meeting type when it was last looked at, as epoch seconds: what is new has opened."""

    meeting_type = models.OneToOneField(MeetingType, models.CASCADE, primary_key=True, related_name="watch")
    known = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.meeting_type}: {len(self.known)}"


class Opening(models.Model):
    """A time that has opened. Who turns `open` into `taken` has won; one row each time it opens."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        TAKEN = "taken", _("Taken")
        GONE = "gone", _("Gone")

    meeting_type = models.ForeignKey(MeetingType, models.CASCADE, related_name="openings")
    starts_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    taken_by = models.ForeignKey(Alert, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["meeting_type", "starts_at"], condition=Q(state="open"), name="opening_open_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.state}"


class Offer(Outgoing):
    """One opening told to one person: her place in the line is when it is due."""

    LIFE: ClassVar[timedelta] = timedelta(hours=24)

    alert = models.ForeignKey(Alert, models.CASCADE, related_name="offers")
    opening = models.ForeignKey(Opening, models.CASCADE, related_name="offers")

    class Meta:
        verbose_name = _("offer of an earlier time")
        verbose_name_plural = _("offers of earlier times")
        ordering = ["-created_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["alert", "opening"], name="offer_once")]
        indexes = [models.Index(fields=["due_at"], condition=Q(status="due"), name="offer_due")]

    def __str__(self) -> str:
        return f"{self.alert.email}: {self.opening}"
