"""The mails of earlier-time alerts: prove your address, and a time has opened. Both can be stopped with one click."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from directory.letterhead import letter
from scheduling import alerts, outbox
from scheduling.letters import moment, short_moment
from scheduling.models import Alert, Offer


def send_due(now: datetime | None = None) -> int:
    now = now or timezone.now()
    count = 0
    proofs = Alert.objects.select_related("meeting_type__host__person", "meeting_type__host__brand", "booking")
    for pk in outbox.due(Alert.objects.all(), now):
        count += outbox.deliver(proofs, pk, compose_proof)
    offers = Offer.objects.select_related(
        "opening", "alert__booking", "alert__meeting_type__host__person", "alert__meeting_type__host__brand"
    )
    for pk in outbox.due(Offer.objects.all(), now):
        count += outbox.deliver(offers, pk, compose_offer)
    return count


def compose_proof(alert: Alert, now: datetime) -> EmailMultiAlternatives | None:
    if alert.state != Alert.State.UNPROVEN:
        return None
    return _mail(alert, "alert_proof", lambda: (_("Please confirm: tell me of free times"), {}))


def compose_offer(offer: Offer, now: datetime) -> EmailMultiAlternatives | None:
    if not alerts.still_there(offer, now):
        return None
    alert = offer.alert

    def words() -> tuple[str, dict[str, object]]:
        zone, start = ZoneInfo(alert.time_zone), offer.opening.starts_at
        end = start + timedelta(minutes=alert.meeting_type.duration)
        return _("A time has opened: %(when)s") % {"when": short_moment(start, zone)}, {
            "when": moment(start, end, zone),
            "was": moment(alert.booking.starts_at, alert.booking.ends_at, zone) if alert.booking else "",
            "claim_url": _brand(alert).url(reverse("alert_claim", args=[alerts.token(offer)])),
        }

    return _mail(alert, "alert_offer", words)


def _brand(alert: Alert):  # type: ignore[no-untyped-def]
    return alert.meeting_type.host.brand


def _mail(alert: Alert, template: str, words) -> EmailMultiAlternatives:  # type: ignore[no-untyped-def]
    brand = _brand(alert)
    page = brand.url(reverse("alert", args=[alerts.token(alert)]))
    stop = brand.url(reverse("alert_stop", args=[alerts.token(alert)]))
    with translation.override(alert.language):
        subject, more = words()
        return letter(
            brand,
            f"scheduling/email/{template}",
            {"alert": alert, "professional": alert.meeting_type.host, "page": page, **more},
            subject=subject,
            to=alert.email,
            headers={"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        )
