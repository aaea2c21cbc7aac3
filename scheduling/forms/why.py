"""The question "Why is this time (not) offered?"."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.models import Professional
from scheduling import meeting_types
from scheduling.forms.fields import FURTHEST, DateInput, TimeInput, instant
from scheduling.models import MeetingType


class WhyForm(forms.Form):
    """A meeting type of this host, a day and a time on her wall clock; cleans to `start`, aware UTC."""

    type = forms.ModelChoiceField(
        label=gettext_lazy("Meeting type"), queryset=MeetingType.objects.none(), empty_label=None
    )
    day = forms.DateField(label=gettext_lazy("Day"), widget=DateInput)
    at = forms.TimeField(label=gettext_lazy("Time"), widget=TimeInput)

    def __init__(self, *args: Any, host: Professional, now: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.host, self.now = host, now
        self.fields["type"].queryset = meeting_types.listed(host)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        if abs(data["day"] - self.now.date()) > FURTHEST:
            self.add_error("day", _("Choose a day within the next two years."))
            return data
        try:
            data["start"] = instant(data["day"], data["at"], self.host.time_zone)
        except ValidationError as error:
            self.add_error("at", error)
        return data
