"""What goes in and out: the vocabulary of the API in one module. Instants carry an offset, durations are minutes, languages BCP 47, zones IANA names."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema_field, inline_serializer
from rest_framework import serializers

from directory.middleware import known_zone
from directory.models import Office, Professional, Specialty
from scheduling import links
from scheduling.clients import ClientCategory
from scheduling.models import AvailabilityOverride, Booking, BusyTime, MeetingRoom, MeetingType
from scheduling.models.bookings import Status
from scheduling.models.hours import clock

RANGE_DAYS = 31


class Instant(serializers.DateTimeField):
    """RFC 3339 with an offset; one without means nothing."""

    default_error_messages = {"offset": _("Say the offset from UTC, for example 2027-03-22T10:00:00+01:00.")}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None or not 2000 <= value.year < 2200:
            self.fail("offset")
        return value


class Zone(serializers.CharField):
    default_error_messages = {"zone": _("This is no IANA time zone, for example Europe/Berlin.")}

    def to_internal_value(self, data: Any) -> str:
        name: str = super().to_internal_value(data)
        if known_zone(name) is None:
            self.fail("zone")
        return name


# What is not known is not ignored. (No docstring: the reference would show it as that of each shape.)
class Shape(serializers.Serializer):  # type: ignore[type-arg]
    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and not getattr(self, "lenient", False):
            unknown = set(data) - {name for name, field in self.fields.items() if not field.read_only}
            if unknown:
                raise serializers.ValidationError(
                    {name: serializers.ErrorDetail(_("This field is not known here."), "unknown") for name in unknown}
                )
        return super().to_internal_value(data)


def page_of(shape: type[serializers.BaseSerializer], items: Any = None) -> Any:  # type: ignore[type-arg]
    """For the description: a page of things (or of `items`, a field) and the way to the next one."""
    name = f"{shape.__name__.removesuffix('Out').removesuffix('Shape')}Page"
    fields = {
        "items": items or shape(many=True),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
    }
    return inline_serializer(name, fields)


def list_of(shape: type[serializers.BaseSerializer]) -> Any:  # type: ignore[type-arg]
    """For the description: all there are."""
    return inline_serializer(f"{shape.__name__.removesuffix('Shape')}List", {"items": shape(many=True)})


# --- the directory ----------------------------------------------------------------------------------------------


class SpecialtyOut(serializers.ModelSerializer):  # type: ignore[type-arg]
    parent = serializers.SlugRelatedField(slug_field="slug", read_only=True, allow_null=True)

    class Meta:
        model = Specialty
        fields = ["slug", "name", "parent"]


class ClientCategoryOut(Shape):
    id = serializers.ChoiceField(ClientCategory.choices)
    name = serializers.CharField()
    description = serializers.CharField()


class RoomOut(serializers.ModelSerializer):  # type: ignore[type-arg]
    class Meta:
        model = MeetingRoom
        fields = ["id", "name", "location", "capacity", "features"]


class ConfigurationOut(Shape):
    name = serializers.CharField()
    language = serializers.CharField()
    languages = serializers.ListField(child=serializers.CharField())
    time_zone = serializers.CharField()
    hold_minutes = serializers.IntegerField()
    specialties = SpecialtyOut(many=True)
    client_categories = ClientCategoryOut(many=True)
    rooms = RoomOut(many=True, help_text="Meeting rooms; one is booked together with an appointment that needs it.")
    channels = serializers.ListField(child=serializers.ChoiceField(MeetingType.Channel.choices))
    privacy_url = serializers.URLField()


class OfficeOut(serializers.ModelSerializer):  # type: ignore[type-arg]
    class Meta:
        model = Office
        fields = ["id", "name", "street", "postcode", "city", "country", "latitude", "longitude", "access_notes"]


class MeetingTypeOut(serializers.ModelSerializer):  # type: ignore[type-arg]
    office = serializers.PrimaryKeyRelatedField(read_only=True, allow_null=True)
    rooms = serializers.PrimaryKeyRelatedField(
        many=True, read_only=True, help_text="Where needs_room: one of these; none named: any that is large enough."
    )

    class Meta:
        model = MeetingType
        fields = [
            "slug",
            "title",
            "description",
            "channel",
            "office",
            "needs_room",
            "rooms",
            "price_text",
            "duration",
            "notice",
            "horizon_days",
            "seats",
            "cancel_cutoff",
            "move_cutoff",
        ]


class ProfessionalOut(serializers.ModelSerializer):  # type: ignore[type-arg]
    id = serializers.IntegerField(source="pk")
    name = serializers.SerializerMethodField()
    languages = serializers.SlugRelatedField(slug_field="code", many=True, read_only=True)
    specialties = serializers.SlugRelatedField(slug_field="slug", many=True, read_only=True)
    offices = OfficeOut(many=True, read_only=True)
    meeting_types = serializers.SerializerMethodField()
    time_zone = serializers.CharField()
    profile_url = serializers.SerializerMethodField()
    client_categories = serializers.SerializerMethodField(help_text="Who may book: ids from the configuration.")

    class Meta:
        model = Professional
        fields = [
            "id",
            "slug",
            "name",
            "title",
            "time_zone",
            "languages",
            "specialties",
            "offices",
            "meeting_types",
            "client_categories",
            "next_free_at",
            "profile_url",
            "updated_at",
        ]

    def get_name(self, professional: Professional) -> str:
        return str(professional.person)

    def get_profile_url(self, professional: Professional) -> str:
        return professional.brand.url(professional.get_absolute_url())

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(ClientCategory.choices)))
    def get_client_categories(self, professional: Professional) -> list[str]:
        return [one.value for one in ClientCategory.of(professional)]

    @extend_schema_field(MeetingTypeOut(many=True))
    def get_meeting_types(self, professional: Professional) -> Any:
        """Those that are shown; prefetched by the endpoint."""
        return MeetingTypeOut(professional.shown_types, many=True).data  # type: ignore[attr-defined]


class GoneOut(Shape):
    """Somebody who is not, or no longer, in the list that was asked for."""

    id = serializers.IntegerField()
    gone = serializers.BooleanField(help_text="Always true.")
    updated_at = serializers.DateTimeField()


@extend_schema_field(
    PolymorphicProxySerializer(
        "ProfessionalOrGone", [ProfessionalOut, GoneOut], resource_type_field_name=None, many=True
    )
)
class ProfessionalItems(serializers.ListField):
    """With updated_since also those who are gone."""


# --- times and bookings -----------------------------------------------------------------------------------------


class SlotsQuery(Shape):
    start = Instant(required=False, help_text="First instant, included. Default: now.")
    end = Instant(required=False, help_text=f"End, excluded; at most {RANGE_DAYS} days later. Default: a week.")
    time_zone = Zone(required=False, help_text="In whose clock starts are written. Default: the professional's.")
    seats = serializers.IntegerField(min_value=1, max_value=500, default=1)


class SlotOut(Shape):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()


class SlotsOut(Shape):
    slots = SlotOut(many=True)
    time_zone = serializers.CharField()
    next_free = serializers.DateTimeField(allow_null=True, help_text="Where nothing is free in the range.")
    as_of = serializers.DateTimeField(allow_null=True, help_text="How old a provider's answer is; null: this moment.")
    requests_only = serializers.BooleanField(help_text="The provider is down: what is booked waits for its word.")


class ReservationIn(Shape):
    token = serializers.CharField(
        min_length=8, max_length=200, help_text="Your own, hard to guess (a UUID). The same token again moves the hold."
    )
    professional = serializers.CharField(max_length=120)
    meeting_type = serializers.CharField(max_length=80)
    start = Instant()
    seats = serializers.IntegerField(min_value=1, max_value=500, default=1)
    language = serializers.ChoiceField([code for code, _name in settings.LANGUAGES], required=False)
    time_zone = Zone(required=False)


class ReservationOut(Shape):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    professional = serializers.CharField()
    meeting_type = serializers.CharField()
    seats = serializers.IntegerField()


class ClientIn(Shape):
    name = serializers.CharField(max_length=120)
    email = serializers.EmailField()
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    language = serializers.ChoiceField([code for code, _name in settings.LANGUAGES], required=False)
    time_zone = Zone(required=False)


class BookingIn(Shape):
    token = serializers.CharField(max_length=200, help_text="Of the reservation.")
    client = ClientIn()
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    privacy_accepted = serializers.BooleanField(
        help_text="The client has seen the privacy notice (configuration.privacy_url)."
    )

    def validate_privacy_accepted(self, value: bool) -> bool:
        if not value:
            raise serializers.ValidationError(_("Without it nothing can be booked."))
        return value


class BookingOut(serializers.ModelSerializer):  # type: ignore[type-arg]
    id = serializers.UUIDField(source="pk")
    professional = serializers.SlugRelatedField(source="host", slug_field="slug", read_only=True)
    meeting_type = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    status = serializers.ChoiceField(Status.choices)
    client = serializers.SerializerMethodField()
    start = serializers.DateTimeField(source="starts_at")
    end = serializers.DateTimeField(source="ends_at")
    manage_url = serializers.SerializerMethodField(
        help_text="The client's page, told to the client only. Whoever has it can move and cancel."
    )
    waits_for = serializers.SerializerMethodField()

    class Meta:
        model = Booking
        fields = [
            "id",
            "reference",
            "status",
            "waits_for",
            "version",
            "professional",
            "meeting_type",
            "title",
            "start",
            "end",
            "time_zone",
            "channel",
            "location",
            "price_text",
            "seats",
            "client",
            "cancel_until",
            "move_until",
            "manage_url",
            "created_at",
            "updated_at",
        ]

    @extend_schema_field(ClientIn)
    def get_client(self, booking: Booking) -> dict[str, str]:
        return {
            "name": booking.client_name,
            "email": booking.client_email,
            "phone": booking.client_phone,
            "language": booking.client_language,
            "time_zone": booking.client_time_zone or booking.time_zone,
        }

    def get_manage_url(self, booking: Booking) -> str:
        return links.manage_url(booking) if self.context.get("client") else ""

    @extend_schema_field({"type": "string", "enum": ["", "host", "provider", "mail"]})
    def get_waits_for(self, booking: Booking) -> str:
        """Whose word a booking waits for: the professional's, a provider's, or a click in the mail to the client."""
        if booking.waits_for_mail:
            return "mail"
        if booking.status != Status.PENDING:
            return ""
        return "host" if booking.awaits else "provider"


class RescheduleIn(Shape):
    start = Instant()


class CancelIn(Shape):
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class CalendarFileIn(Shape):
    title = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


# --- a professional's own things --------------------------------------------------------------------------------


@extend_schema_field({"type": "string", "pattern": "^([01][0-9]|2[0-4]):[0-5][0-9]$"})
class Minute(serializers.Field):  # type: ignore[type-arg]
    """A wall clock time, HH:MM; 24:00 is the end of the day. Inside: minutes of the day."""

    default_error_messages = {"clock": _("Write the time as HH:MM.")}

    def to_internal_value(self, data: Any) -> int:
        data = data if isinstance(data, str) else ""
        hour, _colon, minute = data.partition(":")
        if not (len(data) == 5 and hour.isascii() and hour.isdigit() and minute.isascii() and minute.isdigit()):
            self.fail("clock")
        found = int(hour) * 60 + int(minute)
        if int(minute) > 59 or found > 1440:
            self.fail("clock")
        return found

    def to_representation(self, value: int) -> str:
        return clock(value)


class WindowShape(Shape):
    start = Minute()
    end = Minute()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["start"] >= attrs["end"]:
            raise serializers.ValidationError(_("The end lies before the start."))
        return attrs


class DayShape(Shape):
    weekday = serializers.IntegerField(min_value=0, max_value=6, help_text="Monday is 0.")
    windows = WindowShape(many=True)


class HoursShape(Shape):
    time_zone = serializers.CharField(read_only=True)
    days = DayShape(many=True)

    def validate_days(self, days: list[dict[str, Any]]) -> list[dict[str, Any]]:
        names = [day["weekday"] for day in days]
        if len(set(names)) < len(names):
            raise serializers.ValidationError(_("Each weekday once."))
        return days


class OverrideShape(Shape):
    id = serializers.IntegerField(read_only=True, source="pk")
    first_date = serializers.DateField()
    last_date = serializers.DateField()
    windows = WindowShape(many=True, help_text="None: closed.")
    note = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")

    def to_representation(self, instance: AvailabilityOverride) -> dict[str, Any]:
        return {
            "id": instance.pk,
            "first_date": instance.first_date.isoformat(),
            "last_date": instance.last_date.isoformat(),
            "windows": [{"start": clock(start), "end": clock(end)} for start, end in instance.windows],
            "note": instance.note,
        }


class BusyTimeShape(Shape):
    id = serializers.IntegerField(read_only=True, source="pk")
    start = Instant(source="starts_at")
    end = Instant(source="ends_at")
    note = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    source = serializers.CharField(read_only=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["starts_at"] >= attrs["ends_at"]:
            raise serializers.ValidationError({"end": _("The end lies before the start.")})
        return attrs

    class Meta:
        model = BusyTime


class MyMeetingTypeShape(serializers.ModelSerializer):  # type: ignore[type-arg]
    class Meta:
        model = MeetingType
        fields = [
            "slug",
            "title",
            "description",
            "visibility",
            "channel",
            "office",
            "price_text",
            "preparation",
            "duration",
            "step",
            "buffer_before",
            "buffer_after",
            "notice",
            "horizon_days",
            "last_date",
            "seats",
            "daily_limit",
            "weekly_limit",
            "cancel_cutoff",
            "move_cutoff",
            "updated_at",
        ]
        read_only_fields = ["slug", "updated_at"]


class EntryIn(Shape):
    """A booking that the professional enters herself."""

    meeting_type = serializers.CharField(max_length=80)
    start = Instant()
    name = serializers.CharField(max_length=120)
    email = serializers.EmailField(required=False, allow_blank=True, default="")
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    seats = serializers.IntegerField(min_value=1, max_value=500, default=1)
    outside_rules = serializers.BooleanField(default=False, help_text="Hours, notice and limits do not bind.")
    notify = serializers.BooleanField(default=True, help_text="Send the client a mail.")


class BookingsQuery(Shape):
    updated_since = Instant(required=False)
    start = Instant(required=False, help_text="Starts at or after.")
    end = Instant(required=False, help_text="Starts before.")
    status = serializers.ChoiceField(Status.choices, required=False)
    professional = serializers.CharField(max_length=120, required=False, help_text="For a token of the whole brand.")
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=200, required=False)


class ProfessionalsQuery(Shape):
    specialty = serializers.CharField(max_length=80, required=False)
    city = serializers.CharField(max_length=80, required=False)
    language = serializers.CharField(max_length=8, required=False)
    client_category = serializers.ChoiceField(ClientCategory.choices, required=False)
    updated_since = Instant(
        required=False, help_text="Also tells who is gone from the list since: {id, gone: true, updated_at}."
    )
    cursor = serializers.CharField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=200, required=False)
