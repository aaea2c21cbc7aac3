"""What a client can see, take along and erase without an account: everything kept under one e-mail address of a brand.

A sealed link that was mailed to the address is the proof. What is open is not erased: it must be cancelled first. The
consent log keeps its lines, as the proof that it is; they no longer lead to a person.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from directory import accounts, mail_log
from directory.letterhead import letter
from directory.models import Brand, Person, Professional
from directory.secrets import CannotUnseal, seal, unseal
from scheduling import intake
from scheduling.models import Alert, Booking, BookingEvent, Consent, Message
from scheduling.models.bookings import Status

LINK_LIFE = timedelta(hours=2)
NOBODY = "–"  # a booking that took place keeps a name, but no longer a person's
OPEN = [Status.HELD, Status.PENDING, Status.CONFIRMED]


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept about one address at one brand."""

    brand: Brand
    email: str

    @property
    def bookings(self) -> QuerySet[Booking]:
        rows = Booking.objects.of_brand(self.brand).filter(client_email=self.email).exclude(status=Status.HELD)
        return rows.select_related("host__person", "host__brand", "meeting_type").order_by("-starts_at")

    @property
    def alerts(self) -> QuerySet[Alert]:
        rows = Alert.objects.filter(meeting_type__host__brand=self.brand, email=self.email)
        return rows.select_related("meeting_type__host__person")

    @property
    def consents(self) -> QuerySet[Consent]:
        return Consent.objects.filter(brand=self.brand, booking__client_email=self.email).order_by("at", "id")

    def is_empty(self) -> bool:
        return not (self.bookings.exists() or self.alerts.exists())


# --- the link ---------------------------------------------------------------------------------------------------


def link(held: Held, now: datetime) -> str:
    token = seal(["own data", held.brand.pk, held.email, (now + LINK_LIFE).timestamp()])
    return held.brand.url(reverse("own_data", args=[token]))


def find(brand: Brand, token: str, now: datetime) -> Held | None:
    """None for another brand's link, one that has run out, or anything that we did not seal."""
    try:
        purpose, brand_id, email, until = unseal(token)
    except (CannotUnseal, ValueError, TypeError):
        return None
    if purpose != "own data" or brand_id != brand.pk or until < now.timestamp():
        return None
    return Held(brand, email)


def send_link(brand: Brand, email: str, language: str, now: datetime | None = None) -> bool:
    """Mail the link, if there is anything to see. False: nothing is kept, and nobody is written to."""
    held = Held(brand, email)
    if held.is_empty():
        return False
    mail = compose(held, language, now or timezone.now())
    mail_log.send(mail, brand=brand, kind=mail_log.Kind.OWN_DATA)
    return True


def compose(held: Held, language: str, now: datetime) -> EmailMultiAlternatives:
    with translation.override(language):
        subject = _("Your data at %(brand)s") % {"brand": held.brand.name}
        context = {"page": link(held, now)}
        return letter(held.brand, "scheduling/email/own_data", context, subject=subject, to=held.email)


# --- taking along -----------------------------------------------------------------------------------------------


def export(held: Held, now: datetime) -> dict[str, Any]:
    """Everything, for machines; instants in UTC. Uploaded files are named here and lie at the booking's page."""
    bookings = held.bookings.prefetch_related("answers", "events", "messages")
    return {
        "directory": held.brand.name,
        "email": held.email,
        "exported_at": now,
        "bookings": [_booking(booking) for booking in bookings],
        "consents": list(held.consents.values("kind", "given", "text", "language", "at", "booking__reference")),
        "mails_about_free_times": [
            {"with": str(alert.meeting_type.host), "about": alert.meeting_type.title, "name": alert.name}
            | {"state": alert.state, "asked_at": alert.created_at}
            for alert in held.alerts
        ],
        "other_mails": list(mail_log.to(held.brand, held.email).values("kind", "subject", "status", "at")),
    }


def _booking(booking: Booking) -> dict[str, Any]:
    columns: tuple[str, ...] = (
        "reference",
        "title",
        "status",
        "starts_at",
        "ends_at",
        "time_zone",
        "channel",
        "location",
        "price_text",
    )
    columns += ("seats", "created_at", "client_name", "client_email", "client_phone", "client_note", "cancel_reason")
    columns += ("attendee_name", "attendee_email", "attendee_phone", "client_language", "client_time_zone")
    return {column: getattr(booking, column) for column in columns} | {
        "with": str(booking.host),
        "answers": [
            {"question": row.label, "answer": row.text, "at": row.answered_at} for row in booking.answers.all()
        ],
        "history": [{"what": row.kind, "by": row.actor, "at": row.at} for row in booking.events.all()],
        "mails": [
            {"kind": row.kind, "sent_at": row.sent_at}
            for row in booking.messages.all()
            if row.audience == Message.Audience.CLIENT and row.sent_at
        ],
    }


# --- erasing ----------------------------------------------------------------------------------------------------


def is_open(booking: Booking, now: datetime) -> bool:
    """Somebody still counts on it; so it is not erased."""
    return booking.status in OPEN and booking.ends_at > now


@transaction.atomic
def erase(held: Held, *, now: datetime | None = None) -> int:
    """Erase what is over; how many bookings. The rows stay, as times at which somebody was there. A repetition is harmless."""
    now = now or timezone.now()
    over = held.bookings.filter(~Q(status__in=OPEN) | Q(ends_at__lte=now)).values_list("pk", flat=True)
    pks = list(Booking.objects.select_for_update(of=("self",)).filter(pk__in=list(over)).values_list("pk", flat=True))
    gone = Booking.objects.filter(pk__in=pks)
    intake.forget(pks)
    Message.objects.filter(booking__in=pks, audience=Message.Audience.CLIENT).update(recipient="")
    BookingEvent.objects.filter(booking__in=pks, actor=Booking.Actor.CLIENT).update(reason="")
    gone.filter(cancelled_by=Booking.Actor.CLIENT).update(cancel_reason="")
    empty = dict.fromkeys(("client_email", "client_phone", "client_note"), "")
    empty |= dict.fromkeys(("attendee_name", "attendee_email", "attendee_phone"), "")
    gone.update(client_name=NOBODY, client=None, updated_at=now, **empty)
    held.alerts.filter(Q(booking=None) | Q(booking__in=pks)).delete()
    mail_log.forget_address(held.brand, held.email)
    _erase_person(held)
    return len(pks)


def _erase_person(held: Held) -> None:
    """The client's own row, unless she has a log-in, is a member, or something is still open."""
    people = Person.objects.filter(brand=held.brand, email=held.email, user=None, erased_at=None)
    people = people.exclude(pk__in=Professional.objects.filter(brand=held.brand).values("person"))
    for person in people.exclude(bookings__status__in=OPEN):
        accounts.erase(person)
