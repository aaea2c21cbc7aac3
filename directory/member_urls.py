"""Under /my/: the account and the profile."""

from django.urls import path

from directory.views import member, records

urlpatterns = [
    path("join/", member.join, name="my_join"),
    path("profile/", member.profile, name="my_profile"),
    path("profile/portrait/", member.portrait, name="my_portrait"),
    path("profile/submit/", member.submit, name="my_submit"),
    path("profile/record/", records.show, name="my_record"),
    path("profile/record/documents/<int:pk>/delete/", records.withdraw, name="my_record_withdraw"),
    path("settings/", member.preferences, name="my_settings"),
    path("settings/leave/", member.leave, name="my_leave"),
    path("view-as/end/", member.end_view_as, name="my_view_as_end"),
    path("farewell/", member.farewell, name="farewell"),
]
