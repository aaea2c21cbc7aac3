"""Her page for putting the booking pages into her own site: snippet with preview, allowed sites, QR code."""

import io
from typing import Any

import segno
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from directory.access import MemberRequest, professional_required
from scheduling import embed
from scheduling.forms.embed import SitesForm, SnippetForm


@require_safe
@professional_required
def show(request: MemberRequest) -> HttpResponse:
    """?mode=&type=&language=&theme=&text=&height=: the snippet for these choices, and what it does, live.

    Without a height, a script takes that of the preview.
    """
    return _page(request, SitesForm({"sites": "\n".join(embed.sites_of(request.professional.pk))}))


@require_POST
@professional_required
def sites(request: MemberRequest) -> HttpResponse:
    form = SitesForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    embed.allow(request.professional, form.cleaned_data["sites"])
    if form.cleaned_data["sites"]:
        messages.success(request, _("Saved. Your booking pages can be shown there from now on."))
    else:
        messages.success(request, _("Saved. Your booking pages can be shown on no other website."))
    return redirect("my_embed")


def _page(request: MemberRequest, sites_form: SitesForm, *, status: int = 200) -> HttpResponse:
    host = request.professional
    chosen: dict[str, Any] = {
        "mode": "inline",
        "text": _("Book an appointment"),
        "theme": embed.THEMES[0],
    }
    asked = {key: value for key, value in request.GET.items() if key in SnippetForm.base_fields}
    form = SnippetForm(chosen | asked, host=host)
    if not form.is_valid():
        status = 422
    data = form.cleaned_data
    context: dict[str, Any] = {"professional": host, "form": form, "sites_form": sites_form}
    if not form.errors:
        type_slug, language, height = data["type"], data["language"], data["height"] or embed.HEIGHT
        context |= {
            "mode": data["mode"],
            "text": data["text"],
            "height": height,
            "theme": data["theme"],
            "link": embed.link(host, type_slug=type_slug, language=language),
            # The preview loads the same script from the address under which this page was asked for.
            "preview": f"{host.get_absolute_url()}?type={type_slug}&lang={language or request.LANGUAGE_CODE}",
            "loader": embed.loader_path(),
            "integrity": embed.integrity(),
            "snippet": embed.snippet(
                host,
                mode=data["mode"],
                text=data["text"],
                type_slug=type_slug,
                language=language,
                height=height,
                theme=data["theme"],
            ),
        }
    response = render(request, "scheduling/member/embed.html", context, status=status)
    response._csp_update = {"frame-src": ["'self'"]}  # type: ignore[attr-defined]
    return response


@require_safe
@professional_required
def code(request: MemberRequest, kind: str) -> HttpResponse:
    """/my/embed/code.svg or .png?type= – a QR code of the plain link; error correction for print."""
    host = request.professional
    type_slug = request.GET.get("type", "")
    known = host.meeting_types.public().values_list("slug", flat=True)
    if kind not in ("svg", "png") or type_slug not in {"", *known}:
        raise Http404
    picture = segno.make(embed.link(host, type_slug=type_slug), error="m", micro=False)
    file = io.BytesIO()
    picture.save(file, kind=kind, scale=12 if kind == "png" else 8, border=4)
    response = HttpResponse(file.getvalue(), content_type="image/png" if kind == "png" else "image/svg+xml")
    if "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="booking-{host.slug}.{kind}"'
    return response
