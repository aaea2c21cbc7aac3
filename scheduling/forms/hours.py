"""Weekly hours and date overrides. Rows of times work without a script: every button sends the whole form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from scheduling.forms.fields import DateInput, parse_clock
from scheduling.hours import Places, Week, Window
from scheduling.models import AvailabilityOverride, AvailabilityRule
from scheduling.models.hours import clock

MAX_WINDOWS = 12
LONGEST_OVERRIDE = timedelta(days=731)


@dataclass(slots=True)
class Row:
    """One window as typed."""

    start: str = ""
    end: str = ""
    error: str = ""
    window: Window | None = None
    office: str = ""  # id of the one office it is at

    @property
    def is_empty(self) -> bool:
        return not self.start.strip() and not self.end.strip()


class Rows(list[Row]):
    """The windows of one day or one override, as typed in the fields `from-<key>` and `to-<key>`."""

    @classmethod
    def of_windows(cls, windows: Sequence[Sequence[int]]) -> "Rows":
        return cls(Row(clock(start), clock(end)) for start, end in windows)

    @classmethod
    def of_post(cls, data: QueryDict, key: str) -> "Rows":
        starts, ends = data.getlist(f"from-{key}"), data.getlist(f"to-{key}")
        count = min(max(len(starts), len(ends)), MAX_WINDOWS)
        starts, ends = starts + [""] * count, ends + [""] * count
        offices = [*data.getlist(f"office-{key}"), *[""] * count]
        return cls(Row(starts[index][:8], ends[index][:8], office=offices[index][:12]) for index in range(count))

    def validate(self) -> list[Window]:
        """The windows by start; every row that is wrong gets its error. Empty rows are nothing."""
        for row in self:
            if row.is_empty:
                continue
            try:
                window = parse_clock(row.start), parse_clock(row.end)
            except ValidationError as error:
                row.error = error.messages[0]
                continue
            row.start, row.end = clock(window[0]), clock(window[1])
            if window[1] <= window[0]:
                row.error = _("The end must be after the start. For the end of the day write 24:00.")
            else:
                row.window = window
        self._refuse_overlaps()
        return sorted(row.window for row in self if row.window)

    def _refuse_overlaps(self) -> None:
        valid = sorted((row for row in self if row.window), key=lambda row: row.window or (0, 0))
        for earlier, later in zip(valid, valid[1:], strict=False):
            if earlier.window and later.window and later.window[0] < earlier.window[1]:
                later.error = _("This overlaps %(start)s–%(end)s.") % {"start": earlier.start, "end": earlier.end}

    @property
    def errors(self) -> list[str]:
        return [row.error for row in self if row.error]


@dataclass(slots=True)
class Day:
    weekday: int
    name: str
    rows: Rows

    @property
    def key(self) -> str:
        return str(self.weekday)


class WeekForm:
    """Seven days of rows. `add`, `remove` and `copy` change what is shown; only saving writes."""

    def __init__(self, days: list[Day]) -> None:
        self.days = days
        self.copied_to: list[str] = []
        self.copied_from = ""

    @classmethod
    def of_week(cls, week: Week, places: Places | None = None) -> "WeekForm":
        form = cls([cls._day(weekday, Rows.of_windows(week.get(weekday, []))) for weekday in range(7)])
        for day in form.days:
            for row, window in zip(day.rows, week.get(day.weekday, []), strict=True):
                row.office = str((places or {}).get((day.weekday, window[0]), ""))
        return form

    @classmethod
    def of_post(cls, data: QueryDict) -> "WeekForm":
        return cls([cls._day(weekday, Rows.of_post(data, str(weekday))) for weekday in range(7)])

    @staticmethod
    def _day(weekday: int, rows: Rows) -> Day:
        return Day(weekday, str(AvailabilityRule.Weekday(weekday).label), rows)

    def change(self, data: QueryDict) -> bool:
        """Carry out the button that was pressed on the rows; False if it was the one that saves."""
        if "add" in data:
            day = self._chosen(data["add"])
            if day and len(day.rows) < MAX_WINDOWS:
                day.rows.append(Row())
        elif "remove" in data:
            weekday, _dash, index = str(data["remove"]).partition("-")
            day = self._chosen(weekday)
            if day and index in map(str, range(len(day.rows))):
                del day.rows[int(index)]
        elif "copy" in data:
            day = self._chosen(data["copy"])
            if day:
                self._copy(day, data.getlist(f"copy-{day.weekday}"))
        else:
            return False
        return True

    def _chosen(self, weekday: object) -> Day | None:
        return next((day for day in self.days if day.key == weekday), None)

    def _copy(self, source: Day, targets: list[str]) -> None:
        chosen = [day for day in map(self._chosen, targets) if day and day is not source]
        for day in chosen:
            day.rows = Rows(Row(row.start, row.end, office=row.office) for row in source.rows)
        self.copied_from, self.copied_to = source.name, [day.name for day in chosen]

    @property
    def places(self) -> Places:
        """The offices of valid windows; what is no number is none."""
        return {
            (day.weekday, row.window[0]): int(row.office)
            for day in self.days
            for row in day.rows
            if row.window and row.office.isascii() and row.office.isdecimal()
        }

    def validate(self) -> Week | None:
        """The week, or None if a row is wrong."""
        week = {day.weekday: day.rows.validate() for day in self.days}
        return None if self.errors else week

    @property
    def errors(self) -> list[tuple[Day, int, Row]]:
        """(day, index of the row, row) for every row that is wrong, in the order of the page."""
        return [(day, index, row) for day in self.days for index, row in enumerate(day.rows) if row.error]


class OverrideForm(forms.ModelForm):  # type: ignore[type-arg]
    """An absence, or other hours than usual, on a run of dates."""

    CLOSED, OTHER = "closed", "other"
    kind = forms.ChoiceField(
        label=gettext_lazy("On these dates I am"),
        choices=[
            (CLOSED, gettext_lazy("away: nothing can be booked")),
            (OTHER, gettext_lazy("open at other times than usual")),
        ],
        widget=forms.RadioSelect,
        initial=CLOSED,
    )

    class Meta:
        model = AvailabilityOverride
        fields = ["first_date", "last_date", "office", "note"]
        labels = {
            "first_date": gettext_lazy("First day"),
            "last_date": gettext_lazy("Last day"),
            "note": gettext_lazy("Note"),
            "office": gettext_lazy("At the office"),
        }
        help_texts = {"last_date": gettext_lazy("Empty: only the first day.")}
        widgets = {"first_date": DateInput, "last_date": DateInput}

    field_order = ["kind", "first_date", "last_date", "office", "note"]

    def __init__(self, data: QueryDict | None = None, *, today: date, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.today = today
        self.fields["last_date"].required = False
        offices = self.instance.host.offices.all()
        self.fields["office"].queryset = offices  # type: ignore[attr-defined]
        self.fields["office"].empty_label = _("Any office")  # type: ignore[attr-defined]
        if len(offices) < 2:
            del self.fields["office"]
        self.rows = Rows.of_post(data, "special") if data is not None else Rows.of_windows(self.instance.windows)
        if self.instance.pk and self.instance.windows:
            self.initial["kind"] = self.OTHER

    def shown_rows(self) -> Rows:
        """Always a few rows to type into."""
        return Rows([*self.rows, *[Row() for _index in range(max(1, 3 - len(self.rows)))]])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first = data.get("first_date")
        if first and not data.get("last_date") and "last_date" not in self.errors:
            data["last_date"] = first
        last = data.get("last_date")
        if first and last:
            if last < first:
                self.add_error("last_date", _("The last day is before the first."))
            elif last < self.today:
                self.add_error("last_date", _("These dates are over."))
            elif last - first > LONGEST_OVERRIDE:
                self.add_error("last_date", _("Two years at most."))
        self.instance.windows = []
        if data.get("kind") == self.OTHER:
            windows = self.rows.validate()
            if self.rows.errors:
                self.add_error(None, _("Check the times you are open."))
            elif not windows:
                self.add_error(None, _("Say at what times you are open, or choose that you are away."))
            self.instance.windows = [list(window) for window in windows]
        return data
