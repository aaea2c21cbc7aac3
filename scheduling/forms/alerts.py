"""What somebody who waits for a time tells us."""

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from scheduling.forms.visitor import ContactForm
from scheduling.models import Alert


class WindowForm(forms.Form):
    """Days and part of the day."""

    weekdays = forms.TypedMultipleChoiceField(
        label=_("On these days"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        initial=list(range(7)),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Please choose at least one day.")},
    )
    daypart = forms.ChoiceField(
        label=_("Time of day"), choices=Alert.Daypart, initial=Alert.Daypart.ANY, widget=forms.RadioSelect
    )

    def window(self) -> dict[str, object]:
        return {
            "weekdays": sum(1 << day for day in self.cleaned_data["weekdays"]),
            "daypart": self.cleaned_data["daypart"],
        }


class AlertForm(ContactForm, WindowForm):
    """With name and address, for who has no booking."""

    email_help = _("We write once so that you confirm the address, then only when a time has opened.")
    field_order = ["name", "email", "weekdays", "daypart", "privacy", "homepage"]
