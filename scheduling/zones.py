"""Finding a time zone by city, country or name."""

import zoneinfo
from datetime import datetime
from functools import cache
from importlib.resources import files

from scheduling.weeks import Zone, describe_zone

SHOWN = 40
LIKELY = [
    "Europe/Berlin",
    "Europe/London",
    "Europe/Paris",
    "Europe/Istanbul",
    "Europe/Athens",
    "America/New_York",
    "America/Los_Angeles",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Australia/Sydney",
]


@cache
def table() -> dict[str, tuple[str, ...]]:
    """Canonical zone → names of its countries in English, from the tz database's own tables."""
    folder = files("tzdata").joinpath("zoneinfo")
    countries = {}
    for line in folder.joinpath("iso3166.tab").read_text().splitlines():
        if not line.startswith("#"):
            code, name = line.split("\t")[:2]
            countries[code] = name
    found: dict[str, tuple[str, ...]] = {}
    known = zoneinfo.available_timezones()
    for line in folder.joinpath("zone.tab").read_text().splitlines():
        if not line.startswith("#"):
            code, _place, name = line.split("\t")[:3]
            if name in known:
                found[name] = (*found.get(name, ()), countries.get(code, code))
    return {"UTC": (), **found}


def search(text: str, now: datetime) -> list[Zone]:
    """Zones whose name or country contains every word of `text`; the best-placed match first."""
    words = text.lower().replace("_", " ").split()[:5]
    if not words:
        return []
    hits = []
    for name, countries in table().items():
        haystack = " ".join([name.replace("_", " ").replace("/", " "), *countries]).lower()
        if all(word in haystack for word in words):
            city = name.rsplit("/", 1)[-1].replace("_", " ").lower()
            hits.append((not city.startswith(words[0]), name))
    return [describe_zone(name, now) for _rank, name in sorted(hits)[:SHOWN]]


def likely(first: list[str], now: datetime) -> list[Zone]:
    """The zones of this visitor and this directory, then widely used ones; none twice."""
    return [describe_zone(name, now) for name in dict.fromkeys([*first, *LIKELY])]
