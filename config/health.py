"""/healthz: is the database reachable, and how long ago did the worker last say that it lives?"""

import time

from celery import shared_task
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

HEARTBEAT = "worker-heartbeat"
LATE = 60.0  # seconds without one after which the worker counts as gone


@shared_task(name="config.health.heartbeat")
def heartbeat() -> None:
    """Run by beat through the queue: a fresh value proves beat, broker and worker at once."""
    cache.set(HEARTBEAT, time.time(), timeout=86_400)


def worker_age() -> float | None:
    """Seconds since the worker's last heartbeat; None if there was none within a day."""
    seen = cache.get(HEARTBEAT)
    return None if seen is None else max(0.0, time.time() - seen)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return bool(cursor.fetchone())
    except DatabaseError:
        return False


@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """200, or 503 without database; with ?worker also 503 when the worker is late. Never needs a brand."""
    database = _database_answers()
    age = worker_age()
    alive = age is not None and age <= LATE
    body = {
        "database": "ok" if database else "unreachable",
        "worker": "ok" if alive else "late",
        "worker_seen_seconds_ago": None if age is None else round(age, 1),
    }
    healthy = database and (alive or "worker" not in request.GET)
    return JsonResponse(body, status=200 if healthy else 503)
