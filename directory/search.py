"""The directory query: what the address says → the professionals to show. Always of one brand, always listed()."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import Count, F, Q
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from directory import languages
from directory.models import Brand, Office, Professional, Specialty, SpokenLanguage
from directory.models.professionals import ProfessionalQuerySet

PAGE_SIZE = 10
SORTS = ("soonest", "name")
_TRANSLITERATED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ł": "l", "ø": "o", "đ": "d", "æ": "ae"})


def fold(text: str) -> str:
    """'Köln', 'KOELN' and 'koeln' → 'koeln'; other accents are dropped."""
    lowered = unicodedata.normalize("NFC", text).casefold().translate(_TRANSLITERATED)
    return "".join(c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c)).strip()


@dataclass(frozen=True)
class Filters:
    """What somebody looks for: specialty slug, city as typed, language code. Empty: any."""

    what: str = ""
    where: str = ""
    speaks: str = ""
    sort: str = SORTS[0]

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filters":
        """From a query string; what is too long to be meant is cut, an unknown order is the usual one."""

        def asked(name: str) -> str:
            return query.get(name, "").replace("\0", "")  # PostgreSQL cannot even be asked for a text with NUL

        sort = query.get("sort", "")
        return cls(
            what=asked("what").strip()[:80],
            where=" ".join(asked("where").split())[:80],
            speaks=asked("speaks").strip()[:8],
            sort=sort if sort in SORTS else SORTS[0],
        )

    def query(self, *, with_sort: bool = True) -> dict[str, str]:
        pairs = {"what": self.what, "where": self.where, "speaks": self.speaks}
        if with_sort and self.sort != SORTS[0]:
            pairs["sort"] = self.sort
        return {key: value for key, value in pairs.items() if value}

    @property
    def address(self) -> str:
        query = self.query()
        return f"/search/?{urlencode(query)}" if query else "/search/"


@dataclass(frozen=True)
class Chip:
    """An active filter: its words, and the address without it."""

    label: str
    without: Filters


class Search:
    """One search of one brand. Lists for the form are read once each, whatever is asked of them."""

    def __init__(self, brand: Brand, filters: Filters) -> None:
        self.brand = brand
        self.filters = filters

    @cached_property
    def specialties(self) -> list[Specialty]:
        return specialties_of(self.brand)

    @cached_property
    def cities(self) -> list[str]:
        listed = Professional.objects.of_brand(self.brand).listed()
        names = Office.objects.filter(professional__in=listed).order_by().values_list("city", flat=True).distinct()
        return sorted(names, key=fold)

    @cached_property
    def languages(self) -> list[tuple[str, str]]:
        listed = Professional.objects.of_brand(self.brand).listed()
        codes = SpokenLanguage.objects.filter(professional__in=listed).order_by().values_list("code", flat=True)
        return languages.choices(set(codes.distinct()))

    @cached_property
    def specialty(self) -> Specialty | None:
        return next((row for row in self.specialties if row.slug == self.filters.what), None)

    @cached_property
    def matching_cities(self) -> list[str]:
        """Cities that are meant by what was typed: the same name, else names that begin like it."""
        wanted = fold(self.filters.where)
        exact = [city for city in self.cities if fold(city) == wanted]
        return exact or [city for city in self.cities if wanted and fold(city).startswith(wanted)]

    @property
    def city(self) -> str:
        """The name to show for the city filter: the real one where exactly one is meant."""
        return self.matching_cities[0] if len(self.matching_cities) == 1 else self.filters.where

    def results(self) -> ProfessionalQuerySet:
        """The professionals, in order, with all that a card shows."""
        found = self._matching()
        if self.filters.sort == "name":
            found = found.order_by("person__last_name", "person__first_name", "pk")
        else:
            found = found.order_by(F("next_free_at").asc(nulls_last=True), "person__last_name", "pk")
        return for_cards(found)

    def _matching(self) -> ProfessionalQuerySet:
        filters, found = self.filters, Professional.objects.of_brand(self.brand).listed()
        if filters.what:
            wanted = Specialty.objects.filter(Q(slug=filters.what) | Q(parent__slug=filters.what), brand=self.brand)
            found = found.filter(
                pk__in=Professional.specialties.through.objects.filter(specialty__in=wanted).values("professional")
            )
        if filters.where:
            found = found.filter(pk__in=Office.objects.filter(city__in=self.matching_cities).values("professional"))
        if filters.speaks:
            found = found.filter(pk__in=SpokenLanguage.objects.filter(code=filters.speaks).values("professional"))
        return found

    @property
    def chips(self) -> list[Chip]:
        filters, chips = self.filters, []
        if filters.what:
            label = str(self.specialty) if self.specialty else filters.what
            chips.append(Chip(label, replace(filters, what="")))
        if filters.where:
            chips.append(Chip(self.city, replace(filters, where="")))
        if filters.speaks:
            label = pgettext("search filter", "Speaks %(language)s") % {"language": languages.name(filters.speaks)}
            chips.append(Chip(label, replace(filters, speaks="")))
        return chips

    def wider(self) -> list[tuple[Chip, int]]:
        """For an empty result: each filter that would bring somebody if it were dropped, and how many."""
        offers = []
        for chip in self.chips:
            count = Search(self.brand, chip.without)._matching().count()
            if count:
                offers.append((chip, count))
        return offers

    @property
    def title(self) -> str:
        """'Family law in Köln', for headings and titles."""
        what = str(self.specialty) if self.specialty else capfirst(str(self.brand.nouns))
        if not self.filters.where:
            return what
        return _("%(what)s in %(city)s") % {"what": what, "city": self.city}


def specialties_of(brand: Brand) -> list[Specialty]:
    """The specialties of a brand in its order, each with `members`: how many listed professionals have it."""
    listed = Professional.objects.of_brand(brand).listed()
    return list(
        Specialty.objects.filter(brand=brand).annotate(
            members=Count("professionals", filter=Q(professionals__in=listed), distinct=True)
        )
    )


def for_cards(found: ProfessionalQuerySet) -> ProfessionalQuerySet:
    """Everything a card shows, in a constant number of queries."""
    return found.select_related("person", "brand").prefetch_related("specialties", "languages", "offices")


def soonest(brand: Brand, count: int) -> ProfessionalQuerySet:
    """Those who are free first."""
    found = Professional.objects.of_brand(brand).listed().filter(next_free_at__isnull=False)
    return for_cards(found.order_by("next_free_at", "pk"))[:count]
