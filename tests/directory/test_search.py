"""The search page: what the address says is what is shown, of one brand, whatever is typed."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from directory.models import Brand, Professional
from directory.search import Filters, Search, fold
from tests import factories


def names(search: Search) -> list[str]:
    return [str(professional) for professional in search.results()]


@pytest.fixture
def family(brand: Brand):
    return factories.make_specialty(brand, "Family law", slug="family-law")


@pytest.fixture
def members(brand: Brand, family) -> dict[str, Professional]:
    """Ada: Köln, Turkish, family law, free tomorrow. Ben: Berlin, free today. Cem: Köln, nothing free."""
    now = timezone.now()
    rows = {}
    for name, city, language, free in [
        ("Ada", "Köln", "tr", now + timedelta(days=1)),
        ("Ben", "Berlin", "en", now + timedelta(hours=2)),
        ("Cem", "Köln", "tr", None),
    ]:
        row = factories.make_professional(
            brand, first_name=name, last_name="Test", office=False, languages=("de", language), next_free_at=free
        )
        factories.make_office(row, city=city)
        rows[name] = row
    rows["Ada"].specialties.add(family)
    return rows


def test_soonest_first_and_who_has_nothing_free_last(brand, members):
    assert names(Search(brand, Filters())) == ["Ben Test", "Ada Test", "Cem Test"]


def test_by_name(brand, members):
    members["Ben"].person.last_name = "Aal"
    members["Ben"].person.save()
    members["Ada"].person.last_name = "Zorn"
    members["Ada"].person.save()
    assert names(Search(brand, Filters(sort="name"))) == ["Ben Aal", "Cem Test", "Ada Zorn"]


@pytest.mark.parametrize("typed", ["Köln", "koeln", "KÖLN", "  köln ", "Köl"])
def test_a_city_is_found_however_it_is_written(brand, members, typed):
    search = Search(brand, Filters.of({"where": typed}))
    assert names(search) == ["Ada Test", "Cem Test"]
    assert search.city == "Köln"


def test_filters_work_together(brand, members):
    assert names(Search(brand, Filters(what="family-law", where="Köln", speaks="tr"))) == ["Ada Test"]
    assert names(Search(brand, Filters(what="family-law", where="Berlin"))) == []


def test_a_specialty_includes_those_below_it(brand, members, family):
    parent = factories.make_specialty(brand, "Civil law", slug="civil-law")
    family.parent = parent
    family.save()
    assert names(Search(brand, Filters(what="civil-law"))) == ["Ada Test"]


def test_two_offices_in_one_city_are_one_result(brand, members):
    factories.make_office(members["Ada"], city="Köln", street="Second street 2")
    assert names(Search(brand, Filters(where="Köln"))) == ["Ada Test", "Cem Test"]


@pytest.mark.parametrize("change", [{"status": Professional.Status.SUSPENDED}, {"bookable": False}])
def test_who_is_not_public_is_not_found(brand, members, change):
    Professional.objects.filter(pk=members["Ada"].pk).update(**change)
    search = Search(brand, Filters(what="family-law"))
    assert names(search) == []
    assert {row.slug: row.members for row in search.specialties}["family-law"] == 0


def test_nothing_of_another_brand(brand, other_brand, members, family):
    foreign = factories.make_professional(other_brand, first_name="Eve", office=False, languages=("fr",))
    factories.make_office(foreign, city="Paris")
    search = Search(brand, Filters())
    assert "Eve" not in " ".join(names(search))
    assert "Paris" not in search.cities
    assert "fr" not in dict(search.languages)
    assert {row.brand_id for row in search.specialties} == {brand.pk}
    # A slug that both brands use finds members of this one only.
    foreign.specialties.add(factories.make_specialty(other_brand, slug="family-law"))
    assert names(Search(brand, Filters(what="family-law"))) == ["Ada Test"]


def test_an_empty_result_offers_to_widen(client: Client, members):
    page = client.get("/search/", {"what": "family-law", "where": "Berlin"})
    text = page.content.decode()
    assert page.context["page"].paginator.count == 0
    assert [(chip.label, count) for chip, count in page.context["wider"]] == [("Family law", 1), ("Berlin", 1)]
    assert 'href="/search/?what=family-law"' in text


def test_a_chip_removes_its_filter_only(client: Client, members):
    page = client.get("/search/", {"what": "family-law", "where": "köln", "sort": "name"})
    assert [chip.without.address for chip in page.context["search"].chips] == [
        "/search/?where=k%C3%B6ln&sort=name",
        "/search/?what=family-law&sort=name",
    ]


@pytest.mark.parametrize(
    "query",
    [
        "page=abc",
        "page=-1",
        "page=99999999999999999999",
        "sort=%00",
        "what=%27%22%3Cscript%3E",
        "where=" + "x" * 5000,
        "where=%00%00",
        "speaks=%F0%9F%98%80",
        "what=a&what=b&page=",
        "lang=xx",
        "tz=Nowhere/Land",
    ],
)
def test_nonsense_is_no_error(client: Client, members, query):
    page = client.get(f"/search/?{query}")
    assert page.status_code == 200
    assert b"<script>" not in page.content


def test_what_was_typed_is_escaped(client: Client, members):
    page = client.get("/search/", {"where": "<img src=x onerror=alert(1)>"})
    assert b"<img src=x" not in page.content


def test_only_get(client: Client, brand):
    assert client.post("/search/").status_code == 405


def test_canonical_without_paging_noise(client: Client, brand, members):
    page = client.get("/search/?page=1&sort=name&what=family-law&utm_source=x")
    canonical = f'<link rel="canonical" href="{brand.url("/search/?what=family-law")}">'
    assert canonical in page.content.decode()


def test_pages_are_numbered(client: Client, brand):
    for _number in range(12):
        factories.make_professional(brand)
    first, second = client.get("/search/?sort=name"), client.get("/search/?sort=name&page=2")
    assert len(first.context["page"]) == 10
    assert len(second.context["page"]) == 2
    assert "?sort=name&amp;page=2" in first.content.decode()


def test_cards_link_to_free_times(client: Client, members):
    meeting_type = factories.make_meeting_type(members["Ben"], slug="first-talk")
    text = client.get("/search/").content.decode()
    assert text.count(f"{members['Ben'].get_absolute_url()}book/{meeting_type.slug}/?start=") == 3


def test_queries_do_not_grow_with_the_data(client: Client, brand, members, at_most_queries):
    factories.make_meeting_type(members["Ben"])
    for _number in range(7):
        factories.make_meeting_type(factories.make_professional(brand))
    with at_most_queries(18):
        client.get("/search/?where=Berlin")


@pytest.mark.parametrize(
    ("text", "folded"), [("Köln", "koeln"), ("Straße", "strasse"), ("Łódź", "lodz"), ("São Paulo", "sao paulo")]
)
def test_fold(text, folded):
    assert fold(text) == folded


def test_a_card_shows_the_time_it_is_sorted_by(client: Client, members):
    """Two meeting types: the second has less notice, so it is free first, and its times are the ones shown."""
    factories.make_meeting_type(members["Ben"], slug="slow", position=0, notice=10 * 24 * 60)
    factories.make_meeting_type(members["Ben"], slug="quick", position=1)
    text = client.get("/search/").content.decode()
    address = members["Ben"].get_absolute_url()
    assert f"{address}book/quick/?start=" in text
    assert f"{address}book/slow/?start=" not in text


def test_the_title_keeps_capitals_of_german_nouns(client: Client, brand):
    brand.nouns_de = "Anwältinnen und Anwälte"
    brand.save()
    assert "<h1>Anwältinnen und Anwälte</h1>" in client.get("/search/?lang=de").content.decode()


def test_a_card_reads_a_visit_on_the_place_s_clock(client: Client, members):
    """What the card says is what the page behind it says; whoever searches from elsewhere is told whose clock it is."""
    factories.make_meeting_type(members["Ada"])
    page = client.get("/search/?what=family-law&tz=America/New_York").content.decode()
    start = re.search(r'<time datetime="([^"]+)">([^<]+)</time>', page)
    assert start
    berlin = datetime.fromisoformat(start[1]).astimezone(ZoneInfo("Europe/Berlin"))
    assert start[2] == f"{berlin:%H:%M}"
    assert "Berlin time" in page
    assert "New York time" in page
