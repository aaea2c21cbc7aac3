"""Signals → verbs. One line each."""

from allauth.account.models import EmailAddress
from allauth.account.signals import email_changed
from allauth.account.signals import user_logged_in as entered
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.contrib.auth.models import Group
from django.contrib.auth.signals import user_logged_in
from django.db.backends.signals import connection_created
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory import accounts, audit, devices, second_factor, specialties
from directory.models import Brand, Domain, LegalPage, Office, Person, Professional, Specialty, User

CONTACT = ("email", "phone", "prefix", "first_name", "last_name")
# The verbs of directory.accounts record what they decide; the worker keeps the two columns about time.
DECIDED = (
    "claimed_by",
    "claimed_at",
    "recheck_reminded",
    "status",
    "submitted_at",
    "decided_at",
    "decided_by",
    "refusal_reason",
    "bookable",
    "next_free_at",
)

for _model in (Brand, Domain, Specialty):
    audit.follow(_model)
audit.follow(LegalPage, ignore=["updated_at"])
audit.follow(
    Professional,
    ignore=[*DECIDED, "updated_at"],
    private=["about", "fees", "registration", "portrait", "slug"],
    many=["specialties"],
)
audit.follow(Office, private=["street", "postcode", "access_notes", "latitude", "longitude"])
# Clients come and go with their bookings, which have a history of their own.
audit.follow(Person, private=CONTACT, ignore=["user"], only=lambda person: hasattr(person, "professional"))
audit.follow(
    User,
    private=["password", "email"],
    ignore=["last_login"],
    many=["groups", "user_permissions", "brands"],
    only=lambda user: user.is_staff,
)
audit.WORDS["contact.revealed"] = _("contact data revealed")
audit.follow(Group, many=["permissions"])


@receiver(pre_save, sender=Specialty)
def old_addresses_lead_on(instance: Specialty, raw: bool = False, **_kwargs: object) -> None:
    if not raw:
        specialties.remember_address(instance)


@receiver(post_save, sender=Person)
def the_member_changed_too(instance: Person, raw: bool = False, created: bool = False, **_kwargs: object) -> None:
    """Her name and address are columns of the person; who asks what changed since then asks about the member."""
    if not raw and not created and hasattr(instance, "professional"):
        Professional.objects.filter(pk=instance.professional.pk).update(updated_at=timezone.now())


@receiver(email_changed)
def follow_the_login(user: User, to_email_address: EmailAddress, **_kwargs: object) -> None:
    accounts.change_email(user, to_email_address.email)


@receiver(user_logged_in)
def note_staff(user: User, request: object, **_kwargs: object) -> None:
    if user.is_staff:
        audit.record("logged_in", user, actor=user)


@receiver(connection_created)
def know_the_trigger(connection: object, **_kwargs: object) -> None:
    audit.know_the_trigger(connection)


@receiver(entered)
def notice_new_devices(request: HttpRequest, user: User, response: HttpResponse, **_kwargs: object) -> None:
    devices.recognise(request, user, response)


@receiver(authenticator_added)
def setting_up_is_proof(request: HttpRequest, user: User, authenticator: Authenticator, **_kwargs: object) -> None:
    second_factor.remember_proof(request, user, authenticator)


@receiver(authenticator_removed)
def note_the_removal(user: User, authenticator: Authenticator, **_kwargs: object) -> None:
    second_factor.note_removal(user, authenticator)
