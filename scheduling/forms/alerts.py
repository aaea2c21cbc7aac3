"""What somebody who waits for a time tells us."""

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

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


class AlertForm(WindowForm):
    """With name and address, for who has no booking. `homepage` is the field that no person sees."""

    name = forms.CharField(
        label=_("First and last name"),
        max_length=120,
        error_messages={"required": _("Please enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("We write once so that you confirm the address, then only when a time has opened."),
        error_messages={"required": _("Please enter your e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    privacy = forms.BooleanField(
        label=_("I have read the privacy notice"),
        error_messages={"required": _("Please confirm that you have read it.")},
    )
    homepage = forms.CharField(
        label=_("Leave this field empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    field_order = ["name", "email", "weekdays", "daypart", "privacy", "homepage"]
