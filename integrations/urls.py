"""Addresses that providers call."""

from django.urls import path

from integrations import webhooks

urlpatterns = [path("hooks/<slug:provider>/<str:token>/", webhooks.receive, name="webhook")]
