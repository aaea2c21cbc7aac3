"""What a professional decides about bookings as a whole, and about single clients."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from directory.models import Professional
from scheduling.models import AttendanceRule
from scheduling.models.clients import Way


class PauseForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Professional
        fields = ["paused", "pause_note"]
        labels = {
            "paused": gettext_lazy("Pause new bookings"),
            "pause_note": gettext_lazy("Message for visitors"),
        }
        help_texts = {
            "paused": gettext_lazy("Appointments that stand can still be moved and cancelled."),
            "pause_note": gettext_lazy("For example: back on 12 January. Empty: a neutral sentence."),
        }


class AttendanceForm(forms.ModelForm):  # type: ignore[type-arg]
    """The rule about clients who do not appear; without a number there is none."""

    class Meta:
        model = AttendanceRule
        fields = ["no_shows", "months", "way"]
        labels = {
            "no_shows": gettext_lazy("Missed appointments"),
            "months": gettext_lazy("Within this many months"),
            "way": gettext_lazy("From then on the client books"),
        }
        help_texts = {"no_shows": gettext_lazy("Empty: no rule.")}
        widgets = {"way": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["no_shows"].required = False
        self.fields["way"].choices = Way.choices  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class MarkForm(forms.Form):
    """In which way one client may book."""

    way = forms.ChoiceField(
        label=gettext_lazy("This client books"),
        choices=[("", gettext_lazy("As everybody does")), *Way.choices],
        required=False,
        widget=forms.RadioSelect,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("Only you see this. The client reads a neutral sentence, no reason."),
    )
