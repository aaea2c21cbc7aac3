"""Who is there: brands, people, professionals."""

from directory.models.audit import AuditEvent
from directory.models.brands import Brand, Domain, LegalPage
from directory.models.departures import Departure
from directory.models.devices import Device
from directory.models.jobs import Job
from directory.models.mails import LoggedMail
from directory.models.people import Person, User
from directory.models.professionals import Office, Professional, Specialty, SpecialtyAddress, SpokenLanguage
from directory.models.reviews import CheckItem, Decision, Evidence, TraderRecord

__all__ = [
    "AuditEvent",
    "Brand",
    "CheckItem",
    "Decision",
    "Departure",
    "Device",
    "Domain",
    "Evidence",
    "Job",
    "LegalPage",
    "LoggedMail",
    "Office",
    "Person",
    "Professional",
    "Specialty",
    "SpecialtyAddress",
    "SpokenLanguage",
    "TraderRecord",
    "User",
]
