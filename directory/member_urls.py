"""Under /my/: the account and the profile."""

from django.urls import path

from directory.views import member

urlpatterns = [
    path("join/", member.join, name="my_join"),
    path("profile/", member.profile, name="my_profile"),
    path("profile/portrait/", member.portrait, name="my_portrait"),
    path("profile/submit/", member.submit, name="my_submit"),
    path("settings/", member.preferences, name="my_settings"),
    path("settings/leave/", member.leave, name="my_leave"),
    path("farewell/", member.farewell, name="farewell"),
]
