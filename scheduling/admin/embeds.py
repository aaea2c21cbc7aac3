"""Which websites may show booking pages, and in which of them appointments were booked."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RelatedDropdownFilter

from scheduling import embed
from scheduling.admin.hours import HostListAdmin
from scheduling.admin.messages import ReadOnlyRows
from scheduling.models import BookingSource, EmbedSite


class EmbedSiteForm(ModelForm):  # type: ignore[type-arg]
    def clean_origin(self) -> str:
        """As browsers send it."""
        origin = embed.clean_origin(self.cleaned_data["origin"])
        if len(origin) > 300:
            raise ValidationError(origin)
        return origin


@admin.register(EmbedSite)
class EmbedSiteAdmin(HostListAdmin):
    form = EmbedSiteForm
    list_display = ["origin", "host", "brand"]
    list_filter = [("host__brand", RelatedDropdownFilter), ("host", AutocompleteSelectFilter)]
    search_fields = ["origin", *HostListAdmin.search_fields]
    fields = ["host", "origin"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["host"] if obj else []


@admin.register(BookingSource)
class BookingSourceAdmin(ReadOnlyRows):
    list_display = ["booking", "origin", "campaign_words"]
    list_filter = [("booking__host__brand", RelatedDropdownFilter)]
    list_select_related = ["booking"]
    search_fields = ["origin", "booking__reference"]
    fields = ["booking", "origin", "campaign_words"]
    readonly_fields = ["booking", "origin", "campaign_words"]

    @admin.display(description=BookingSource._meta.get_field("campaign").verbose_name)
    def campaign_words(self, obj: BookingSource) -> str:
        return ", ".join(f"{key.removeprefix('utm_')}: {value}" for key, value in obj.campaign.items()) or "–"
