"""allauth's forms without placeholders: a label says it, and stays. (Apart from forms.py, which allauth imports itself.)"""

from typing import Any

from allauth.account import forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp.forms import ActivateTOTPForm as AllauthActivateTOTPForm
from allauth.mfa.webauthn import forms as webauthn_forms
from allauth.socialaccount.forms import SignupForm as SocialAccountSignupForm
from django.utils.translation import gettext_lazy as _


class _Plain:
    fields: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)


class LoginForm(_Plain, forms.LoginForm):
    pass


class SignupForm(_Plain, forms.SignupForm):
    pass


class SocialSignupForm(_Plain, SocialAccountSignupForm):
    """An address that the provider has verified stays as it is: another one would go unproven beside it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].disabled = any(address.verified for address in self.sociallogin.email_addresses)


class AddEmailForm(_Plain, forms.AddEmailForm):
    pass


class ChangePasswordForm(_Plain, forms.ChangePasswordForm):
    pass


class SetPasswordForm(_Plain, forms.SetPasswordForm):
    pass


class ResetPasswordForm(_Plain, forms.ResetPasswordForm):
    pass


class ResetPasswordKeyForm(_Plain, forms.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(_Plain, forms.ReauthenticateForm):
    pass


class _Code(_Plain):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = _("Code")
        code.max_length = 20
        code.widget.attrs |= {"autocomplete": "one-time-code", "autocapitalize": "off", "spellcheck": "false"}


class CodeForm(_Code, mfa_forms.AuthenticateForm):
    pass


class CodeAgainForm(_Code, mfa_forms.ReauthenticateForm):
    pass


class ActivateTOTPForm(_Code, AllauthActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs["inputmode"] = "numeric"


class AddPasskeyForm(_Plain, webauthn_forms.AddWebAuthnForm):
    """Always one with which one can log in without a password: the browser then asks for finger, face or PIN."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label, self.fields["name"].max_length = _("Name"), 60
        self.fields["name"].help_text = _("So that you can tell your passkeys apart, for example “Phone”.")


class RenamePasskeyForm(_Plain, webauthn_forms.EditWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label, self.fields["name"].max_length = _("Name"), 60
