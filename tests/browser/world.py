"""A small directory with everything a page can show, made of real rows."""

from directory.models import Brand, LegalPage, Professional, Specialty
from scheduling import availability
from scheduling.models import MeetingType
from tests import factories

# Open every day, so that a story may be told on any day of the week.
EVERY_DAY = {weekday: [("08:00", "12:30"), ("13:30", "18:00")] for weekday in range(7)}


def furnish(brand: Brand) -> Brand:
    brand.headline, brand.intro = "The right lawyer, this week", "Compare, choose a time, book. No account, no waiting."
    brand.noun, brand.nouns = "lawyer", "lawyers"
    brand.support_phone, brand.support_hours = "+49 30 1234567", "Mon–Fri 9–17"
    brand.footer_note = "Booking is free of charge."
    brand.save()
    for kind, title in LegalPage.Kind.choices:
        LegalPage.objects.create(brand=brand, kind=kind, title=title, body=f"# {title}\n\nSome **plain** words.")
    return brand


def specialties(brand: Brand) -> list[Specialty]:
    brand.specialties.all().delete()
    names = ["Family law", "Labour law", "Tenancy law"]
    return [factories.make_specialty(brand, name, slug=name.lower().replace(" ", "-")) for name in names]


def open_practice(professional: Professional, *subjects: Specialty) -> Professional:
    """Hours on every day, two meeting types, and the columns that the directory searches by."""
    professional.specialties.set(subjects)
    professional.fees = "First meeting 190 € including VAT."
    professional.registration = "Bar of Berlin 12345"
    professional.save()
    factories.set_hours(professional, EVERY_DAY)
    factories.make_meeting_type(
        professional, slug="first-meeting", title="First meeting", price_text="190 €", position=0, move_cutoff=60
    )
    factories.make_meeting_type(
        professional,
        slug="video-call",
        title="Video consultation",
        channel=MeetingType.Channel.VIDEO,
        video_url="https://video.example/alice",
        preparation="Please have your papers at hand.",
        buffer_after=15,
        position=1,
    )
    availability.refresh(professional)
    professional.refresh_from_db()
    return professional
