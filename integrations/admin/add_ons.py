"""The add-on configurations of a Meet.rs account: listed, and written where the connection says that its account can.

Their vendor advises to manage them in its own administration; so writing is off until `enabled_optional` names its calls.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from directory import audit
from directory.admin.verbs import Question, VerbAdmin, VerbForm
from directory.secrets import CannotUnseal
from integrations.admin.forms import ValueField
from integrations.admin.rooms import ADD_ONS
from integrations.errors import ProviderError
from integrations.models import Connection
from integrations.providers.meetrs import Configuration, Configurations
from integrations.providers.meetrs.client import Client
from integrations.providers.meetrs.configurations import MEET, TEAMS, changed
from integrations.room_models import RoomOptions

ERRORS = (ProviderError, CannotUnseal)
WRITES = ("create", "update", "delete")
TOOLS = {
    "twilio": gettext_lazy("Video and sound"),
    "roster": gettext_lazy("List of participants"),
    "orpheus": gettext_lazy("Chat"),
    "rnto": gettext_lazy("Whiteboard"),
    "monaco": gettext_lazy("Code editor"),
}
TYPES = {MEET: gettext_lazy("Meet.rs"), TEAMS: gettext_lazy("Add-on in Microsoft Teams")}


def possible(connection: Connection) -> bool:
    return hasattr(connection.provider_class, "configurations")


@dataclass(frozen=True, slots=True)
class Line:
    """One configuration as the page shows it; `used`: how many meeting types of the brand wish it."""

    row: Configuration
    tools: str
    type: str
    used: int


class AddOnForm(VerbForm):
    """`row` None: a new one."""

    row: Configuration | None = None

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, widget=UnfoldAdminTextInputWidget)
    description = forms.CharField(
        label=gettext_lazy("Description"), max_length=500, required=False, widget=UnfoldAdminTextInputWidget
    )
    type = forms.TypedChoiceField(label=gettext_lazy("For"), coerce=int, widget=UnfoldAdminSelectWidget)
    tools = forms.MultipleChoiceField(label=gettext_lazy("Tools"), widget=UnfoldAdminCheckboxSelectMultipleWidget)
    settings = ValueField(
        label=gettext_lazy("Settings of the tools"),
        required=False,
        default={},
        help_text=gettext_lazy("By tool, as a list of keys and values; empty: as the tool is by itself."),
    )
    is_default = forms.BooleanField(
        label=gettext_lazy("Default of the account"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=gettext_lazy("Takes the place of the present one."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.row
        known = list(row.identifiers) if row else []
        types = dict(TYPES) if row is None or row.type in TYPES else {**TYPES, row.type: str(row.type)}
        self.fields["type"].choices = list(types.items())  # type: ignore[attr-defined]
        self.fields["tools"].choices = [(one, tool(one)) for one in dict.fromkeys([*TOOLS, *known])]  # type: ignore[attr-defined]
        if row is not None:
            kept = {one: row.settings(one) for one in known}
            self.initial = {
                **self.initial,
                "name": row.name,
                "description": row.description,
                "type": row.type,
                "tools": known,
                "settings": {one: pairs for one, pairs in kept.items() if pairs},
                "is_default": row.is_default,
            }

    def clean_settings(self) -> dict[str, list[dict[str, Any]]]:
        given = self.cleaned_data["settings"] or {}
        if not isinstance(given, dict) or not all(
            isinstance(pairs, list) and all(isinstance(pair, dict) and "key" in pair for pair in pairs)
            for pairs in given.values()
        ):
            example = json.dumps({"monaco": [{"key": "lang", "value": "python"}]})
            raise forms.ValidationError(_("Write it like this: %(example)s") % {"example": example})
        return given

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        stray = set(cleaned.get("settings") or {}) - set(cleaned.get("tools") or [])
        if "tools" in cleaned and stray:
            self.add_error(
                "settings", _("Not among the chosen tools: %(names)s.") % {"names": ", ".join(sorted(stray))}
            )
        return cleaned


def tool(identifier: str) -> str:
    return f"{TOOLS[identifier]} ({identifier})" if identifier in TOOLS else identifier


def urls(admin: VerbAdmin) -> list[Any]:
    """Pages below a connection's."""
    base, name = "<int:pk>/add-ons/", "integrations_connection_add_on"
    wrap = admin.admin_site.admin_view
    pages = Pages(admin)
    return [
        path(base, wrap(pages.listed), name=f"{name}s"),
        path(f"{base}new/", wrap(pages.new), name=f"{name}_new"),
        path(f"{base}<str:uid>/", wrap(pages.change), name=f"{name}_change"),
        path(f"{base}<str:uid>/delete/", wrap(pages.delete), name=f"{name}_delete"),
    ]


class Pages:
    def __init__(self, admin: VerbAdmin) -> None:
        self.admin = admin

    def _connection(self, request: HttpRequest, pk: int) -> Connection:
        row: Connection = self.admin.find(request, str(pk))
        if not possible(row):
            raise Http404
        return row

    def listed(self, request: HttpRequest, pk: int) -> HttpResponse:
        connection = self._connection(request, pk)
        try:
            found = _read(connection)
        except ERRORS as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:integrations_connection_change", args=[pk]))
        wishes = RoomOptions.objects.filter(meeting_type__host__brand=connection.brand_id).values_list(
            "options", flat=True
        )
        wanted = [wish.get(ADD_ONS) or connection.options.get(ADD_ONS) for wish in wishes]
        lines = [
            Line(
                row,
                ", ".join(str(TOOLS.get(one, one)) for one in row.identifiers),
                str(TYPES.get(row.type, row.type)),
                wanted.count(row.id),
            )
            for row in found
        ]
        context = {
            **self.admin.admin_site.each_context(request),
            "title": _("Add-on configurations"),
            "connection": connection,
            "lines": lines,
            "may": {one: _may(connection, one) for one in WRITES},
        }
        return TemplateResponse(request, "integrations/admin/add_ons.html", context)

    def new(self, request: HttpRequest, pk: int) -> HttpResponse:
        connection = self._writable(request, pk, "create")

        def run(row: Connection, data: Mapping[str, Any]) -> None:
            _writer(row).create(changed(None, data))
            _written(row)

        return self._ask(request, connection, _("New add-on configuration"), _("Create"), run, AddOnForm)

    def change(self, request: HttpRequest, pk: int, uid: str) -> HttpResponse:
        connection = self._writable(request, pk, "update")
        found = self._one(request, connection, uid)

        def run(row: Connection, data: Mapping[str, Any]) -> None:
            _writer(row).update(uid, changed(found, data))
            _written(row)

        form = type("AddOnForm", (AddOnForm,), {"row": found})
        return self._ask(request, connection, found.name, _("Save"), run, form)

    def delete(self, request: HttpRequest, pk: int, uid: str) -> HttpResponse:
        connection = self._writable(request, pk, "delete")
        found = self._one(request, connection, uid)

        def run(row: Connection, _data: Mapping[str, Any]) -> None:
            _writer(row).delete(uid)
            _written(row)

        title = _("Delete the configuration “%(name)s”") % {"name": found.name}
        return self._ask(request, connection, title, _("Delete"), run, VerbForm, danger=True)

    def _writable(self, request: HttpRequest, pk: int, operation: str) -> Connection:
        connection = self._connection(request, pk)
        if not _may(connection, operation):
            raise PermissionDenied
        return connection

    def _one(self, request: HttpRequest, connection: Connection, uid: str) -> Configuration:
        try:
            found = next((row for row in _read(connection) if row.id == uid), None)
        except ERRORS as error:
            messages.error(request, str(error))
            found = None
        if found is None:
            raise Http404
        return found

    def _ask(
        self,
        request: HttpRequest,
        connection: Connection,
        title: str,
        button: str,
        run: Any,
        form: Any,
        *,
        danger: bool = False,
    ) -> HttpResponse:
        question = Question(
            title=title,
            explanation=[
                _("Meetings that exist keep their tools. A meeting type that wishes this one has to choose another.")
                if danger
                else _("Meetings that are made from now on get it; those that exist keep their tools."),
                _("Meet.rs advises to manage configurations in its own administration."),
            ],
            button=button,
            run=run,
            done=_("Written to Meet.rs."),
            form=form,
            errors=ERRORS,
            danger=danger,
        )
        back = reverse("admin:integrations_connection_add_ons", args=[connection.pk])
        return self.admin.ask_about(request, connection, question, back=back)


def _read(connection: Connection) -> list[Configuration]:
    return connection.open().configurations(fresh=True)  # type: ignore[attr-defined,no-any-return]


def _writer(connection: Connection) -> Configurations:
    return Configurations(Client(connection.open()))


def _written(connection: Connection) -> None:
    """Lists to choose from are remembered: they are to show it at once."""
    audit.record("connection.add_ons", connection)
    _read(connection)


def _may(connection: Connection, operation: str) -> bool:
    return f"configurations.{operation}" in (connection.options.get("enabled_optional") or [])
