"""Meeting rooms of a brand, and what takes place in them next."""

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display

from scheduling.models import MeetingRoom
from scheduling.models.bookings import TAKES_TIME


@admin.register(MeetingRoom)
class MeetingRoomAdmin(ModelAdmin):
    list_display = ["name", "brand", "location", "capacity", "features", "is_active", "ahead"]
    list_select_related = ["brand"]
    list_filter = [("brand", RelatedDropdownFilter), "is_active"]
    list_filter_submit = True
    search_fields = ["name", "location"]
    ordering = ["brand", "position", "name"]
    fields = ["brand", ("name", "location"), ("capacity", "features"), ("is_active", "position")]
    warn_unsaved_form = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[MeetingRoom]:
        taken = Q(bookings__ends_at__gt=timezone.now()) & Q(
            bookings__in=MeetingRoom.bookings.rel.related_model.objects.filter(TAKES_TIME)  # type: ignore[attr-defined]
        )
        return super().get_queryset(request).annotate(appointments=Count("bookings", filter=taken))

    def get_readonly_fields(self, request: HttpRequest, obj: MeetingRoom | None = None) -> list[str]:
        return ["brand"] if obj else []

    @display(description=gettext_lazy("appointments ahead"), ordering="appointments")
    def ahead(self, obj: MeetingRoom) -> int:
        return int(obj.appointments)  # type: ignore[attr-defined]
