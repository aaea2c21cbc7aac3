"""The tree of specialties: found by any word, old addresses lead on, two become one."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from directory import specialties
from directory.models import AuditEvent, Specialty, SpecialtyAddress
from tests import factories


@pytest.fixture
def family(brand):
    return Specialty.objects.create(
        brand=brand, slug="family-law", name_en="Family law", name_de="Familienrecht", synonyms="Scheidung\nUnterhalt"
    )


@pytest.fixture
def divorce(brand):
    return Specialty.objects.create(brand=brand, slug="divorce", name_en="Divorce", name_de="Ehescheidung")


@pytest.mark.parametrize("word", ["scheidung", "UNTERHALT", "Familienrecht", "family law"])
def test_a_synonym_leads_to_the_specialty_for_good(family, divorce, client, word):
    response = client.get("/search/", {"what": word, "where": "Berlin"})
    assert (response.status_code, response["Location"]) == (301, "/search/?what=family-law&where=Berlin")


def test_a_word_that_two_share_leads_nowhere(family, divorce, client):
    divorce.synonyms = "Scheidung"
    divorce.save()
    assert client.get("/search/", {"what": "Scheidung"}).status_code == 200


def test_words_of_another_brand_mean_nothing_here(family, other_brand):
    assert specialties.resolve(other_brand, "Scheidung") is None


def test_a_known_specialty_costs_no_further_query(family, client, at_most_queries):
    client.get("/search/", {"what": "family-law"})
    with at_most_queries(9):
        assert client.get("/search/", {"what": "family-law"}).status_code == 200


def test_an_old_address_redirects_until_somebody_else_takes_it(family, brand, client):
    family.slug = "familienrecht"
    family.save()
    assert client.get("/search/", {"what": "family-law"})["Location"] == "/search/?what=familienrecht"
    family.slug = "family"
    family.save()
    assert client.get("/search/", {"what": "family-law"})["Location"] == "/search/?what=family"
    assert client.get("/search/", {"what": "familienrecht"})["Location"] == "/search/?what=family"
    new = Specialty.objects.create(brand=brand, slug="family-law", name="Something new")
    assert client.get("/search/", {"what": "family-law"}).status_code == 200
    assert not SpecialtyAddress.objects.filter(slug="family-law").exists()
    assert new.pk


def test_merging_says_what_moves_and_then_moves_it(family, divorce, brand, admin_client, client):
    only, both = factories.make_professional(brand), factories.make_professional(brand)
    only.specialties.set([divorce])
    both.specialties.set([divorce, family])
    child = Specialty.objects.create(brand=brand, slug="custody", name="Custody", parent=divorce)
    url = reverse("admin:directory_specialty_merge_one", args=[divorce.pk])
    assert "Into which" in admin_client.get(url).content.decode()
    asked = f"{url}?into={family.pk}"
    text = admin_client.get(asked).content.decode()
    assert "1 professional moves." in text
    assert "1 professional has both already." in text
    assert "1 specialty below moves." in text
    assert admin_client.post(asked, {"confirmed": "on", "typed": "nonsense"}).status_code == 422
    assert Specialty.objects.filter(pk=divorce.pk).exists()
    assert admin_client.post(asked, {"confirmed": "on", "typed": "divorce"}).status_code == 302
    assert not Specialty.objects.filter(pk=divorce.pk).exists()
    assert [list(p.specialties.all()) for p in (only, both)] == [[family], [family]]
    child.refresh_from_db()
    family.refresh_from_db()
    assert child.parent == family
    assert family.synonyms.split("\n") == ["Scheidung", "Unterhalt", "Divorce", "Ehescheidung"]
    assert client.get("/search/", {"what": "divorce"})["Location"] == "/search/?what=family-law"
    assert AuditEvent.objects.filter(verb="specialty.merged").exists()


def test_a_specialty_does_not_go_into_itself_its_child_or_another_brand(family, divorce, other_brand, admin_client):
    child = Specialty.objects.create(brand=family.brand, slug="custody", name="Custody", parent=family)
    foreign = Specialty.objects.create(brand=other_brand, slug="x", name="X")
    for into in (family, child, foreign):
        with pytest.raises(ValidationError):
            specialties.merge(family, into)
    url = reverse("admin:directory_specialty_merge_one", args=[family.pk])
    assert admin_client.get(url, {"into": foreign.pk}).status_code == 200
    assert admin_client.post(f"{url}?into={foreign.pk}", {"confirmed": "on", "typed": "family-law"}).status_code == 200
    assert Specialty.objects.filter(pk=family.pk).exists()


def test_the_name_at_schema_org_is_one_word_and_shown_for_physicians(family, alice, client):
    family.schema_type = "not a type"
    with pytest.raises(ValidationError):
        family.full_clean()
    family.schema_type = "Dermatology"
    family.save()
    alice.specialties.set([family])
    assert "schema.org/Dermatology" not in client.get(alice.get_absolute_url()).content.decode()
    alice.brand.profile_type = "Physician"
    alice.brand.save()
    assert "schema.org/Dermatology" in client.get(alice.get_absolute_url()).content.decode()
