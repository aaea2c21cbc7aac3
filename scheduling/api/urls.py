"""/api/v1/ and what describes it."""

from django.http import HttpRequest, JsonResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularJSONAPIView

from scheduling.api import booked, docs, free_times, members, mine, public
from scheduling.api.problems import plain


@csrf_exempt
def unknown(request: HttpRequest, rest: str = "") -> JsonResponse:
    """Also what is not there is said as a problem."""
    return plain(request, "not-found")


app_name = "api"
urlpatterns = [
    path("docs/", docs.show, name="docs"),
    path("problems/<slug:code>", docs.problem, name="problem"),
    path("v1/openapi.json", SpectacularJSONAPIView.as_view(), name="schema"),
    path("v1/configuration", public.Configuration.as_view(), name="configuration"),
    path("v1/professionals", public.Professionals.as_view(), name="professionals"),
    path("v1/professionals/<slug:slug>", public.OneProfessional.as_view(), name="professional"),
    path("v1/professionals/<slug:slug>/meeting-types/<slug:type_slug>/slots", free_times.Slots.as_view(), name="slots"),
    path("v1/reservations", public.Reservations.as_view(), name="reservations"),
    path("v1/reservations/<str:token>", public.OneReservation.as_view(), name="reservation"),
    path("v1/bookings", public.Bookings.as_view(), name="bookings"),
    path("v1/bookings/<uuid:uid>", booked.OneBooking.as_view(), name="booking"),
    path("v1/bookings/<uuid:uid>/reschedule", booked.Reschedule.as_view(), name="reschedule"),
    path("v1/bookings/<uuid:uid>/cancel", booked.Cancel.as_view(), name="cancel"),
    path("v1/bookings/<uuid:uid>/ical", booked.CalendarFile.as_view(), name="ical"),
    re_path(
        r"^v1/bookings/(?P<uid>[0-9a-f-]{36})/(?P<status>completed|no-show)$", mine.Finish.as_view(), name="finish"
    ),
    path("v1/my/bookings", mine.MyBookings.as_view(), name="my_bookings"),
    path("v1/my/hours", mine.Hours.as_view(), name="my_hours"),
    path("v1/my/overrides", mine.Overrides.as_view(), name="my_overrides"),
    path("v1/my/overrides/<int:pk>", mine.OneOverride.as_view(), name="my_override"),
    path("v1/my/busy-times", mine.BusyTimes.as_view(), name="my_busy_times"),
    path("v1/my/busy-times/<int:pk>", mine.OneBusyTime.as_view(), name="my_busy_time"),
    path("v1/my/meeting-types", mine.MeetingTypes.as_view(), name="my_meeting_types"),
    path("v1/my/meeting-types/<slug:slug>", mine.OneMeetingType.as_view(), name="my_meeting_type"),
    path("v1/members", members.Members.as_view(), name="members"),
    path("v1/members/<int:pk>", members.OneMember.as_view(), name="member"),
    path("v1/members/<int:pk>/onboarding", members.Onboarding.as_view(), name="member_onboarding"),
    re_path(r"^v1/(?P<rest>(?s:.*))\Z", unknown),
]
