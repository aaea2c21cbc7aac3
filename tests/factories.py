"""Plain functions that make rows. What is not given is made up, unique by a counter; a test names what matters."""

import itertools
from datetime import time
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission as Permission

from directory.models import Brand, Domain, Office, Person, Professional, Specialty, SpokenLanguage, User
from scheduling.models import AvailabilityRule, MeetingType

PASSWORD = "correct horse battery"  # long enough for the validators
_count = itertools.count(1)
_password_hashes: dict[str, str] = {}

WORKING_WEEK = {weekday: [("09:00", "17:00")] for weekday in range(5)}


def minutes(clock: str) -> int:
    """'09:30' → 570; '24:00' → 1440, the end of the local date."""
    if clock == "24:00":
        return 1440
    parsed = time.fromisoformat(clock)
    return parsed.hour * 60 + parsed.minute


def make_brand(host: str | None = None, **fields: Any) -> Brand:
    """A brand that answers under `host` (default: its slug under .localhost)."""
    number = next(_count)
    slug = fields.pop("slug", f"brand-{number}")
    values = {
        "name": f"Brand {number}",
        "language": "en",
        "time_zone": "Europe/Berlin",
        "support_email": f"help@{slug}.example",
        "sender_address": f"bookings@{slug}.example",
    }
    brand = Brand.objects.create(slug=slug, **(values | fields))
    Domain.objects.create(brand=brand, host=host or f"{slug}.localhost")
    return brand


def make_user(email: str | None = None, *, password: str = PASSWORD, verified: bool = True, **fields: Any) -> User:
    """A log-in whose e-mail address is verified, unless told otherwise; staff looks after the brands there are."""
    from allauth.account.models import EmailAddress

    email = email or f"user{next(_count)}@example.org"
    if password not in _password_hashes:
        _password_hashes[password] = make_password(password)
    user = User.objects.create(email=email, password=_password_hashes[password], **fields)
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    if user.is_staff:
        user.brands.set(Brand.objects.all())
    return user


def make_admin(email: str | None = None, **fields: Any) -> User:
    return make_user(email, is_staff=True, is_superuser=True, **fields)


def make_person(brand: Brand | None = None, **fields: Any) -> Person:
    number = next(_count)
    values = {
        "email": f"person{number}@example.org",
        "first_name": "Pat",
        "last_name": f"Person{number}",
        "time_zone": "Europe/Berlin",
        "language": "en",
    }
    return Person.objects.create(brand=brand or make_brand(), **(values | fields))


def make_specialty(brand: Brand, name: str = "Family law", **fields: Any) -> Specialty:
    return Specialty.objects.create(brand=brand, name=name, **({"slug": f"specialty-{next(_count)}"} | fields))


def make_office(professional: Professional, **fields: Any) -> Office:
    values = {"street": "Hauptstraße 1", "postcode": "10115", "city": "Berlin", "country": "DE"}
    return Office.objects.create(professional=professional, **(values | fields))


def set_hours(professional: Professional, hours: dict[int, list[tuple[str, str]]]) -> None:
    """Replace the weekly hours: weekday (Monday = 0) → [('09:00', '12:30'), …] on the host's wall clock."""
    professional.availability_rules.all().delete()
    AvailabilityRule.objects.bulk_create(
        AvailabilityRule(host=professional, weekday=weekday, start_minute=minutes(start), end_minute=minutes(end))
        for weekday, windows in hours.items()
        for start, end in windows
    )


def make_professional(
    brand: Brand | None = None,
    *,
    hours: dict[int, list[tuple[str, str]]] | None = None,
    person: Person | None = None,
    office: bool = True,
    languages: tuple[str, ...] = ("de", "en"),
    email: str | None = None,
    first_name: str | None = None,
    last_name: str | None = None,
    time_zone: str = "Europe/Berlin",
    with_login: bool = False,
    **fields: Any,
) -> Professional:
    """Listed and bookable, Monday to Friday 9–17 by the wall clock, with one office and one specialty."""
    number = next(_count)
    if person is None:
        email = email or f"host{number}@example.org"
        brand = brand or make_brand()
        person = make_person(
            brand,
            email=email,
            first_name=first_name or "Hanna",
            last_name=last_name or f"Host{number}",
            time_zone=time_zone,
            user=make_user(email) if with_login else None,
        )
    values = {
        "slug": f"professional-{number}",
        "status": Professional.Status.LISTED,
        "title": "Lawyer",
        "about": "I listen first.",
        "bookable": True,
    }
    professional = Professional.objects.create(person=person, brand=person.brand, **(values | fields))
    for code in languages:
        SpokenLanguage.objects.create(professional=professional, code=code)
    if office:
        make_office(professional)
    professional.specialties.add(make_specialty(person.brand))
    set_hours(professional, WORKING_WEEK if hours is None else hours)
    return professional


def make_meeting_type(host: Professional | None = None, **fields: Any) -> MeetingType:
    """30 minutes, no buffers, no notice, no cut-offs, bookable for 60 days; a test adds the rules it needs."""
    number = next(_count)
    values = {
        "slug": f"meeting-{number}",
        "title": "First meeting",
        "duration": 30,
        "notice": 0,
        "cancel_cutoff": 0,
        "move_cutoff": 0,
    }
    return MeetingType.objects.create(host=host or make_professional(), **(values | fields))
