"""A brand's own words in mails: which placeholders there are, checking, and putting them in. No template code."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.utils import translation
from django.utils.translation import gettext as _

from directory.letterhead import letter, one_line
from scheduling.models import MailText, Message

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
# What a client typed is never repeated to the client: anybody can type there and have his advertising sent.
COMMON = ("when", "title", "professional", "brand", "reference")
FOR_HOST = (*COMMON, "client")
NEUTRAL = ("when", "brand", "reference")


@dataclass(frozen=True, slots=True)
class Words:
    subject: str = ""
    opening: str = ""
    closing: str = ""


def allowed(audience: str) -> tuple[str, ...]:
    return FOR_HOST if audience == Message.Audience.HOST else COMMON


def check(text: str, names: tuple[str, ...]) -> None:
    """Raises ValidationError that names the first placeholder that is not in `names`, or a brace without its pair."""
    for name in PLACEHOLDER.findall(text):
        if name not in names:
            known = ", ".join(f"{{{one}}}" for one in names)
            raise ValidationError(
                _("“%(name)s” is no placeholder here. There are: %(known)s.") % {"name": f"{{{name}}}", "known": known}
            )
    if re.search(r"[{}]", PLACEHOLDER.sub("", text)):
        raise ValidationError(_("A brace stands alone. Placeholders look like {when}."))


def fill(text: str, values: Mapping[str, str]) -> str:
    return PLACEHOLDER.sub(lambda match: values.get(match[1], ""), text).strip()


def words(brand_id: int, kind: str, audience: str, language: str, values: Mapping[str, str]) -> Words:
    """The brand's words for a mail, filled in; empty where it has none."""
    row = MailText.objects.filter(brand=brand_id, kind=kind, audience=audience, language=language).first()
    return of(row, values) if row else Words()


def of(row: MailText, values: Mapping[str, str]) -> Words:
    return Words(one_line(fill(row.subject, values)), fill(row.opening, values), fill(row.closing, values))


def sample(row: MailText, to: str) -> EmailMultiAlternatives:
    """The mail with made-up data, from the templates that the real one uses."""
    with translation.override(row.language):
        values = {
            "when": _("Monday, 22 March 2027, 10:00–10:30"),
            "title": _("First meeting"),
            "professional": "Alex Beispiel",
            "brand": row.brand.name,
            "reference": "K7Q2-M4XD",
            "client": "Kim Muster",
        }
        own = of(row, values)
        subject = own.subject or f"{row.get_kind_display()}: {values['when']}"
        context = {
            "booking": {"client_name": values["client"]},
            "professional": values["professional"],
            "kind": row.kind,
            "when": values["when"],
            "by": "client",
            "facts": [{"label": _("Reference"), "value": values["reference"]}],
            "opening": own.opening,
            "closing": own.closing,
        }
        audience = Message.Audience.CLIENT if row.kind == MailText.Kind.DECLINED else row.audience
        return letter(row.brand, f"scheduling/email/{row.kind}.{audience}", context, subject=subject, to=to)
