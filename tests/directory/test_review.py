"""The approval queue: one page decides, colleagues do not collide, what was ticked is kept."""

import datetime as dt

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from directory import accounts, reviews, roles
from directory.models import CheckItem, Decision, Evidence, Professional, TraderRecord
from tests import factories
from tests.conftest import client_of

Status = Professional.Status
PDF = b"%PDF-1.4 chamber card of Wanda"


@pytest.fixture
def wanda(brand):
    return factories.make_professional(
        brand, status=Status.SUBMITTED, bookable=False, registration="BRAK 4711", submitted_at=timezone.now()
    )


@pytest.fixture
def items(brand):
    return [
        CheckItem.objects.create(brand=brand, text="Found in the register"),
        CheckItem.objects.create(brand=brand, text="Portrait is hers", required=False),
    ]


def page(row):
    return reverse("admin:directory_professional_review", args=[row.pk])


def test_approval_needs_every_line_that_is_needed(wanda, items, admin_client, admin_user):
    answer = {"answer": "approve", "recheck_on": "2027-11-01"}
    refused = admin_client.post(page(wanda), answer | {"checks": [items[1].pk]})
    assert refused.status_code == 422
    assert "Not ticked yet: Found in the register" in refused.content.decode()
    wanda.refresh_from_db()
    assert wanda.status == Status.SUBMITTED
    assert admin_client.post(page(wanda), answer | {"checks": [items[0].pk]}).status_code == 302
    wanda.refresh_from_db()
    assert (wanda.status, wanda.recheck_on) == (Status.LISTED, dt.date(2027, 11, 1))
    decision = Decision.objects.get()
    assert (decision.status, decision.checks, decision.by) == ("listed", ["Found in the register"], admin_user)


def test_refusing_needs_a_reason_and_keeps_what_was_typed(wanda, items, admin_client):
    assert admin_client.post(page(wanda), {"answer": "refuse", "reason": " "}).status_code == 422
    nonsense = admin_client.post(page(wanda), {"answer": "approve", "reason": "half a text", "checks": ["x"]})
    assert nonsense.status_code == 422
    assert "half a text" in nonsense.content.decode()
    assert admin_client.post(page(wanda), {"answer": "refuse", "reason": "No such number."}).status_code == 302
    wanda.refresh_from_db()
    assert (wanda.status, wanda.refusal_reason) == (Status.DRAFT, "No such number.")
    assert Decision.objects.get().reason == "No such number."


def test_an_answer_leads_to_the_next_that_waits(wanda, brand, other_brand, admin_client):
    later = factories.make_professional(brand, status=Status.SUBMITTED, submitted_at=timezone.now())
    response = admin_client.post(page(wanda), {"answer": "approve"})
    assert response["Location"] == page(later)


def test_a_claimed_profile_is_a_colleagues_for_half_an_hour(wanda, brand, admin_user):
    colleague = factories.make_admin("colleague@example.org")
    now = timezone.now()
    assert reviews.claim(wanda, admin_user, now)
    assert not reviews.claim(wanda, colleague, now)
    with pytest.raises(accounts.NotAllowed, match=r"admin@example\.org"):
        reviews.approve(wanda, by=colleague, checks=[], recheck_on=None)
    shown = client_of(brand, colleague).get(page(wanda)).content.decode()
    assert "admin@example.org is looking at this profile." in shown
    with time_machine.travel(now + reviews.CLAIMED_FOR):
        assert reviews.claim(wanda, colleague)
        reviews.approve(wanda, by=colleague, checks=[], recheck_on=None)
    wanda.refresh_from_db()
    assert (wanda.status, wanda.claimed_by) == (Status.LISTED, None)


def test_documents_are_sealed_checked_by_content_and_only_of_the_brand(wanda, brand, other_brand, admin_client):
    upload = {"answer": "document", "title": "Chamber card"}
    bad = admin_client.post(page(wanda), upload | {"file": SimpleUploadedFile("card.pdf", b"<html>")})
    assert bad.status_code == 422
    assert admin_client.post(page(wanda), upload | {"file": SimpleUploadedFile("card.pdf", PDF)}).status_code == 302
    evidence = Evidence.objects.get()
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM directory_evidence")
        assert "JVBERi0" not in cursor.fetchone()[0], "neither the file nor its base64"
    url = reverse("admin:directory_professional_evidence", args=[wanda.pk, evidence.pk])
    answer = admin_client.get(url)
    assert (answer.content, answer["Content-Type"]) == (PDF, "application/pdf")
    assert "sandbox" in answer["Content-Security-Policy"]
    other = factories.make_user(is_staff=True)
    other.user_permissions.set(factories.Permission.objects.filter(codename="change_professional"))
    other.brands.set([other_brand])
    assert client_of(brand, other).get(url).status_code == 404
    foreign = factories.make_professional(brand)
    assert admin_client.get(url.replace(f"/{wanda.pk}/", f"/{foreign.pk}/")).status_code == 404


def test_a_document_larger_than_3_mb_is_refused(wanda, admin_user):
    with pytest.raises(ValidationError, match="3 MB"):
        reviews.add_evidence(
            wanda, SimpleUploadedFile("x.pdf", b"%PDF-" + b"x" * reviews.LARGEST), title="x", by=admin_user
        )


def test_the_register_is_one_click_away(wanda, brand, admin_client):
    brand.register_url = "https://register.example/?q={number}"
    brand.save()
    assert "https://register.example/?q=BRAK%204711" in admin_client.get(page(wanda)).content.decode()


def test_a_trader_record_blocks_where_the_brand_needs_it(wanda, brand, admin_user):
    brand.trader_record_required = True
    brand.save()
    with pytest.raises(accounts.NotAllowed, match="trader record"):
        accounts.approve(wanda, by=admin_user)
    record = TraderRecord.objects.create(
        professional=wanda, legal_name="W. Wartet", address="Weg 1, 10115 Berlin", email="w@example.org", phone="030 1"
    )
    assert not record.is_complete
    TraderRecord.objects.update(identity_checked=True, certified_on=dt.date(2026, 11, 1))
    assert accounts.approve(wanda, by=admin_user).status == Status.LISTED


def test_a_re_check_is_reminded_of_once(wanda, brand, other_brand, admin_user, admin_client):
    reviews.approve(wanda, by=admin_user, checks=[], recheck_on=dt.date(2027, 5, 1))
    assert reviews.remind_of_rechecks(dt.date(2027, 4, 30)) == 0
    assert reviews.remind_of_rechecks(dt.date(2027, 5, 1)) == 1
    assert reviews.remind_of_rechecks(dt.date(2027, 5, 2)) == 0
    assert mail.outbox[-1].to == [brand.support_email]
    assert "recheck=due" in mail.outbox[-1].body
    with time_machine.travel(dt.datetime(2027, 5, 2, 12, tzinfo=dt.UTC)):
        client = client_of(brand, admin_user)
        listed = client.get(reverse("admin:directory_professional_changelist"), {"recheck": "due"})
    assert [row.pk for row in listed.context["cl"].result_list] == [wanda.pk]


def test_erasing_a_member_takes_the_documents_along(wanda, admin_user):
    reviews.add_evidence(wanda, SimpleUploadedFile("x.pdf", PDF), title="x", by=admin_user)
    accounts.erase(wanda.person)
    assert not Evidence.objects.exists()


# --- what the member sends herself ------------------------------------------------------------------------------------


def log_in(member):
    member.person.user = factories.make_user()
    member.person.save()
    return client_of(member.brand, member.person.user)


RECORD = {"legal_name": "Kanzlei Wartet", "address": "Weg 1, 10115 Berlin", "email": "w@example.org", "phone": "030 1"}


def test_a_member_fills_in_her_record_and_only_the_check_of_her_identity_is_missing(wanda, brand):
    brand.trader_record_required = True
    brand.save()
    client = log_in(wanda)
    assert "your trader record" in accounts.missing_for_submission(wanda)
    assert client.post("/my/profile/record/", RECORD).status_code == 422, "without the confirmation"
    assert not TraderRecord.objects.exists()
    assert client.post("/my/profile/record/", RECORD | {"certified": "on", "phone": ""}).status_code == 422
    assert client.post("/my/profile/record/", RECORD | {"certified": "on"}).status_code == 302
    record = TraderRecord.objects.get(professional=wanda)
    assert (record.legal_name, record.certified_on, record.is_complete) == (
        "Kanzlei Wartet",
        timezone.localdate(),
        False,
    )
    assert accounts.missing_for_submission(wanda) == []
    TraderRecord.objects.update(identity_checked=True, certified_on="2026-01-02")
    client.post("/my/profile/record/", RECORD | {"certified": "on", "phone": "030 2"})
    record.refresh_from_db()
    assert record.is_complete
    assert (record.phone, str(record.certified_on)) == ("030 2", "2026-01-02")
    client.post(
        "/my/profile/record/", RECORD | {"certified": "on", "legal_name": "Somebody Else", "identity_checked": "on"}
    )
    record.refresh_from_db()
    assert (record.legal_name, record.identity_checked) == ("Somebody Else", False)


def test_a_member_sends_documents_and_takes_back_only_her_own(wanda, brand, admin_user, alice):
    client = log_in(wanda)
    send = {"document": "1", "title": "Licence"}
    wrong = client.post("/my/profile/record/", send | {"file": SimpleUploadedFile("x.pdf", b"<html>")})
    assert wrong.status_code == 422
    assert "Only PDF, PNG and JPEG" in wrong.content.decode()
    assert client.post("/my/profile/record/", send | {"file": SimpleUploadedFile("x.pdf", PDF)}).status_code == 302
    own = Evidence.objects.get()
    staffs = reviews.add_evidence(wanda, SimpleUploadedFile("y.pdf", PDF), title="Chamber says", by=admin_user)
    page = client.get("/my/profile/record/").content.decode()
    assert "Chamber says" in page
    assert page.count("/delete/") == 1
    stranger = client_of(brand, alice.person.user)
    assert stranger.post(f"/my/profile/record/documents/{own.pk}/delete/").status_code == 404
    assert client.post(f"/my/profile/record/documents/{staffs.pk}/delete/").status_code == 404
    assert client.post(f"/my/profile/record/documents/{own.pk}/delete/").status_code == 302
    assert list(Evidence.objects.all()) == [staffs]
    for _number in range(reviews.MOST):
        last = client.post("/my/profile/record/", send | {"file": SimpleUploadedFile("x.pdf", PDF)})
    assert "12 documents already" in last.content.decode()
    assert Evidence.objects.count() == reviews.MOST


def test_what_decides_is_on_the_page_trader_record_and_public_profile(wanda, brand, other_brand, admin_client, client):
    TraderRecord.objects.create(
        professional=wanda, legal_name="Wanda Wolf PartG", address="Ring 1, Köln", email="wanda@wolf.example", phone="1"
    )
    shown = admin_client.get(page(wanda)).content.decode()
    for words in ("Wanda Wolf PartG", "Ring 1, Köln", "wanda@wolf.example"):
        assert words in shown
    frame = f"{wanda.get_absolute_url()}?preview"
    assert f'src="{frame}"' in shown
    response = admin_client.get(frame)
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self';" in response["Content-Security-Policy"] + ";"
    Professional.objects.filter(pk=wanda.pk).update(status=Status.LISTED, bookable=True)
    assert client.get(frame)["X-Frame-Options"] == "DENY", "visitors get no frame"
    there = admin_client.get(page(factories.make_professional(other_brand, status=Status.SUBMITTED)))
    assert "<iframe" not in there.content.decode(), "sessions belong to one host"


def test_the_trader_record_is_masked_for_who_may_not_see_contacts(wanda, brand):
    roles.make()
    TraderRecord.objects.create(
        professional=wanda, legal_name="Wolf PartG", address="Ring 1", email="wanda@wolf.example", phone="+49301234567"
    )
    user = factories.make_user(is_staff=True)
    user.groups.set(roles.Group.objects.filter(name="Moderation"))
    user.brands.set([brand])
    shown = client_of(brand, user).get(page(wanda)).content.decode()
    assert "w•••@w•••.example" in shown
    assert "wanda@wolf.example" not in shown
