"""Mails to members about their membership: approved, refused, suspended."""

import re

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from directory.adapter import sender
from directory.letterhead import letterhead
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
    compose(professional).send()
    return True


def compose(professional: Professional) -> EmailMultiAlternatives:
    """The mail about the status she has: listed, draft again, or suspended."""
    kind = KINDS[Status(professional.status)]
    brand, person = professional.brand, professional.person
    with translation.override(person.language):
        subject = _(SUBJECTS[kind]) % {"brand": brand.name}
        context = letterhead(brand, subject) | {
            "professional": professional,
            "reason": professional.refusal_reason,
            "my_url": brand.url("/my/"),
            "edit_url": brand.url("/my/profile/"),
        }
        text = render_to_string(f"directory/email/{kind}.txt", context)
        html = render_to_string(f"directory/email/{kind}.html", context)
    mail = EmailMultiAlternatives(
        subject=" ".join(subject.split()),
        body=re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        from_email=sender(brand),
        to=[person.email],
        reply_to=[brand.support_email],
        headers={"Auto-Submitted": "auto-generated", "Content-Language": person.language},
    )
    mail.attach_alternative(html, "text/html")
    return mail
