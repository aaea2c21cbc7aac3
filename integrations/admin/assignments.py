"""The form of assignments: one list of theirs for each professional, meeting type and room of ours."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from unfold.widgets import UnfoldAdminSelectWidget

from directory.admin.verbs import VerbForm
from integrations import assignments
from integrations.assignments import Choice


def form_of(sheet: assignments.Sheet) -> type[VerbForm]:
    fields: dict[str, Any] = {choice.name: _field(choice) for choice in sheet.choices}
    return type("AssignmentsForm", (VerbForm,), fields)


def chosen(data: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in data.items() if "-" in name}


def _field(choice: Choice) -> forms.ChoiceField:
    names = dict(choice.options)
    hint = ""
    if choice.suggested in names:
        hint = _("Suggested: %(name)s (%(why)s).") % {"name": names[choice.suggested], "why": choice.why}
    return forms.ChoiceField(
        label=choice.label,
        required=False,
        choices=[("", _("as found by itself")), *choice.options],
        initial=choice.chosen or (choice.suggested if choice.suggested in names else ""),
        help_text=hint if not choice.chosen else "",
        widget=UnfoldAdminSelectWidget,
    )
