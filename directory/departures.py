"""Proof for a member who left: once nothing of her is found here or at a provider, she gets a link to a page that says so."""

from datetime import datetime

from django.apps import apps
from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import timezone, translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory import audit, mail_log
from directory.letterhead import letter
from directory.models import Brand, Departure, Professional

SALT = "directory.departures"
audit.WORDS["member.absence_verified"] = gettext_lazy("verified that nothing is left")


def remains(professional: Professional) -> list[str]:
    """The accounts elsewhere in which something of hers still is (settings.MEMBER_REMAINS), by name."""
    path = settings.MEMBER_REMAINS
    if not path or not apps.is_installed(path.split(".")[0]):
        return []
    return list(import_string(path)(professional))


def begin(professional: Professional) -> Departure:
    """In the transaction that closes the account, while her address is still known. An admin may have brought her back
    before she was erased; when she leaves again, what was proved before counts no more.
    """
    person = professional.person
    departure, _created = Departure.objects.update_or_create(
        professional=professional,
        defaults={
            "address": person.email,
            "language": person.language,
            "elsewhere": remains(professional),
            "closed_at": timezone.now(),
            "verified_at": None,
            "mailed_at": None,
        },
    )
    return departure


def send_due(now: datetime | None = None) -> int:
    """Verify and mail for everybody who is erased here; who is still at a provider waits. Returns how many mails."""
    now = now or timezone.now()
    waiting = Departure.objects.filter(mailed_at=None, professional__person__erased_at__isnull=False)
    count = 0
    for departure in waiting.select_related("professional__brand", "professional__person")[:100]:
        if departure.verified_at is None and not _verify(departure, now):
            continue
        if not Departure.objects.filter(pk=departure.pk, mailed_at=None).update(mailed_at=now):
            continue  # another worker has it
        try:
            if departure.address:
                brand = departure.professional.brand
                mail_log.send(compose(departure), brand=brand, kind=mail_log.Kind.DEPARTURE, name_recipient=False)
        except OSError:  # SMTP's errors are among them: again at the next beat
            Departure.objects.filter(pk=departure.pk).update(mailed_at=None)
            continue
        departure.address, departure.mailed_at = "", now
        departure.save(update_fields=["address"])
        count += 1
    return count


@transaction.atomic
def _verify(departure: Departure, now: datetime) -> bool:
    if remains(departure.professional):
        return False
    departure.verified_at = now
    departure.save(update_fields=["verified_at"])
    audit.record("member.absence_verified", departure.professional)
    return True


def link(departure: Departure) -> str:
    return departure.professional.brand.url(f"/left/{signing.dumps(departure.pk, salt=SALT)}/")


def find(brand: Brand, token: str) -> Departure | None:
    """Whose proof a link opens; None for one that is not ours or another brand's."""
    try:
        pk = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    rows = Departure.objects.filter(professional__brand=brand, verified_at__isnull=False)
    return rows.select_related("professional__person").filter(pk=pk).first()


def compose(departure: Departure) -> EmailMultiAlternatives:
    brand = departure.professional.brand
    with translation.override(departure.language):
        return letter(
            brand,
            "directory/email/departure",
            {"departure": departure, "proof_url": link(departure)},
            subject=_("Your data at %(brand)s is erased") % {"brand": brand.name},
            to=departure.address,
        )
