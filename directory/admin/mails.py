"""The log of mails about accounts. There is no button to send one again: most hold a link that is good for minutes."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from directory.admin.filters import DayRangeFilter
from directory.admin.verbs import badge, short
from directory.models import LoggedMail

COLOURS = {LoggedMail.Status.SENT: "success", LoggedMail.Status.FAILED: "danger"}


@admin.register(LoggedMail)
class LoggedMailAdmin(ModelAdmin):
    list_display = ["what", "status_label", "recipient", "brand", "sent", "error"]
    list_select_related = ["brand"]
    list_filter = [
        ("brand", RelatedDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("at", DayRangeFilter),
    ]
    list_filter_submit = True
    show_full_result_count = False
    search_fields = ["recipient", "subject"]
    fieldsets = [
        (None, {"fields": ["brand", "kind", "recipient", "subject", "status_badge", ("attempts", "at"), "last_error"]})
    ]
    readonly_fields = ["status_badge"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description=gettext_lazy("message"), ordering="kind", header=True)
    def what(self, obj: LoggedMail) -> list[str]:
        return [obj.get_kind_display(), obj.subject]

    @display(description=gettext_lazy("status"), ordering="status", label=COLOURS)
    def status_label(self, obj: LoggedMail) -> tuple[str, str]:
        return obj.status, obj.get_status_display()

    @display(description=gettext_lazy("status"))
    def status_badge(self, obj: LoggedMail) -> SafeString:
        return badge(obj.get_status_display(), COLOURS[LoggedMail.Status(obj.status)])

    @display(description=gettext_lazy("at"), ordering="at")
    def sent(self, obj: LoggedMail) -> str:
        return short(obj.at)

    @display(description=gettext_lazy("last error"))
    def error(self, obj: LoggedMail) -> str:
        return obj.last_error[:80] or "–"
