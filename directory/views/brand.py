"""What a brand looks like: its stylesheet, favicon and uploaded files."""

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils.cache import get_conditional_response, patch_cache_control, patch_response_headers
from django.views.decorators.http import require_safe
from django.views.static import serve

from directory.models import Brand, Professional

YEAR = 31_536_000
# --radius-s, -m, -l, -button
CORNERS = {
    Brand.Corners.SHARP: ("2px", "3px", "4px", "3px"),
    Brand.Corners.SOFT: ("6px", "10px", "16px", "8px"),
    Brand.Corners.ROUND: ("10px", "16px", "24px", "999px"),
}
SERIF = '--font-heading: "Source Serif", "Source Serif 4", Georgia, serif; --heading-weight: 600; --heading-tracking: -.012em;'
IMAGE_TYPES = {"svg": "image/svg+xml", "png": "image/png", "webp": "image/webp", "ico": "image/x-icon"}
IMAGE_TYPES |= {"jpg": "image/jpeg", "jpeg": "image/jpeg", "avif": "image/avif"}


def stylesheet(brand: Brand, theme: str = "auto") -> str:
    """Custom properties of one brand; everything else is static/css. `theme`: light, dark, or as the visitor's system."""
    palette = brand.palette
    small, medium, large, button = CORNERS[Brand.Corners(brand.corners)]
    serif = SERIF if brand.typeface == Brand.Typeface.SERIF else ""
    dark = f":root {{ --accent: {palette['accent_dark']}; --on-accent: {palette['on_accent_dark']}; }}"
    darkly = {"light": "", "dark": f"{dark}\n"}.get(theme, f"@media (prefers-color-scheme: dark) {{ {dark} }}\n")
    return (
        f":root {{ --accent: {palette['accent']}; --on-accent: {palette['on_accent']};"
        f" --radius-s: {small}; --radius-m: {medium}; --radius-l: {large}; --radius-button: {button}; {serif} }}\n"
        + darkly
    )


@require_safe
def brand_css(request: HttpRequest) -> HttpResponseBase:
    """/brand.css?v=<style_version>&theme=: cached for ever under its version, revalidated by ETag without it."""
    brand: Brand = request.brand  # type: ignore[attr-defined]
    theme = request.GET.get("theme", "auto")
    response = HttpResponse(stylesheet(brand, theme), content_type="text/css; charset=utf-8")
    response["ETag"] = f'"{brand.style_version}"'
    if request.GET.get("v") == brand.style_version:
        patch_response_headers(response, YEAR)
        patch_cache_control(response, public=True, immutable=True)
    else:
        patch_cache_control(response, no_cache=True)
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


@require_safe
def favicon(request: HttpRequest) -> HttpResponseBase:
    """The brand's favicon; a square in its colour where it has none."""
    brand: Brand = request.brand  # type: ignore[attr-defined]
    if brand.favicon:
        return redirect(brand.favicon.url)
    return redirect(static("favicon.svg"))


def _belongs(brand: Brand, path: str) -> bool:
    if path in (brand.logo.name, brand.favicon.name):
        return True
    return Professional.objects.filter(Q(portrait=path), brand=brand).exists()


@require_safe
def media(request: HttpRequest, path: str) -> HttpResponseBase:
    """Uploaded images of this brand. Whatever somebody uploaded must not be able to act as a page of ours."""
    content_type = IMAGE_TYPES.get(path.rsplit(".", 1)[-1].lower())
    if content_type is None or "\x00" in path:  # PostgreSQL cannot even be asked for a text with NUL
        raise Http404
    brand: Brand | None = request.brand  # type: ignore[attr-defined]
    allowed = (brand is not None and _belongs(brand, path)) or request.user.is_staff  # type: ignore[union-attr]
    if not allowed:
        raise Http404
    response = serve(request, path, document_root=str(settings.MEDIA_ROOT))
    if isinstance(response, HttpResponseNotModified):
        return response
    response["Content-Type"] = content_type
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    patch_cache_control(response, public=True, max_age=86_400)
    return response
