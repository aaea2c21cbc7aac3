"""Video rooms as rows: who gets them from where, how they stand, and what a provider counts.

The room itself is a Mirror of the kind "conference"; its `local_uid` is the session that its bookings share.
"""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from directory.models import Professional
from integrations.models import Connection, Mirror
from scheduling.models import MeetingType


class RoomChoice(models.Model):
    """An admin's choice for one member's video rooms, against the brand's default."""

    professional = models.OneToOneField(
        Professional, models.CASCADE, related_name="room_choice", verbose_name=_("professional")
    )
    connection = models.ForeignKey(
        Connection, models.CASCADE, null=True, blank=True, related_name="room_choices", verbose_name=_("connection"),
        help_text=_("Empty: only the video links that she enters herself."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("choice of video rooms")
        verbose_name_plural = _("choices of video rooms")

    def __str__(self) -> str:
        return f"{self.professional}: {self.connection or '–'}"

    def clean(self) -> None:
        if self.connection and self.connection.brand_id != self.professional.brand_id:
            raise ValidationError({"connection": _("This connection belongs to another brand.")})
        if self.connection and "conference" not in self.connection.provider_class.resources:
            raise ValidationError({"connection": _("This provider has no video rooms.")})


class RoomOptions(models.Model):
    """What one meeting type wishes of its rooms, by the names of the provider's `room_options`."""

    meeting_type = models.OneToOneField(
        MeetingType, models.CASCADE, related_name="room_options", verbose_name=_("meeting type")
    )
    options = models.JSONField(_("options"), default=dict, blank=True)

    class Meta:
        verbose_name = _("wishes for video rooms")
        verbose_name_plural = _("wishes for video rooms")

    def __str__(self) -> str:
        return str(self.meeting_type)


class RoomWatch(models.Model):
    """How a meeting stands, as its provider said last, and when to ask again (null: never)."""

    class State(models.TextChoices):
        """As in `conferencing.RoomState`."""

        SCHEDULED = "scheduled", pgettext_lazy("a video meeting", "not begun")
        LIVE = "live", pgettext_lazy("a video meeting", "in progress")
        HOST_LEFT = "host_left", pgettext_lazy("a video meeting", "the host has left")
        ENDED = "ended", pgettext_lazy("a video meeting", "ended")
        UNKNOWN = "unknown", pgettext_lazy("a video meeting", "unknown")

    mirror = models.OneToOneField(Mirror, models.CASCADE, primary_key=True, related_name="watch")
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.UNKNOWN)
    raw = models.CharField(_("in the provider's words"), max_length=64, blank=True)
    asked_at = models.DateTimeField(_("asked"), null=True, blank=True)
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    until = models.DateTimeField(_("not asked after"), null=True, blank=True)
    # Answers in a row that said nothing new: the pauses grow with them.
    unchanged = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("state of a video room")
        verbose_name_plural = _("states of video rooms")
        indexes = [models.Index(fields=["due_at"], condition=models.Q(due_at__isnull=False), name="room_watch_due")]

    def __str__(self) -> str:
        return f"{self.mirror_id}: {self.state}"


class RoomPerson(models.Model):
    """Somebody for whom a room was made: "host", or a booking's uid. Tells whose room to look at when she moves."""

    mirror = models.ForeignKey(Mirror, models.CASCADE, related_name="people")
    ref = models.CharField(max_length=64)
    state = models.CharField(_("state"), max_length=12, blank=True)

    class Meta:
        verbose_name = _("person in a video room")
        verbose_name_plural = _("people in video rooms")
        constraints = [models.UniqueConstraint(fields=["mirror", "ref"], name="room_person_once")]
        indexes = [models.Index(fields=["ref"], name="room_person_ref")]

    def __str__(self) -> str:
        return self.ref


class Counted(models.Model):
    """Something of which a provider allows only so many, by its name there. Never uncounted: it may still be there."""

    connection = models.ForeignKey(Connection, models.CASCADE, related_name="counted")
    kind = models.CharField(max_length=24)
    name = models.CharField(max_length=128)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("counted at a provider")
        verbose_name_plural = _("counted at providers")
        constraints = [models.UniqueConstraint(fields=["connection", "kind", "name"], name="counted_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
