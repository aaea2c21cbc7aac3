"""The first steps: defaults that are accepted once, and a preview that only its owner sees."""

import pytest

from directory.models import Professional
from scheduling import hours, onboarding
from tests import factories
from tests.conftest import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def dora(brand) -> Professional:
    """A draft who has described herself and has nothing else."""
    return factories.make_professional(
        brand, with_login=True, hours={}, status=Professional.Status.DRAFT, bookable=False, slug="dora"
    )


@pytest.fixture
def dora_client(dora):
    return client_of(dora.brand, dora.person.user)


def test_accepting_what_is_suggested_leads_to_a_bookable_page(dora, dora_client):
    text = dora_client.get("/my/start/").content.decode()
    assert text.count("Accept the suggestion") == 2
    dora_client.post("/my/start/", {"hours": "1"})
    dora_client.post("/my/start/", {"meeting_type": "1"})
    assert hours.week_of(dora)[0] == [(540, 720), (780, 1020)]
    assert hours.week_of(dora)[6] == []
    (first,) = dora.meeting_types.all()
    assert (first.title, first.duration, first.channel) == ("First meeting", 30, "on_site")
    text = dora_client.get("/my/start/").content.decode()
    assert "Accept the suggestion" not in text
    assert "Submit for approval" in text
    dora_client.post("/my/profile/submit/")
    dora.refresh_from_db()
    assert dora.status == Professional.Status.SUBMITTED
    assert "waiting for approval" in dora_client.get("/my/start/").content.decode()


def test_a_suggestion_never_replaces_her_own(alice, alice_client, meeting_type):
    before = hours.week_of(alice)
    assert onboarding.accept_hours(alice) is False
    assert onboarding.accept_meeting_type(alice) is False
    alice_client.post("/my/start/", {"hours": "1", "meeting_type": "1"})
    assert hours.week_of(alice) == before
    assert alice.meeting_types.count() == 1


def test_without_an_office_the_first_meeting_is_by_phone(brand):
    host = factories.make_professional(brand, office=False)
    assert onboarding.accept_meeting_type(host)
    assert host.meeting_types.get().channel == "phone"


def test_nonsense_changes_nothing(dora, dora_client):
    assert dora_client.post("/my/start/", {"everything": "1"}).status_code == 302
    assert not dora.availability_rules.exists()
    assert not dora.meeting_types.exists()


def test_the_preview_shows_a_draft_to_its_owner_in_a_frame_of_our_own(dora, dora_client, client, charlie_client):
    onboarding.accept_hours(dora)
    onboarding.accept_meeting_type(dora)
    answer = dora_client.get("/my/start/preview/")
    assert answer.status_code == 200
    assert "First meeting" in answer.content.decode()
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert "frame-src 'self'" in dora_client.get("/my/start/")["Content-Security-Policy"]
    public = dora_client.get(dora.get_absolute_url())
    assert public["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in public["Content-Security-Policy"]
    assert client.get("/p/dora/").status_code == 404
    assert client.get("/my/start/preview/").status_code == 302
    assert dora.person.last_name not in charlie_client.get("/my/start/preview/").content.decode()


def test_the_first_page_leads_there(dora_client, alice_client, meeting_type):
    assert "/my/start/" in dora_client.get("/my/").content.decode()
    assert "/my/start/" not in alice_client.get("/my/").content.decode()
