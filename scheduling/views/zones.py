"""Choosing the zone in which times are shown; the choice is remembered by TimeZoneMiddleware."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET

from directory.middleware import known_zone
from scheduling import zones


@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """/time-zone/?next=… – likely zones and a search as links; ?tz= chooses one and goes back."""
    target = _safe(request.GET.get("next", "/"))
    if known_zone(request.GET.get("tz", "")):
        return redirect(target)
    now = timezone.now()
    brand_zone = request.brand.time_zone  # type: ignore[attr-defined]
    context = {
        "next": target,
        "query": request.GET.get("q", "")[:60],
        "found": zones.search(request.GET.get("q", "")[:60], now),
        "likely": zones.likely([request.visitor_zone, brand_zone], now),  # type: ignore[attr-defined]
        "current": request.visitor_zone,  # type: ignore[attr-defined]
    }
    return render(request, "scheduling/time_zone.html", context)


def _safe(target: str) -> str:
    """A path of this site, without a zone of its own in the query."""
    if not url_has_allowed_host_and_scheme(target, allowed_hosts=None) or not target.startswith("/"):
        return "/"
    parts = urlsplit(target)
    query = [(key, value) for key, value in parse_qsl(parts.query) if key not in ("tz", "lang")]
    return parts.path + (f"?{urlencode(query)}" if query else "")
