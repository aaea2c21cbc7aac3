"""What is done to a connection as a whole: its secrets, its health, its warnings, the members on it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
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

from directory.models import Professional, User
from integrations import desired, marks, sync
from integrations.errors import ProviderError, Unauthorised
from integrations.models import EXPIRY_WARNINGS, CallCount, Connection, Enrolment, Mirror, WebhookEvent
from integrations.secrets import CannotUnseal
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
    missing = [name for name in connection.provider_class.secrets if name not in given and name != "webhook_secret"]
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


def register_webhook(connection: Connection) -> str:
    """Make the provider send to us; says in words what was done. Raises the six errors (Unsupported with the way)."""
    provider = connection.open()
    if provider.webhook is None:
        return _("This provider sends no webhooks.")
    return provider.webhook(provider).register(connection.webhook_url)


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something about a connection that a person should see. `tone`: danger or warning."""

    tone: str
    text: str


def alarms(connection: Connection) -> list[Alarm]:
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
    if connection.sweep_note.startswith("Stopped"):
        found.append(Alarm("danger", connection.sweep_note))
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
    EmailMessage(subject, text, settings.DEFAULT_FROM_EMAIL, receivers).send()


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
            marks.professional(professional)
            changed += before != connection
    return changed


def onboard(connection: Connection, pks: Iterable[int]) -> int:
    """Mark accounts, hours and meeting types of members who belong to the connection; workers do the rest."""
    wanted = set(pks)
    count = 0
    for professional in desired.members(connection).order_by("pk").distinct().iterator(chunk_size=200):
        if professional.pk in wanted:
            with transaction.atomic():
                mark_member(connection, professional)
            count += 1
    return count


def mark_member(connection: Connection, professional: Professional) -> None:
    """Everything of one member at one connection. What failed before is tried again."""
    uid = str(professional.pk)
    Mirror.objects.filter(connection=connection, kind="user", local_uid=uid).update(attempts=0)
    sync.mark(connection, "user", uid)
    sync.mark(connection, "availability", uid, owner_uid=uid)
    for pk in professional.meeting_types.values_list("pk", flat=True):
        sync.mark(connection, "meeting_type", str(pk), owner_uid=uid)


# --- doctor -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor. `ok`: False makes the command fail."""

    ok: bool
    text: str


def examine(connection: Connection) -> Iterator[Finding]:
    """Keys, expiry, reachability, webhooks, and what waits; one call to the provider."""
    checks: list[Callable[[Connection], Iterator[Finding]]] = [_keys, _reach, _hooks, _backlog]
    for part in checks:
        yield from part(connection)


def _keys(connection: Connection) -> Iterator[Finding]:
    try:
        live = len(connection.credentials or [])
    except CannotUnseal as error:
        yield Finding(False, str(error))
        return
    yield Finding(live > 0, f"{live} live set(s) of credentials." if live else "No credentials: run connect.")
    left = connection.days_left
    if left is None:
        yield Finding(True, "No expiry date is set.")
    else:
        words = f"expire in {left} day(s)" if left >= 0 else "have expired"
        yield Finding(left > EXPIRY_WARNINGS[-1], f"The credentials {words} ({connection.expires_on}).")


def _reach(connection: Connection) -> Iterator[Finding]:
    try:
        yield Finding(True, f"Reachable: {check(connection)}")
    except (ProviderError, CannotUnseal) as error:
        yield Finding(False, f"Not reachable: {type(error).__name__}: {error}")


def _hooks(connection: Connection) -> Iterator[Finding]:
    if connection.provider_class.webhook is None:
        yield Finding(True, "Sends no webhooks.")
        return
    last = WebhookEvent.objects.filter(connection=connection).first()
    heard = f"last heard {last.received_at:%Y-%m-%d %H:%M} UTC" if last else "nothing heard yet"
    yield Finding(True, f"Webhooks to /hooks/{connection.provider}/…: {heard}.")
    failed = WebhookEvent.objects.filter(connection=connection, due_at=None).exclude(last_error="").count()
    if failed:
        yield Finding(False, f"{failed} webhook(s) could not be applied: replay_webhooks, or the log in the admin.")


def _backlog(connection: Connection) -> Iterator[Finding]:
    now = timezone.now()
    mirrors = Mirror.objects.filter(connection=connection)
    late = mirrors.filter(due_at__lt=now - timedelta(minutes=15)).count()
    yield Finding(late == 0, f"{late} object(s) due for more than 15 minutes.")
    parked = mirrors.parked().count()
    yield Finding(parked == 0, f"{parked} object(s) wait for a person.")
