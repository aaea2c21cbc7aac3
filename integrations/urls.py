"""Addresses that providers call, and those of outgoing webhooks."""

from django.urls import path

from integrations import webhooks
from integrations.hooks import views as hooks

urlpatterns = [
    path("hooks/<slug:provider>/<str:token>/", webhooks.receive, name="webhook"),
    path("webhooks/events.json", hooks.event_types, name="webhook_events"),
    path("my/webhooks/", hooks.index, name="my_webhooks"),
    path("my/webhooks/new/", hooks.new, name="my_webhook_new"),
    path("my/webhooks/<int:pk>/", hooks.detail, name="my_webhook"),
    path("my/webhooks/<int:pk>/secret/", hooks.rotate, name="my_webhook_rotate"),
    path("my/webhooks/<int:pk>/switch/", hooks.switch, name="my_webhook_switch"),
    path("my/webhooks/<int:pk>/example/", hooks.example, name="my_webhook_example"),
    path("my/webhooks/<int:pk>/replay/", hooks.replay, name="my_webhook_replay"),
    path("my/webhooks/<int:pk>/remove/", hooks.remove, name="my_webhook_remove"),
]
