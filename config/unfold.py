"""The look and the navigation of Django admin (django-unfold)."""

from django.utils.translation import gettext_lazy as _

UNFOLD = {
    "SITE_TITLE": _("Marketplace administration"),
    "SITE_HEADER": _("Marketplace"),
    "SITE_SYMBOL": "calendar_month",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
}
