"""Whose is an address? Log-ins, people and brands that share one, and the states of an account."""

import re

import pytest
from django.core import mail

from directory import accounts
from directory.models import Person, Professional, User
from tests import factories
from tests.conftest import client_of

TYPED = {"first_name": "Eve", "last_name": "Evil", "password1": "a long sentence", "terms": "on"}
Status = Professional.Status


def test_signing_up_with_a_clients_address_changes_nothing_before_it_is_proven(client, bob):
    assert client.post("/accounts/signup/", {**TYPED, "email": "BOB@example.org"}).status_code == 302
    bob.refresh_from_db()
    assert (bob.first_name, bob.user) == ("Bob", None)
    assert not Professional.objects.exists()

    link = re.search(r"https?://[^/]+(/accounts/confirm-email/\S+)", mail.outbox[0].body).group(1)
    client.post(link)
    assert client.get("/my/")["Location"] == "/my/join/"
    assert client.post("/my/join/", {**TYPED, "first_name": "Robert", "last_name": "Berg"})["Location"] == "/my/"
    bob.refresh_from_db()
    assert (bob.first_name, bob.user.email) == ("Robert", "bob@example.org")


def test_an_address_that_another_member_is_known_by_is_no_error_of_ours(client, alice):
    """She logs in with another address than the one by which the directory knows her."""
    User.objects.filter(pk=alice.person.user.pk).update(email="new@example.org")
    alice.person.user.emailaddress_set.update(email="new@example.org")
    assert client.post("/accounts/signup/", {**TYPED, "email": alice.person.email}).status_code == 302
    alice.person.refresh_from_db()
    assert (alice.person.first_name, alice.person.user.email) == ("Alice", "new@example.org")
    eve = User.objects.get(email="alice@example.org")
    with pytest.raises(accounts.NotAllowed):
        accounts.sign_up(user=eve, brand=alice.brand, first_name="Eve", last_name="Evil", language="en")


def test_a_person_is_found_however_her_address_is_written(brand):
    known = factories.make_person(brand, email="Bob@Example.org")
    user = factories.make_user("bob@example.org")
    professional = accounts.sign_up(user=user, brand=brand, first_name="Bob", last_name="Berg", language="en")
    assert professional.person_id == known.pk


def test_leaving_one_directory_keeps_the_log_in_for_another_and_for_staff(alice, other_brand):
    user = alice.person.user
    there = factories.make_person(other_brand, email=user.email, user=user)
    accounts.close_account(alice)
    assert User.objects.filter(pk=user.pk).exists()
    assert Person.objects.get(pk=there.pk).user == user

    staff = factories.make_user(is_staff=True)
    person = factories.make_person(alice.brand, email=staff.email, user=staff)
    accounts.close_account(factories.make_professional(person=person))
    assert User.objects.filter(pk=staff.pk).exists()


VERBS = {
    "submit": lambda host, by: accounts.submit(host),
    "approve": lambda host, by: accounts.approve(host, by=by),
    "refuse": lambda host, by: accounts.refuse(host, by=by, reason="Say more."),
    "suspend": lambda host, by: accounts.suspend(host, by=by),
    "close": lambda host, by: accounts.close_account(host),
}
LEADS_TO = {
    ("submit", Status.DRAFT): Status.SUBMITTED,
    ("approve", Status.SUBMITTED): Status.LISTED,
    ("approve", Status.SUSPENDED): Status.LISTED,
    ("refuse", Status.SUBMITTED): Status.DRAFT,
    ("suspend", Status.LISTED): Status.SUSPENDED,
    **{("close", status): Status.CLOSED for status in Status},
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_in_every_state(brand, admin_user, verb, status):
    host = factories.make_professional(brand, status=status)
    try:
        VERBS[verb](host, admin_user)
    except accounts.NotAllowed:
        assert (verb, status) not in LEADS_TO
    host.refresh_from_db()
    assert host.status == LEADS_TO.get((verb, status), status)


def test_zones_of_the_machine_are_no_zones(client, brand):
    """`localtime` is whatever the server runs in; it would end up in bookings and calendar files."""
    assert "tz" not in client.get("/", {"tz": "localtime"}).cookies
    assert client.get("/", {"tz": "Asia/Tokyo"}).cookies["tz"].value == "Asia/Tokyo"


@pytest.mark.parametrize("host", ["[::1]", "[::1]:8000", "ANWALT.localhost:8000", "127.0.0.1"])
def test_hosts_that_answer(brand, host):
    assert client_of(brand).get("/", HTTP_HOST=host).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["[2001:db8::1]", "anwalt.localhost.evil.example", "evil.example:80", "a b", "anwalt.localhost:80:80", "[", ""],
)
def test_hosts_that_do_not(brand, host):
    response = client_of(brand).get("/", HTTP_HOST=host)
    assert response.status_code in (400, 404)
    assert brand.name not in response.content.decode()
