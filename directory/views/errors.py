"""Error pages in the brand's look."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def error(request: HttpRequest, status: int, **context: object) -> HttpResponse:
    """The page templates/errors/<status>.html with that status."""
    return render(request, f"errors/{status}.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error(request, 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return error(request, 403, stale_form=True)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return error(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """No database, no session: whatever broke may be one of them."""
    return render(None, "errors/500.html", status=500)  # type: ignore[arg-type]
