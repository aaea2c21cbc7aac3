"""`manage.py demo_providers`, against the copies of both providers."""

import pytest
from django.core.management import CommandError, call_command

from integrations import connections, sync
from integrations.models import Connection, Enrolment, Mirror
from tests import factories


@pytest.fixture
def doctors(db, sandbox, settings):
    settings.SANDBOX_PORT = sandbox.url.rsplit(":", 1)[1]
    brand = factories.make_brand("doctors.localhost", slug="elmsey")
    for _number in range(6):
        factories.make_meeting_type(factories.make_professional(brand))
    return brand


def test_a_few_members_get_accounts_and_the_rest_stay(doctors, capsys):
    for _twice in range(2):
        call_command("demo_providers", "--web", "http://127.0.0.1:9")
    own, embedded = Connection.objects.order_by("pk")
    assert (own.is_default, own.booking, embedded.booking) == (True, "own", "embed")
    assert Enrolment.objects.filter(connection=None).count() == 2
    sync.work()
    assert [connections.progress(one).ready for one in (own, embedded)] == [3, 1]
    assert not Mirror.objects.parked().exists()


def test_never_in_production(db, settings):
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError):
        call_command("demo_providers")
