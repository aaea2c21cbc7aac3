"""What a visitor types."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.forms.fields import PHONE
from scheduling.forms.intake import QuestionsMixin
from scheduling.models import Consent, MeetingType, Question

TYPED_FIELDS = ("name", "email", "phone", "note", "attendee_name", "attendee_email", "attendee_phone")


class ContactForm(forms.Form):
    """Who it is. `homepage` is for scheduling.guard: no person sees or reaches it; programs that fill in every field do."""

    email_help: Any = ""

    name = forms.CharField(
        label=_("First and last name"),
        max_length=120,
        error_messages={"required": _("Please enter your name.")},
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].help_text = self.email_help


class DetailsForm(ContactForm, QuestionsMixin):
    """Name and mail first; a phone number only where the meeting is a call. `mark` is for scheduling.guard."""

    email_help = _("The confirmation with your calendar file goes here.")
    field_order = ["name", "email", "phone", "attendee_name", "attendee_email", "attendee_phone", "note"]
    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        required=False,
        error_messages={"required": _("Please enter the number on which you will be called.")},
        validators=[PHONE],
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    attendee_name = forms.CharField(label=_("Name of the person who comes"), max_length=120, required=False)
    attendee_email = forms.EmailField(label=_("Their e-mail"), max_length=254, required=False)
    attendee_phone = forms.CharField(
        label=_("Their phone"),
        max_length=40,
        required=False,
        validators=[PHONE],
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
    )
    note = forms.CharField(
        label=_("What is it about?"),
        max_length=2000,
        required=False,
        help_text=_("A sentence or two helps to prepare. Please leave out what is confidential."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    mark = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(  # type: ignore[no-untyped-def]
        self,
        *args,
        channel: str = MeetingType.Channel.ON_SITE,
        sensitive: bool = False,
        seats_left: int = 1,
        questions: list[Question] | None = None,
        care: str = "",
        marketing: str = "",
        **kwargs,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.add_questions(questions or [])
        if seats_left > 1:
            numbers = [(number, str(number)) for number in range(1, min(seats_left, 20) + 1)]
            self.fields["seats"] = forms.TypedChoiceField(label=_("For how many people?"), choices=numbers, coerce=int)
        if channel == MeetingType.Channel.PHONE:
            self.fields["phone"].required = True
            self.fields["phone"].help_text = _("You will be called on this number.")
        self.sensitive = sensitive
        if sensitive:
            self.fields["privacy"].label = care or _(
                "I have read the privacy notice and agree that my details, which may say something about my health,"
                " are used to arrange this appointment"
            )
        if marketing:
            self.fields["marketing"] = forms.BooleanField(label=marketing, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not data.get("attendee_name") and (data.get("attendee_email") or data.get("attendee_phone")):
            self.add_error("attendee_name", _("Please enter the name of the person who comes."))
        return data

    def attendee(self) -> dict[str, str]:
        return {key: self.cleaned_data[f"attendee_{key}"] for key in ("name", "email", "phone")}

    def consents(self) -> dict[str, str]:
        """Kind → the text that was ticked, as it was shown."""
        kinds = {Consent.Kind.CARE if self.sensitive else Consent.Kind.PRIVACY: "privacy"}
        if self.cleaned_data.get("marketing"):
            kinds[Consent.Kind.MARKETING] = "marketing"
        return {str(kind): str(self.fields[name].label) for kind, name in kinds.items()}


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        required=False,
        help_text=_("It is passed on with the cancellation."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
