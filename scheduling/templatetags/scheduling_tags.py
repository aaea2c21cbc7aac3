"""What templates of any app may show of free times."""

from collections.abc import Iterable

from django import template

from directory.models import Professional
from scheduling import availability, weeks
from scheduling.availability import FreeTime

register = template.Library()


@register.simple_tag
def next_times(professionals: Iterable[Professional], count: int = 3) -> dict[int, list[FreeTime]]:
    """{% next_times page as times %}: for each professional the next free times, in a constant number of queries."""
    return availability.next_times(list(professionals), count=count)


@register.filter
def of(times: dict[int, list[FreeTime]], professional: Professional) -> list[FreeTime]:
    """{{ times|of:professional }}"""
    return times.get(professional.pk, [])


@register.filter
def clock_of(free: FreeTime, visitor_zone: str) -> str:
    """{% timezone free|clock_of:request.visitor_zone %}: the zone a free time is read in; the place's for a visit."""
    return weeks.display_zone(free.meeting_type, visitor_zone)
