"""The pages of a frame (`scheduling.embed`): the ordinary booking pages under a signed address, without cookies."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import get_script_prefix, set_script_prefix

from directory.middleware import TimeZoneMiddleware
from scheduling import embed

# What a frame may show; everything else opens in its own tab.
PAGES = {
    "profile",
    "times",
    "hold",
    "together",
    "together_hold",
    "time_zone",
    "booking",
    "booking_details",
    "booking_extend",
    "booking_release",
    "booking_move",
    "booking_cancel",
    "booking_answers",
    "booking_withdraw_consent",
}


class EmbedMiddleware:
    """request.embed: the Frame whose address was asked for, or None.

    Under a frame's address the request is that of the page behind it, with cookies that we keep ourselves: none comes in,
    none goes out. The CSRF check is Django's own; its secret is derived from the signed address instead of a cookie, so a
    form is taken only if a page of this very frame showed it, for a day. There is nothing to ride on besides: nobody is
    logged in inside a frame.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.embed = None  # type: ignore[attr-defined]
        if not request.path_info.startswith(embed.PREFIX) or not getattr(request, "brand", None):
            return self.get_response(request)
        token, slash, rest = request.path_info.removeprefix(embed.PREFIX).partition("/")
        frame, is_over = embed.read_frame(token)
        if frame is None or not slash or frame.brand != request.brand.pk:  # type: ignore[attr-defined]
            return self.get_response(request)  # no such page: 404
        if self._stands_alone(request):
            return HttpResponseRedirect(_plain(request, rest))
        if is_over:
            fresh = embed.renewed(frame)
            return self._framed(
                frame, HttpResponseRedirect(fresh.prefix + (rest if request.method == "GET" else f"p/{frame.slug}/"))
            )
        return self._framed(frame, self._show(request, frame, token, rest))

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        """Only the booking pages of the frame's professional; links that lead elsewhere get a page with that link."""
        frame: embed.Frame | None = getattr(request, "embed", None)
        if frame is None:
            return None
        name = request.resolver_match.url_name if request.resolver_match else ""
        if name in PAGES:
            if kwargs.get("slug", frame.slug) != frame.slug:
                raise Http404
            return None
        if request.method != "GET":
            raise Http404
        target = _plain(request, request.path_info[1:])
        return render(request, "scheduling/embed/leave.html", {"target": target})

    @staticmethod
    def _stands_alone(request: HttpRequest) -> bool:
        """Opened in a tab of its own: then it is the ordinary page, with cookies."""
        return request.method == "GET" and request.headers.get("Sec-Fetch-Dest") == "document"

    def _show(self, request: HttpRequest, frame: embed.Frame, token: str, rest: str) -> HttpResponse:
        jar = {settings.LANGUAGE_COOKIE_NAME: frame.language, TimeZoneMiddleware.cookie: frame.zone}
        jar |= cache.get(frame.jar) or {}
        request.embed = frame  # type: ignore[attr-defined]
        request.META.pop("HTTP_COOKIE", None)
        request.COOKIES = jar | {settings.CSRF_COOKIE_NAME: frame.form_secret}
        request.path_info = f"/{rest}"
        prefix, before = f"{embed.PREFIX}{token}/", get_script_prefix()
        set_script_prefix(prefix)
        try:
            response = self.get_response(request)
        finally:
            set_script_prefix(before)
        kept = {name: morsel.value for name, morsel in response.cookies.items() if name != settings.CSRF_COOKIE_NAME}
        response.cookies.clear()
        if kept:
            jar = {name: value for name, value in (jar | kept).items() if value}
            cache.set(frame.jar, jar, embed.LIFE)
        target = response.headers.get("Location", "")
        if target.startswith("/") and not target.startswith(("//", prefix)):
            response.headers["Location"] = prefix + target[1:]
        return response

    @staticmethod
    def _framed(frame: embed.Frame, response: HttpResponse) -> HttpResponse:
        response.headers.pop("X-Frame-Options", None)
        response._csp_replace = {"frame-ancestors": ["'self'", *embed.sites_of(frame.host)]}  # type: ignore[attr-defined]
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        return response


def _plain(request: HttpRequest, rest: str) -> str:
    query = request.META.get("QUERY_STRING", "")
    return f"/{rest.lstrip('/')}" + (f"?{query}" if query else "")
