"""Forms of the trader record and of documents for approval."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.models import Professional, TraderRecord


class TraderForm(forms.ModelForm):  # type: ignore[type-arg]
    """What Art. 30 of the Digital Services Act asks a directory to know; filled in from the profile at first."""

    certified = forms.BooleanField(
        label=_("I offer only services that comply with the law of the European Union."),
        error_messages={"required": _("Without this confirmation the record does not count.")},
    )

    class Meta:
        model = TraderRecord
        fields = ["legal_name", "address", "email", "phone", "register"]
        labels = {
            "legal_name": _("Legal name"),
            "address": _("Postal address"),
            "email": _("E-mail"),
            "phone": _("Phone"),
            "register": _("Trade register and number"),
        }
        help_texts = {
            "legal_name": _("Of you, or of the firm that you work for."),
            "register": _("If you are in one."),
        }
        widgets = {
            "legal_name": forms.TextInput(attrs={"autocomplete": "name"}),
            "email": forms.EmailInput(attrs={"autocomplete": "email"}),
            "phone": forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        }

    def __init__(self, data: QueryDict | None = None, *, professional: Professional) -> None:
        record = TraderRecord.objects.filter(professional=professional).first()
        initial: dict[str, Any] = {"certified": bool(record and record.certified_on)}
        if record is None:
            person, office = professional.person, professional.offices.first()
            initial |= {"legal_name": str(person), "email": person.email, "phone": person.phone}
            initial["address"] = f"{office.street}, {office.postcode} {office.city}" if office else ""
        super().__init__(data, instance=record or TraderRecord(professional=professional), initial=initial)

    def values(self) -> dict[str, Any]:
        """The columns to write; the confirmation counts from today, or from when it was first given."""
        before = TraderRecord.objects.filter(pk=self.instance.pk).values_list("certified_on", flat=True).first()
        values = {name: self.cleaned_data[name] for name in self.Meta.fields}
        return values | {"certified_on": before or timezone.localdate()}


class DocumentForm(forms.Form):
    title = forms.CharField(
        label=_("What it shows"), max_length=120, help_text=_("For example: licence, identity card.")
    )
    file = forms.FileField(
        label=_("Document"),
        help_text=_("PDF, PNG or JPEG, up to 3 MB."),
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/png,image/jpeg"}),
    )
