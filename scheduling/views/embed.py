"""What other sites load from us: the loader and the entry of a frame."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from directory.middleware import known_zone
from directory.secrets import seal
from scheduling import embed
from scheduling.views import gate
from scheduling.views.profile import find_professional


@require_safe
def loader(request: HttpRequest, version: str) -> HttpResponse:
    """/embed/v1/loader-<version>.js – never changes; readable for every site, because integrity checks ask for it."""
    source = embed.loader_source(version)
    if source is None:
        raise Http404
    response = HttpResponse(source, content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@require_safe
def frame(request: HttpRequest, slug: str) -> HttpResponse:
    """/embed/v1/frame/<slug>/?origin=&id=&type=&lang=&tz=&theme=&name=&email=&note=&utm_…= → the first page of a new frame.

    What was given for the form is shown there, to be read and changed; nothing is sent by itself.
    """
    professional = find_professional(request, slug)
    if "origin" not in request.GET:
        return redirect(professional.get_absolute_url())
    sites = embed.sites_of(professional.pk)
    ours = f"{request.scheme}://{request.get_host()}"
    origin = request.GET.get("origin", "")
    if origin not in (ours, *sites):
        response = render(request, "scheduling/embed/refused.html", {"professional": professional}, status=403)
    else:
        language, theme = request.GET.get("lang", ""), request.GET.get("theme", "")
        opened = embed.new_frame(
            professional,
            origin,
            id=request.GET.get("id", "")[:40],
            language=language if language in dict(settings.LANGUAGES) else "",
            zone=known_zone(request.GET.get("tz", "")) or "",
            theme=theme if theme in embed.THEMES else embed.THEMES[0],
        )
        typed = gate.prefilled(request)
        embed.prepare(opened, seal(typed) if typed else "", embed.campaign_of(request.GET.dict()), gate.TYPED)
        query = urlencode({"type": request.GET["type"]}) if request.GET.get("type") else ""
        response = redirect(f"{opened.prefix}p/{slug}/" + (f"?{query}" if query else ""))
    response.xframe_options_exempt = True  # type: ignore[attr-defined]
    response._csp_replace = {"frame-ancestors": ["'self'", *sites]}  # type: ignore[attr-defined]
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
