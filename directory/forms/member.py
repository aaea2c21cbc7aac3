"""Forms of the professional's own pages."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from directory import languages, portraits
from directory.forms.fields import ZoneField
from directory.models import Brand, Office, Person, Professional, Specialty
from directory.models.professionals import SPOKEN

MAX_OFFICES = 10
# Where our brands work and their neighbours; ISO 3166.
COUNTRIES = [
    ("DE", _("Germany")),
    ("AT", _("Austria")),
    ("CH", _("Switzerland")),
    ("LI", _("Liechtenstein")),
    ("BE", _("Belgium")),
    ("DK", _("Denmark")),
    ("ES", _("Spain")),
    ("FR", _("France")),
    ("GB", _("United Kingdom")),
    ("IE", _("Ireland")),
    ("IT", _("Italy")),
    ("LU", _("Luxembourg")),
    ("NL", _("Netherlands")),
    ("PL", _("Poland")),
    ("PT", _("Portugal")),
    ("US", _("United States")),
]


class JoinForm(forms.Form):
    """A log-in becomes a member of this directory."""

    first_name = forms.CharField(
        label=_("First name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    terms = forms.BooleanField(label=_("I accept the terms of use and have read the privacy notice."))


class SpecialtyChoices(forms.ModelMultipleChoiceField):
    """The brand's own list; a child shows what it belongs to."""

    def label_from_instance(self, obj: Specialty) -> str:  # type: ignore[override]
        return f"{obj.parent.name}: {obj.name}" if obj.parent else obj.name


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """What clients read. A draft may be saved half-way; what is public or under review stays complete."""

    prefix_title = forms.CharField(
        label=_("Academic title"),
        max_length=30,
        required=False,
        help_text=_("For example: Dr."),
        widget=forms.TextInput(attrs={"autocomplete": "honorific-prefix"}),
    )
    first_name = forms.CharField(
        label=_("First name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    phone = forms.CharField(
        label=_("Phone"),
        max_length=40,
        required=False,
        help_text=_("Only for clients who have booked, and for us."),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    specialties = SpecialtyChoices(
        label=_("Specialties"),
        queryset=Specialty.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Clients search by these. Choose what you really do."),
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages you speak with clients"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Professional
        fields = ["title", "about", "fees", "registration", "accepts_new_clients"]
        labels = {
            "title": _("Professional title"),
            "about": _("About you"),
            "fees": _("Fees"),
            "registration": _("Chamber and register number"),
            "accepts_new_clients": _("I accept new clients"),
        }
        help_texts = {
            "about": _("What you help with, how you work, what a first meeting is like. Empty lines make paragraphs."),
            "fees": _("What a first meeting costs and how you charge."),
        }
        widgets = {
            "about": forms.Textarea(attrs={"rows": 8}),
            "fees": forms.Textarea(attrs={"rows": 3}),
        }

    person_fields = {"prefix": "prefix_title", "first_name": "first_name", "last_name": "last_name", "phone": "phone"}
    needed_in_public = {
        "title": _("Clients need your professional title."),
        "about": _("Clients need a text about you."),
        "specialties": _("Choose at least one specialty."),
        "languages": _("Choose at least one language."),
    }

    def __init__(self, data: QueryDict | None = None, *, instance: Professional) -> None:
        person = instance.person
        initial = {field: getattr(person, column) for column, field in self.person_fields.items()}
        initial["languages"] = [language.code for language in instance.languages.all()]
        initial["specialties"] = [specialty.pk for specialty in instance.specialties.all()]
        super().__init__(data, instance=instance, initial=initial)
        self.fields["specialties"].queryset = (  # type: ignore[attr-defined]
            Specialty.objects.filter(brand=instance.brand).select_related("parent")
        )
        self.fields["languages"].choices = languages.choices(set(SPOKEN))  # type: ignore[attr-defined]
        for name, text in self.needed_in_public.items():
            field = self.fields[name]
            # Not called optional, though a draft may lack it.
            field.wanted = True  # type: ignore[attr-defined]
            field.required = instance.status != Professional.Status.DRAFT
            field.error_messages["required"] = text

    def person_values(self) -> dict[str, str]:
        return {column: self.cleaned_data[field] for column, field in self.person_fields.items()}

    def profile_values(self) -> dict[str, Any]:
        return {field: self.cleaned_data[field] for field in self.Meta.fields}


class OfficeForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Office
        fields = ["name", "street", "postcode", "city", "country", "access_notes"]
        labels = {
            "name": _("Name of the office or practice"),
            "street": _("Street and number"),
            "postcode": _("Postcode"),
            "city": _("City"),
            "access_notes": _("Getting there and accessibility"),
        }
        widgets = {
            "street": forms.TextInput(attrs={"autocomplete": "street-address"}),
            "postcode": forms.TextInput(attrs={"autocomplete": "postal-code"}),
            "city": forms.TextInput(attrs={"autocomplete": "address-level2"}),
        }

    country = forms.ChoiceField(label=_("Country"))

    def __init__(self, *args: Any, brand: Brand, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = dict(COUNTRIES)
        here = self.instance.country if self.instance.pk else brand.country
        self.fields["country"].choices = (  # type: ignore[attr-defined]
            COUNTRIES if here in known else [(here, here), *COUNTRIES]
        )
        self.initial.setdefault("country", brand.country)
        if not self.instance.pk:
            self.initial["country"] = brand.country

    def save(self, commit: bool = True) -> Office:
        """A moved office loses its old coordinates."""
        if {"street", "postcode", "city", "country"} & set(self.changed_data):
            self.instance.latitude = self.instance.longitude = None
        return super().save(commit)


class BaseOfficeFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]
    """All offices of one professional; rows left empty are no offices."""

    def clean(self) -> None:
        super().clean()
        if any(self.errors):
            return
        if self.instance.status != Professional.Status.DRAFT and not self.remaining():
            raise ValidationError(_("Clients need the address of at least one office."))

    def remaining(self) -> list[Office]:
        """What stays, unsaved, in the order of the page."""
        return [
            form.save(commit=False)
            for form in self.forms
            if form not in self.deleted_forms and (form.instance.pk or form.has_changed())
        ]


def office_formset(professional: Professional, data: QueryDict | None = None) -> BaseOfficeFormSet:
    """The offices and one empty row for the next."""
    factory = forms.inlineformset_factory(
        Professional,
        Office,
        form=OfficeForm,
        formset=BaseOfficeFormSet,
        extra=1,
        max_num=MAX_OFFICES,
        validate_max=True,
        absolute_max=MAX_OFFICES + 5,
        can_delete=True,
    )
    return factory(  # type: ignore[return-value]
        data, instance=professional, prefix="offices", form_kwargs={"brand": professional.brand}
    )


class PortraitForm(forms.Form):
    """A picture; what is kept of it is square, small and without metadata."""

    portrait = forms.FileField(
        label=_("Picture"),
        help_text=_("JPEG, PNG or WebP, up to 8 MB. It is cut to a square."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )

    def clean_portrait(self) -> ContentFile:  # type: ignore[type-arg]
        return portraits.square(self.cleaned_data["portrait"])


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]
    """The wall clock and the language of one member."""

    time_zone = ZoneField(
        label=_("Time zone"),
        help_text=_("Your hours are kept by this clock. Type a city to search, for example Berlin."),
    )

    class Meta:
        model = Person
        fields = ["language", "time_zone"]
        labels = {"language": _("Language of these pages and of mails to you")}


class LeaveForm(forms.Form):
    """Leaving cannot be undone, so the own address is typed once more."""

    email = forms.EmailField(label=_("Your e-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"}))

    def __init__(self, *args: Any, own_email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.own_email = own_email

    def clean_email(self) -> str:
        typed: str = self.cleaned_data["email"]
        if typed.casefold() != self.own_email.casefold():
            raise ValidationError(_("This is not the address of your account."))
        return typed
