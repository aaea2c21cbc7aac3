"""The first steps of a professional: defaults that she may accept as they are. Each does nothing where she has her own."""

from django.db import transaction
from django.utils.translation import gettext as _

from directory.models import Professional
from scheduling import hours, meeting_types
from scheduling.models import AvailabilityRule, MeetingType

# Monday to Friday, minutes of her wall clock.
USUAL_DAY = [(9 * 60, 12 * 60), (13 * 60, 17 * 60)]
USUAL_WEEK = {weekday: USUAL_DAY if weekday < 5 else [] for weekday in range(7)}


@transaction.atomic
def accept_hours(host: Professional) -> bool:
    """The usual office hours, unless she has hours already. Returns whether anything was written."""
    Professional.objects.lock(host.pk)
    if AvailabilityRule.objects.filter(host=host).exists():
        return False
    hours.replace_week(host, USUAL_WEEK)
    return True


@transaction.atomic
def accept_meeting_type(host: Professional) -> bool:
    """A first meeting of 30 minutes, in the office if she has one, unless she has a meeting type already."""
    Professional.objects.lock(host.pk)
    if meeting_types.listed(host).exists():
        return False
    channel = MeetingType.Channel.ON_SITE if host.offices.exists() else MeetingType.Channel.PHONE
    meeting_types.create(host, {"title": _("First meeting"), "duration": 30, "channel": channel})
    return True
