"""Meeting types in the browser. alice is the owner, charlie a colleague."""

import pytest

from scheduling import bookings
from scheduling.models import MeetingType
from tests import factories
from tests.conftest import client_of

pytestmark = pytest.mark.django_db


def form_data(**changes):
    data = {
        "title": "First meeting",
        "description": "",
        "visibility": "public",
        "channel": "on_site",
        "office": "",
        "video_url": "",
        "price_text": "190 €",
        "duration": "45",
        "step": "15",
        "buffer_before": "5",
        "buffer_after": "10",
        "notice_number": "4",
        "notice_unit": "60",
        "horizon_days": "60",
        "last_date": "",
        "cancel_cutoff_number": "2",
        "cancel_cutoff_unit": "1440",
        "move_cutoff_number": "90",
        "move_cutoff_unit": "1",
        "seats": "1",
        "daily_limit": "",
        "weekly_limit": "",
        "preparation": "",
    }
    return data | changes


def test_a_meeting_type_is_created_with_all_its_rules(alice, alice_client):
    assert alice_client.post("/my/meeting-types/new/", form_data()).status_code == 302
    created = MeetingType.objects.get(host=alice)
    assert (created.slug, created.duration, created.step) == ("first-meeting", 45, 15)
    assert (created.buffer_before, created.buffer_after, created.notice) == (5, 10, 240)
    assert (created.cancel_cutoff, created.move_cutoff) == (2880, 90)


def test_the_same_title_twice_gets_another_address(alice, alice_client):
    for _time in range(3):
        alice_client.post("/my/meeting-types/new/", form_data(title="Größeres Gespräch"))
    slugs = list(MeetingType.objects.filter(host=alice).order_by("position").values_list("slug", "position"))
    assert slugs == [("groesseres-gespraech", 0), ("groesseres-gespraech-2", 1), ("groesseres-gespraech-3", 2)]


def test_editing_keeps_the_address(alice, alice_client, meeting_type):
    page = alice_client.get(f"/my/meeting-types/{meeting_type.pk}/").content.decode()
    assert 'value="30"' in page
    answer = alice_client.post(f"/my/meeting-types/{meeting_type.pk}/", form_data(title="Renamed", duration="50"))
    assert answer.status_code == 302
    meeting_type.refresh_from_db()
    assert (meeting_type.title, meeting_type.duration, meeting_type.slug) == ("Renamed", 50, "first-meeting")


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "x" * 81},
        {"duration": "0"},
        {"duration": "721"},
        {"duration": "1e9"},
        {"duration": "9" * 30},
        {"step": "1"},
        {"buffer_before": "-5"},
        {"buffer_after": "481"},
        {"notice_number": ""},
        {"notice_number": "-1"},
        {"notice_unit": "7"},
        {"cancel_cutoff_number": "9999", "cancel_cutoff_unit": "1440"},
        {"move_cutoff_unit": ""},
        {"horizon_days": "0"},
        {"last_date": "soon"},
        {"seats": "0"},
        {"daily_limit": "5", "weekly_limit": "3"},
        {"daily_limit": "0"},
        {"visibility": "archived"},
        {"channel": "pigeon"},
        {"channel": "video", "video_url": "javascript:alert(1)"},
        {"office": "99999"},
        {"preparation": "\x00"},
    ],
)
def test_wrong_rules_are_refused_at_the_field(alice, alice_client, wrong):
    answer = alice_client.post("/my/meeting-types/new/", form_data(**wrong))
    assert answer.status_code == 422
    assert 'class="error-summary"' in answer.content.decode()
    assert not MeetingType.objects.exists()


def test_the_office_of_somebody_else_is_refused(alice_client, charlie):
    answer = alice_client.post("/my/meeting-types/new/", form_data(office=charlie.offices.get().pk))
    assert answer.status_code == 422


def test_a_video_link_goes_when_the_meeting_moves_to_the_office(alice, alice_client):
    video = {"channel": "video", "video_url": "https://meet.example/alice"}
    alice_client.post("/my/meeting-types/new/", form_data(**video))
    created = MeetingType.objects.get()
    assert (created.video_url, created.office) == ("https://meet.example/alice", None)
    alice_client.post(f"/my/meeting-types/{created.pk}/", form_data(video_url="https://meet.example/alice"))
    created.refresh_from_db()
    assert created.video_url == ""


@pytest.mark.parametrize("state", ["public", "link", "off"])
def test_shown_hidden_or_link_only(alice_client, meeting_type, state):
    assert alice_client.post(f"/my/meeting-types/{meeting_type.pk}/show/", {"visibility": state}).status_code == 302
    meeting_type.refresh_from_db()
    assert meeting_type.visibility == state


@pytest.mark.parametrize("state", ["archived", "", "x"])
def test_other_states_cannot_be_set(alice_client, meeting_type, state):
    assert alice_client.post(f"/my/meeting-types/{meeting_type.pk}/show/", {"visibility": state}).status_code == 404


def test_reordering(alice, alice_client):
    first, second, third = (factories.make_meeting_type(alice) for _number in range(3))
    alice_client.post(f"/my/meeting-types/{third.pk}/move/", {"up": "1"})
    alice_client.post(f"/my/meeting-types/{first.pk}/move/", {"up": "1"})
    alice_client.post(f"/my/meeting-types/{first.pk}/move/", {"down": "1"})
    assert [one.pk for one in MeetingType.objects.filter(host=alice)] == [third.pk, first.pk, second.pk]
    alice_client.post(f"/my/meeting-types/{second.pk}/move/", {"down": "1"})
    assert MeetingType.objects.filter(host=alice).last() == second


def test_one_that_was_never_booked_is_deleted(alice_client, meeting_type):
    assert alice_client.post(f"/my/meeting-types/{meeting_type.pk}/remove/").status_code == 302
    assert not MeetingType.objects.exists()


def test_one_with_bookings_is_archived_and_gone_from_the_pages(alice_client, meeting_type, next_monday):
    booking = bookings.enter(meeting_type, next_monday, name="Bob")
    alice_client.post(f"/my/meeting-types/{meeting_type.pk}/remove/")
    meeting_type.refresh_from_db()
    assert meeting_type.visibility == "archived"
    assert alice_client.get(f"/my/meeting-types/{meeting_type.pk}/").status_code == 404
    assert f"/my/meeting-types/{meeting_type.pk}/" not in alice_client.get("/my/meeting-types/").content.decode()
    assert alice_client.get(f"/my/bookings/{booking.pk}/move/").status_code == 200


def test_those_of_others_do_not_exist(alice, meeting_type, charlie_client, client, other_brand):
    dora = factories.make_professional(other_brand, with_login=True)
    for stranger in (charlie_client, client_of(other_brand, dora.person.user)):
        assert stranger.get(f"/my/meeting-types/{meeting_type.pk}/").status_code == 404
        for action in ("", "show/", "move/", "remove/"):
            data = form_data(visibility="off")
            assert stranger.post(f"/my/meeting-types/{meeting_type.pk}/{action}", data).status_code == 404
    assert client.post(f"/my/meeting-types/{meeting_type.pk}/remove/").status_code == 302
    meeting_type.refresh_from_db()
    assert meeting_type.visibility == "public"


def test_actions_are_posts(alice_client, meeting_type):
    for action in ("show", "move", "remove"):
        assert alice_client.get(f"/my/meeting-types/{meeting_type.pk}/{action}/").status_code == 405


def test_queries_do_not_grow_with_the_list(alice, alice_client, at_most_queries):
    for _number in range(12):
        factories.make_meeting_type(alice)
    with at_most_queries(6):
        text = alice_client.get("/my/meeting-types/").content.decode()
    assert "http" in text
    assert "/book/" in text
