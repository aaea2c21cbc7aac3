"""Is a connection well? In plain lines, for the command line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from directory.secrets import CannotUnseal
from integrations.connections import check
from integrations.errors import ProviderError
from integrations.models import EXPIRY_WARNINGS, Connection, Mirror, WebhookEvent


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
