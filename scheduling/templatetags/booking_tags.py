"""Filters of the booking pages."""

from django import template
from django.utils.translation import ngettext

register = template.Library()


@register.filter
def duration(minutes: int) -> str:
    """Minutes as people say them: '90 minutes', '4 hours', '2 days'."""
    if minutes and minutes % 1440 == 0:
        days = minutes // 1440
        return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
    if minutes and minutes % 60 == 0:
        hours = minutes // 60
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
