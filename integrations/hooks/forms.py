"""What a member fills in about a webhook address."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations.hooks import catalogue, endpoints
from integrations.hooks.models import HookEndpoint


def type_choices() -> list[tuple[str, str]]:
    return [(one.name, f"{one.said} ({one.name})") for one in catalogue.TYPES.values()]


class EndpointForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        help_text=gettext_lazy("Where we send to, beginning with https://."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    description = forms.CharField(
        label=gettext_lazy("What it is for"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("For your own list, for example: practice software."),
    )
    types = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        choices=type_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: all of them."),
    )
    payload = forms.ChoiceField(
        label=gettext_lazy("Content"),
        choices=HookEndpoint.Payload,
        initial=HookEndpoint.Payload.FULL,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("“Only what to look up” names no client: the receiver asks our API."),
    )

    def clean_url(self) -> str:
        return endpoints.check_url(self.cleaned_data["url"])


class ChangeForm(EndpointForm):
    """The address itself stays: another one is another receiver, with a secret of its own."""

    def __init__(self, data: Any = None, *, endpoint: HookEndpoint) -> None:
        initial = {"description": endpoint.description, "types": endpoint.types, "payload": endpoint.payload}
        super().__init__(data, initial=initial)
        del self.fields["url"]


class ExampleForm(forms.Form):
    type = forms.ChoiceField(label=gettext_lazy("Event"), choices=type_choices, initial="booking.confirmed")


class ReplayForm(forms.Form):
    """How far back: the choices cover an evening, a weekend and all that is kept."""

    HOURS = {"1": 1, "24": 24, "72": 72, "720": 720}
    hours = forms.TypedChoiceField(label=gettext_lazy("How far back"), coerce=int, initial="24")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hours"].choices = [  # type: ignore[attr-defined]
            ("1", _("the last hour")),
            ("24", _("the last 24 hours")),
            ("72", _("the last 3 days")),
            ("720", _("the last 30 days")),
        ]
