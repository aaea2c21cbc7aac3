"""Who comes, and what was agreed to."""

import csv
import datetime as dt
import hashlib
import io
import re

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from directory import audit
from directory.models import Brand
from scheduling import availability, consents, ics, tasks
from scheduling.models import Booking, Consent
from tests import factories
from tests.scheduling.test_visitor import TYPED, take, text

pytestmark = pytest.mark.django_db
FOR_CARLA = {"attendee_name": "Carla Berg", "attendee_phone": "0221 99"}


@pytest.fixture
def start(meeting_type):
    now = timezone.now()
    return availability.open_starts(meeting_type, now + dt.timedelta(days=3), now + dt.timedelta(days=20))[0]


def book(client, meeting_type, start, **typed) -> str:
    path = take(client, meeting_type, start)
    assert client.post(f"{path}details/", TYPED | typed).status_code == 303
    return path


# --- for somebody else -------------------------------------------------------------------------------------


def test_for_somebody_else(client, alice_client, meeting_type, start, mailoutbox):
    path = book(client, meeting_type, start, **FOR_CARLA)
    booking = Booking.objects.get()
    assert (booking.attendee, booking.client_name, booking.client.email) == (
        "Carla Berg",
        "Bob Berg",
        "bob@example.org",
    )
    mine = text(client.get(path))
    assert "Booked for</dt><dd><bdi>Carla Berg" in mine
    assert "Contact</dt><dd><bdi>Bob Berg" in mine
    hers = text(alice_client.get(f"/my/bookings/{booking.pk}/"))
    assert "<h1>Carla Berg</h1>" in hers
    assert "0221 99" in hers
    assert "Bob Berg" in hers
    assert "Carla Berg" in text(alice_client.get("/my/bookings/"))
    tasks.send_due_messages()
    assert sorted(mail.to[0] for mail in mailoutbox) == ["alice@example.org", "bob@example.org"]
    to_host = next(mail for mail in mailoutbox if mail.to == ["alice@example.org"])
    to_client = next(mail for mail in mailoutbox if mail.to == ["bob@example.org"])
    assert "Booked for: Carla Berg" in to_host.body
    assert "Contact: Bob Berg" in to_host.body
    assert "Carla" not in to_client.body, "nobody's words are mailed to an address that anybody can type"
    host_entry = ics.event_for(booking, audience="host", language="en")
    assert host_entry.summary.endswith("Carla Berg")
    assert host_entry.attendees[0].email == "bob@example.org"


def test_somebody_else_has_a_name(client, meeting_type, start):
    path = take(client, meeting_type, start)
    response = client.post(f"{path}details/", TYPED | {"attendee_email": "carla@example.org"})
    assert response.status_code == 422
    assert "attendee_name" in response.context["form"].errors
    assert re.search(r'<details class="disclosure" open>', text(response)), "where the error is can be seen"
    client.post(f"{path}extend/", TYPED | FOR_CARLA)
    assert 'value="Carla Berg"' in text(client.get(f"{path}details/"))


# --- consents ----------------------------------------------------------------------------------------------


def test_the_log_has_the_text_that_was_shown(client, brand, meeting_type, start):
    Brand.objects.filter(pk=brand.pk).update(
        marketing_text_en="Tell me news.", marketing_text_de="Schicken Sie mir Neues."
    )
    path = take(client, meeting_type, start)
    page = text(client.get(f"{path}details/?lang=de"))
    box = re.search(r'<input type="checkbox" name="marketing"[^>]*>', page).group(0)
    assert "checked" not in box
    assert "required" not in box
    assert client.post(f"{path}details/", TYPED | {"marketing": "on"}).status_code == 303
    line = Consent.objects.get(kind="marketing")
    assert (line.text, line.language, line.given) == ("Schicken Sie mir Neues.", "de", True)
    assert line.text_hash == hashlib.sha256(line.text.encode()).hexdigest()
    assert (line.booking.reference, line.person.email) == (Booking.objects.get().reference, "bob@example.org")
    assert Consent.objects.filter(kind="privacy", given=True).count() == 1


def test_nobody_is_asked_about_marketing_unless_the_brand_wishes(client, meeting_type, start):
    path = take(client, meeting_type, start)
    assert 'name="marketing"' not in text(client.get(f"{path}details/"))
    client.post(f"{path}details/", TYPED | {"marketing": "on"})
    assert not Consent.objects.filter(kind="marketing").exists()


def test_sensitive_data_needs_a_consent_of_its_own_text(client, brand, meeting_type, start):
    Brand.objects.filter(pk=brand.pk).update(sensitive=True, care_text_en="My doctor may know why I come.")
    path = take(client, meeting_type, start)
    assert "My doctor may know why I come." in text(client.get(f"{path}details/"))
    refused = client.post(f"{path}details/", {key: value for key, value in TYPED.items() if key != "privacy"})
    assert refused.status_code == 422
    assert not Consent.objects.exists(), "nothing is logged for a form that was refused"
    client.post(f"{path}details/", TYPED)
    assert Consent.objects.get().kind == "care"


def test_withdrawing_is_one_button_and_leaves_a_line(client, brand, meeting_type, start):
    Brand.objects.filter(pk=brand.pk).update(marketing_text_en="Tell me news.")
    path = book(client, meeting_type, start, marketing="on")
    assert "Withdraw this consent" in text(client.get(path))
    url = f"{path}consents/withdraw/"
    assert client.get(url).status_code == 405
    assert client.post(url, {"kind": "marketing"}).status_code == 302
    assert [line.given for line in Consent.objects.filter(kind="marketing").order_by("id")] == [True, False]
    assert "Withdraw this consent" not in text(client.get(path))
    client.post(url, {"kind": "marketing"})
    client.post(url, {"kind": "privacy"})
    client.post(url, {"kind": "nonsense"})
    assert Consent.objects.count() == 3, "a repetition and what was never given leave no line"
    consents.give(Booking.objects.get(), {"marketing": "Tell me news."})
    assert "Withdraw this consent" in text(client.get(path))


def test_the_log_is_only_added_to(client, meeting_type, start):
    book(client, meeting_type, start)
    line = Consent.objects.get()
    line.text = "Everything"
    with pytest.raises(TypeError):
        line.save()
    with pytest.raises(TypeError):
        Consent.objects.update(given=False)
    with pytest.raises(TypeError):
        Consent.objects.all().delete()


def test_the_log_in_administration(admin_client, client, meeting_type, start):
    book(client, meeting_type, start)
    line = Consent.objects.get()
    page = text(admin_client.get("/admin/scheduling/consent/"))
    assert line.text_hash[:8] in page
    assert admin_client.get("/admin/scheduling/consent/add/").status_code == 403
    url = f"/admin/scheduling/consent/{line.pk}/"
    assert admin_client.get(f"{url}change/").status_code == 200
    assert admin_client.post(f"{url}delete/", {"post": "yes"}).status_code == 403
    response = admin_client.post("/admin/scheduling/consent/", {"action": "export", "_selected_action": [line.pk]})
    rows = list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert [(row["client"], row["kind"], row["given"]) for row in rows] == [("bob@example.org", "privacy", "given")]


def test_the_database_itself_keeps_the_log(client, meeting_type, start):
    """Past the model: SQL that changes or deletes a line fails; what a line points to may go."""
    book(client, meeting_type, start)
    line = Consent.objects.get()
    for statement in (
        "UPDATE scheduling_consent SET text = 'Everything'",
        "UPDATE scheduling_consent SET given = NOT given",
        "DELETE FROM scheduling_consent",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    Booking.objects.get().delete()
    kept = Consent.objects.get()
    assert (kept.booking_id, kept.text, kept.text_hash) == (None, line.text, line.text_hash)
    with transaction.atomic(), audit.forgetting():
        Consent.objects.all()._raw_delete("default")
    assert not Consent.objects.exists()


def test_a_sensitive_specialty_makes_a_booking_sensitive(client, brand, alice, meeting_type, start, mailoutbox):
    """Also through the specialty that hers belongs to, in a brand that is not sensitive as a whole."""
    above = factories.make_specialty(brand, "Criminal law", slug="criminal-law", sensitive=True)
    alice.specialties.set([factories.make_specialty(brand, "Drugs", slug="drugs", parent=above)])
    path = take(client, meeting_type, start)
    assert "say something about my health" in text(client.get(f"{path}details/"))
    client.post(f"{path}details/", TYPED | {"note": "They found it in my bag."})
    booking = Booking.objects.get()
    assert booking.consents.get().kind == "care"
    tasks.send_due_messages()
    assert len(mailoutbox) == 2
    for mail in mailoutbox:
        assert meeting_type.title not in mail.subject
        assert str(alice) not in mail.subject
        assert "bag" not in mail.body
        assert "CLASS:PRIVATE" in base64_parts(mail)
    assert "bag" not in base64_parts(mailoutbox[0])


def base64_parts(mail) -> str:
    """Everything in the mail, decoded."""
    parts = [part.get_payload(decode=True) for part in mail.message().walk() if not part.is_multipart()]
    return "\n".join(part.decode("utf-8", "replace") for part in parts if part)
