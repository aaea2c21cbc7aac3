"""The ground on which every other test stands."""

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
