"""A wider Content-Security-Policy for Django admin, and only for it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# unfold drives its menus with Alpine.js expressions in attributes, which Alpine compiles at run time ('unsafe-eval'),
# and writes its colours into a style element. Scripts still come from our own files only; inline ones stay refused.
# The page of an approval shows the profile in a frame.
ADMIN_POLICY = {
    "script-src": ["'unsafe-eval'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["blob:"],
    "frame-src": ["'self'"],
}


class AdminPolicyMiddleware:
    """Stands inside csp's middleware and hands it the additions for pages under /admin/."""

    prefix = "/admin/"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.path_info.startswith(self.prefix):
            response._csp_update = ADMIN_POLICY  # type: ignore[attr-defined]
        return response
