"""`manage.py demo_providers`, against the copies of both providers."""

import pytest
from django.core.management import CommandError, call_command

from integrations import connections, rooms, sync
from integrations.models import Connection, Enrolment, Mirror
from integrations.room_models import RoomChoice
from scheduling.models import Booking, Message
from tests import factories
from tests.conftest import client_of
from tests.integrations.meetbit_world import quick, settle
from tests.integrations.rooms_world import path


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
    own, embedded, bookme = Connection.objects.order_by("pk")
    assert (own.is_default, own.booking, embedded.booking) == (True, "own", "embed")
    assert Enrolment.objects.filter(connection=None).count() == 1
    sync.work()
    assert [connections.progress(one).ready for one in (own, embedded, bookme)] == [3, 1, 1]
    assert not Mirror.objects.parked().exists()


def test_never_in_production(db, settings):
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError):
        call_command("demo_providers")


def test_three_members_have_a_call_that_is_about_to_begin(db, sandbox, settings):
    settings.SANDBOX_PORT = sandbox.url.rsplit(":", 1)[1]
    quick(sandbox)
    brand = factories.make_brand("anwaelte.localhost", slug="fuerspruch")
    for number in range(6):
        factories.make_professional(brand, email="annika.brandtner@anwaelte.example" if number == 5 else None)
    for _twice in range(2):
        call_command("demo_providers", "--web", "http://127.0.0.1:9")
    settle()
    calls = Booking.objects.filter(channel="video")
    assert calls.count() == 3
    seen = {RoomChoice.objects.get(professional=call.host).connection.provider for call in calls}
    assert seen == {"meetrs", "liveminutes", "meetbit"}
    for call in calls:
        for side in ("client", "host"):
            assert client_of(brand).get(path(call, side)).status_code in (200, 302)
            assert rooms.room_of(call, Message.Audience(side)).state == "ready"
