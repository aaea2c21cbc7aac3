"""Meeting types: what can be booked, with its rules."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, StackedInline
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from directory.admin.forms import WholeRowForm, secure_column
from directory.models import Office
from scheduling.models import MeetingRoom, MeetingType, Question

Visibility = MeetingType.Visibility
COLOURS = {
    Visibility.PUBLIC: "success",
    Visibility.LINK: "info",
    Visibility.OFF: "warning",
    Visibility.ARCHIVED: "default",
}


# What can be chosen once the professional is known.
HOSTS_OWN = (("office", "any_office"), "needs_room", "rooms")


class MeetingTypeForm(WholeRowForm):
    whole = ("host",)

    class Meta:
        model = MeetingType
        fields = "__all__"
        formfield_callback = secure_column

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "rooms" in self.fields:
            rooms = MeetingRoom.objects.filter(brand__professionals=self.instance.host_id)
            self.fields["rooms"].queryset = rooms  # type: ignore[attr-defined]
        if "office" in self.fields:
            offices = Office.objects.filter(professional=self.instance.host_id)
            self.fields["office"].queryset = offices  # type: ignore[attr-defined]


class QuestionInline(StackedInline):
    model = Question
    extra = 0
    tab = True
    fields = [
        ("kind", "position"),
        *[(f"label_{code}", f"help_text_{code}", f"options_{code}") for code, _name in settings.LANGUAGES],
        ("required", "sensitive"),
        ("depends_on", "depends_value"),
    ]
    fk_name = "meeting_type"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Only a question of the same meeting type can come before."""
        if db_field.name == "depends_on":
            pk = request.resolver_match.kwargs.get("object_id") if request.resolver_match else None
            kwargs["queryset"] = Question.objects.filter(meeting_type=pk if str(pk).isdigit() else None)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


@admin.register(MeetingType)
class MeetingTypeAdmin(ModelAdmin):
    form = MeetingTypeForm
    inlines = [QuestionInline]
    list_display = ["title", "host", "brand", "visibility_label", "channel", "length", "price_text"]
    list_select_related = ["host__person", "host__brand"]
    list_filter = [
        ("host__brand", RelatedDropdownFilter),
        ("channel", ChoicesDropdownFilter),
        ("visibility", ChoicesDropdownFilter),
        ("host", AutocompleteSelectFilter),
    ]
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["title", "slug", "host__person__first_name", "host__person__last_name"]
    autocomplete_fields = ["host"]
    ordering = ["host", "position", "pk"]
    prepopulated_fields = {"slug": ["title"]}
    readonly_fields = ["created_at", "updated_at"]
    warn_unsaved_form = True
    fieldsets = [
        (None, {"fields": ["host", ("title", "slug"), "description", ("visibility", "position")]}),
        (
            gettext_lazy("Place"),
            {
                "classes": ["tab"],
                "fields": [
                    "channel",
                    ("office", "any_office"),
                    "needs_room",
                    "rooms",
                    "video_url",
                    "price_text",
                    "preparation",
                ],
            },
        ),
        (
            gettext_lazy("Times, in minutes"),
            {
                "classes": ["tab"],
                "fields": [
                    ("duration", "step"),
                    ("buffer_before", "buffer_after"),
                    ("notice", "horizon_days", "last_date"),
                    ("cancel_cutoff", "move_cutoff", "move_limit"),
                    ("remind_week", "remind_day", "remind_hours"),
                ],
            },
        ),
        (
            gettext_lazy("Limits"),
            {
                "classes": ["tab"],
                "fields": [
                    ("seats", "series_max"),
                    ("daily_limit", "weekly_limit"),
                    ("on_request", "while_asked"),
                    ("created_at", "updated_at"),
                ],
            },
        ),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: MeetingType | None = None) -> list[str]:
        return [*self.readonly_fields, "host"] if obj else self.readonly_fields

    def get_fieldsets(self, request: HttpRequest, obj: MeetingType | None = None) -> Any:
        """The offices to choose from are known once the professional is."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj:
            return fieldsets
        return [
            (name, {**options, "fields": [field for field in options["fields"] if field not in HOSTS_OWN]})
            for name, options in fieldsets
        ]

    def view_on_site(self, obj: MeetingType) -> str | None:
        return obj.host.brand.url(obj.get_absolute_url()) if obj.is_bookable and obj.host.is_public else None

    @display(description=gettext_lazy("brand"), ordering="host__brand__name")
    def brand(self, obj: MeetingType) -> str:
        return str(obj.host.brand)

    @display(description=gettext_lazy("visibility"), ordering="visibility", label=COLOURS)
    def visibility_label(self, obj: MeetingType) -> tuple[str, str]:
        return obj.visibility, obj.get_visibility_display()

    @display(description=gettext_lazy("duration"), ordering="duration")
    def length(self, obj: MeetingType) -> str:
        return _("%(minutes)d min") % {"minutes": obj.duration}
