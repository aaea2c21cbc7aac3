"""Thin Celery tasks over sync and webhooks; rows say what is due."""

from celery import shared_task

from integrations import parity, sync
from integrations.models import Connection


@shared_task
def work() -> int:
    """Reconcile what is due."""
    return sync.work()


@shared_task
def sweep() -> int:
    """Compare everything with what was applied, connection by connection; the brake stops only its own."""
    due = 0
    for connection in Connection.objects.filter(is_active=True):
        try:
            due += parity.sweep(connection)
        except parity.BrakeError as stopped:
            sync.logger.error("Sweep of %s: %s", connection, stopped)
    return due
