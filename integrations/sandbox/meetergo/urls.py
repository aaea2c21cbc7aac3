"""Paths as the original has them: most below v4/, some at the root, and the public booking pages last."""

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, re_path

from integrations.sandbox.meetergo import (
    appointments,
    availability,
    bookings,
    hooks,
    meeting_types,
    misc,
    pages,
    slots,
    users,
)  # fmt: skip
from integrations.sandbox.meetergo.auth import api


def nothing(request: HttpRequest, *args: str, **kwargs: str) -> HttpResponse:
    raise Http404


def availability_urls(prefix: str) -> list[URLPattern]:
    return [
        path(f"{prefix}availability", api("scheduling", GET=availability.index, POST=availability.create)),
        path(f"{prefix}availability/<str:uid>", api("scheduling", GET=availability.one, PATCH=availability.update)),
        path(
            f"{prefix}availability/<str:uid>/holiday-exceptions",
            api("scheduling", PATCH=availability.holiday_exceptions),
        ),
    ]


urlpatterns = [
    path("v4/user", api("account", ownerless="POST", GET=users.index, POST=users.create)),
    path("v4/user/me", api("account", ownerless="GET", GET=users.me)),
    path("v4/user/<str:uid>", api("account", GET=users.one, PATCH=users.update, DELETE=users.delete)),
    *availability_urls("v4/"),
    *availability_urls(""),
    path("v4/meeting-type", api("scheduling", GET=meeting_types.index, POST=meeting_types.create)),
    path(
        "v4/meeting-type/<str:uid>",
        api("scheduling", GET=meeting_types.one, PATCH=meeting_types.update, DELETE=meeting_types.delete),
    ),
    path("v4/meeting-type-template/create", api("scheduling", POST=meeting_types.create_template)),
    path("v4/meeting-type-template/assign/<str:uid>", api("scheduling", POST=meeting_types.assign_template)),
    path("v4/meeting-type-template/<str:uid>", api("scheduling", PATCH=meeting_types.update_template)),
    path("v4/booking-availability", api("scheduling", ownerless="GET", GET=slots.index)),
    path("v4/booking", api("scheduling", ownerless="POST", POST=bookings.create)),
    path("v4/appointment/paginated", api("scheduling", GET=appointments.page)),
    path("v4/appointment/today", api("scheduling", GET=appointments.today)),
    path("v4/appointment/current", api("scheduling", GET=appointments.current)),
    path("v4/appointment/<str:uid>", api("scheduling", GET=appointments.one, DELETE=appointments.cancel)),
    path("v4/appointment/<str:uid>/reschedule", api("scheduling", POST=appointments.reschedule)),
    path("v4/appointment/<str:uid>/cancel", api("scheduling", POST=appointments.cancel)),
    path("v4/appointment/<str:uid>/notes", api("scheduling", PATCH=appointments.notes)),
    path("v4/appointment/<str:uid>/guest", api("scheduling", PATCH=appointments.guest)),
    path("v4/provisional-booking/paginated", api("scheduling", GET=appointments.provisional_page)),
    path("v4/provisional-booking/<str:uid>/decline", api("scheduling", POST=appointments.decline)),
    path("v4/provisional-booking/<str:uid>/confirm", api("scheduling", POST=appointments.confirm)),
    path("v4/one-time-booking-link/create/<str:uid>", api("scheduling", POST=misc.one_time_link)),
    path("v4/personal-page", api("account", PATCH=misc.update_page_as_in_the_recipe)),
    path("v4/personal-page/me", api("account", GET=misc.my_page, PATCH=misc.update_my_page)),
    path("v4/personal-page/<str:uid>", api("account", GET=misc.page_of)),
    path("v4/calendar-connections/connections", api("scheduling", GET=misc.calendars)),
    re_path(r"^v4(/.*)?$", nothing),
    path("webhooks", api("account", GET=hooks.index, POST=hooks.create)),
    path("webhooks/<str:uid>", api("account", PATCH=hooks.update, DELETE=hooks.delete)),
    path("crm", api("crm", GET=misc.contacts)),
    re_path(r"^(webhooks|crm|company)/.*$", nothing),
    path("embed/<str:company>/<str:user_slug>/<str:type_slug>", pages.embedded),
    path("<str:user_slug>", pages.person),
    path("<str:user_slug>/<str:type_slug>", pages.book),
]
