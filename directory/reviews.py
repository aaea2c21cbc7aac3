"""Verbs of the approval queue: claim, release, decide with the checklist, remind of re-checks."""

import base64
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from directory import accounts, audit, mail_log
from directory.adapter import sender
from directory.models import Brand, CheckItem, Evidence, Professional, TraderRecord, User

CLAIMED_FOR = timedelta(minutes=30)
LARGEST = 3 * 1024 * 1024
MOST = 12
# How a file begins → what it is sent back as; nothing else is taken.
SIGNATURES = {b"%PDF-": "application/pdf", b"\x89PNG\r\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


def claim(professional: Professional, by: User, now: datetime | None = None) -> bool:
    """Take a waiting profile for half an hour; False where a colleague has it."""
    now = now or timezone.now()
    free = Q(claimed_by=None) | Q(claimed_by=by) | Q(claimed_at__lte=now - CLAIMED_FOR)
    rows = Professional.objects.filter(free, pk=professional.pk, status=Professional.Status.SUBMITTED)
    return bool(rows.update(claimed_by=by, claimed_at=now))


def release(professional: Professional, by: User) -> None:
    Professional.objects.filter(pk=professional.pk, claimed_by=by).update(claimed_by=None, claimed_at=None)


def claimed_by_other(professional: Professional, user: User, now: datetime) -> User | None:
    """The colleague who looks at it at this moment."""
    if professional.claimed_by_id in (None, user.pk) or professional.claimed_at is None:
        return None
    return professional.claimed_by if professional.claimed_at > now - CLAIMED_FOR else None


@transaction.atomic
def approve(professional: Professional, *, by: User, checks: list[int], recheck_on: date | None) -> None:
    """List it with what was ticked; every needed line of the checklist must be. Raises ValidationError, NotAllowed."""
    _not_taken(professional, by)
    items = list(CheckItem.objects.filter(brand=professional.brand_id))
    missing = [item.text for item in items if item.required and item.pk not in checks]
    if missing:
        raise ValidationError(_("Not ticked yet: %(what)s") % {"what": "; ".join(missing)})
    accounts.approve(professional, by=by, checks=[item.text for item in items if item.pk in checks])
    Professional.objects.filter(pk=professional.pk).update(recheck_on=recheck_on, recheck_reminded=False)


@transaction.atomic
def refuse(professional: Professional, *, by: User, reason: str, checks: list[int]) -> None:
    _not_taken(professional, by)
    items = CheckItem.objects.filter(brand=professional.brand_id, pk__in=checks)
    accounts.refuse(professional, by=by, reason=reason, checks=[item.text for item in items])


def _not_taken(professional: Professional, by: User) -> None:
    row = Professional.objects.locked(professional.pk)
    other = claimed_by_other(row, by, timezone.now())
    if other is not None:
        raise accounts.NotAllowed(_("%(name)s is looking at this profile.") % {"name": other})


def next_waiting(brands: list[int] | None, after: Professional) -> Professional | None:
    """The oldest other profile that waits and that nobody has taken."""
    now = timezone.now()
    rows = Professional.objects.filter(status=Professional.Status.SUBMITTED).exclude(pk=after.pk)
    rows = rows if brands is None else rows.filter(brand__in=brands)
    return rows.filter(Q(claimed_by=None) | Q(claimed_at__lte=now - CLAIMED_FOR)).order_by("submitted_at").first()


def add_evidence(professional: Professional, file: File, *, title: str, by: User) -> Evidence:
    """Keep a document, sealed. PDF, PNG or JPEG by what is in it, up to 3 MB; else ValidationError."""
    if Evidence.objects.filter(professional=professional).count() >= MOST:
        raise ValidationError(_("There are %(count)s documents already. Delete one first.") % {"count": MOST})
    if file.size > LARGEST:
        raise ValidationError(_("The file is larger than 3 MB."))
    content = file.read()
    kind = next((kind for start, kind in SIGNATURES.items() if content.startswith(start)), None)
    if kind is None:
        raise ValidationError(_("Only PDF, PNG and JPEG files can be kept."))
    sealed = base64.b64encode(content).decode()
    evidence = Evidence.objects.create(professional=professional, title=title, content_type=kind, content=sealed, by=by)
    audit.record("member.evidence", professional, actor=by)
    return evidence


@transaction.atomic
def withdraw_evidence(professional: Professional, pk: int, *, by: User) -> bool:
    """Delete a document that `by` sent; False where there is none. What staff added stays."""
    deleted, _each = Evidence.objects.filter(professional=professional, pk=pk, by=by).delete()
    if deleted:
        audit.record("member.evidence_withdrawn", professional, actor=by)
    return bool(deleted)


@transaction.atomic
def save_trader_record(professional: Professional, values: dict[str, Any], *, by: User) -> TraderRecord:
    """What the member says of herself. Under another legal name her identity has to be checked anew."""
    Professional.objects.lock(professional.pk)
    record = TraderRecord.objects.filter(professional=professional).first() or TraderRecord(professional=professional)
    if record.legal_name != values["legal_name"]:
        record.identity_checked = False
    for name, value in values.items():
        setattr(record, name, value)
    record.save()
    audit.record("member.trader_record", professional, actor=by)
    return record


def content_of(evidence: Evidence) -> bytes:
    return base64.b64decode(evidence.content)


def remind_of_rechecks(today: date) -> int:
    """One mail to each brand whose members are due for a re-check, once for each due date; returns how many mails."""
    sent = 0
    due = Q(professionals__recheck_on__lte=today, professionals__recheck_reminded=False)
    listed = Q(professionals__status=Professional.Status.LISTED)
    for brand in Brand.objects.filter(due, listed).distinct():
        rows = Professional.objects.filter(
            brand=brand, status=Professional.Status.LISTED, recheck_on__lte=today, recheck_reminded=False
        )
        keys = list(rows.values_list("pk", flat=True))
        if rows.filter(pk__in=keys).update(recheck_reminded=True):
            _mail(brand, len(keys))
            sent += 1
    return sent


def _mail(brand: Brand, count: int) -> None:
    with translation.override(brand.language):
        url = brand.url(f"{reverse('admin:directory_professional_changelist')}?recheck=due")
        text = render_to_string("directory/email/rechecks.txt", {"brand": brand, "count": count, "url": url})
        subject = _("Members are due for a re-check")
    mail = EmailMessage(subject, text.strip() + "\n", sender(brand), [brand.support_email])
    mail_log.send(mail, brand=brand, kind=mail_log.Kind.NOTICE)


audit.WORDS["member.evidence"] = translation.gettext_lazy("document added")
audit.WORDS["member.evidence_withdrawn"] = translation.gettext_lazy("document taken back")
audit.WORDS["member.trader_record"] = translation.gettext_lazy("trader record saved")
