import time

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.utils import OperationalError
from django.test import Client

from config import health

pytestmark = pytest.mark.django_db


def test_answers_on_any_host_without_a_brand():
    response = Client(HTTP_HOST="10.0.0.7").get("/healthz")
    assert response.status_code == 200
    assert response.json()["database"] == "ok"
    assert "no-store" in response.headers["Cache-Control"]


def test_worker_is_late_until_its_heartbeat():
    client = Client()
    assert client.get("/healthz").json()["worker"] == "late"
    assert client.get("/healthz?worker").status_code == 503
    health.heartbeat()
    answer = client.get("/healthz?worker")
    assert answer.status_code == 200
    assert answer.json()["worker_seen_seconds_ago"] < 5


def test_an_old_heartbeat_counts_as_late():
    cache.set(health.HEARTBEAT, time.time() - health.LATE - 1)
    assert Client().get("/healthz?worker").json()["worker"] == "late"


def test_without_database_it_says_so(monkeypatch):
    def refuse(*args, **kwargs):
        raise OperationalError("gone")

    monkeypatch.setattr(connection, "cursor", refuse)
    response = Client().get("/healthz")
    assert response.status_code == 503
    assert response.json()["database"] == "unreachable"
