"""When a professional is open, and when something else takes her time."""

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from directory.models import Office, Professional

DAY = 1440


def validate_windows(value: object) -> None:
    """[[start, end], …] in minutes of the wall clock, 0 ≤ start < end ≤ 1440."""
    ok = isinstance(value, list) and all(
        isinstance(window, list)
        and len(window) == 2
        and all(type(minute) is int for minute in window)
        and 0 <= window[0] < window[1] <= DAY
        for window in value
    )
    if not ok:
        raise ValidationError(_("Windows are pairs of start and end, the end after the start, within one day."))


class AvailabilityRule(models.Model):
    """A weekly window, in minutes of the host's wall clock; 1440 is the end of the local date."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    host = models.ForeignKey(
        Professional, models.CASCADE, related_name="availability_rules", verbose_name=_("professional")
    )
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday)
    start_minute = models.PositiveSmallIntegerField(_("from"))
    end_minute = models.PositiveSmallIntegerField(_("to"))
    office = models.ForeignKey(
        Office,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("office"),
        help_text=_("Empty: for appointments at any office."),
    )

    class Meta:
        verbose_name = _("weekly window")
        verbose_name_plural = _("weekly hours")
        ordering = ["weekday", "start_minute"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(0, 6)), name="availability_rule_weekday_0_6"),
            models.CheckConstraint(
                condition=Q(start_minute__lt=F("end_minute"), end_minute__lte=DAY),
                name="availability_rule_end_after_start",
                violation_error_message=_("The end must be after the start."),
            ),
            models.UniqueConstraint(fields=["host", "weekday", "start_minute"], name="availability_rule_start_once"),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {clock(self.start_minute)}–{clock(self.end_minute)}"


class AvailabilityOverride(models.Model):
    """Other windows than the weekly ones on a run of local dates; no windows means closed (a vacation).

    Where overrides share a date, the shorter run wins, then one that she entered before a public holiday, then the newer
    one: a single open day inside a vacation, special hours on a holiday. Rows of holidays are kept by
    `scheduling.public_holidays`.
    """

    host = models.ForeignKey(
        Professional, models.CASCADE, related_name="availability_overrides", verbose_name=_("professional")
    )
    first_date = models.DateField(_("first date"))
    last_date = models.DateField(_("last date"))
    windows = models.JSONField(_("windows"), default=list, blank=True, validators=[validate_windows])
    note = models.CharField(_("note"), max_length=120, blank=True, help_text=_("Only you see this."))
    office = models.ForeignKey(
        Office,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("office"),
        help_text=_("Where the windows are. Empty: for appointments at any office."),
    )
    holiday = models.CharField(_("public holiday"), max_length=120, blank=True, editable=False)

    class Meta:
        verbose_name = _("date override")
        verbose_name_plural = _("date overrides")
        ordering = ["first_date", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_date__lte=F("last_date")),
                name="availability_override_dates_in_order",
                violation_error_message=_("The last date is before the first."),
            ),
            models.UniqueConstraint(
                fields=["host", "first_date"], condition=~Q(holiday=""), name="override_one_holiday_a_day"
            ),
        ]
        indexes = [models.Index(fields=["host", "last_date"], name="override_host_last")]

    def __str__(self) -> str:
        return f"{self.first_date} – {self.last_date}"

    @property
    def is_closed(self) -> bool:
        return not self.windows


class HolidayChoice(models.Model):
    """Which public holidays a professional keeps. Holidays are named as their country names them, in every year."""

    host = models.OneToOneField(
        Professional, models.CASCADE, related_name="holiday_choice", verbose_name=_("professional")
    )
    country = models.CharField(_("country"), max_length=2)
    region = models.CharField(_("region"), max_length=12, blank=True)
    skipped = models.JSONField(_("works on"), default=list, blank=True)

    class Meta:
        verbose_name = _("public holidays")
        verbose_name_plural = _("public holidays")

    def __str__(self) -> str:
        return "-".join(filter(None, [self.country, self.region]))


class BusyTime(models.Model):
    """Time taken by something that is not a booking of ours: the host herself, an imported calendar, a provider."""

    host = models.ForeignKey(Professional, models.CASCADE, related_name="busy_times", verbose_name=_("professional"))
    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("end"))
    source = models.CharField(_("source"), max_length=64)
    remote_id = models.CharField(_("id at the source"), max_length=255)
    note = models.CharField(_("note"), max_length=120, blank=True, help_text=_("Only you see this."))

    class Meta:
        verbose_name = _("busy time")
        verbose_name_plural = _("busy times")
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="busy_time_end_after_start"),
            models.UniqueConstraint(fields=["host", "source", "remote_id"], name="busy_time_once_per_source"),
        ]
        indexes = [models.Index(fields=["host", "starts_at"], name="busy_time_host_start")]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M}–{self.ends_at:%H:%M} UTC"


def clock(minute: int) -> str:
    """Minutes of the day → 'HH:MM'; 1440 → '24:00'."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def windows_text(windows: Iterable[Sequence[int]]) -> str:
    """[[540, 720], [780, 1020]] → '09:00–12:00, 13:00–17:00'."""
    return ", ".join(f"{clock(start)}–{clock(end)}" for start, end in windows)
