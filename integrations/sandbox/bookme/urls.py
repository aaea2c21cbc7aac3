"""The token endpoint, and every path of the API bare and below its three versions."""

from django.urls import include, path, re_path

from integrations.sandbox.bookme import config, meetings, slots, wire
from integrations.sandbox.bookme.wire import api

paths = [
    path("bookme/meeting-topics", api(GET=config.topics)),
    path("bookme/meeting-topics/<str:uid>", api(GET=config.topic)),
    path("config/customer-types", api(GET=config.listing("customer_type"))),
    path("config/customer-types/<str:uid>", api(GET=config.one("customer_type", "Customer type"))),
    path("config/employees", api(GET=config.listing("employee"))),
    path("config/employees/<str:uid>", api(GET=config.one("employee", "Employee"))),
    path("config/rooms", api(GET=config.listing("room"))),
    path("config/rooms/<str:uid>", api(GET=config.one("room", "Room"))),
    path("bookme/room-vacancies", api(GET=config.vacancies)),
    path("bookme/time-slots", api(GET=slots.listing)),
    path("bookme/time-slots/available", api(GET=slots.available)),
    path("bookme/time-slots/reserve", api(POST=slots.reserve)),
    path("bookme/time-slots/<str:uid>", api(GET=slots.read, PATCH=slots.change)),
    path("bookme/meetings", api(GET=meetings.listing, POST=meetings.create)),
    path("bookme/meetings/<str:uid>/ical", api(POST=meetings.ical)),
]
old = api(GET=meetings.read, PUT=meetings.change, DELETE=meetings.delete)
new = api(GET=meetings.read, PATCH=meetings.change, DELETE=meetings.delete)
urlpatterns = [
    path("<str:tenant>/oauth2/v2.0/token", wire.token),
    path("bookme/meetings/<str:uid>", old),
    path("api/v1/bookme/meetings/<str:uid>", old),
    re_path(r"^api/(?P<version>v[23])/bookme/meetings/(?P<uid>[^/]+)$", new),
    path("", include(paths)),
    re_path(r"^api/(?P<version>v[123])/", include(paths)),
]
