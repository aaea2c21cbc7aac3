"""Verbs of the profile: edit, portrait, settings. Each is one transaction."""

from collections.abc import Iterable, Mapping

from django.core.files import File
from django.db import transaction

from directory.models import Office, Person, Professional, Specialty, SpokenLanguage


@transaction.atomic
def edit(
    professional: Professional,
    *,
    person: Mapping[str, str],
    profile: Mapping[str, object],
    specialties: Iterable[Specialty],
    languages: Iterable[str],
    offices: Iterable[Office],
) -> Professional:
    """Write the profile as a whole. `offices` are all that remain, in order; the others are removed."""
    _assign(professional.person, person)
    _assign(professional, profile)
    professional.specialties.set(specialties)
    _set_languages(professional, list(languages))
    _set_offices(professional, list(offices))
    return professional


def _assign(row: Professional | Person, values: Mapping[str, object]) -> None:
    for field, value in values.items():
        setattr(row, field, value)
    row.save(update_fields=[*values, *(["updated_at"] if isinstance(row, Professional) else [])])


def _set_languages(professional: Professional, codes: list[str]) -> None:
    professional.languages.exclude(code__in=codes).delete()
    known = set(professional.languages.values_list("code", flat=True))
    for code in codes:
        if code not in known:
            SpokenLanguage.objects.create(professional=professional, code=code)


def _set_offices(professional: Professional, offices: list[Office]) -> None:
    for position, office in enumerate(offices):
        office.professional, office.position = professional, position
        office.save()
    professional.offices.exclude(pk__in=[office.pk for office in offices]).delete()


@transaction.atomic
def set_portrait(professional: Professional, portrait: File | None) -> Professional:  # type: ignore[type-arg]
    """Replace the portrait, or remove it with None; the old file goes once this is certain."""
    old = professional.portrait.name
    storage = professional.portrait.storage
    professional.portrait = portrait or ""
    professional.save(update_fields=["portrait", "updated_at"])
    if old and old != professional.portrait.name:
        transaction.on_commit(lambda: storage.delete(old))
    return professional


@transaction.atomic
def set_preferences(professional: Professional, *, time_zone: str, language: str) -> Professional:
    """The zone of her wall clock and the language of her mails. Booked appointments keep their instant."""
    _assign(professional.person, {"time_zone": time_zone, "language": language})
    return professional
