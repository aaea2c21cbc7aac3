"""Makes the demo brands with everything but their appointments. Existing demo brands are left as they are."""

import random
from collections import defaultdict
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path
from types import ModuleType

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from directory import audit, roles
from directory.models import (
    Brand,
    CheckItem,
    Domain,
    LegalPage,
    Office,
    Person,
    Professional,
    Specialty,
    SpokenLanguage,
    User,
)
from scheduling.demo import doctors, doctors_people, lawyers, lawyers_people, phones, questions
from scheduling.demo.entries import Entry, Offer, Place
from scheduling.demo.hours import SHAPES
from scheduling.models import AvailabilityOverride, AvailabilityRule, Booking, MeetingRoom, MeetingType

HERE = Path(__file__).parent
PASSWORD = "demo-marketplace"  # noqa: S105  (published, for demonstration only)
ADMIN = "admin@demo.example"
BRANDS: list[tuple[ModuleType, list[Entry]]] = [(lawyers, lawyers_people.PEOPLE), (doctors, doctors_people.PEOPLE)]


def email_of(entry: Entry, content: ModuleType) -> str:
    first = slugify(entry.first.split()[0].translate(phones.ASCII))
    last = slugify(entry.last.split()[-1].translate(phones.ASCII))
    return f"{first}.{last}@{content.MAIL_DOMAIN}"


SUPPORT = "support@demo.example"


# (name, where, how many people)
ROOMS = {
    "de": [("Besprechungsraum Linde", "2. Stock", 4), ("Besprechungsraum Ahorn", "2. Stock", 8)],
    "en": [("Consulting room Ash", "First floor", 3), ("Consulting room Elm", "First floor", 6)],
}


def make_support(brand: Brand) -> None:
    """Staff that sees masked contact data, and may look after every demo brand."""
    user = User.objects.filter(email=SUPPORT).first()
    if user is None:
        user = User.objects.create_user(SUPPORT, PASSWORD, is_staff=True)
        _verified(user)
        user.groups.set(Group.objects.filter(name="Support"))
    user.brands.add(brand)


CHECKS = {
    "de": ["Im Register der Kammer gefunden", "Angaben im Profil stimmen mit dem Register überein"],
    "en": ["Found in the professional register", "The profile says what the register says"],
}


def make_admin() -> None:
    roles.make()
    if not User.objects.filter(email=ADMIN).exists():
        _verified(User.objects.create_superuser(ADMIN, PASSWORD))


def make_brand(content: ModuleType, entries: list[Entry]) -> Brand | None:
    """The brand with its people, or None where it is already there."""
    if Brand.objects.filter(slug=content.BRAND["slug"]).exists():
        return None
    with transaction.atomic():
        brand = _brand(content)
        _specialties(brand, content)
        _legal_pages(brand)
        for position, text in enumerate(CHECKS[brand.language]):
            CheckItem.objects.create(brand=brand, text=text, position=position)
        _People(brand, content).make(entries)
        make_support(brand)
        _meeting_rooms(brand)
    return brand


def _meeting_rooms(brand: Brand) -> None:
    """Two, of which the first on-site meeting type of the brand needs one."""
    for position, (name, location, capacity) in enumerate(ROOMS[brand.language]):
        MeetingRoom.objects.create(brand=brand, name=name, location=location, capacity=capacity, position=position)
    on_site = MeetingType.objects.filter(host__brand=brand, channel=MeetingType.Channel.ON_SITE, seats=1)
    first = on_site.order_by("host", "position").first()
    if first is not None:
        first.needs_room = True
        first.save(update_fields=["needs_room"])


@transaction.atomic
def remove() -> None:
    """The demo brands with everything in them, and the log-ins of their members."""
    for content, _entries in BRANDS:
        brand = Brand.objects.filter(slug=content.BRAND["slug"]).first()
        if brand is None:
            continue
        files = [brand.logo, brand.favicon]
        professionals = Professional.objects.filter(brand=brand)
        files += [professional.portrait for professional in professionals.exclude(portrait="")]
        Booking.objects.filter(host__brand=brand).delete()
        users = list(User.objects.filter(people__brand=brand, is_staff=False).values_list("pk", flat=True))
        professionals.delete()
        Person.objects.filter(brand=brand).delete()
        User.objects.filter(pk__in=users, people=None).delete()
        with audit.forgetting():
            brand.delete()
        for file in files:
            transaction.on_commit(lambda file=file: file.storage.delete(file.name))  # type: ignore[misc]


# --- brand ------------------------------------------------------------------------------------------------------


def _brand(content: ModuleType) -> Brand:
    values = dict(content.BRAND)
    values["is_default"] = values["is_default"] and not Brand.objects.filter(is_default=True).exists()
    brand = Brand(**values)
    for kind in ("logo", "favicon"):
        data = (HERE / "brands" / f"{brand.slug}-{kind}.svg").read_bytes()
        getattr(brand, kind).save(f"{brand.slug}-{kind}.svg", ContentFile(data), save=False)
    brand.full_clean()
    brand.save()
    domain = Domain(brand=brand, host=content.HOST, is_primary=True)
    domain.full_clean()
    domain.save()
    return brand


def _specialties(brand: Brand, content: ModuleType) -> None:
    for position, (slug, german, english) in enumerate(content.SPECIALTIES):
        Specialty.objects.create(
            brand=brand,
            slug=slug,
            position=position,
            name_de=german,
            name_en=english,
            sensitive=slug in content.SENSITIVE,
        )


def _legal_pages(brand: Brand) -> None:
    """legal/BRAND/KIND.LANGUAGE.md; the first line is the title."""
    for kind in LegalPage.Kind.values:
        texts = {}
        for language in ("de", "en"):
            title, body = (HERE / "legal" / brand.slug / f"{kind}.{language}.md").read_text().split("\n", 1)
            texts[f"title_{language}"] = title.removeprefix("#").strip()
            texts[f"body_{language}"] = body.strip()
        LegalPage.objects.create(brand=brand, kind=kind, **texts)


# --- people -----------------------------------------------------------------------------------------------------


class _People:
    """Makes the professionals of one brand; what is taken in turn (places, fees, prices) is counted here."""

    def __init__(self, brand: Brand, content: ModuleType) -> None:
        self.brand, self.content = brand, content
        self.specialties = {specialty.slug: specialty for specialty in Specialty.objects.filter(brand=brand)}
        self.places = {city: cycle(places) for city, places in content.PLACES.items()}
        self.prices: dict[str, int] = defaultdict(int)
        self.numbers = phones.Numbers()
        self.password = make_password(PASSWORD)
        self.random = random.Random(f"people of {brand.slug}")  # noqa: S311

    def make(self, entries: list[Entry]) -> None:
        for number, entry in enumerate(entries):
            host = self.professional(number, entry)
            if entry.special != "draft":
                self.offices(host, entry)
                self.hours(host, number, entry)
                self.offers(host, entry)

    def professional(self, number: int, entry: Entry) -> Professional:
        email = email_of(entry, self.content)
        user = User.objects.create(email=email, password=self.password)
        _verified(user)
        person = Person.objects.create(
            brand=self.brand,
            user=user,
            email=email,
            prefix=entry.prefix,
            first_name=entry.first,
            last_name=entry.last,
            phone=self.numbers.office(entry.cities[0]),
            time_zone=entry.time_zone or self.brand.time_zone,
            language=self.brand.language,
        )
        professional = Professional(person=person, brand=self.brand, slug=entry.key, status=Professional.Status.DRAFT)
        if entry.special != "draft":
            self.describe(professional, number, entry)
        if entry.portrait is not None:
            with (HERE / "portraits" / f"{entry.key}.webp").open("rb") as file:
                professional.portrait.save(f"{entry.key}.webp", File(file), save=False)
        professional.save()
        professional.specialties.set(self.specialties[slug] for slug in entry.specialties)
        SpokenLanguage.objects.bulk_create(
            SpokenLanguage(professional=professional, code=code) for code in entry.languages
        )
        return professional

    def describe(self, professional: Professional, number: int, entry: Entry) -> None:
        """Text, fees, register and the state of approval."""
        how, when, fees = self.content.HOW, self.content.WHEN, self.content.FEES
        paragraphs = [entry.about, f"{how[number % len(how)]} {when[number % len(when)]}"]
        if number % 3 == 0:
            paragraphs.append(when[(number + 3) % len(when)])
        professional.title, professional.about = entry.title, "\n\n".join(paragraphs)
        professional.fees = fees[number % len(fees)]
        professional.registration = self.content.registration(entry.title, entry.cities[0], number)
        joined = timezone.now() - timedelta(days=20 + 9 * ((number * 7) % 40))
        if entry.special == "submitted":
            professional.status = Professional.Status.SUBMITTED
            professional.submitted_at = timezone.now() - timedelta(hours=26)
        else:
            professional.status = Professional.Status.LISTED
            professional.submitted_at, professional.decided_at = joined, joined + timedelta(days=1)

    def offices(self, host: Professional, entry: Entry) -> None:
        for position, city in enumerate(entry.cities):
            place: Place = next(self.places[city])
            Office.objects.create(
                professional=host,
                name=place.name,
                street=place.street,
                postcode=place.postcode,
                city=city,
                country="IE" if city == "Dublin" else self.brand.country,
                latitude=place.latitude,
                longitude=place.longitude,
                access_notes=place.access,
                position=position,
            )

    def hours(self, host: Professional, number: int, entry: Entry) -> None:
        AvailabilityRule.objects.bulk_create(
            AvailabilityRule(host=host, weekday=day, start_minute=int(start * 60), end_minute=int(end * 60))
            for day, windows in SHAPES[entry.hours].items()
            for start, end in windows
        )
        german = self.brand.language == "de"
        today = timezone.localdate()
        new_year = date(today.year + 1, 1, 1)
        away = [(new_year - timedelta(days=8), new_year, "Weihnachten" if german else "Christmas")]
        if entry.special == "away":
            away.append((today, today + timedelta(days=34), "Elternzeit" if german else "Parental leave"))
        elif number % 3 == 1:
            monday = today + timedelta(days=7 * (3 + number % 6) - today.weekday())
            away.append((monday, monday + timedelta(days=6), "Urlaub" if german else "Holiday"))
        rows = [
            AvailabilityOverride(host=host, first_date=first, last_date=last, note=note) for first, last, note in away
        ]
        if entry.special != "away" and number % 4 == 0:
            monday = today + timedelta(days=7 * (2 + number % 3) - today.weekday())
            court = "Gerichtstermin am Nachmittag" if german else "Ward round in the afternoon"
            saturday = "Zusätzlicher Samstag" if german else "Extra Saturday"
            for day, windows, note in (
                (monday + timedelta(days=2), [[540, 720]], court),
                (monday + timedelta(days=5), [[600, 780]], saturday),
            ):
                rows.append(AvailabilityOverride(host=host, first_date=day, last_date=day, windows=windows, note=note))
        AvailabilityOverride.objects.bulk_create(rows)

    def offers(self, host: Professional, entry: Entry) -> None:
        offices = list(host.offices.all())
        position = 0
        for key in entry.offers:
            offer: Offer = self.content.OFFER_KEYS[key]
            for office in offices if offer.channel == "on_site" else [None]:
                self.offer(host, offer, office, position, second=office is not None and office.position > 0)
                position += 1

    def offer(self, host: Professional, offer: Offer, office: Office | None, position: int, *, second: bool) -> None:
        prices = [price for price in offer.prices if ("€" in price) == self.in_euro(host)] or list(offer.prices)
        price = prices[self.prices[offer.slug] % len(prices)]
        self.prices[offer.slug] += 1
        city = office.city if office else ""
        meeting_type = MeetingType(
            host=host,
            slug=f"{offer.slug}-{slugify(city.translate(phones.ASCII))}" if second else offer.slug,
            title=f"{offer.title} ({city})" if second else offer.title,
            description=offer.description,
            preparation=offer.preparation,
            visibility=offer.visibility,
            position=position,
            channel=offer.channel,
            office=office,
            video_url=f"https://video.example/{host.slug}" if offer.channel == "video" else "",
            price_text=price,
            duration=offer.duration,
            **offer.rules,
        )
        meeting_type.save()
        questions.ask(meeting_type, offer.slug)

    def in_euro(self, host: Professional) -> bool:
        return self.brand.country == "DE" or host.person.time_zone == "Europe/Dublin"


def _verified(user: User) -> None:
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
