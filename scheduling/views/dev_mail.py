"""/dev/mail/: the mails that development keeps as files. For the developer's own machine and nobody else."""

import ipaddress
from collections.abc import Callable
from functools import wraps

from csp.decorators import csp_replace, csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from scheduling import mail

View = Callable[..., HttpResponse]
HTML_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "script-src": ["'none'"],
    "frame-ancestors": ["'self'"],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def local_only(view: View) -> View:
    """404 unless in development, asked from this machine and through no proxy: mails hold secret links."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        proxied = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
        if not settings.DEVELOPMENT or proxied or not _is_loopback(request.META.get("REMOTE_ADDR", "")):
            raise Http404
        return view(request, *args, **kwargs)

    return never_cache(guarded)


def _stored(name: str) -> mail.StoredMail:
    path = mail.path_of(name)
    if path is None:
        raise Http404
    return mail.read(path)


@local_only
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return render(
        request, "scheduling/dev_mail/index.html", {"mails": mail.newest(), "folder": settings.MAIL_FILES_DIR}
    )


@local_only  # type: ignore[arg-type]  # django-csp types its decorators for views without arguments
@require_safe
@csp_update({"frame-src": ["'self'"]})  # type: ignore[arg-type]
def show(request: HttpRequest, name: str) -> HttpResponse:
    """The mail with its headers and parts; its HTML in a sandboxed frame."""
    return render(request, "scheduling/dev_mail/show.html", {"stored": _stored(name)})


@local_only  # type: ignore[arg-type]
@require_safe
@xframe_options_sameorigin
@csp_replace(HTML_POLICY)  # type: ignore[arg-type]
def html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part alone, for the frame: its own inline styles, no scripts, links in a new tab."""
    return HttpResponse(_stored(name).html.replace("<head>", '<head><base target="_blank">', 1))


@local_only
@require_safe
def raw(request: HttpRequest, name: str) -> HttpResponse:
    """The file as it is."""
    path = mail.path_of(name)
    if path is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(path.read_bytes(), content_type="message/rfc822", headers=headers)
