"""What the administration is asked before a booking is moved or entered."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.admin import site
from django.contrib.admin.widgets import AutocompleteSelect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from directory.admin.verbs import VerbForm
from directory.models import Professional
from scheduling.forms.fields import instant
from scheduling.models import Booking, MeetingType

FURTHEST = timedelta(days=1100)


class DateInput(UnfoldAdminTextInputWidget):
    input_type = "date"

    def format_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


class TimeInput(UnfoldAdminTextInputWidget):
    input_type = "time"

    def format_value(self, value: Any) -> Any:
        return value.strftime("%H:%M") if isinstance(value, time) else value


class StartForm(VerbForm):
    """A start on the wall clock of a professional; cleans to the instant `start`."""

    zone = "UTC"
    day = forms.DateField(label=gettext_lazy("Date"), widget=DateInput)
    at = forms.TimeField(label=gettext_lazy("Time"), widget=TimeInput)
    outside_rules = forms.BooleanField(
        label=gettext_lazy("Also outside hours, notice and limits"),
        required=False,
        help_text=gettext_lazy("Time that is taken stays taken."),
        widget=UnfoldBooleanWidget,
    )
    notify = forms.BooleanField(
        label=gettext_lazy("Tell both sides by e-mail"), required=False, initial=True, widget=UnfoldBooleanWidget
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        day, at = data.get("day"), data.get("at")
        if day and abs(day - date.today()) > FURTHEST:  # noqa: DTZ011  three years more or less
            self.add_error("day", _("This date is too far away."))
        elif day and at:
            try:
                data["start"] = instant(day, at, self.zone)
            except forms.ValidationError as error:
                self.add_error("at", error)
        return data

    @staticmethod
    def initial_of(start: datetime | None, zone: str) -> dict[str, Any]:
        if start is None:
            return {}
        local = start.astimezone(ZoneInfo(zone))
        return {"day": local.date(), "at": local.time()}


class MoveForm(StartForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Kept in the history."),
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )
    field_order = ["confirmed", "day", "at", "reason", "outside_rules", "notify"]

    def __init__(self, *args: Any, booking: Booking, start: datetime | None = None, **kwargs: Any) -> None:
        self.zone = booking.host.time_zone
        kwargs["initial"] = self.initial_of(start or booking.starts_at, self.zone)
        super().__init__(*args, **kwargs)
        self.fields["day"].help_text = _("By the clock of %(zone)s.") % {"zone": self.zone}


class EntryForm(StartForm):
    meeting_type = forms.ModelChoiceField(
        MeetingType.objects.none(), label=gettext_lazy("Meeting type"), widget=UnfoldAdminSelectWidget
    )
    name = forms.CharField(label=gettext_lazy("Client's name"), max_length=120, widget=UnfoldAdminTextInputWidget)
    email = forms.EmailField(
        label=gettext_lazy("Client's e-mail"), max_length=254, required=False, widget=UnfoldAdminEmailInputWidget
    )
    phone = forms.CharField(
        label=gettext_lazy("Client's phone"), required=False, max_length=40, widget=UnfoldAdminTextInputWidget
    )
    note = forms.CharField(
        label=gettext_lazy("Client's message"),
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
    )
    field_order = [
        "confirmed",
        "meeting_type",
        "day",
        "at",
        "name",
        "email",
        "phone",
        "note",
        "outside_rules",
        "notify",
    ]

    def __init__(self, *args: Any, host: Professional, **kwargs: Any) -> None:
        self.zone = host.time_zone
        super().__init__(*args, **kwargs)
        types = MeetingType.objects.filter(host=host).exclude(visibility=MeetingType.Visibility.ARCHIVED)
        self.fields["meeting_type"].queryset = types  # type: ignore[attr-defined]
        self.fields["day"].help_text = _("By the clock of %(zone)s.") % {"zone": self.zone}


class HostForm(forms.Form):
    """Whose appointment it is: asked first, because the rest depends on it."""

    host = forms.ModelChoiceField(
        Professional.objects.exclude(status=Professional.Status.CLOSED).select_related("person"),
        label=gettext_lazy("Professional"),
        widget=AutocompleteSelect(Booking._meta.get_field("host"), site),
    )
