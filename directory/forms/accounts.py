"""What allauth asks beside e-mail and password."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from directory import accounts
from directory.models import User


class SignUpForm(forms.Form):
    """What we ask beside e-mail and password when a professional signs up (used by allauth)."""

    first_name = forms.CharField(
        label=_("First name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    terms = forms.BooleanField(label=_("I accept the terms of use and have read the privacy notice."))

    field_order = ["first_name", "last_name", "email", "password1", "terms"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """The address is not proven yet. Whoever is known by it stays untouched; its owner becomes a member on the page
        `my_join`, to which her first log-in leads."""
        if accounts.is_known(user.email, request.brand):  # type: ignore[attr-defined]
            return
        accounts.sign_up(
            user=user,
            brand=request.brand,  # type: ignore[attr-defined]
            first_name=self.cleaned_data["first_name"],
            last_name=self.cleaned_data["last_name"],
            language=request.LANGUAGE_CODE,  # type: ignore[attr-defined]
        )
