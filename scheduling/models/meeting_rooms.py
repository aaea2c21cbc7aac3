"""Rooms in which appointments take place, shared by the professionals of a brand."""

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from directory.models import Brand


class MeetingRoom(models.Model):
    """One appointment, or one session of a group, at a time."""

    brand = models.ForeignKey(Brand, models.CASCADE, related_name="meeting_rooms", verbose_name=_("brand"))
    name = models.CharField(_("name"), max_length=80)
    location = models.CharField(_("office or floor"), max_length=160, blank=True)
    capacity = models.PositiveSmallIntegerField(
        _("people it holds"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    features = models.CharField(
        _("equipment and access"), max_length=300, blank=True, help_text=_("Screen, step-free, hearing loop …")
    )
    is_active = models.BooleanField(_("active"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("meeting room")
        verbose_name_plural = _("meeting rooms")
        ordering = ["position", "name"]
        constraints = [models.UniqueConstraint(fields=["brand", "name"], name="meeting_room_name_once_per_brand")]

    def __str__(self) -> str:
        return f"{self.name}, {self.location}" if self.location else self.name
