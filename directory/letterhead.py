"""Mails of a brand: what each carries, and those that are a template on its letterhead. Templates: templates/email/base.*"""

import re
from collections.abc import Mapping
from email.utils import formataddr

from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation

from directory.adapter import sender
from directory.models import Brand, LegalPage


def letterhead(brand: Brand, subject: str) -> dict[str, object]:
    """Context of the base templates, in the active language."""
    pages = LegalPage.objects.filter(brand=brand, kind__in=[LegalPage.Kind.IMPRINT, LegalPage.Kind.PRIVACY])
    return {
        "brand": brand,
        "subject": subject,
        "language": translation.get_language(),
        "home": brand.url("/"),
        "legal": [(page.title, brand.url(f"/legal/{page.kind}/")) for page in pages],
    }


def letter(
    brand: Brand,
    template: str,
    context: Mapping[str, object],
    *,
    subject: str,
    to: str,
    headers: Mapping[str, str] | None = None,
) -> EmailMultiAlternatives:
    """A mail in the active language, ready to send: `template`.txt and .html. Answers go to the brand."""
    context = letterhead(brand, subject) | dict(context)
    reply_to = address(brand.name, brand.support_email)
    own = {"Auto-Submitted": "auto-generated", "Content-Language": translation.get_language()}
    mail = EmailMultiAlternatives(
        subject=one_line(subject),
        body=tidy(render_to_string(f"{template}.txt", context)),
        from_email=sender(brand),
        to=[to],
        reply_to=[reply_to] if reply_to else [],
        headers={**own, **(headers or {})},
    )
    mail.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return mail


def one_line(text: str) -> str:
    """Fit for a header: no line ends or control characters, whatever somebody typed into a name."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def address(name: str, email: str) -> str:
    """`"Name" <email>`, a domain with letters beyond ASCII as IDNA writes it; empty for one that it cannot write."""
    local, _at, domain = email.rpartition("@")
    try:
        return formataddr((one_line(name), f"{local}@{domain.encode('idna').decode()}"))
    except UnicodeError:
        return ""


def tidy(text: str) -> str:
    """Plain text as a person would set it: no white space at line ends but that of the signature's dashes, at most one
    empty line in a row."""
    text = re.sub(r"(?<!\n--)[ \t]+\n", "\n", text.replace("\r\n", "\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
