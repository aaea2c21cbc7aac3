"""The API below its versioned prefix, and the public pages of Meeting Links and rooms."""

from django.urls import path

from integrations.sandbox.meetbit import api, links, rooms

urlpatterns = [
    path("api/public/v2.0/<path:path>", api.view),
    path("meetings/<str:public_id>", links.link_page),
    path("rooms/<str:public_id>", rooms.room_page),
]
