"""Signals → verbs. One line each."""

from allauth.account.models import EmailAddress
from allauth.account.signals import email_changed
from django.dispatch import receiver

from directory import accounts
from directory.models import User


@receiver(email_changed)
def follow_the_login(user: User, to_email_address: EmailAddress, **_kwargs: object) -> None:
    accounts.change_email(user, to_email_address.email)
