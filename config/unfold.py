"""The look and the navigation of Django admin (django-unfold)."""

import copy
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

WAITING = "status__exact=submitted"


def _may(*models: str) -> Callable[[HttpRequest], bool]:
    """Shown to those who may view one of `app.model`."""

    def check(request: HttpRequest) -> bool:
        permissions = [f"{app}.view_{name}" for app, name in (model.split(".") for model in models)]
        return any(request.user.has_perm(permission) for permission in permissions)

    return check


def _waiting_is_open(request: HttpRequest) -> bool:
    return request.path.endswith("/directory/professional/") and WAITING in request.META.get("QUERY_STRING", "")


def _professionals_are_open(request: HttpRequest) -> bool:
    return "/directory/professional/" in request.path and not _waiting_is_open(request)


def _item(title: Any, icon: str, model: str, **extra: Any) -> dict[str, Any]:
    link = reverse_lazy(f"admin:{model.replace('.', '_')}_changelist")
    return {"title": title, "icon": icon, "link": link, "permission": _may(model), **extra}


def _waiting_link(request: HttpRequest) -> str:
    return f"{reverse_lazy('admin:directory_professional_changelist')}?{WAITING}"


def _rooms_link(request: HttpRequest) -> str:
    return f"{reverse_lazy('admin:integrations_mirror_changelist')}?kind=conference"


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar; the pages of providers only where their app is installed, with a badge only where something is wrong."""
    groups = list(NAVIGATION)
    if not apps.is_installed("integrations"):
        return groups
    providers = copy.deepcopy(PROVIDERS)
    if import_string("config.dashboard.connections_badge")(request):
        providers[0]["items"][0]["badge"] = "config.dashboard.connections_badge"
    return [*groups[:3], *providers, *groups[3:]]


PROVIDERS: list[dict[str, Any]] = [
    {
        "title": _("Providers"),
        "separator": True,
        "items": [
            _item(_("Connections"), "hub", "integrations.connection", badge_variant="warning"),
            _item(_("Objects there"), "sync", "integrations.mirror"),
            _item(_("Video rooms"), "videocam", "integrations.mirror", link=_rooms_link),
            _item(_("Choices of video rooms"), "video_call", "integrations.roomchoice"),
            _item(_("Video rooms by meeting type"), "video_settings", "integrations.roomoptions"),
            _item(_("Webhook log"), "webhook", "integrations.webhookevent"),
            _item(_("Outgoing webhooks"), "outbound", "integrations.hookendpoint"),
            _item(_("Deliveries"), "send", "integrations.hookdelivery"),
        ],
    }
]

NAVIGATION: list[dict[str, Any]] = [
    {
        "items": [
            {"title": _("Overview"), "icon": "space_dashboard", "link": reverse_lazy("admin:index")},
            _item(
                _("Waiting for approval"),
                "how_to_reg",
                "directory.professional",
                link=_waiting_link,
                active=_waiting_is_open,
                badge="config.dashboard.waiting_badge",
                badge_variant="warning",
            ),
        ],
    },
    {
        "title": _("Directory"),
        "separator": True,
        "items": [
            _item(_("Professionals"), "badge", "directory.professional", active=_professionals_are_open),
            _item(_("Specialties"), "category", "directory.specialty"),
            _item(_("Brands"), "storefront", "directory.brand"),
        ],
    },
    {
        "title": _("Scheduling"),
        "separator": True,
        "items": [
            _item(_("Bookings"), "event_available", "scheduling.booking"),
            _item(_("Meeting types"), "event_note", "scheduling.meetingtype"),
            _item(_("Weekly hours"), "schedule", "scheduling.availabilityrule"),
            _item(_("Date overrides"), "event_busy", "scheduling.availabilityoverride"),
            _item(_("Busy times"), "block", "scheduling.busytime"),
        ],
    },
    {
        "title": _("People"),
        "separator": True,
        "items": [
            _item(_("People"), "group", "directory.person"),
            _item(_("Log-ins"), "key", "directory.user"),
        ],
    },
    {
        "title": _("System"),
        "separator": True,
        "items": [
            _item(_("Messages"), "mail", "scheduling.message"),
            _item(_("Daily digests"), "today", "scheduling.digest"),
            _item(_("Offers of earlier times"), "notifications_active", "scheduling.offer"),
            _item(_("Wishes for earlier times"), "mark_email_unread", "scheduling.alert"),
            _item(_("Mails about accounts"), "outgoing_mail", "directory.loggedmail"),
            _item(_("Jobs"), "pending_actions", "directory.job"),
            _item(_("Audit log"), "history", "directory.auditevent"),
            _item(_("Consents"), "fact_check", "scheduling.consent"),
            _item(_("Blocked attempts"), "gpp_maybe", "scheduling.blockedattempt"),
            _item(_("Spam rules"), "policy", "scheduling.spamrule"),
            _item(_("Permission groups"), "admin_panel_settings", "auth.group"),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Marketplace administration"),
    "SITE_HEADER": _("Marketplace"),
    "SITE_SUBHEADER": _("Administration"),
    "SITE_SYMBOL": "calendar_month",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("favicon.svg")}],
    "STYLES": [lambda request: static("css/admin.css")],
    "SCRIPTS": [lambda request: static("js/admin.js")],
    "DASHBOARD_CALLBACK": "config.dashboard.index",
    # Teal beside the grey of unfold: no brand of an operator, and apart from the colours that mean something.
    "COLORS": {
        "primary": {
            "50": "oklch(98.0% .014 200)",
            "100": "oklch(95.0% .032 200)",
            "200": "oklch(90.0% .055 202)",
            "300": "oklch(83.0% .080 204)",
            "400": "oklch(72.0% .100 207)",
            "500": "oklch(60.0% .100 210)",
            "600": "oklch(48.0% .085 213)",
            "700": "oklch(42.0% .075 215)",
            "800": "oklch(36.5% .064 217)",
            "900": "oklch(31.0% .054 219)",
            "950": "oklch(23.0% .042 221)",
        },
    },
    "ACCOUNT": {
        "navigation": [
            {"title": "English", "link": "/admin/?lang=en"},
            {"title": "Deutsch", "link": "/admin/?lang=de"},
        ],
    },
    "SIDEBAR": {
        "show_search": True,
        "navigation": navigation,
    },
}
