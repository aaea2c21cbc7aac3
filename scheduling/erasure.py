"""What scheduling forgets of a member whose data is erased. Past appointments stay: they are the clients' too."""

from directory.models import Professional
from scheduling.models import (
    AvailabilityOverride,
    AvailabilityRule,
    Booking,
    BusyTime,
    CalendarFeed,
    MeetingType,
    VisitCount,
)


def erase(professional: Professional) -> None:
    """Her hours, calendar, feed and numbers, what she wrote about her meeting types, and places and rooms of bookings.

    In the transaction that erases her; nothing of hers is open any more.
    """
    for model in (AvailabilityRule, AvailabilityOverride, BusyTime, CalendarFeed, VisitCount):
        model._default_manager.filter(host=professional).delete()
    MeetingType.objects.filter(host=professional).update(description="", preparation="", video_url="")
    Booking.objects.filter(host=professional).update(location="", join_url="")
