"""Tokens that professionals make for their own programs."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from directory.models import AuditEvent, User
from scheduling.api import callers
from scheduling.models import PersonalToken
from scheduling.views import tokens
from tests.scheduling.test_api import Api, problem

pytestmark = pytest.mark.django_db
PAGE = "/my/tokens/"


def make(client, **values):
    return client.post(PAGE, {"name": "Practice software", "scopes": ["hours:read"], "days": "30", **values})


def test_it_is_shown_once_works_as_far_as_allowed_and_ends_when_withdrawn(brand, alice, alice_client):
    assert reverse("my_tokens") in alice_client.get("/my/settings/").content.decode()
    response = make(alice_client)
    assert response.status_code == 201
    token = re.search(r'value="(pat_[\w-]{43})"', response.content.decode()).group(1)
    assert token not in alice_client.get(PAGE).content.decode()
    api = Api(brand, token)
    assert api("get", "my/hours").status_code == 200
    problem(api("put", "my/hours", {"days": []}), 403, "forbidden-scope")
    row = PersonalToken.objects.get()
    assert timedelta(days=29) < row.expires_at - timezone.now() <= timedelta(days=30)
    page = alice_client.get(PAGE).content.decode()
    assert "Practice software" in page
    assert "last used" in page
    assert alice_client.post(reverse("my_token_withdraw", args=[row.pk])).status_code == 302
    problem(api("get", "my/hours"), 401, "unauthorised")
    assert "Practice software" not in alice_client.get(PAGE).content.decode()
    lines = AuditEvent.objects.filter(subject_type="scheduling.personaltoken").order_by("pk")
    assert list(lines.values_list("verb", "actor")) == [
        ("token.made", alice.person.user_id),
        ("token.withdrawn", alice.person.user_id),
    ]
    assert token not in str(list(lines.values()))


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"scopes": []}, {"scopes": ["members:write"]}, {"days": "4000"}, {"days": ""}]
)
def test_what_is_missing_or_not_hers_to_give_is_refused(alice_client, wrong):
    response = make(alice_client, **wrong)
    assert response.status_code == 422
    assert not PersonalToken.objects.exists()


def test_there_are_not_endlessly_many(alice_client, monkeypatch):
    monkeypatch.setattr(tokens, "MOST", 1)
    assert make(alice_client).status_code == 201
    assert make(alice_client).status_code == 422


def test_the_token_of_a_locked_log_in_is_worth_nothing(brand, alice):
    _row, token = callers.new_token(
        alice, name="x", scopes=["hours:read"], expires_at=timezone.now() + timedelta(days=1)
    )
    User.objects.filter(pk=alice.person.user_id).update(is_active=False)
    problem(Api(brand, token)("get", "my/hours"), 401, "unauthorised")
