"""Tags and filters of the design system (docs/design-system.md)."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import template
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from directory import languages
from directory.cities import zone_city
from directory.models import Professional

register = template.Library()
_JSON_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


@register.simple_tag
def icon(name: str) -> SafeString:
    """A Lucide icon of static/vendor/icons/lucide.svg, hidden from assistive technology: words go beside it."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("vendor/icons/lucide.svg"),
        name,
    )


@register.simple_tag
def portrait(professional: Professional, size: str = "", eager: bool = False) -> SafeString:
    """The portrait, or initials. `size`: "", small, large or huge. Decorative: the name always stands beside it."""
    classes = f"portrait is-{size}" if size else "portrait"
    pixels = {"small": 44, "": 88, "large": 96, "huge": 160}.get(size, 88)
    if professional.portrait:
        return format_html(
            '<img class="{}" src="{}" alt="" width="{}" height="{}" loading="{}" decoding="async">',
            classes,
            professional.portrait.url,
            pixels,
            pixels,
            "eager" if eager else "lazy",
        )
    person = professional.person
    initials = (person.first_name[:1] + person.last_name[:1]).upper() or "–"
    return format_html('<span class="{}" aria-hidden="true">{}</span>', classes, initials)


@register.filter
def languages_line(professional: Professional) -> str:
    """'German, English, Turkish'; uses a prefetch of `languages` where there is one."""
    return ", ".join(languages.name(row.code) for row in professional.languages.all())


def _local(value: date | datetime) -> date:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value


@register.filter
def day(value: date | datetime) -> str:
    """'Tuesday, 24 November' in the active zone and language; the year only where it is not this one."""
    when = _local(value)
    this_year = when.year == timezone.localdate().year
    return formats.date_format(when, "DAY_FORMAT" if this_year else "DAY_YEAR_FORMAT")


@register.filter
def short_day(value: date | datetime) -> str:
    """'Today', 'Tomorrow' or 'Tue 24 Nov', in the active zone and language."""
    when, today = _local(value), timezone.localdate()
    if when == today:
        return _("Today")
    if when == today + timedelta(days=1):
        return pgettext("the day after today", "Tomorrow")
    return formats.date_format(when, "SHORT_DAY_FORMAT")


@register.filter
def clock(value: datetime) -> str:
    """'09:30' in the active zone."""
    return formats.time_format(timezone.localtime(value).time(), "TIME_FORMAT")


@register.filter
def iso(value: datetime) -> str:
    """An aware datetime as '2026-11-24T09:30:00Z', for links, `datetime` attributes and scripts."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@register.simple_tag(takes_context=True)
def url_in_language(context: dict[str, Any], code: str) -> str:
    """This page in another language: the same query with ?lang=."""
    request: HttpRequest = context["request"]
    query = request.GET.copy()
    query["lang"] = code
    return f"{request.path}?{query.urlencode()}"


@register.simple_tag(takes_context=True)
def canonical(context: dict[str, Any], lang: str = "") -> str:
    """The absolute address search engines should keep: the view's `canonical_query` and a chosen language only."""
    request: HttpRequest = context["request"]
    query = {**context.get("canonical_query", {})}
    chosen = lang or request.GET.get("lang", "")
    if chosen in dict(context.get("languages", [])):
        query["lang"] = chosen
    path = request.path
    if query:
        path = f"{path}?{urlencode(query)}"
    return context["brand"].url(path)


@register.filter
def zone_name(zone: str) -> str:
    """'Europe/Vienna' → 'Vienna', in German 'Wien'; 'America/Argentina/Buenos_Aires' → 'Buenos Aires'."""
    return zone_city(zone)


@register.filter
def json_ld(data: dict[str, Any]) -> SafeString:
    """A JSON-LD block. A data block is never executed, so the Content-Security-Policy allows it."""
    text = json.dumps(data, ensure_ascii=False).translate(_JSON_ESCAPES)
    return format_html('<script type="application/ld+json">{}</script>', mark_safe(text))  # noqa: S308  (escaped above)
