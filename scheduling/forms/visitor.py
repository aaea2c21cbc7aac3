"""What a visitor types."""

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from scheduling.models import MeetingType

PHONE = RegexValidator(r"^\+?[0-9 ()/.\-]{5,40}$", _("Digits, spaces and + - / ( ) only, for example +49 221 123456."))


class DetailsForm(forms.Form):
    """Name and mail first; a phone number only where the meeting is a call."""

    name = forms.CharField(
        label=_("First and last name"),
        max_length=120,
        error_messages={"required": _("Please enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        help_text=_("The confirmation with your calendar file goes here."),
        error_messages={"required": _("Please enter your e-mail address.")},
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        required=False,
        error_messages={"required": _("Please enter the number on which you will be called.")},
        validators=[PHONE],
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    note = forms.CharField(
        label=_("What is it about?"),
        max_length=2000,
        required=False,
        help_text=_("A sentence or two helps to prepare. Please leave out what is confidential."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    privacy = forms.BooleanField(
        label=_("I have read the privacy notice"),
        error_messages={"required": _("Please confirm that you have read it.")},
    )

    def __init__(self, *args, channel: str = MeetingType.Channel.ON_SITE, sensitive: bool = False, **kwargs) -> None:  # type: ignore[no-untyped-def]
        super().__init__(*args, **kwargs)
        if channel == MeetingType.Channel.PHONE:
            self.fields["phone"].required = True
            self.fields["phone"].help_text = _("You will be called on this number.")
        if sensitive:
            self.fields["privacy"].label = _(
                "I have read the privacy notice and agree that my details, which may say something about my health,"
                " are used to arrange this appointment"
            )


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        help_text=_("Optional. It is passed on with the cancellation."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
