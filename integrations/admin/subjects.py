"""Whom or what the rows of mirrors are about, in words."""

from collections.abc import Iterable

from directory.models import Person, Professional
from integrations.desired import RETIRED
from integrations.models import Mirror
from scheduling.models import Booking


def name_rows(rows: Iterable[Mirror]) -> None:
    """Set `subject` of each row: the member, client or booking it is about; three queries for all."""
    rows = list(rows)
    members = {
        row.owner_uid if row.kind != "user" and row.owner_uid else row.local_uid for row in rows if _of_member(row)
    }
    people = {row.local_uid for row in rows if row.kind == "customer"}
    appointments = {row.local_uid for row in rows if row.kind == "booking" and RETIRED not in row.local_uid}
    found: dict[tuple[str, str], str] = {}
    for professional in Professional.objects.filter(pk__in=[pk for pk in members if pk.isdigit()]).select_related(
        "person"
    ):
        found["member", str(professional.pk)] = str(professional)
    for person in Person.objects.filter(pk__in=[pk for pk in people if pk.isdigit()]):
        found["customer", str(person.pk)] = person.full_name or person.email
    for booking in Booking.objects.filter(pk__in=appointments):
        found["booking", str(booking.pk)] = booking.reference
    for row in rows:
        uid = row.owner_uid if _of_member(row) and row.kind != "user" and row.owner_uid else row.local_uid
        row.subject = found.get(("member" if _of_member(row) else row.kind, uid), "")  # type: ignore[attr-defined]


def _of_member(row: Mirror) -> bool:
    return row.kind not in ("customer", "booking")
