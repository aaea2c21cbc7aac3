"""A connection's form: options as the provider declares them; secrets that are written and never shown."""

import json
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from directory.admin.forms import WholeRowForm
from directory.admin.verbs import VerbForm
from integrations.contract import Option
from integrations.models import Connection, provider_class

PREFIX = "option_"


class ValueField(forms.CharField):
    """A list, a table or a number, written as JSON; empty: the default."""

    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3})

    def __init__(self, *args: Any, default: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default = default

    def prepare_value(self, value: Any) -> Any:
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return self.default
        try:
            return json.loads(text)
        except ValueError:
            if isinstance(self.default, (list, dict)):
                raise forms.ValidationError(_("Write it as in the example: [1, 2] or {“name”: “value”}.")) from None
            return text


def option_field(option: Option) -> forms.Field:
    """A field of the kind of the option's default."""
    label = option.name.replace("_", " ").capitalize()
    common: dict[str, Any] = {"label": label, "help_text": option.help, "required": False}
    if option.choices:
        choices = [(choice, choice) for choice in option.choices]
        return forms.ChoiceField(**{**common, "required": True}, choices=choices, widget=UnfoldAdminSelectWidget)
    if isinstance(option.default, bool):
        return forms.BooleanField(**common, widget=UnfoldBooleanSwitchWidget)
    if isinstance(option.default, str):
        return forms.CharField(**common, empty_value="", widget=UnfoldAdminTextInputWidget)
    return ValueField(**common, default=option.default)


class ConnectionForm(WholeRowForm):
    """Fields `option_…` are added by `form_for`; what equals the default is not kept."""

    whole = ("brand",)
    provider = forms.ChoiceField(label=_("Provider"), widget=UnfoldAdminSelectWidget)
    declared: tuple[Option, ...] = ()

    class Meta:
        model = Connection
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "provider" in self.fields:
            slugs = sorted(settings.PROVIDERS)
            self.fields["provider"].choices = [(slug, provider_class(slug).label) for slug in slugs]  # type: ignore[attr-defined]
        for option in self.declared:
            self.initial[PREFIX + option.name] = self.instance.options.get(option.name, option.default)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.declared:
            kept = {name: value for name, value in self.instance.options.items() if not self._declares(name)}
            for option in self.declared:
                value = cleaned.get(PREFIX + option.name, option.default)
                if value != option.default:
                    kept[option.name] = value
            self.instance.options = kept
        return cleaned

    def _declares(self, name: str) -> bool:
        return any(option.name == name for option in self.declared)


def form_for(connection: Connection | None) -> type[ConnectionForm]:
    """The form class with the options of this connection's provider."""
    if connection is None:
        return ConnectionForm
    declared = connection.provider_class.options
    fields: dict[str, Any] = {PREFIX + option.name: option_field(option) for option in declared}
    # The provider of a connection stays; its page shows it as text.
    fields["provider"] = None
    return type("ConnectionForm", (ConnectionForm,), {**fields, "declared": declared, "__module__": __name__})


def secrets_form(connection: Connection) -> type[VerbForm]:
    """One write-only field for each secret; what stands in the database is never put into the page."""
    names = list(connection.provider_class.secrets)
    if connection.provider_class.webhook is not None and "webhook_secret" not in names:
        names.append("webhook_secret")
    fields: dict[str, Any] = {
        name: forms.CharField(
            label=name.replace("_", " ").capitalize(),
            required=name not in ("webhook_secret", *connection.provider_class.optional_secrets),
            widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
            help_text=_("Only where the provider signs; empty: as it is.") if name == "webhook_secret" else "",
        )
        for name in names
    }
    fields["expires_on"] = forms.DateField(
        label=_("Credentials expire on"),
        required=False,
        initial=None,
        widget=UnfoldAdminSingleDateWidget,
        help_text=_("You are reminded 14, 7 and 1 days before."),
    )
    fields["rotate"] = forms.BooleanField(
        label=_("Keep the present ones as the second set"),
        required=False,
        initial=bool(connection.credentials),
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("For a change without a gap: both are live until you take the old ones out."),
    )
    return type("SecretsForm", (VerbForm,), fields)


class AdoptForm(VerbForm):
    remote_id = forms.CharField(
        label=_("Id at the provider"), max_length=255, widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    )


class RoomLinkForm(VerbForm):
    link = forms.URLField(
        label=_("Link to the video room"),
        max_length=500,
        assume_scheme="https",
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off", "inputmode": "url"}),
        help_text=_("As the invitation mail or the provider’s administration shows it."),
        validators=[URLValidator(schemes=["https", "http"])],
    )
