"""Where video rooms come from, member by member, and what single meeting types wish of them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from integrations.admin.forms import PREFIX, option_field
from integrations.desired import rooms_of
from integrations.errors import ProviderError
from integrations.http import within
from integrations.models import Connection, provider_class
from integrations.room_models import RoomChoice, RoomOptions
from scheduling.models import MeetingType

# Seconds in which the list of add-on configurations has to come, or an id is typed.
PATIENCE = 2.0
ADD_ONS = "addon_configuration_id"


def with_rooms() -> list[Connection]:
    return [
        row
        for row in Connection.objects.select_related("brand")
        if "conference" in provider_class(row.provider).resources
    ]


@admin.register(RoomChoice)
class RoomChoiceAdmin(ModelAdmin):
    list_display = ["professional", "connection"]
    list_select_related = ["professional__person", "professional__brand", "connection__brand"]
    search_fields = ["professional__person__first_name", "professional__person__last_name"]
    autocomplete_fields = ["professional"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "connection":
            rows = kwargs["queryset"] if "queryset" in kwargs else Connection.objects.all()
            kwargs["queryset"] = rows.filter(pk__in=[row.pk for row in with_rooms()])
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["professional"] if obj else []


class RoomOptionsForm(forms.ModelForm):  # type: ignore[type-arg]
    """A field for each wish that the provider of the host's rooms knows; empty: as the connection has it."""

    class Meta:
        model = RoomOptions
        fields = ["meeting_type"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.wishes: list[str] = []
        connection = rooms_of(self.instance.meeting_type.host) if self.instance.pk else None
        if connection is None:
            return
        for option in connection.provider_class.room_options:
            name = PREFIX + option.name
            field = option_field(option)
            if isinstance(field, forms.ChoiceField):
                field.required = False
                field.choices = [("", _("As the connection has it")), *((one, one) for one in option.choices)]
            if option.name == ADD_ONS:
                field = add_ons(connection) or field
            self.fields[name] = field
            self.initial[name] = self.instance.options.get(option.name, "")
            self.wishes.append(option.name)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.wishes:
            kept = {name: value for name, value in self.instance.options.items() if name not in self.wishes}
            given = {name: cleaned.get(PREFIX + name) for name in self.wishes}
            # A list that was left empty comes back as its default: then the connection decides.
            typed = {name: self.data.get(self.add_prefix(PREFIX + name), "") for name in self.wishes}
            self.instance.options = kept | {
                name: value for name, value in given.items() if typed[name] not in ("", None) and value is not None
            }
        return cleaned


def add_ons(connection: Connection) -> forms.ChoiceField | None:
    """The account's add-on configurations to choose from; None where they cannot be had in time."""
    try:
        with within(PATIENCE):
            found = connection.open(patience=PATIENCE).configurations()  # type: ignore[attr-defined]
    except (ProviderError, AttributeError):
        return None
    choices = [
        (one.id, _("%(name)s (the account’s default)") % {"name": one.name} if one.is_default else one.name)
        for one in found
    ]
    return forms.ChoiceField(
        label=_("Add-on configuration"),
        required=False,
        choices=[("", _("As the connection has it")), *choices],
        widget=UnfoldAdminSelectWidget,
    )


@admin.register(RoomOptions)
class RoomOptionsAdmin(ModelAdmin):
    form = RoomOptionsForm
    list_display = ["meeting_type", "host", "connection"]
    list_select_related = ["meeting_type__host__person", "meeting_type__host__brand"]
    search_fields = ["meeting_type__title", "meeting_type__host__person__last_name"]
    autocomplete_fields = ["meeting_type"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The wishes are fields that the form adds by itself."""
        kwargs["fields"] = [] if obj else ["meeting_type"]
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fieldsets(self, request: HttpRequest, obj: RoomOptions | None = None) -> Any:
        if obj is None:
            return [(None, {"fields": ["meeting_type"]})]
        connection = rooms_of(obj.meeting_type.host)
        names = [PREFIX + option.name for option in connection.provider_class.room_options] if connection else []
        return [(None, {"fields": ["meeting_type", *names]})]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["meeting_type"] if obj else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "meeting_type":
            rows = kwargs["queryset"] if "queryset" in kwargs else MeetingType.objects.all()
            kwargs["queryset"] = rows.filter(channel=MeetingType.Channel.VIDEO)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=gettext_lazy("professional"))
    def host(self, obj: RoomOptions) -> str:
        return str(obj.meeting_type.host)

    @admin.display(description=gettext_lazy("rooms from"))
    def connection(self, obj: RoomOptions) -> str:
        found = rooms_of(obj.meeting_type.host)
        return found.name if found else "–"
