"""Forms by which a professional finds, enters, moves and cancels bookings."""

from datetime import UTC, date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.models import Professional
from scheduling import meeting_types
from scheduling.forms.fields import FURTHEST, DateInput, TimeInput, instant
from scheduling.models import MeetingType
from scheduling.slots import Reason

# Why a time is not offered, said to the professional whose rules they are.
REASONS = {
    Reason.HOURS: gettext_lazy("This time is outside your hours."),
    Reason.OVERRIDE: gettext_lazy("You have other hours than usual on this day, and this time is outside them."),
    Reason.PAUSED: gettext_lazy("New bookings are paused."),
    Reason.GRID: gettext_lazy("Meetings of this type do not start at this time of day."),
    Reason.NOTICE: gettext_lazy("This time is closer than your minimum notice."),
    Reason.HORIZON: gettext_lazy("This time is further ahead than this type can be booked."),
    Reason.ROOM: gettext_lazy("No room is free at this time."),
}


def reason_in_words(reason: Reason | None) -> str:
    return str(REASONS.get(reason, gettext_lazy("This time is not offered."))) if reason else ""


class FilterForm(forms.Form):
    """What a list of bookings is narrowed to. Nonsense in the address narrows nothing."""

    q = forms.CharField(
        label=gettext_lazy("Name, e-mail or reference"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    type = forms.ModelChoiceField(
        label=gettext_lazy("Meeting type"),
        queryset=MeetingType.objects.none(),
        required=False,
        empty_label=gettext_lazy("All meeting types"),
    )

    def __init__(self, *args: Any, host: Professional, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["type"].queryset = MeetingType.objects.filter(host=host)  # type: ignore[attr-defined]


class AnyTime(forms.Form):
    """A day and a time on the host's wall clock, with the step by which she overrules her own rules."""

    day = forms.DateField(label=gettext_lazy("Day"), widget=DateInput)
    at = forms.TimeField(label=gettext_lazy("Time"), widget=TimeInput)
    outside = forms.BooleanField(label=gettext_lazy("Use this time all the same"), required=False)

    def __init__(self, *args: Any, host: Professional, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.host, self.now = host, now

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        day: date | None = data.get("day")
        at: time | None = data.get("at")
        if day and at is not None:
            data["start"] = self._start(day, at)
        return data

    def _start(self, day: date, at: time) -> datetime | None:
        if abs(day - self.now.date()) > FURTHEST:
            self.add_error("day", _("Choose a day within the next two years."))
            return None
        try:
            start = instant(day, at, self.host.time_zone)
        except ValidationError as error:
            self.add_error("at", error)
            return None
        if start <= self.now:
            self.add_error("at", _("This time is past."))
            return None
        return start


class EntryForm(AnyTime):
    """A booking taken on the phone."""

    meeting_type = forms.ModelChoiceField(
        label=gettext_lazy("Meeting type"), queryset=MeetingType.objects.none(), empty_label=None
    )
    name = forms.CharField(
        label=gettext_lazy("Client's name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.EmailField(
        label=gettext_lazy("E-mail"),
        max_length=254,
        required=False,
        help_text=gettext_lazy("For the confirmation. Empty: no mail is sent."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    silent = forms.BooleanField(label=gettext_lazy("Send no mail"), required=False)

    field_order = ["meeting_type", "day", "at", "name", "phone", "email", "note", "silent", "outside"]

    def __init__(self, *args: Any, host: Professional, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, host=host, now=now, **kwargs)
        self.fields["meeting_type"].queryset = meeting_types.listed(host)  # type: ignore[attr-defined]


class WhyForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Why, in words for the client"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class OfferedForm(WhyForm):
    """A move to one of the offered times."""

    start = forms.CharField(max_length=40, error_messages={"required": gettext_lazy("Choose a time.")})

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def clean_start(self) -> datetime:
        try:
            start = datetime.fromisoformat(self.cleaned_data["start"])
        except ValueError:
            raise ValidationError(_("Choose a time.")) from None
        if start.tzinfo is None or not self.now < start < self.now + FURTHEST:
            raise ValidationError(_("Choose a time."))
        return start.astimezone(UTC)


class OtherTimeForm(WhyForm, AnyTime):
    """A move to any time."""

    field_order = ["day", "at", "reason", "outside"]


class RefusalForm(forms.Form):
    """Declining a request."""

    reason = forms.CharField(
        label=gettext_lazy("Reason, in words for the client"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Optional. Your client reads it in the mail, with your next free times."),
    )


class MoveToForm(OtherTimeForm):
    """A move that was drawn in the calendar, asked about once more."""

    tell = forms.BooleanField(label=gettext_lazy("Tell my client by e-mail"), required=False, initial=True)

    @property
    def first_error(self) -> str:
        return next((str(errors[0]) for errors in self.errors.values()), "")


class ReasonForm(forms.Form):
    """A cancellation by the professional: the client reads the reason."""

    reason = forms.CharField(
        label=gettext_lazy("Reason, in words for the client"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Your client reads this in the mail about the cancellation."),
    )
