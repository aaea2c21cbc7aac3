"""Public holidays by region: which there are, which a professional keeps, and the closed days that follow.

A kept holiday is a date override without windows, so that slots need no further question to be closed on it. Names come from
the `holidays` package; a holiday is known by the name that its own country gives it, which is the same every year.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import holidays
from django.db import transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from directory.models import Professional
from scheduling import hours
from scheduling.hours import Change
from scheduling.models import AvailabilityOverride, HolidayChoice

COUNTRIES = {
    "DE": _("Germany"),
    "AT": _("Austria"),
    "CH": _("Switzerland"),
    "LI": _("Liechtenstein"),
    "LU": _("Luxembourg"),
    "BE": _("Belgium"),
    "NL": _("Netherlands"),
    "FR": _("France"),
    "IT": _("Italy"),
    "ES": _("Spain"),
    "PL": _("Poland"),
    "CZ": _("Czechia"),
    "DK": _("Denmark"),
    "GB": _("United Kingdom"),
    "IE": _("Ireland"),
}
# Where regions matter most and have names; elsewhere the holidays of the whole country.
WITH_REGIONS = ("DE", "AT", "CH", "GB", "ES")
# Meeting types can be booked two years ahead at most.
AHEAD = timedelta(days=760)
LANGUAGES = {"en": ("en_US", "en_GB"), "de": ("de",)}


@dataclass(frozen=True, slots=True)
class Holiday:
    date: date
    key: str
    name: str


@lru_cache(maxsize=64)
def regions(country: str) -> dict[str, str]:
    """Code → name of the regions of a country, by name; empty where the whole country is meant."""
    if country not in WITH_REGIONS:
        return {}
    aliases = holidays.country_holidays(country).subdivisions_aliases
    names = {code: name for name, code in reversed(list(aliases.items()))}
    return dict(sorted(names.items(), key=lambda pair: pair[1]))


def is_known(country: str, region: str) -> bool:
    return country in COUNTRIES and (not region or region in regions(country))


def between(country: str, region: str, first: date, last: date, *, language: str | None = None) -> list[Holiday]:
    """The holidays of [first, last] by date, with names in the active language where the package has it."""
    found = _of_years(country, region, first.year, last.year, (language or get_language() or "en").split("-")[0])
    return [holiday for holiday in found if first <= holiday.date <= last]


def coming(country: str, region: str, today: date) -> list[Holiday]:
    """Every holiday once, on its next date."""
    found: dict[str, Holiday] = {}
    for holiday in between(country, region, today, today + timedelta(days=400)):
        found.setdefault(holiday.key, holiday)
    return list(found.values())


@lru_cache(maxsize=256)
def _of_years(country: str, region: str, first: int, last: int, language: str) -> list[Holiday]:
    def of(language: str | None):  # type: ignore[no-untyped-def]
        return holidays.country_holidays(
            country, subdiv=region or None, years=range(first, last + 1), language=language
        )

    # Without a language the package takes that of the machine.
    default = holidays.country_holidays(country)
    own = of(default.default_language)
    wanted = next((code for code in LANGUAGES.get(language, ()) if code in default.supported_languages), None)
    named = of(wanted) if wanted else own
    return [Holiday(day, key[:120], named.get(day, key)[:120]) for day, key in sorted(own.items())]


def choice_of(host: Professional) -> HolidayChoice | None:
    return HolidayChoice.objects.filter(host=host).first()


@transaction.atomic
def keep(host: Professional, country: str, region: str, skipped: Iterable[str]) -> Change:
    """Close on the public holidays of a region, except those skipped; country "" keeps none."""
    Professional.objects.lock(host.pk)
    now = timezone.now()
    before = {booking.pk for booking in hours.outside(host, now=now)}
    if country:
        values = {"country": country, "region": region, "skipped": sorted(set(skipped))}
        choice, _created = HolidayChoice.objects.update_or_create(host=host, defaults=values)
        write(choice)
    else:
        HolidayChoice.objects.filter(host=host).delete()
        for row in AvailabilityOverride.objects.filter(host=host).exclude(holiday=""):
            row.delete()
    return Change(touched=[booking for booking in hours.outside(host, now=now) if booking.pk not in before])


@transaction.atomic
def write(choice: HolidayChoice, *, today: date | None = None) -> int:
    """Bring the closed days from today on in line with the choice; returns how many were added. Idempotent."""
    host = Professional.objects.select_related("person").locked(choice.host_id)
    today = today or timezone.localdate()
    language = host.person.language
    kept = {
        holiday.date: holiday
        for holiday in between(choice.country, choice.region, today, today + AHEAD, language=language)
        if holiday.key not in choice.skipped
    }
    for row in AvailabilityOverride.objects.filter(host=host, first_date__gte=today).exclude(holiday=""):
        holiday = kept.get(row.first_date)
        if holiday is not None and holiday.key == row.holiday:
            del kept[row.first_date]
        else:
            row.delete()
    for day, holiday in kept.items():
        AvailabilityOverride.objects.create(
            host=host, first_date=day, last_date=day, note=holiday.name, holiday=holiday.key
        )
    return len(kept)


def extend() -> int:
    """Time passes: the holidays that came within reach. Returns for how many professionals there were any."""
    listed = HolidayChoice.objects.exclude(host__status=Professional.Status.CLOSED)
    return sum(bool(write(choice)) for choice in listed.iterator(chunk_size=200))
