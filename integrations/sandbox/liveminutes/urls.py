"""The methods at the root, and the pages behind meeting links and personal links."""

from django.urls import path, re_path

from integrations.providers.liveminutes.methods import METHODS
from integrations.sandbox.liveminutes import api, pages

urlpatterns = [
    re_path(f"^(?P<method>{'|'.join(METHODS)})$", api.view),
    path("e/<str:code>", pages.personal),
    re_path("^(?P<code>[A-Z0-9]{6})$", pages.meeting),
]
