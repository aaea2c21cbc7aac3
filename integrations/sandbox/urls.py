"""URLs of the sandbox: its own pages, and each provider below /<name>/."""

from importlib import import_module

from django.urls import include, path

from integrations.sandbox import control, dashboard
from integrations.sandbox.core import PROVIDERS

control_urls = [
    path("", control.state),
    path("reset", control.reset),
    path("faults", control.faults),
    path("faults/<str:uid>", control.fault),
    path("clock", control.clock),
    path("switches", control.switches),
    path("limits", control.limits),
    path("objects/<str:provider>/<str:kind>", control.objects),
    path("objects/<str:provider>/<str:kind>/<path:uid>", control.one_object),
    path("actions/<str:provider>/<str:name>", control.action),
    path("deliver", control.deliver),
    path("deliveries", control.deliveries),
    path("log", control.log),
    path("assets/<str:name>", dashboard.asset),
]
urlpatterns = [
    path("", dashboard.home),
    path("_sandbox/", include(control_urls)),
    path("_sandbox/view/<str:provider>/<str:kind>", dashboard.kind),
]
for module in PROVIDERS:
    provider = import_module(module).PROVIDER
    urlpatterns.append(path(f"{provider.name}/", include(provider.urls)))
