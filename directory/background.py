"""Work for the Celery worker, handed over when the transaction is done."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def after_commit(task: str, *args: object) -> None:
    """Run `task` (its full name) soon. Without a broker this only logs: rows in the database say what is due."""
    transaction.on_commit(lambda: _send(task, args))


def _send(task: str, args: tuple[object, ...]) -> None:
    try:
        current_app.signature(task, args=args).apply_async(retry=False)
    except (OperationalError, OSError):
        log.warning("No broker for %s%r; the beat schedule will find what is due.", task, args, exc_info=True)
