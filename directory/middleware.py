"""Host → brand, then language and time zone of the visitor. Each sets one attribute of the request."""

import zoneinfo
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseNotFound
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header

from directory import audit
from directory.models import Brand, Domain
from directory.models.brands import zone_keys

YEAR = 31_536_000
GetResponse = Callable[[HttpRequest], HttpResponse]


def brand_of_host(host: str) -> Brand | None:
    """The brand that answers under `host` (without port), or None for a host nobody owns."""
    domain = Domain.objects.select_related("brand").filter(host__iexact=host).first()
    if domain:
        brand = domain.brand
        if domain.is_primary:
            # saves brand.host its query
            brand._prefetched_objects_cache = {"domains": [domain]}  # type: ignore[attr-defined]
        return brand
    if host in settings.DEFAULT_BRAND_HOSTS:
        return Brand.objects.order_by("-is_default", "pk").first()
    return None


class BrandMiddleware:
    """request.brand. An unknown host gets a bare 404: nothing of any brand may show there."""

    brandless = ("/static/", "/healthz", "/hooks/")

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(self.brandless):
            return self.get_response(request)
        if "\0" in request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""):
            # No browser sends it, and PostgreSQL cannot even be asked for such a session.
            return HttpResponseBadRequest("This cookie is not ours.", content_type="text/plain")
        host = request.get_host().rsplit(":", 1)[0] if not request.get_host().endswith("]") else request.get_host()
        brand = brand_of_host(host.lower())
        if brand is None and not request.path.startswith("/admin/"):
            return HttpResponseNotFound("No directory is set up for this host name.", content_type="text/plain")
        request.brand = brand  # type: ignore[attr-defined]
        return self.get_response(request)


class AuditMiddleware:
    """Lets the audit log know on whose request a change is made."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = audit.REQUEST.set(request)
        try:
            return self.get_response(request)
        finally:
            audit.REQUEST.reset(token)


class LanguageMiddleware:
    """?lang= → cookie → the browser's wish → the brand's language. A choice by ?lang= is remembered."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = dict(settings.LANGUAGES)
        chosen = request.GET.get("lang", "")
        language = next((code for code in self.candidates(request, chosen) if code in known), settings.LANGUAGE_CODE)
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", language)
        patch_vary_headers(response, ("Accept-Language",))
        if chosen in known:
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=YEAR, samesite="Lax", httponly=True)
        return response

    @staticmethod
    def candidates(request: HttpRequest, chosen: str) -> list[str]:
        header = request.headers.get("Accept-Language", "")[:500]
        wished = [code.split("-")[0] for code, _quality in parse_accept_lang_header(header)]
        brand = getattr(request, "brand", None)
        return [
            chosen,
            request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, ""),
            *wished,
            brand.language if brand else "",
        ]


def known_zone(name: str) -> str | None:
    """`name` if it is an IANA zone, else None; never raises on what a visitor typed."""
    return name if name and name in zone_keys() else None


class TimeZoneMiddleware:
    """request.visitor_zone: ?tz= → cookie (set by a small script) → the brand's zone. Templates show times in it."""

    cookie = "tz"

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        brand = getattr(request, "brand", None)
        chosen = known_zone(request.GET.get("tz", ""))
        remembered = known_zone(request.COOKIES.get(self.cookie, ""))
        zone = chosen or remembered or (brand.time_zone if brand else settings.TIME_ZONE)
        request.visitor_zone = zone  # type: ignore[attr-defined]
        request.visitor_zone_known = bool(chosen or remembered)  # type: ignore[attr-defined]
        with timezone.override(zoneinfo.ZoneInfo(zone)):
            response = self.get_response(request)
        if chosen:
            response.set_cookie(self.cookie, chosen, max_age=YEAR, samesite="Lax")
        return response
