"""Thin Celery tasks over sync, webhooks and connections; rows say what is due."""

from datetime import date

from celery import shared_task

from directory.secrets import CannotUnseal
from integrations import connections, inbound, parity, remote_times, reports, rooms, sync, webhooks
from integrations.errors import ProviderError, Unauthorised
from integrations.hooks import sending
from integrations.models import Connection


@shared_task
def work() -> int:
    """Reconcile what is due."""
    return sync.work()


@shared_task
def sweep() -> int:
    """Compare everything with what was applied, connection by connection; the brake stops only its own."""
    due = 0
    for connection in Connection.objects.filter(is_active=True).select_related("brand"):
        try:
            due += parity.sweep(connection)
        except (parity.BrakeError, CannotUnseal) as stopped:
            sync.logger.error("Sweep of %s: %s", connection, stopped)
    return due


@shared_task
def verify(connection_id: int) -> int:
    """Read everything at one provider again and mend what was changed there."""
    connection = Connection.objects.select_related("brand").get(pk=connection_id)
    try:
        return parity.verify(connection).checked
    except (ProviderError, CannotUnseal) as error:
        connection.failed(error, rest=sync.REST if isinstance(error, Unauthorised) else None)
        return 0


@shared_task
def apply_webhooks() -> int:
    """Apply events that are due, the oldest first."""
    return sum(webhooks.apply(event_id) for event_id in webhooks.due())


@shared_task
def poll() -> int:
    """Bring in bookings that webhooks missed, where visitors book in the provider's page."""
    asked = 0
    embedded = Connection.objects.filter(is_active=True, booking=Connection.Booking.EMBED).select_related("brand")
    for connection in embedded:
        if connection.is_resting:
            continue
        try:
            asked += inbound.poll(connection)
            connection.succeeded()
        except (ProviderError, CannotUnseal) as error:
            connection.failed(error, rest=sync.REST if isinstance(error, Unauthorised) else None)
    return asked


@shared_task
def housekeeping() -> int:
    """Warn of credentials that expire, and let old webhook events and counts go."""
    connections.forget_old()
    sending.forget_old()
    return connections.warn_of_expiry()


@shared_task
def fetch_times(meeting_type_id: int) -> bool:
    """Ask a provider for the free times of one meeting type."""
    row = remote_times.row_of(meeting_type_id)
    return row is not None and remote_times.ask_patiently(row)


@shared_task
def keep_times_warm() -> int:
    """Keep what search cards show from growing old, within the pace of each connection."""
    connections = [one for one in Connection.objects.filter(is_active=True) if not one.is_resting]
    with_engine = [one for one in connections if one.provider_class.engine is not None]
    return sum(remote_times.keep_warm(one, seconds=50 / len(with_engine)) for one in with_engine)


@shared_task
def watch_rooms() -> int:
    """Ask how video meetings stand that are about to begin or under way."""
    return rooms.poll()


@shared_task
def send_hooks() -> int:
    """Tell addresses outside what happened: everything that is due."""
    return sending.work()


@shared_task
def fetch_reports() -> int:
    """Bring feedback and usage of video meetings up to date."""
    return reports.fetch_due()


@shared_task
def fetch_report_range(connection_id: int, first: str, last: str) -> int:
    """Months of reports that staff asked for; ISO dates."""
    connection = Connection.objects.select_related("brand").get(pk=connection_id)
    try:
        return reports.fetch_range(connection, date.fromisoformat(first), date.fromisoformat(last))
    except (ProviderError, CannotUnseal) as error:
        connection.failed(error)
        return 0
