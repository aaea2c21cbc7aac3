"""The API below /v1, and the pages of Meets."""

from django.urls import path, re_path

from integrations.sandbox.meetrs import meetings, pages, reports, wire

urlpatterns = [
    path("v1/token", wire.token),
    path("v1/meetings", meetings.collection),
    path("v1/meetings/<str:code>", meetings.one),
    path("v1/addonConfigurations", reports.configurations),
    path("v1/addonConfigurations/<str:uid>", reports.configuration),
    path("v1/feedbacks", reports.feedbacks),
    path("v1/feedbacks/<str:tenant>", reports.feedbacks),
    path("v1/usage", reports.usage),
    path("v1/usage/<str:tenant>", reports.usage),
    path("v1/tenants", reports.tenants),
    re_path("^(?P<code>[A-Za-z0-9]{8})$", pages.room),
]
