"""The ground on which every other test stands."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from tests.conftest import client_of


@pytest.mark.skipif("connection.vendor != 'sqlite'")
@pytest.mark.django_db(transaction=True)
def test_sqlite_is_a_file_with_wal_that_threads_share():
    path = Path(str(connection.settings_dict["NAME"]))
    assert path.is_file()
    assert path.is_relative_to(settings.VAR_DIR)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone() == ("wal",)


def test_nothing_is_written_into_the_working_copy():
    assert not Path(settings.VAR_DIR).is_relative_to(settings.BASE_DIR)
    assert not Path(settings.MEDIA_ROOT).is_relative_to(settings.BASE_DIR)


def test_people_and_brands(alice, bob, charlie, other_brand):
    assert alice.is_public
    assert alice.person.user
    assert bob.brand == alice.brand != other_brand
    assert charlie.person.user != alice.person.user


def test_a_host_that_nobody_owns_is_not_found(brand):
    client = client_of(brand)
    assert client.get("/nowhere/", HTTP_HOST="stranger.example").status_code == 404


def test_defaults_of_production(tmp_path):
    """Nothing set but what the proxy needs: secure cookies, HTTPS only, and a secret that only its owner reads."""
    names = ["DEVELOPMENT", "DEBUG", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"]
    names += ["SECURE_HSTS_SECONDS", "ALLAUTH_TRUSTED_PROXY_COUNT"]
    code = f"import config.settings as s; print([getattr(s, name) for name in {names}], len(s.SECRET_KEY) > 49)"
    environment = {"PATH": os.environ["PATH"], "VAR_DIR": str(tmp_path), "IGNORE_ENV_FILE": "1", "BEHIND_PROXY": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=settings.BASE_DIR, capture_output=True, text=True
    )
    assert done.stdout.strip() == "[False, False, True, True, True, 31536000, 1] True", done.stderr
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".secret-*"))


@pytest.mark.parametrize("path", ["/styleguide/", "/dev/mail/"])
def test_pages_of_development_are_not_found_in_production(client, brand, settings, path):
    assert client.get(path).status_code == 200
    settings.DEVELOPMENT = False
    assert client.get(path).status_code == 404
