"""Which mails she wants."""

from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext_lazy as _

from scheduling.forms.fields import TimeInput
from scheduling.models import NotificationChoices


class NotificationForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = NotificationChoices
        fields = [
            "new_booking",
            "request",
            "moved",
            "cancelled",
            "reminder",
            "digest",
            "digest_when_empty",
            "quiet",
            "quiet_from",
            "quiet_until",
        ]
        labels = {
            "new_booking": _("Somebody has booked"),
            "request": _("Somebody asks for a time"),
            "moved": _("An appointment was moved"),
            "cancelled": _("An appointment was cancelled"),
            "reminder": _("A reminder a day before each appointment"),
            "digest": _("My day in one mail, at 06:30"),
            "digest_when_empty": _("Also on days without appointments and requests"),
            "quiet": _("Hold mails back during quiet hours"),
            "quiet_from": _("From"),
            "quiet_until": _("Until"),
        }
        help_texts = {
            "digest": _("Appointments of the day, requests that wait for you, and what needs mending."),
            "quiet": _("You get them when the quiet hours end. Changes of today come at once."),
        }
        widgets = {"quiet_from": TimeInput, "quiet_until": TimeInput}

    groups = [
        (_("Tell me by e-mail when"), ["new_booking", "request", "moved", "cancelled"]),
        (_("Overview"), ["digest", "digest_when_empty", "reminder"]),
        (_("Quiet hours"), ["quiet", "quiet_from", "quiet_until"]),
    ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("quiet") and data.get("quiet_from") and data.get("quiet_from") == data.get("quiet_until"):
            self.add_error("quiet_until", _("Quiet hours need an end that differs from their start."))
        return data

    def fieldsets(self) -> list[tuple[str, list[BoundField]]]:
        """(heading, fields) in the order of the page."""
        return [(str(heading), [self[name] for name in names]) for heading, names in self.groups]
