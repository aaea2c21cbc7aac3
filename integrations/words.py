"""Kinds and states in people's words."""

from django.utils.translation import gettext_lazy

KINDS = {
    "user": gettext_lazy("Account"),
    "availability": gettext_lazy("Hours"),
    "personal_page": gettext_lazy("Personal page"),
    "meeting_type": gettext_lazy("Meeting type"),
    "booking": gettext_lazy("Booking"),
    "customer": gettext_lazy("Client"),
    "conference": gettext_lazy("Video room"),
}


def kind_name(kind: str) -> str:
    return str(KINDS.get(kind, kind))
