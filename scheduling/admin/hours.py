"""Weekly hours, date overrides, busy times."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from directory.admin.filters import DayRangeFilter
from directory.admin.forms import WholeRowForm
from directory.models import Office
from scheduling.admin.fields import MinuteField, WindowsField
from scheduling.models import AvailabilityOverride, AvailabilityRule, BusyTime
from scheduling.models.hours import clock, windows_text


class OfficeForm(WholeRowForm):
    """The offices to choose from are those of the professional, known once the row is there."""

    whole = ("host",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "office" in self.fields:
            offices = Office.objects.filter(professional=self.instance.host_id)
            self.fields["office"].queryset = offices  # type: ignore[attr-defined]


class AvailabilityRuleForm(OfficeForm):
    start_minute = MinuteField(label=gettext_lazy("From"), help_text=gettext_lazy("On the professional's own clock."))
    end_minute = MinuteField(label=gettext_lazy("To"), help_text=gettext_lazy("24:00 is the end of the day."))

    class Meta:
        model = AvailabilityRule
        fields = "__all__"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        start, end = data.get("start_minute"), data.get("end_minute")
        if start is not None and end is not None and start >= end:
            self.add_error("end_minute", _("The end must be after the start."))
        host = data.get("host") or self.instance.host_id
        weekday = data.get("weekday")
        if host and weekday is not None and start is not None and end is not None:
            others = AvailabilityRule.objects.filter(host=host, weekday=weekday).exclude(pk=self.instance.pk)
            other = others.filter(start_minute__lt=end, end_minute__gt=start).first()
            if other:
                raise forms.ValidationError(_("This overlaps with %(other)s.") % {"other": other})
        return data


class HostListAdmin(ModelAdmin):
    """Rows of one professional each, in a list that is searched by her name."""

    list_select_related = ["host__person", "host__brand"]
    list_filter_submit = True
    list_per_page = 100
    show_full_result_count = False
    search_fields = ["host__person__first_name", "host__person__last_name", "host__person__email"]
    autocomplete_fields = ["host"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["host"] if obj else []

    @display(description=gettext_lazy("brand"), ordering="host__brand__name")
    def brand(self, obj: Any) -> str:
        return str(obj.host.brand)

    @display(description=gettext_lazy("time zone"), ordering="host__person__time_zone")
    def zone(self, obj: Any) -> str:
        return obj.host.time_zone


@admin.register(AvailabilityRule)
class AvailabilityRuleAdmin(HostListAdmin):
    form = AvailabilityRuleForm
    list_display = ["host", "weekday", "window", "zone", "brand"]
    list_filter = [
        ("host__brand", RelatedDropdownFilter),
        ("weekday", ChoicesDropdownFilter),
        ("host", AutocompleteSelectFilter),
    ]
    ordering = ["host", "weekday", "start_minute"]
    fields = ["host", "weekday", ("start_minute", "end_minute"), "office"]

    @display(description=gettext_lazy("window"), ordering="start_minute")
    def window(self, obj: AvailabilityRule) -> str:
        return f"{clock(obj.start_minute)}–{clock(obj.end_minute)}"


class AvailabilityOverrideForm(OfficeForm):
    windows = WindowsField(
        label=gettext_lazy("Windows"),
        required=False,
        help_text=gettext_lazy("For example 09:00–12:00, 13:00–17:30. Empty: closed on these days."),
    )

    class Meta:
        model = AvailabilityOverride
        fields = "__all__"


@admin.register(AvailabilityOverride)
class AvailabilityOverrideAdmin(HostListAdmin):
    form = AvailabilityOverrideForm
    list_display = ["host", "first_date", "last_date", "open_windows", "note", "brand"]
    list_filter = [("host__brand", RelatedDropdownFilter), ("host", AutocompleteSelectFilter)]
    ordering = ["-first_date", "pk"]
    fields = ["host", ("first_date", "last_date"), "windows", "office", "note"]

    @display(description=gettext_lazy("windows"))
    def open_windows(self, obj: AvailabilityOverride) -> str:
        return windows_text(obj.windows) or _("closed")


@admin.register(BusyTime)
class BusyTimeAdmin(HostListAdmin):
    """Written by whatever imports them; here they are only looked at."""

    list_display = ["host", "starts_at", "ends_at", "source", "brand"]
    list_filter = [
        ("host__brand", RelatedDropdownFilter),
        ("starts_at", DayRangeFilter),
        ("host", AutocompleteSelectFilter),
    ]
    ordering = ["-starts_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: BusyTime | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: BusyTime | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: BusyTime | None = None) -> bool:
        return request.user.has_perm("scheduling.view_busytime") or request.user.has_perm("scheduling.change_busytime")
