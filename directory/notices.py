"""Mails to members about their membership: approved, refused, suspended."""

from django.core.mail import EmailMultiAlternatives
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from directory import mail_log
from directory.letterhead import letter
from directory.models import Professional

SUBJECTS = {
    "approved": gettext_noop("Your profile at %(brand)s is approved"),
    "refused": gettext_noop("Your profile at %(brand)s needs a change"),
    "suspended": gettext_noop("Your profile at %(brand)s is not shown at the moment"),
}
Status = Professional.Status
# The status that was decided → templates/directory/email/….
KINDS = {Status.LISTED: "approved", Status.DRAFT: "refused", Status.SUSPENDED: "suspended"}


def send(professional_id: int, status: str) -> bool:
    """Mail the decision in the member's language; False if it has been taken back since or she has no address.

    Raises what the mail backend raises.
    """
    professionals = Professional.objects.select_related("person", "brand")
    professional = professionals.filter(pk=professional_id, status=status).first()
    if professional is None or not professional.person.email:
        return False
    mail_log.send(compose(professional), brand=professional.brand, kind=mail_log.Kind.DECISION)
    return True


def compose(professional: Professional) -> EmailMultiAlternatives:
    """The mail about the status she has: listed, draft again, or suspended."""
    kind = KINDS[Status(professional.status)]
    brand, person = professional.brand, professional.person
    context = {
        "professional": professional,
        "reason": professional.refusal_reason,
        "my_url": brand.url("/my/"),
        "edit_url": brand.url("/my/profile/"),
    }
    with translation.override(person.language):
        subject = _(SUBJECTS[kind]) % {"brand": brand.name}
        return letter(brand, f"directory/email/{kind}", context, subject=subject, to=person.email)
