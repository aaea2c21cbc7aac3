"""What every mail of a brand carries: name, colour, contact line, legal pages. Templates: templates/email/base.*"""

from django.utils import translation

from directory.models import Brand, LegalPage


def letterhead(brand: Brand, subject: str) -> dict[str, object]:
    """Context of the base templates, in the active language."""
    pages = LegalPage.objects.filter(brand=brand, kind__in=[LegalPage.Kind.IMPRINT, LegalPage.Kind.PRIVACY])
    return {
        "brand": brand,
        "subject": subject,
        "language": translation.get_language(),
        "home": brand.url("/"),
        "legal": [(page.title, brand.url(f"/legal/{page.kind}/")) for page in pages],
    }
