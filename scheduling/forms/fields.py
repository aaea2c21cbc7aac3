"""Fields and small parsers that several forms share."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

CLOCK = re.compile(r"(?P<hour>\d{1,2})(?:[:.h ]?(?P<minute>\d{2}))?")
# Appointments are entered for a foreseeable time.
FURTHEST = timedelta(days=731)


def parse_clock(text: str) -> int:
    """'9', '9:30', '09.30', '0930', '24:00' → minutes of the day. Raises ValidationError."""
    match = CLOCK.fullmatch(text.strip())
    if match:
        hour, minute = int(match["hour"]), int(match["minute"] or 0)
        if (hour < 24 and minute < 60) or (hour, minute) == (24, 0):
            return hour * 60 + minute
    raise ValidationError(_("Write times as hours and minutes, for example 09:30."), code="clock")


def instant(day: date, at: time, zone: str) -> datetime:
    """A wall clock time as an aware UTC instant, seconds dropped; the first of two where the clock goes back.

    Raises ValidationError for a time that the clock skips.
    """
    local = datetime.combine(day, at.replace(second=0, microsecond=0), tzinfo=ZoneInfo(zone))
    result = local.astimezone(UTC)
    if result.astimezone(ZoneInfo(zone)).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise ValidationError(_("This time does not exist: the clock is put forward that night."), code="skipped")
    return result


PHONE = RegexValidator(r"^\+?[0-9 ()/.\-]{5,40}$", _("Digits, spaces and + - / ( ) only, for example +49 221 123456."))


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, format="%H:%M")


class MinutesWidget(forms.MultiWidget):
    """A number and its unit."""

    template_name = "forms/widgets/minutes.html"
    units = [(1, _("minutes")), (60, _("hours")), (1440, _("days"))]

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        number = forms.NumberInput({"min": 0, "inputmode": "numeric", "aria-label": _("Number")})
        super().__init__({"number": number, "unit": forms.Select({"aria-label": _("Unit")}, choices=self.units)}, attrs)

    def decompress(self, value: Any) -> list[Any]:
        """Minutes in the largest unit that divides them."""
        if value is None:
            return [None, 60]
        if not value:
            return [0, 60]
        unit = next(unit for unit in (1440, 60, 1) if value % unit == 0)
        return [value // unit, unit]


class MinutesField(forms.MultiValueField):
    """Minutes, typed as a number and a unit. Cleans to an int."""

    widget = MinutesWidget

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        self.most = most
        fields = (
            forms.IntegerField(min_value=0, max_value=most),
            forms.TypedChoiceField(choices=MinutesWidget.units, coerce=int, empty_value=None),
        )
        super().__init__(fields, require_all_fields=True, **kwargs)

    def compress(self, data_list: list[Any]) -> int:
        number, unit = data_list or [0, 1]
        if number * unit > self.most:
            raise ValidationError(_("At most %(days)s days."), code="max_value", params={"days": self.most // 1440})
        return int(number * unit)
