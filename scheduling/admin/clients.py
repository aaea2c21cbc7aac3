"""Marked clients and the rules about no-shows."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RelatedDropdownFilter

from scheduling.admin.hours import HostListAdmin
from scheduling.models import AttendanceRule, ClientMark


@admin.register(ClientMark)
class ClientMarkAdmin(HostListAdmin):
    list_display = ["client", "host", "way", "note", "created_by", "created_at", "brand"]
    list_select_related = ["host__person", "host__brand", "client", "created_by"]
    list_filter = [
        ("host__brand", RelatedDropdownFilter),
        ("way", ChoicesDropdownFilter),
        ("host", AutocompleteSelectFilter),
    ]
    search_fields = ["client__first_name", "client__last_name", "client__email", *HostListAdmin.search_fields]
    fields = ["host", "client", "way", "note"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Marked on the page of an appointment, where one sees why."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["host", "client"]


@admin.register(AttendanceRule)
class AttendanceRuleAdmin(HostListAdmin):
    list_display = ["host", "no_shows", "months", "way", "brand"]
    list_filter = [("host__brand", RelatedDropdownFilter)]
    fields = ["host", ("no_shows", "months"), "way"]
