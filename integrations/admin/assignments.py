"""The form of assignments: what of theirs each professional, meeting type and room of ours is, in three groups."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from directory.admin.verbs import VerbForm
from integrations import assignments
from integrations.assignments import Choice

# kind → (what it is called there, what an empty choice means)
KINDS = {
    "employees": (gettext_lazy("Employee"), gettext_lazy("found by e-mail address")),
    "topics": (gettext_lazy("Topic"), gettext_lazy("found by the same name")),
    "customer_types": (gettext_lazy("Customer type"), gettext_lazy("as the connection has it")),
    "customer_types_new": (gettext_lazy("Customer type of new clients"), gettext_lazy("as for everybody")),
    "customer_types_known": (
        gettext_lazy("Customer type of clients who came before"),
        gettext_lazy("as for everybody"),
    ),
    "rooms": (gettext_lazy("Room"), gettext_lazy("no room there")),
}
GROUPS = (
    (gettext_lazy("Professionals"), ("employees",)),
    (gettext_lazy("Meeting types"), ("topics", *assignments.CUSTOMERS)),
    (gettext_lazy("Meeting rooms"), ("rooms",)),
)


class AssignmentsForm(VerbForm):
    choices: ClassVar[list[Choice]] = []

    def groups(self) -> Iterator[tuple[str, list[tuple[str, list[forms.BoundField]]]]]:
        """(title, [(what of ours, its fields)]); nothing for a group of which there is nothing."""
        for title, kinds in GROUPS:
            mine = [one for one in self.choices if one.kind in kinds]
            rows = [
                (label, [self[one.name] for one in group])
                for (_uid, label), group in groupby(mine, key=lambda one: (one.uid, one.label))
            ]
            if rows:
                yield str(title), rows


def form_of(sheet: assignments.Sheet) -> type[AssignmentsForm]:
    fields: dict[str, Any] = {choice.name: _field(choice) for choice in sheet.choices}
    return type("AssignmentsForm", (AssignmentsForm,), {**fields, "choices": sheet.choices})


def chosen(data: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in data.items() if "-" in name}


def _field(choice: Choice) -> forms.ChoiceField:
    names, (label, empty) = dict(choice.options), KINDS[choice.kind]
    hint = ""
    if choice.suggested in names and not choice.chosen:
        hint = _("Suggested: %(why)s.") % {"why": choice.why}
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[("", empty), *choice.options],
        initial=choice.chosen or (choice.suggested if choice.suggested in names else ""),
        help_text=hint,
        widget=UnfoldAdminSelectWidget,
    )
