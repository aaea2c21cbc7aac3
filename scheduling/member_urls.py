"""Under /my/: today, hours, meeting types, bookings."""

from django.urls import path

from scheduling.views import member_bookings, member_hours, member_meeting_types, member_today

urlpatterns = [
    path("", member_today.show, name="my_today"),
    path("hours/", member_hours.week, name="my_hours"),
    path("hours/dates/new/", member_hours.override, name="my_override_new"),
    path("hours/dates/<int:pk>/", member_hours.override, name="my_override"),
    path("hours/dates/<int:pk>/delete/", member_hours.delete_override, name="my_override_delete"),
    path("meeting-types/", member_meeting_types.index, name="my_meeting_types"),
    path("meeting-types/new/", member_meeting_types.edit, name="my_meeting_type_new"),
    path("meeting-types/<int:pk>/", member_meeting_types.edit, name="my_meeting_type"),
    path("meeting-types/<int:pk>/show/", member_meeting_types.show, name="my_meeting_type_show"),
    path("meeting-types/<int:pk>/move/", member_meeting_types.move, name="my_meeting_type_move"),
    path("meeting-types/<int:pk>/remove/", member_meeting_types.remove, name="my_meeting_type_remove"),
    path("bookings/", member_bookings.index, name="my_bookings"),
    path("bookings/export/", member_bookings.export, name="my_bookings_export"),
    path("bookings/new/", member_bookings.enter, name="my_booking_new"),
    path("bookings/<uuid:uid>/", member_bookings.detail, name="my_booking"),
    path("bookings/<uuid:uid>/move/", member_bookings.move, name="my_booking_move"),
    path("bookings/<uuid:uid>/cancel/", member_bookings.cancel, name="my_booking_cancel"),
    path("bookings/<uuid:uid>/finish/", member_bookings.finish, name="my_booking_finish"),
]
