"""Words and numbers of the parity page."""

from django import template
from django.utils.translation import gettext_lazy as _

from integrations.words import kind_name

register = template.Library()
STEPS = {"create": _("create"), "update": _("update"), "delete": _("delete"), "nothing": _("nothing")}


@register.filter
def kind_words(kind: str) -> str:
    return kind_name(kind)


@register.filter
def step_words(action: str) -> str:
    return str(STEPS.get(action, action))


@register.filter
def unlocalize_number(value: float) -> str:
    """With a point in every language: for attributes of SVG."""
    return f"{value:g}"
