"""The day of a professional in one mail, at 06:30 on her clock; one per local day, none for an empty one.

The row of (host, local date) is what makes it one mail, whoever sweeps how often, and whichever zone she moves to.
"""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.core.mail import EmailMultiAlternatives
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from directory.letterhead import letter
from directory.models import Person, Professional
from scheduling import notifications, outbox, today
from scheduling.letters import long_date
from scheduling.models import Booking, Digest

AT = time(6, 30)
# A digest that comes after noon is of no use to anybody.
UNTIL = time(12)


def write_due(now: datetime | None = None) -> int:
    """Rows for all whose clock has passed 06:30 and who have none for this day; how many."""
    now = now or timezone.now()
    zones = Person.objects.filter(professional__status=Professional.Status.LISTED).values_list("time_zone", flat=True)
    count = 0
    for zone in zones.order_by().distinct():
        local = now.astimezone(ZoneInfo(zone))
        if not AT <= local.time() < UNTIL:
            continue
        hosts = Professional.objects.filter(
            Q(notification_choices=None) | Q(notification_choices__digest=True),
            ~Exists(Digest.objects.filter(host=OuterRef("pk"), day=local.date())),
            status=Professional.Status.LISTED,
            person__time_zone=zone,
        ).exclude(person__email="")
        rows = [
            Digest(host=host, day=local.date(), language=host.person.language, due_at=now, created_at=now)
            for host in hosts.select_related("person")
        ]
        Digest.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
        count += len(rows)
    return count


def send_due(now: datetime | None = None) -> int:
    rows = Digest.objects.select_related("host__person", "host__brand")
    return sum(outbox.deliver(rows, pk, compose) for pk in outbox.due(Digest.objects.all(), now or timezone.now()))


def compose(row: Digest, now: datetime) -> EmailMultiAlternatives | None:
    """The mail in her language and on her clock; None for an empty day, a choice taken back, or a day that is over."""
    host, person, brand = row.host, row.host.person, row.host.brand
    choices = notifications.of(host)
    zone = ZoneInfo(person.time_zone)
    if not person.email or not choices.digest or now.astimezone(zone).date() > row.day:
        return None
    with timezone.override(zone), translation.override(person.language):
        overview = today.overview(host, now=now)
        if not overview.today and not overview.requests and not choices.digest_when_empty:
            return None
        day = long_date(datetime.combine(row.day, AT, zone))
        subject = _("Your day: %(day)s") % {"day": day}
        context = {
            "day": day,
            "appointments": [_line(booking, host) for booking in overview.today],
            "requests": [_line(booking, host) for booking in overview.requests],
            "problems": [
                {"text": note.text, "action": note.action, "url": _absolute(host, note.url)}
                for note in overview.notes
                if note.tone in ("danger", "warning")
            ],
            "my_url": brand.url(reverse("my_today")),
            "choices_url": brand.url(reverse("my_notifications")),
        }
        return letter(brand, "scheduling/email/digest", context, subject=subject, to=person.email)


def _line(booking: Booking, host: Professional) -> dict[str, str]:
    start, end = timezone.localtime(booking.starts_at), timezone.localtime(booking.ends_at)
    same_day = start.date() == timezone.localdate()
    return {
        "when": f"{date_format(start, 'TIME_FORMAT')}–{date_format(end, 'TIME_FORMAT')}"
        if same_day
        else date_format(start, "SHORT_DATETIME_FORMAT"),
        "who": booking.client_name,
        "what": f"{booking.title}, {booking.get_channel_display()}",
        "url": host.brand.url(reverse("my_booking", args=[booking.pk])),
    }


def _absolute(host: Professional, url: str) -> str:
    return host.brand.url(url) if url.startswith("/") else url
