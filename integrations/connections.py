"""What is done to a connection as a whole: its secrets, its health, its warnings, the members on it."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Count, Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from directory import audit, mail_log
from directory.models import Professional, User
from directory.secrets import CannotUnseal
from integrations import desired, marks, moving, sync
from integrations.errors import ProviderError, Unauthorised
from integrations.models import EXPIRY_WARNINGS, CallCount, Connection, Enrolment, Mirror, WebhookEvent
from scheduling import background
from scheduling.models import BusyTime

# Webhook events and call counts are kept for this long.
KEPT = timedelta(days=30)
LIVE = 2


class CannotConnectError(Exception):
    """Credentials are missing or of no use; the text is for the operator."""


# --- secrets ----------------------------------------------------------------------------------------------------------


def require_credentials(connection: Connection, values: Mapping[str, str]) -> dict[str, str]:
    """The values that are not empty; raises CannotConnectError where one that is needed is missing."""
    given = {name: str(value).strip() for name, value in values.items() if str(value).strip()}
    optional = ("webhook_secret", *connection.provider_class.optional_secrets)
    missing = [name for name in connection.provider_class.secrets if name not in given and name not in optional]
    if missing:
        raise CannotConnectError(_("Missing: %(names)s.") % {"names": ", ".join(missing)})
    return given


@transaction.atomic
def set_credentials(connection: Connection, values: Mapping[str, str], *, rotate: bool = False) -> None:
    """Keep a set of credentials. `rotate`: in front of the live one, which stays as the second. Not shown again.

    Raises CannotConnectError where a value is missing.
    """
    given = require_credentials(connection, values)
    secret = given.pop("webhook_secret", "")
    known = {name: given[name] for name in connection.provider_class.secrets if name in given}
    old = [one for one in (connection.credentials or []) if one != known] if rotate else []
    connection.credentials = [known, *old][:LIVE]
    if secret:
        connection.webhook_secret = secret
    connection.resting_until, connection.warned_days = None, None
    connection.save(update_fields=["credentials", "webhook_secret", "resting_until", "warned_days"])
    audit.record("connection.credentials", connection)


def drop_old_credentials(connection: Connection) -> None:
    """The rotation is over: only the preferred set stays."""
    connection.credentials = list(connection.credentials or [])[:1]
    connection.save(update_fields=["credentials"])


# --- health -----------------------------------------------------------------------------------------------------------


def check(connection: Connection, *, patience: float = 5.0) -> str:
    """One harmless call; says in words what was found, and keeps the result. Raises the six errors, CannotUnseal."""
    try:
        found = connection.open(patience=patience).check()
    except ProviderError as error:
        connection.failed(error, rest=sync.REST if isinstance(error, Unauthorised) else None)
        raise
    connection.succeeded()
    return found


def register_webhook(connection: Connection, url: str = "") -> str:
    """Make the provider send to us; says in words what was done. Raises the six errors (Unsupported with the way).

    `url`: another address than that of the brand's domain, which a copy on this machine may not know.
    """
    provider = connection.open()
    if provider.webhook is None:
        return _("This provider sends no webhooks.")
    return provider.webhook(provider).register(url or connection.webhook_url)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something about a connection that a person should see. `tone`: danger or warning."""

    tone: str
    text: str


def alarms(connection: Connection, parked: int | None = None) -> list[Alarm]:
    """In words, the worst first; empty: all is well. Reads local rows only."""
    found = []
    left = connection.days_left
    if left is not None and left < 0:
        found.append(Alarm("danger", _("The credentials have expired.")))
    elif left is not None and left <= EXPIRY_WARNINGS[0]:
        text = ngettext("The credentials expire in %(count)d day.", "The credentials expire in %(count)d days.", left)
        found.append(Alarm("danger" if left <= EXPIRY_WARNINGS[-1] else "warning", text % {"count": left}))
    if connection.is_resting:
        found.append(Alarm("danger", _("Calls rest: %(words)s") % {"words": connection.last_error}))
    elif connection.last_error:
        found.append(Alarm("warning", _("Last error: %(words)s") % {"words": connection.last_error}))
    if connection.is_paused:
        found.append(Alarm("warning", _("Onboarding is stopped: no new account is made.")))
    if connection.sweep_note.startswith("Stopped"):
        found.append(Alarm("danger", connection.sweep_note))
    with suppress(CannotUnseal):
        found += [Alarm("warning", text) for text in connection.open().warnings()]
    if parked is None:
        parked = Mirror.objects.filter(connection=connection).parked().count()
    if parked:
        text = ngettext("%(count)d object waits for a person.", "%(count)d objects wait for a person.", parked)
        found.append(Alarm("warning", text % {"count": parked}))
    clashes = BusyTime.objects.filter(source=connection.source, ends_at__gte=timezone.now()).count()
    if clashes:
        text = ngettext(
            "%(count)d booking there could not be brought in; its time counts as taken.",
            "%(count)d bookings there could not be brought in; their times count as taken.",
            clashes,
        )
        found.append(Alarm("warning", text % {"count": clashes}))
    return sorted(found, key=lambda alarm: alarm.tone)


def active() -> list[Connection]:
    return list(Connection.objects.filter(is_active=True).select_related("brand"))


def ill(rows: list[Connection]) -> list[Connection]:
    """Those of which the credentials are about to expire or have, whose calls rest, or whose sweep was stopped."""
    soon = timezone.localdate() + timedelta(days=EXPIRY_WARNINGS[1])
    return [
        row
        for row in rows
        if (row.expires_on and row.expires_on <= soon) or row.is_resting or row.sweep_note.startswith("Stopped")
    ]


def all_alarms(rows: list[Connection]) -> list[tuple[Connection, Alarm]]:
    """Everything that is wrong with these connections, for the first page of the administration. One query."""
    parked = dict(Mirror.objects.all().parked().order_by().values_list("connection").annotate(count=Count("pk")))
    return [(row, alarm) for row in rows for alarm in alarms(row, parked.get(row.pk, 0))]


def warn_of_expiry() -> int:
    """A mail to administrators 14, 7 and 1 days before credentials expire, and when they have; returns how many."""
    sent = 0
    for connection in Connection.objects.filter(is_active=True).exclude(expires_on=None).select_related("brand"):
        left = connection.days_left
        assert left is not None
        step = 0 if left < 0 else min((days for days in EXPIRY_WARNINGS if days >= left), default=None)
        rows = Connection.objects.filter(pk=connection.pk)
        if step is None:
            rows.exclude(warned_days=None).update(warned_days=None)
        elif rows.filter(Q(warned_days=None) | Q(warned_days__gt=step)).update(warned_days=step):
            _mail_expiry(connection, left)
            sent += 1
    return sent


def _mail_expiry(connection: Connection, left: int) -> None:
    receivers = list(User.objects.filter(is_superuser=True, is_active=True).values_list("email", flat=True))
    if not receivers:
        sync.logger.warning(
            "Credentials of %s expire in %s days, and no administrator has an address.", connection, left
        )
        return
    with translation.override(connection.brand.language):
        subject = _("Credentials of %(name)s expire on %(date)s") % {
            "name": connection.name,
            "date": connection.expires_on,
        }
        path = f"/admin/integrations/connection/{connection.pk}/change/"
        context = {"connection": connection, "left": max(0, left), "url": connection.brand.url(path)}
        text = render_to_string("integrations/email/expiry.txt", context)
    mail = EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, receivers)
    # The operator's own addresses are not for the staff of a brand.
    mail_log.send(mail, brand=connection.brand, kind=mail_log.Kind.NOTICE, name_recipient=False)


def forget_old() -> int:
    """Applied webhook events and counts of calls go after a month."""
    before = timezone.now() - KEPT
    events = WebhookEvent.objects.filter(received_at__lt=before, due_at=None).delete()[0]
    return events + CallCount.objects.filter(hour__lt=before).delete()[0]


# --- members ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the members who belong to a connection: `ready` have an account there, `parked` wait for a person."""

    total: int
    ready: int
    parked: int

    @property
    def done(self) -> int:
        return self.ready + self.parked

    @property
    def percent(self) -> int:
        return 100 if not self.total else int(100 * self.done / self.total)


def progress(connection: Connection, pks: Iterable[int] | None = None) -> Progress:
    """How far onboarding is, read from the rows: there is no other state. `pks`: of these professionals only."""
    uids = [str(pk) for pk in pks] if pks is not None else list(desired.uids(connection, "user"))
    ready = parked = 0
    for start in range(0, len(uids), 500):
        users = Mirror.objects.filter(connection=connection, kind="user", local_uid__in=uids[start : start + 500])
        counted = users.aggregate(
            ready=Count("pk", filter=~Q(remote_id="")),
            parked=Count("pk", filter=Q(remote_id="", due_at=None) & ~Q(last_error="")),
        )
        ready, parked = ready + counted["ready"], parked + counted["parked"]
    return Progress(len(uids), ready, parked)


def enrol(professionals: Iterable[Professional], connection: Connection | None) -> int:
    """An admin's choice for these members; None: the built-in engine. Marks what follows. Returns how many changed."""
    changed = 0
    for professional in professionals:
        with transaction.atomic():
            before = desired.connection_of(professional)
            default = Connection.objects.filter(brand_id=professional.brand_id, is_default=True).first()
            if connection == default:
                Enrolment.objects.filter(professional=professional).delete()
            else:
                Enrolment.objects.update_or_create(professional=professional, defaults={"connection": connection})
            moving.follow([professional], connection)
            changed += before != connection
    return changed


def onboard(connection: Connection, pks: Iterable[int]) -> int:
    """Mark accounts, hours and meeting types of members who belong to the connection; workers do the rest."""
    wanted = set(pks)
    count = 0
    for professional in desired.members(connection).order_by("pk").distinct().iterator(chunk_size=200):
        if professional.pk in wanted:
            with transaction.atomic():
                retry(connection, professional)
                marks.professional(professional)
            count += 1
    return count


def retry(connection: Connection, professional: Professional) -> None:
    """What was refused for this member is tried again."""
    uid = str(professional.pk)
    mine = Mirror.objects.filter(connection=connection).filter(Q(kind="user", local_uid=uid) | Q(owner_uid=uid))
    mine.parked().update(due_at=timezone.now(), attempts=0, last_error="")


def pause(connection: Connection, paused: bool) -> None:
    """Stop or resume onboarding: no account is made; what has been made is kept up to date."""
    Connection.objects.filter(pk=connection.pk).update(is_paused=paused)
    if not paused:
        sync.nudge()


def resume(connection: Connection) -> int:
    """Go on with all members who belong to the connection; what was refused is tried again."""
    pause(connection, False)
    return onboard(connection, desired.members(connection).order_by().values_list("pk", flat=True))


def verify_later(connection: Connection) -> None:
    """Let a worker read everything at the provider again."""
    background.send("integrations.tasks.verify", connection.pk)
