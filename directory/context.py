"""What every template knows."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from directory.models import Brand, LegalPage


def brand(request: HttpRequest) -> dict[str, object]:
    """brand, its legal pages (one query, only when the footer is drawn), languages, canonical URL."""
    current: Brand | None = getattr(request, "brand", None)
    if current is None:
        return {"brand": None, "legal_pages": [], "languages": settings.LANGUAGES, "development": settings.DEVELOPMENT}
    return {
        "brand": current,
        "legal_pages": SimpleLazyObject(
            lambda: list(LegalPage.objects.filter(brand=current).defer("body_en", "body_de", "body"))
        ),
        "languages": settings.LANGUAGES,
        "canonical_url": current.url(request.path),
        "development": settings.DEVELOPMENT,
    }
