"""Verbs of membership: sign up, submit, approve, refuse, suspend, close, erase. Each is one transaction."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from directory import audit, departures, mail_log
from directory.models import Brand, Decision, Person, Professional, TraderRecord, User
from directory.signals import professional_closing, professional_decided, professional_erased, professional_listed

Status = Professional.Status


class NotAllowed(Exception):
    """The account is in a state in which this verb makes no sense; the text is for people."""


def is_known(email: str, brand: Brand) -> bool:
    """Whether somebody at this brand, a client perhaps, goes by this e-mail already."""
    return Person.objects.filter(brand=brand, email__iexact=email).exists()


@transaction.atomic
def pause(professional: Professional, *, paused: bool, note: str = "") -> None:
    """Nothing new can be booked, or again; what is booked goes on as it was."""
    professional.paused, professional.pause_note = paused, note.strip()
    professional.save(update_fields=["paused", "pause_note", "updated_at"])


@transaction.atomic
def sign_up(*, user: User, brand: Brand, first_name: str, last_name: str, language: str) -> Professional:
    """A draft member: person and professional. A client known by this e-mail becomes the member she now is, so the
    caller has seen proof that the address is hers."""
    person, _created = Person.objects.get_or_create(
        brand=brand,
        email__iexact=user.email,
        defaults={"email": user.email.lower(), "time_zone": brand.time_zone},
    )
    if person.user_id not in (None, user.pk):
        raise NotAllowed(_("This e-mail belongs to another member."))
    person.user, person.language = user, language
    person.first_name, person.last_name = first_name.strip(), last_name.strip()
    person.time_zone = brand.time_zone
    person.save()
    existing = Professional.objects.filter(person=person).first()
    if existing:
        return existing
    return create_professional(person, brand)


def create_professional(person: Person, brand: Brand) -> Professional:
    """With the first free slug of anna-beispiel, anna-beispiel-2 …; the unique constraint settles races."""
    base = slugify(transliterate(f"{person.first_name} {person.last_name}"))[:100] or "profile"
    number = 1
    while True:
        slug = base if number == 1 else f"{base}-{number}"
        try:
            with transaction.atomic():
                return Professional.objects.create(person=person, brand=brand, slug=slug)
        except IntegrityError:
            number += 1
            if number > 500:
                raise


@transaction.atomic
def change_email(user: User, email: str) -> None:
    """What a log-in is at each brand follows its new address, save where another person there is known by it."""
    for person in Person.objects.filter(user=user):
        others = Person.objects.filter(brand=person.brand_id, email__iexact=email).exclude(pk=person.pk)
        if not others.exists():
            person.email = email.lower()
            person.save(update_fields=["email"])


def transliterate(text: str) -> str:
    table: dict[str, str | int | None] = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss"}
    return text.translate(str.maketrans(table))


def missing_for_submission(professional: Professional) -> list[str]:
    """What still has to be filled in, in words; empty means it can be submitted."""
    missing = []
    if not professional.title:
        missing.append(_("your professional title"))
    if not professional.about:
        missing.append(_("a text about you"))
    if not professional.specialties.exists():
        missing.append(_("at least one specialty"))
    if not professional.offices.exists():
        missing.append(_("an office"))
    if not professional.languages.exists():
        missing.append(_("the languages you speak"))
    if professional.brand.trader_record_required:
        record = TraderRecord.objects.filter(professional=professional).first()
        if record is None or not record.is_filled_in:
            missing.append(_("your trader record"))
    return missing


@transaction.atomic
def submit(professional: Professional) -> Professional:
    """Draft → waiting for approval, or listed at once where the brand asks for no approval."""
    professional = Professional.objects.locked(professional.pk)
    if professional.status != Status.DRAFT:
        raise NotAllowed(_("This profile has been submitted already."))
    missing = missing_for_submission(professional)
    if missing:
        raise ValidationError(_("Still missing: %(what)s.") % {"what": ", ".join(missing)})
    professional.submitted_at = timezone.now()
    professional.refusal_reason = ""
    professional.status = Status.SUBMITTED if professional.brand.approval_required else Status.LISTED
    professional.save()
    audit.record("member.submitted", professional)
    if professional.status == Status.LISTED:
        professional_listed.send(sender=Professional, professional=professional)
    return professional


def _decide(
    professional: Professional,
    by: User,
    allowed: set[str],
    status: str,
    verb: str,
    reason: str = "",
    checks: list[str] | None = None,
) -> Professional:
    professional = Professional.objects.locked(professional.pk)
    if professional.status not in allowed:
        raise NotAllowed(
            _("%(name)s is “%(status)s”.") % {"name": professional, "status": professional.get_status_display()}
        )
    before, professional.status, professional.refusal_reason = professional.status, status, reason
    professional.decided_at, professional.decided_by = timezone.now(), by
    professional.claimed_by, professional.claimed_at = None, None
    professional.save()
    Decision.objects.create(professional=professional, status=status, reason=reason, checks=checks or [], by=by)
    audit.record(verb, professional, actor=by, changes={"status": [before, status]})
    professional_decided.send(sender=Professional, professional=professional)
    if status == Status.LISTED:
        professional_listed.send(sender=Professional, professional=professional)
    return professional


@transaction.atomic
def approve(professional: Professional, *, by: User, checks: list[str] | None = None) -> Professional:
    """Waiting or suspended → listed. `checks`: the lines of the checklist that were ticked."""
    record = TraderRecord.objects.filter(professional=professional).first()
    if professional.brand.trader_record_required and not (record and record.is_complete):
        raise NotAllowed(_("The trader record of %(name)s is not complete.") % {"name": professional})
    return _decide(
        professional, by, {Status.SUBMITTED, Status.SUSPENDED}, Status.LISTED, "member.approved", checks=checks
    )


@transaction.atomic
def refuse(professional: Professional, *, by: User, reason: str, checks: list[str] | None = None) -> Professional:
    """Waiting → draft again, with the reason she will read."""
    if not reason.strip():
        raise ValidationError(_("Say why, so that the profile can be mended."))
    return _decide(professional, by, {Status.SUBMITTED}, Status.DRAFT, "member.refused", reason.strip(), checks)


@transaction.atomic
def suspend(professional: Professional, *, by: User, reason: str = "") -> Professional:
    """Listed → suspended: no longer public; booked appointments stay."""
    return _decide(professional, by, {Status.LISTED}, Status.SUSPENDED, "member.suspended", reason)


@transaction.atomic
def close_account(professional: Professional) -> Professional:
    """She leaves: not public at once, future bookings cancelled (by who listens), the log-in of this brand gone.

    Personal data is erased by `erase()` as soon as the cancellation mails, which carry her name, are out.
    """
    professional = Professional.objects.select_related("person").locked(professional.pk)
    if professional.status == Status.CLOSED:
        return professional
    professional_closing.send(sender=Professional, professional=professional)
    departures.begin(professional)
    professional.status = Status.CLOSED
    professional.save()
    audit.record("member.closed", professional)
    user, person = professional.person.user, professional.person
    person.user = None
    person.save()
    if user and not user.is_staff and not user.people.exists():
        user.delete()
    return professional


@transaction.atomic
def erase(person: Person) -> None:
    """Remove personal data; the rows stay as anonymous counters, because bookings point to them."""
    professional = Professional.objects.filter(person=person).first()
    if professional:
        if professional.portrait:
            professional.portrait.delete(save=False)
        professional.offices.all().delete()
        professional.languages.all().delete()
        professional.specialties.clear()
        professional.evidence.all().delete()
        professional.decisions.update(reason="")
        TraderRecord.objects.filter(professional=professional).delete()
        professional.slug = f"erased-{professional.pk}"
        professional.title = professional.about = professional.fees = professional.registration = ""
        professional.refusal_reason, professional.portrait = "", ""
        professional.save()
        professional_erased.send(sender=Professional, professional=professional)
    mail_log.forget_address(person.brand, person.email)
    person.email = person.prefix = person.first_name = person.last_name = person.phone = ""
    person.user, person.erased_at = None, timezone.now()
    person.save()
    audit.record("member.erased", person)
