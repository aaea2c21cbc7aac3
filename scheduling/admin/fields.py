"""Times as people write them, for the admin pages of scheduling."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from scheduling.models.hours import clock, validate_windows, windows_text

CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})")


def parse_minutes(text: str) -> int:
    """'9:30' → 570; '24:00' is the end of the day."""
    match = CLOCK.fullmatch(text.strip())
    if match:
        minutes = int(match[1]) * 60 + int(match[2])
        if int(match[2]) < 60 and minutes <= 1440:
            return minutes
    raise ValidationError(_("Write times as 09:30."), code="clock")


class MinuteField(forms.CharField):
    """Minutes of the day, written as a clock time."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return clock(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        return parse_minutes(text) if text else None

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class WindowsField(forms.CharField):
    """[[540, 720], …] written as '09:00–12:00, 13:00–17:30'; empty means closed."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return windows_text(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[list[int]]:
        text = super().clean(value)
        windows = []
        for part in filter(None, (part.strip() for part in (text or "").split(","))):
            ends = re.split(r"\s*[-–]\s*", part)
            if len(ends) != 2:
                raise ValidationError(_("Write windows as 09:00–12:00, 13:00–17:30."), code="windows")
            windows.append([parse_minutes(ends[0]), parse_minutes(ends[1])])
        windows.sort()
        validate_windows(windows)
        return windows

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)
