"""What a professional decides about the appointments that a change touches: a choice for each, one reason for all."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.absences import CANCEL, KEEP, Choice, Touched

OWN_FIELDS = ("csrfmiddlewaretoken", "reason", "all", "agreed", "back")


class EffectsForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason, in words for your clients"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Everybody whose appointment is moved or cancelled reads it in the mail."),
    )

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data if "decided" in data else None)
        self.typed = data
        self.rows: list[Row] = []

    def choices(self) -> dict[UUID, Choice]:
        """The choices that were typed; nonsense is no choice."""
        found: dict[UUID, Choice] = {}
        for name in self.typed:
            if not name.startswith("do-"):
                continue
            try:
                uid, chosen = UUID(name[3:]), str(self.typed[name])
                found[uid] = chosen if chosen in (KEEP, CANCEL) else _instant(chosen)
            except (ValueError, OverflowError):
                continue
        return found

    def clean(self) -> dict[str, object]:
        data = super().clean() or {}
        if CANCEL in self.choices().values() and not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Say why, in a few words: your clients read it."))
        return data

    def show(self, touched: Sequence[Touched], *, missing: bool) -> None:
        """Rows to choose in; `missing`: say where no choice was made. A button for all fills every row."""
        chosen = self.choices()
        for row in touched:
            value: Choice | None = chosen.get(row.booking.pk)
            wish = self.typed.get("all")
            if wish == "move":
                value = row.next_free or value
            elif wish in (KEEP, CANCEL):
                value = wish
            if isinstance(value, datetime) and value not in row.times:
                if not row.error:
                    row.error = _("This time is no longer free.")
                value = None
            if missing and value is None and not row.error:
                row.error = _("Choose what becomes of this appointment.")
            self.rows.append(Row(row, value))

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What was typed on the page before, to be sent again."""
        return [
            (name, value)
            for name, values in self.typed.lists()
            if name not in OWN_FIELDS and name != "decided" and not name.startswith("do-")
            for value in values
        ]


class Row:
    """A touched appointment with the choice that is shown for it."""

    def __init__(self, touched: Touched, value: Choice | None) -> None:
        self.touched, self.value = touched, value

    @property
    def chosen(self) -> str:
        return self.value.isoformat() if isinstance(self.value, datetime) else self.value or ""

    @property
    def times(self) -> list[tuple[str, datetime]]:
        return [(time.isoformat(), time) for time in self.touched.times]


def _instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text[:40])
    if moment.tzinfo is None:
        raise ValueError("a naive datetime is not an instant")
    return moment.astimezone(UTC)
