"""Time zones as people call them: by a city, in the active language."""

from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

# Only names that some language of ours writes otherwise than the IANA key.
CITIES: dict[str, str | Promise] = {
    "Europe/Athens": pgettext_lazy("city", "Athens"),
    "Europe/Belgrade": pgettext_lazy("city", "Belgrade"),
    "Europe/Brussels": pgettext_lazy("city", "Brussels"),
    "Europe/Bucharest": pgettext_lazy("city", "Bucharest"),
    "Europe/Copenhagen": pgettext_lazy("city", "Copenhagen"),
    "Europe/Kiev": pgettext_lazy("city", "Kyiv"),
    "Europe/Kyiv": pgettext_lazy("city", "Kyiv"),
    "Europe/Lisbon": pgettext_lazy("city", "Lisbon"),
    "Europe/Luxembourg": pgettext_lazy("city", "Luxembourg"),
    "Europe/Moscow": pgettext_lazy("city", "Moscow"),
    "Europe/Prague": pgettext_lazy("city", "Prague"),
    "Europe/Rome": pgettext_lazy("city", "Rome"),
    "Europe/Vienna": pgettext_lazy("city", "Vienna"),
    "Europe/Warsaw": pgettext_lazy("city", "Warsaw"),
    "Europe/Zurich": pgettext_lazy("city", "Zurich"),
    "Africa/Cairo": pgettext_lazy("city", "Cairo"),
    "America/Mexico_City": pgettext_lazy("city", "Mexico City"),
    "America/New_York": pgettext_lazy("city", "New York"),
    "Asia/Calcutta": pgettext_lazy("city", "Kolkata"),
    "Asia/Kolkata": pgettext_lazy("city", "Kolkata"),
    "Asia/Singapore": pgettext_lazy("city", "Singapore"),
    "Asia/Tokyo": pgettext_lazy("city", "Tokyo"),
}


def zone_city(zone: str) -> str:
    """'Europe/Vienna' → 'Vienna', in German 'Wien'; 'America/Argentina/Buenos_Aires' → 'Buenos Aires'; UTC stays UTC."""
    return str(CITIES.get(zone) or zone.rsplit("/", 1)[-1].replace("_", " "))
