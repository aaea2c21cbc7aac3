"""The real site, with a view beside it that does nothing: what everything else is measured against."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import *  # noqa: F403
from config.urls import urlpatterns as real


def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Hello", content_type="text/plain")


urlpatterns = [path("bare", bare), path("api/bare", bare), *real]
