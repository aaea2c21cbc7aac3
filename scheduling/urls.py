"""Public booking pages."""

from django.urls import path

from scheduling.views import booking, dev_mail, profile, zones

urlpatterns = [
    path("p/<slug:slug>/", profile.profile, name="profile"),
    path("p/<slug:slug>/book/<slug:type_slug>/", profile.times, name="times"),
    path("p/<slug:slug>/book/<slug:type_slug>/hold/", booking.hold, name="hold"),
    path("b/<str:token>/", booking.manage, name="booking"),
    path("b/<str:token>/details/", booking.details, name="booking_details"),
    path("b/<str:token>/extend/", booking.extend, name="booking_extend"),
    path("b/<str:token>/release/", booking.release, name="booking_release"),
    path("b/<str:token>/move/", booking.move, name="booking_move"),
    path("b/<str:token>/cancel/", booking.cancel, name="booking_cancel"),
    path("b/<str:token>/<str:name>.ics", booking.calendar_file, name="booking_ics"),
    path("join/<str:token>/", booking.join, name="join"),
    path("dev/mail/", dev_mail.index, name="dev_mail"),
    path("dev/mail/<str:name>/", dev_mail.show, name="dev_mail_show"),
    path("dev/mail/<str:name>/html/", dev_mail.html, name="dev_mail_html"),
    path("dev/mail/<str:name>/raw/", dev_mail.raw, name="dev_mail_raw"),
    path("time-zone/", zones.choose, name="time_zone"),
]
