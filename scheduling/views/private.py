"""Pages behind a booking's secret link."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from directory.views.errors import error
from scheduling import guard, links
from scheduling.views import gate

LINK_LIFE = timedelta(days=30)
View = Callable[..., HttpResponse]


def private(view: View) -> View:
    """A page behind a secret link: looked up by token and brand, never cached, indexed or leaked as a referrer."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str, **kwargs: object) -> HttpResponse:
        who = guard.visitor(request)
        try:
            guard.may_open(who)
        except guard.Limited as limit:
            return gate.limited(request, limit)
        booking = links.find(who.brand, token)
        frame = getattr(request, "embed", None)
        if booking is None or (frame and frame.host != booking.host_id):
            guard.missed(who)
            raise Http404
        if booking.ends_at < timezone.now() - LINK_LIFE:
            response = error(request, 410, booking=booking)
        else:
            booking.host.brand = request.brand  # type: ignore[attr-defined]
            booking.meeting_type.host = booking.host
            response = view(request, booking, token=token, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    return guarded
