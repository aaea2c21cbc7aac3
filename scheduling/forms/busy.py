"""A busy time as a professional types it: from a day and a time to a day and a time on her wall clock."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from directory.models import Professional
from scheduling.forms.fields import FURTHEST, DateInput, TimeInput, instant
from scheduling.models import BusyTime

LONGEST = timedelta(days=366)


class BusyForm(forms.Form):
    """Cleans to `starts_at` and `ends_at`, aware UTC."""

    day = forms.DateField(label=gettext_lazy("Day"), widget=DateInput)
    at = forms.TimeField(label=pgettext_lazy("time of day", "From"), widget=TimeInput)
    until = forms.TimeField(label=pgettext_lazy("time of day", "To"), widget=TimeInput)
    last_day = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=DateInput,
        required=False,
        help_text=gettext_lazy("Only if it ends on a later day."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("Only you see this."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, host: Professional, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.host, self.now = host, now

    @staticmethod
    def initial_of(row: BusyTime) -> dict[str, object]:
        """A row as it was typed; in the active time zone."""
        start, end = timezone.localtime(row.starts_at), timezone.localtime(row.ends_at)
        last = end.date() if end.date() != start.date() else None
        return {"day": start.date(), "at": start.time(), "until": end.time(), "last_day": last, "note": row.note}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        last_day = data["last_day"] or data["day"]
        if abs(data["day"] - self.now.date()) > FURTHEST:
            self.add_error("day", _("Choose a day within the next two years."))
        elif abs(last_day - data["day"]) > LONGEST:
            self.add_error("last_day", _("One year at most."))
        if self.errors:
            return data
        for name, day, field in (("starts_at", data["day"], "at"), ("ends_at", last_day, "until")):
            try:
                data[name] = instant(day, data[field], self.host.time_zone)
            except ValidationError as error:
                self.add_error(field, error)
        if not self.errors and data["ends_at"] <= data["starts_at"]:
            self.add_error("until", _("The end must be after the start."))
        elif not self.errors and data["ends_at"] <= self.now:
            self.add_error("day", _("This time is past."))
        return data
