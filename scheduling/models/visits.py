"""How often pages of a professional led to the next one. Sums only: nothing here is about a visitor."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.models import Professional
from scheduling.models.meeting_types import MeetingType


class VisitCount(models.Model):
    """One sum for a day of the professional's calendar. Views of the profile have no meeting type."""

    class Kind(models.TextChoices):
        PROFILE = "profile", _("Profile seen")
        TIMES = "times", _("Free times opened")
        CHOSEN = "chosen", _("Time chosen")
        BOOKED = "booked", _("Booked online")

    host = models.ForeignKey(
        Professional, models.CASCADE, related_name="visit_counts", verbose_name=_("professional"), db_index=False
    )
    day = models.DateField(_("day"))
    kind = models.CharField(_("what"), max_length=8, choices=Kind)
    meeting_type = models.ForeignKey(
        MeetingType, models.CASCADE, null=True, related_name="+", verbose_name=_("meeting type")
    )
    count = models.PositiveIntegerField(_("how often"), default=0)

    class Meta:
        verbose_name = _("count of visits")
        verbose_name_plural = _("counts of visits")
        ordering = ["host", "day", "kind"]
        constraints = [
            # Two, because NULLs are distinct in unique indexes of SQLite and of PostgreSQL before 15.
            models.UniqueConstraint(
                fields=["host", "day", "kind", "meeting_type"],
                condition=Q(meeting_type__isnull=False),
                name="visit_count_once",
            ),
            models.UniqueConstraint(
                fields=["host", "day", "kind"], condition=Q(meeting_type=None), name="visit_count_once_without_type"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="visit_count_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}: {self.count}"
