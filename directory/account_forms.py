"""allauth's forms without placeholders: a label says it, and stays. (Apart from forms.py, which allauth imports itself.)"""

from typing import Any

from allauth.account import forms


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
