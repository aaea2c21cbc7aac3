"""The one writer of the consent log, and what holds now. Triggers refuse to change or delete a line."""

import hashlib
from datetime import datetime

from django.db import transaction
from django.utils import timezone, translation

from scheduling.models import Booking, Consent


@transaction.atomic
def give(booking: Booking, texts: dict[str, str], *, now: datetime | None = None) -> None:
    """Write down what was agreed to: kind → text as it was shown, in the active language. Call it in the transaction
    of the booking's verb."""
    for kind, text in texts.items():
        _write(booking, kind, text, given=True, now=now)


@transaction.atomic
def withdraw(booking: Booking, kind: str, *, now: datetime | None = None) -> bool:
    """Take a consent back; False where there is none to take back."""
    line = next((one for one in standing(booking) if one.kind == kind), None)
    if line is None:
        return False
    _write(booking, kind, line.text, given=False, now=now)
    return True


def standing(booking: Booking) -> list[Consent]:
    """Consents that hold now and can be withdrawn. Having read a notice is a fact, not a consent."""
    last: dict[str, Consent] = {}
    for line in Consent.objects.filter(booking=booking).exclude(kind=Consent.Kind.PRIVACY).order_by("at", "id"):
        last[line.kind] = line
    return [line for line in last.values() if line.given]


def _write(booking: Booking, kind: str, text: str, *, given: bool, now: datetime | None) -> None:
    Consent.objects.create(
        brand_id=booking.host.brand_id,
        booking=booking,
        person=booking.client,
        kind=kind,
        given=given,
        text=text,
        text_hash=hashlib.sha256(text.encode()).hexdigest(),
        language=(translation.get_language() or "en").split("-")[0],
        at=now or timezone.now(),
    )
