"""Work for the Celery worker, handed over when the transaction is done."""

import logging

from django.db import transaction
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def after_commit(task: str, *args: object) -> None:
    """Run `task` soon. It is named by its dotted path, because the tasks import the modules that call this.

    Without a broker this only logs: what must not be lost has a row, which the beat schedule finds.
    """
    transaction.on_commit(lambda: send(task, *args))


def send(task: str, *args: object) -> None:
    """Hand over at once."""
    try:
        import_string(task).apply_async(args, retry=False)
    except (OperationalError, OSError):
        log.warning("No broker for %s%r; the beat schedule will find what is due.", task, args, exc_info=True)
