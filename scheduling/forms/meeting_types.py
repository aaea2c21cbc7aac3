"""The form of a meeting type, in groups a professional thinks in."""

from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.models import Professional
from scheduling.forms.fields import DateInput, MinutesField
from scheduling.meeting_types import CHOOSABLE
from scheduling.models import MeetingRoom, MeetingType
from scheduling.reminders import SWITCHES

YEAR = 525_600


class MeetingTypeForm(forms.ModelForm):  # type: ignore[type-arg]
    notice = MinutesField(
        most=YEAR,
        label=gettext_lazy("Minimum notice"),
        help_text=gettext_lazy("How long before the start somebody may still book."),
    )
    cancel_cutoff = MinutesField(
        most=YEAR,
        label=gettext_lazy("Clients may cancel until this long before the start"),
        help_text=gettext_lazy("Shown before booking. It binds clients only; you may always cancel."),
    )
    move_cutoff = MinutesField(
        most=YEAR,
        label=gettext_lazy("Clients may move until this long before the start"),
        help_text=gettext_lazy("Shown before booking. It binds clients only; you may always move."),
    )

    video_url = forms.URLField(
        label=gettext_lazy("Video link"),
        required=False,
        assume_scheme="https",
        help_text=gettext_lazy("Your own video room. Clients reach it through our join link, only after booking."),
    )

    class Meta:
        model = MeetingType
        fields = [
            "title",
            "description",
            "visibility",
            "channel",
            "office",
            "any_office",
            "needs_room",
            "rooms",
            "video_url",
            "price_text",
            "duration",
            "step",
            "buffer_before",
            "buffer_after",
            "notice",
            "horizon_days",
            "last_date",
            "cancel_cutoff",
            "move_cutoff",
            "seats",
            "daily_limit",
            "weekly_limit",
            "move_limit",
            "series_max",
            "on_request",
            "while_asked",
            "preparation",
            *SWITCHES.values(),
        ]
        labels = {
            "visibility": gettext_lazy("Who can book it"),
            "any_office": gettext_lazy("At the office of the day"),
            "needs_room": gettext_lazy("Needs a meeting room"),
            "rooms": gettext_lazy("One of these rooms"),
            "channel": gettext_lazy("Where it takes place"),
            "duration": gettext_lazy("Duration in minutes"),
            "step": gettext_lazy("A start every … minutes"),
            "buffer_before": gettext_lazy("Kept free before, in minutes"),
            "buffer_after": gettext_lazy("Kept free after, in minutes"),
            "horizon_days": gettext_lazy("Bookable this many days ahead"),
            "last_date": gettext_lazy("Last day it can be booked for"),
            "seats": gettext_lazy("Seats"),
            "daily_limit": gettext_lazy("At most this many a day"),
            "weekly_limit": gettext_lazy("At most this many a week"),
            "preparation": gettext_lazy("How clients prepare"),
            "series_max": gettext_lazy("Appointments a client may book at once"),
            "move_limit": gettext_lazy("Clients may move an appointment at most this often"),
            "while_asked": gettext_lazy("Until you have answered"),
            "price_text": gettext_lazy("Price"),
            "remind_week": gettext_lazy("A week before"),
            "remind_day": gettext_lazy("A day before"),
            "remind_hours": gettext_lazy("Two hours before"),
        }
        help_texts = {
            "office": gettext_lazy("Empty: your first office."),
            "any_office": gettext_lazy(
                "Takes place wherever your hours say that you are, instead of at the office above."
            ),
            "step": gettext_lazy(
                "Empty: one after the other, by the duration. 15 gives starts at :00, :15, :30 and :45."
            ),
            "last_date": gettext_lazy("Empty: no last day."),
            "seats": gettext_lazy("More than one makes it a group meeting."),
            "series_max": gettext_lazy("Weekly dates, or several services in a row. Empty: one by one."),
            "move_limit": gettext_lazy("Empty: as often as the rule above allows. You may always move."),
            "daily_limit": gettext_lazy("Empty: no limit."),
            "weekly_limit": gettext_lazy("Empty: no limit."),
            "price_text": gettext_lazy("As clients should read it, for example “190 € including VAT”."),
        }
        widgets = {
            "description": forms.Textarea(attrs={"rows": 3}),
            "preparation": forms.Textarea(attrs={"rows": 4}),
            "rooms": forms.CheckboxSelectMultiple,
            "visibility": forms.RadioSelect,
            "channel": forms.RadioSelect,
            "last_date": DateInput,
            "while_asked": forms.RadioSelect,
        }

    groups = [
        (
            gettext_lazy("Basics"),
            [
                "title",
                "description",
                "channel",
                "office",
                "any_office",
                "needs_room",
                "rooms",
                "video_url",
                "price_text",
                "visibility",
            ],
        ),
        (gettext_lazy("Times"), ["duration", "step", "buffer_before", "buffer_after"]),
        (gettext_lazy("When it can be booked"), ["notice", "horizon_days", "last_date"]),
        (gettext_lazy("Rules for clients"), ["cancel_cutoff", "move_cutoff", "move_limit", "series_max"]),
        (gettext_lazy("Requests"), ["on_request", "while_asked"]),
        (gettext_lazy("Limits"), ["seats", "daily_limit", "weekly_limit"]),
        (gettext_lazy("Texts"), ["preparation"]),
        (gettext_lazy("Reminders to clients"), list(SWITCHES.values())),
    ]

    def __init__(self, *args: Any, host: Professional, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SWITCHES.values():
            if not getattr(host.brand, name):
                del self.fields[name]
        self.fields["office"].queryset = host.offices.all()  # type: ignore[attr-defined]
        self.fields["office"].empty_label = _("Your first office")  # type: ignore[attr-defined]
        labels = dict(MeetingType.Visibility.choices)
        self.fields["visibility"].choices = [(value, labels[value]) for value in CHOOSABLE]  # type: ignore[attr-defined]
        if len(host.offices.all()) < 2:
            del self.fields["any_office"]
        rooms = MeetingRoom.objects.filter(brand=host.brand_id, is_active=True)
        self.fields["rooms"].queryset = rooms  # type: ignore[attr-defined]
        if not rooms and not (self.instance and self.instance.pk and self.instance.needs_room):
            del self.fields["needs_room"], self.fields["rooms"]
        self.fields["while_asked"].required = False
        self.fields["while_asked"].choices = MeetingType.WhileAsked.choices  # type: ignore[attr-defined]
        self.fields["channel"].choices = MeetingType.Channel.choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        daily, weekly = data.get("daily_limit"), data.get("weekly_limit")
        if daily and weekly and daily > weekly:
            self.add_error("weekly_limit", _("The weekly limit is below the daily one."))
        data["while_asked"] = data.get("while_asked") or MeetingType.WhileAsked.KEEP
        if data.get("channel") != MeetingType.Channel.ON_SITE:
            data["office"] = None
            for name in ("any_office", "needs_room"):
                if name in data:
                    data[name] = False
        if data.get("channel") != MeetingType.Channel.VIDEO:
            data["video_url"] = ""
        return data

    def fieldsets(self) -> list[tuple[str, list[BoundField]]]:
        """(heading, fields) in the order of the page."""
        return [
            (str(heading), found)
            for heading, names in self.groups
            if (found := [self[name] for name in names if name in self.fields])
        ]

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields if name in self.fields}
