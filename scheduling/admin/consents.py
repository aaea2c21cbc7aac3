"""The consent log: to look at and to take along."""

import csv
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from directory import audit
from directory.admin.filters import DayRangeFilter
from directory.admin.verbs import short
from scheduling.admin.messages import ReadOnlyRows
from scheduling.models import Consent

COLUMNS = ["at", "brand", "booking", "client", "kind", "given", "language", "text_hash", "text"]


@admin.register(Consent)
class ConsentAdmin(ReadOnlyRows):
    list_display = ["time", "kind", "given", "person", "booking", "brand", "version"]
    list_select_related = ["brand", "booking", "person"]
    list_filter = [
        ("brand", RelatedDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        "given",
        ("at", DayRangeFilter),
    ]
    list_filter_submit = True
    search_fields = ["booking__reference", "person__email", "text_hash"]
    actions = ["export"]
    fields = [("at", "kind", "given"), ("person", "booking", "brand"), "language", "text", "text_hash"]

    @display(description=gettext_lazy("at"), ordering="at")
    def time(self, obj: Consent) -> str:
        return short(obj.at)

    @display(description=gettext_lazy("version of the text"), ordering="text_hash")
    def version(self, obj: Consent) -> str:
        return obj.text_hash[:8]

    @admin.action(description=gettext_lazy("Save as CSV"), permissions=["view"])
    def export(self, request: HttpRequest, queryset: QuerySet[Consent]) -> HttpResponse:
        """The chosen lines. A cell that begins like a formula gets an apostrophe: nothing of it is ours."""
        response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="consents.csv"'
        writer = csv.writer(response)
        writer.writerow(COLUMNS)
        count = 0
        for row in queryset.select_related("brand", "booking", "person"):
            who = row.person.email if row.person else ""
            cells: list[Any] = [row.at.isoformat(), row.brand.slug, row.booking.reference if row.booking else "", who]
            cells += [row.kind, "given" if row.given else "withdrawn", row.language, row.text_hash, row.text]
            writer.writerow([f"'{cell}" if str(cell)[:1] in "=+-@\t\r" and str(cell) else cell for cell in cells])
            count += 1
            brand = row.brand
        if count:
            audit.record("exported", brand, brand=brand, note=f"{count} consents")
        return response
