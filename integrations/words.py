"""Kinds and states in people's words."""

from typing import NamedTuple

from django.utils.translation import gettext as _
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
# What `scheduling.external.record` makes of a booking that is told of.
OUTCOMES = {
    "created": gettext_lazy("created"),
    "linked": gettext_lazy("linked"),
    "confirmed": gettext_lazy("confirmed"),
    "moved": gettext_lazy("moved"),
    "cancelled": gettext_lazy("cancelled"),
    "unchanged": gettext_lazy("unchanged"),
    "ignored": gettext_lazy("ignored"),
    "busy": gettext_lazy("busy"),
}


class Difference(NamedTuple):
    """One property of an object that is otherwise at the provider than here."""

    name: str
    ours: str
    theirs: str


def by_reason(drift: dict[str, list[str]]) -> list[tuple[str, list[Difference]]]:
    """The differences of a mirror with what explains them, in the reader's language; "" where nothing does."""
    found: dict[str, list[Difference]] = {}
    for name, (ours, theirs, *why) in drift.items():
        found.setdefault(_(why[0]) if why else "", []).append(Difference(name, ours, theirs))
    return list(found.items())


def note_words(note: str) -> str:
    """What a message from a provider led to, as it was stored, in the reader's language."""
    found = []
    for part in note.split("; ") if note else []:
        outcome, space, reference = part.partition(" ")
        found.append(f"{OUTCOMES[outcome]}{space}{reference}" if outcome in OUTCOMES else _(part))
    return "; ".join(found)


def kind_name(kind: str) -> str:
    return str(KINDS.get(kind, kind))
