"""Forms of the directory."""

from directory.forms.accounts import SignUpForm

__all__ = ["SignUpForm"]
