"""When and with whom: meeting types, hours, bookings, messages."""

from scheduling.models.alerts import Alert, Offer, Opening, Watch
from scheduling.models.api import ApiClient, IdempotentCall, PersonalToken, Reservation, Scope
from scheduling.models.bookings import Booking, BookingEvent
from scheduling.models.clients import AttendanceRule, ClientMark
from scheduling.models.consents import Consent
from scheduling.models.embeds import BookingSource, EmbedSite
from scheduling.models.feeds import CalendarFeed
from scheduling.models.hours import AvailabilityOverride, AvailabilityRule, BusyTime, HolidayChoice
from scheduling.models.meeting_rooms import MeetingRoom
from scheduling.models.meeting_types import MeetingType
from scheduling.models.messages import Message, Outgoing
from scheduling.models.notifications import Digest, NotificationChoices
from scheduling.models.questions import Answer, Question
from scheduling.models.spam import BlockedAttempt, SpamRule
from scheduling.models.texts import MailText
from scheduling.models.visits import VisitCount

__all__ = [
    "ApiClient",
    "MailText",
    "Alert",
    "Answer",
    "AttendanceRule",
    "AvailabilityOverride",
    "AvailabilityRule",
    "BlockedAttempt",
    "Booking",
    "BookingEvent",
    "BookingSource",
    "BusyTime",
    "CalendarFeed",
    "ClientMark",
    "Consent",
    "Digest",
    "EmbedSite",
    "HolidayChoice",
    "IdempotentCall",
    "MeetingRoom",
    "MeetingType",
    "Message",
    "NotificationChoices",
    "Offer",
    "Opening",
    "Outgoing",
    "PersonalToken",
    "Question",
    "Reservation",
    "Scope",
    "SpamRule",
    "VisitCount",
    "Watch",
]
