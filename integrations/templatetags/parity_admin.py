"""Words and numbers of the parity page."""

from django import template
from django.utils.translation import gettext_lazy as _

from integrations import words

register = template.Library()
STEPS = {"create": _("create"), "update": _("update"), "delete": _("delete"), "nothing": _("nothing")}


@register.filter
def kind_words(kind: str) -> str:
    return words.kind_name(kind)


@register.filter
def by_reason(drift: dict[str, list[str]]) -> list[tuple[str, list[words.Difference]]]:
    return words.by_reason(drift)


@register.filter
def note_words(note: str) -> str:
    return words.note_words(note)


@register.filter
def step_words(action: str) -> str:
    return str(STEPS.get(action, action))


@register.filter
def unlocalize_number(value: float) -> str:
    """With a point in every language: for attributes of SVG."""
    return f"{value:g}"
