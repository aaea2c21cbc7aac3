"""Verbs of the tree of specialties: find by any of its words, remember old addresses, merge."""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory import audit
from directory.models import Brand, Professional, Specialty, SpecialtyAddress
from directory.search import fold


def words_of(specialty: Specialty) -> set[str]:
    """Its names in every language and its synonyms, folded."""
    names = [specialty.name_en, specialty.name_de, *re.split(r"[,\n]", specialty.synonyms)]  # type: ignore[attr-defined]
    return {fold(name) for name in names if name and name.strip()}


def resolve(brand: Brand, text: str) -> Specialty | None:
    """What is meant by an old address, a name in any language or a synonym; None where nothing, or more than one, is."""
    old = SpecialtyAddress.objects.filter(brand=brand, slug=text).select_related("specialty").first()
    if old is not None:
        return old.specialty
    wanted = fold(text)
    meant = [row for row in Specialty.objects.filter(brand=brand) if wanted and wanted in words_of(row)]
    return meant[0] if len(meant) == 1 else None


def remember_address(specialty: Specialty) -> None:
    """Before a save: an address that changes goes on leading here; one that is taken again leads to nobody else."""
    before = Specialty.objects.filter(pk=specialty.pk).values_list("slug", flat=True).first() if specialty.pk else None
    if before == specialty.slug:
        return
    SpecialtyAddress.objects.filter(brand=specialty.brand_id, slug=specialty.slug).delete()
    if before:
        SpecialtyAddress.objects.update_or_create(
            brand_id=specialty.brand_id, slug=before, defaults={"specialty": specialty}
        )


@dataclass(frozen=True)
class Preview:
    """What a merge would do."""

    moving: int
    have_both: int
    children: int


def preview(source: Specialty, into: Specialty) -> Preview:
    members = Professional.objects.filter(specialties=source)
    both = members.filter(pk__in=Professional.objects.filter(specialties=into).values("pk")).count()
    return Preview(moving=members.count() - both, have_both=both, children=source.children.count())


@transaction.atomic
def merge(source: Specialty, into: Specialty) -> None:
    """Everything of `source` becomes `into`'s: members, specialties below, words and addresses. Then it goes.

    Raises ValidationError where that makes no sense.
    """
    locked = {row.pk: row for row in Specialty.objects.select_for_update().filter(pk__in=[source.pk, into.pk])}
    if source.pk == into.pk or len(locked) < 2 or source.brand_id != into.brand_id:
        raise ValidationError(_("Choose another specialty of the same brand."))
    above, seen = into.parent, {into.pk}
    while above is not None and above.pk not in seen:
        if above.pk == source.pk:
            raise ValidationError(_("A specialty cannot be merged into one that belongs to it."))
        seen.add(above.pk)
        above = above.parent
    for professional in Professional.objects.filter(specialties=source):
        professional.specialties.add(into)
        professional.specialties.remove(source)
    for child in source.children.all():
        child.parent = into
        child.save()
    words = [source.name_en, source.name_de, *re.split(r"[,\n]", source.synonyms)]  # type: ignore[attr-defined]
    known = words_of(into)
    new = list(dict.fromkeys(word.strip() for word in words if word and word.strip() and fold(word) not in known))
    into.synonyms = "\n".join(filter(None, [into.synonyms.strip(), *new]))
    into.save()
    source.addresses.update(specialty=into)
    SpecialtyAddress.objects.update_or_create(brand_id=into.brand_id, slug=source.slug, defaults={"specialty": into})
    audit.record("specialty.merged", into, changes={"slug": [source.slug, into.slug]})
    source.delete()


audit.WORDS["specialty.merged"] = gettext_lazy("another specialty merged into this one")
