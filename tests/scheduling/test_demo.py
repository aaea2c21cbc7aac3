"""The demo data. Loaded once for this module, in a transaction that is rolled back at its end."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F
from django.test import TestCase, override_settings
from django.utils import timezone
from PIL import Image

from directory.models import Brand, LegalPage, Person, Professional, Specialty
from directory.models.professionals import SPOKEN
from scheduling import availability, numbers
from scheduling.busy import touched
from scheduling.demo import load
from scheduling.management.commands.demo import DEMO_LOGINS
from scheduling.models import Alert, AvailabilityOverride, Booking, MeetingType, Message
from tests import factories

MODELS = (Brand, Person, Professional, Specialty, LegalPage, MeetingType, AvailabilityOverride, Booking, Message)
Listed = Professional.Status.LISTED


def run(*arguments: str) -> None:
    with TestCase.captureOnCommitCallbacks(execute=True):
        call_command("demo", *arguments, verbosity=0)


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in MODELS}


@pytest.fixture(scope="module")
def _loaded(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[Path]:
    media = tmp_path_factory.mktemp("demo")
    with django_db_blocker.unblock(), override_settings(MEDIA_ROOT=media, DEVELOPMENT=True):
        block = transaction.atomic()
        block.__enter__()
        try:
            run()
            yield media
        finally:
            transaction.set_rollback(True)
            block.__exit__(None, None, None)


@pytest.fixture(autouse=True)
def media(_loaded: Path, db, settings) -> Path:
    settings.MEDIA_ROOT, settings.DEVELOPMENT = _loaded, True
    return _loaded


def brands() -> dict[str, Brand]:
    return {brand.host: brand for brand in Brand.objects.prefetch_related("domains")}


def test_two_brands_that_differ_in_everything_a_brand_can_set():
    lawyers, doctors = brands()["anwaelte.localhost"], brands()["doctors.localhost"]
    assert lawyers.is_default
    for column in (
        "accent",
        "typeface",
        "corners",
        "language",
        "time_zone",
        "profile_type",
        "sensitive",
        "hold_minutes",
    ):
        assert getattr(lawyers, column) != getattr(doctors, column), column
    for brand in (lawyers, doctors):
        brand.full_clean()
        assert brand.logo.storage.exists(brand.logo.name)
        assert brand.favicon.storage.exists(brand.favicon.name)


def test_legal_pages_and_texts_are_there_in_both_languages():
    for brand in Brand.objects.all():
        assert set(brand.legal_pages.values_list("kind", flat=True)) == set(LegalPage.Kind.values)
    for page in LegalPage.objects.all():
        assert page.title_de != page.title_en
        assert min(len(page.body_de), len(page.body_en)) > 1200
        assert "Demo" in page.body_de
        assert "{" not in page.body_de + page.body_en
    for specialty in Specialty.objects.all():
        assert specialty.name_de
        assert specialty.name_en


def test_every_professional_but_the_draft_is_complete_and_every_listed_one_is_bookable():
    assert Professional.objects.filter(status=Listed).count() == 60
    for host in Professional.objects.filter(status=Listed).select_related("person"):
        assert host.bookable, host
        assert bool(host.next_free_at) != host.paused, host
    for host in Professional.objects.exclude(status="draft").prefetch_related("offices", "languages", "meeting_types"):
        host.full_clean()
        assert all((host.title, host.about, host.fees, host.registration)), host
        assert host.specialties.exists(), host
        assert {language.code for language in host.languages.all()} <= set(SPOKEN)
        assert all(office.latitude and office.longitude for office in host.offices.all())
        assert 2 <= len(host.meeting_types.all()) <= 6, host


def test_no_two_professionals_read_the_same():
    abouts = list(Professional.objects.exclude(about="").values_list("about", flat=True))
    assert len(abouts) == len(set(abouts))
    for position in (0, 1):
        paragraphs = Counter(
            (about.split("\n\n")[position], brand)
            for about, brand in Professional.objects.exclude(about="").values_list("about", "brand")
        )
        assert max(paragraphs.values()) == 1


def test_nothing_of_one_brand_hangs_on_another():
    assert not Professional.objects.exclude(brand=F("person__brand")).exists()
    assert not Professional.specialties.through.objects.exclude(professional__brand=F("specialty__brand")).exists()
    assert not Booking.objects.exclude(host=F("meeting_type__host")).exists()
    assert not Booking.objects.exclude(client=None).exclude(client__brand=F("host__brand")).exists()
    assert not MeetingType.objects.exclude(office=None).exclude(office__professional=F("host")).exists()
    addresses = Counter(email for email, _brand in Person.objects.values_list("email", "brand").distinct())
    members = set(Person.objects.exclude(user=None).values_list("email", flat=True))
    assert all(addresses[email] == 1 for email in members)


def test_meeting_types_obey_the_rules_of_the_form():
    for meeting_type in MeetingType.objects.select_related("host"):
        meeting_type.full_clean()
    assert MeetingType.objects.filter(seats__gt=1).exists()
    assert MeetingType.objects.filter(visibility=MeetingType.Visibility.LINK).exists()
    assert set(MeetingType.objects.values_list("channel", flat=True)) == set(MeetingType.Channel.values)


def test_appointments_of_every_kind_and_no_mail_waiting():
    statuses = Counter(Booking.objects.values_list("status", flat=True))
    assert set(statuses) == {"completed", "no_show", "confirmed", "cancelled", "pending"}
    assert 300 < sum(statuses.values()) < 1000
    assert Booking.objects.filter(version__gt=0, status="confirmed").exists()  # moved
    assert not Booking.objects.filter(status="confirmed", ends_at__lt=timezone.now() - timedelta(hours=3)).exists()
    assert not Booking.objects.filter(status="completed", starts_at__gt=timezone.now()).exists()
    assert set(Message.objects.values_list("status", flat=True)) == {"sent"}
    group = Booking.objects.exclude(session=F("uid")).values_list("session", flat=True)
    assert max(Counter(group).values()) >= 5


@pytest.mark.parametrize("last", ["Brandtner", "Carmody"])
def test_the_days_of_a_demo_log_in_have_more_than_appointments(last):
    host = Professional.objects.select_related("person").get(person__last_name=last)
    assert host.busy_times.filter(starts_at__gt=timezone.now()).count() == 3
    assert not {row.pk for busy in host.busy_times.all() for row in touched(host, busy.starts_at, busy.ends_at)}
    assert host.availability_overrides.exclude(holiday="").count() >= 8
    assert host.client_marks.get().way == "request"
    alert = Alert.objects.get(meeting_type__host=host)
    assert (alert.state, alert.offers.get().status) == ("active", "sent")
    assert alert.offers.get().opening.state == "open"
    assert host.bookings.filter(status="pending", awaits="host").exists() or last == "Carmody"
    assert len(numbers.read(host, 90).weeks) > 10
    assert min(numbers.read(host, 90).funnel.values()) > 0, "looks were counted"
    series = Counter(host.bookings.exclude(series=None).values_list("series", "status"))
    assert list(series.values()) == ([4] if last == "Brandtner" else [])


def test_one_colleague_of_each_brand_has_paused():
    for host in Professional.objects.filter(paused=True):
        assert host.pause_note
        assert host.bookings.exists(), "what was booked before stays"
    assert Professional.objects.filter(paused=True).values("brand").distinct().count() == 2


def test_somebody_is_away_for_weeks_and_somebody_is_full_next_week():
    away = Professional.objects.get(person__last_name="Özkaya")
    assert away.next_free_at > timezone.now() + timedelta(days=28)
    full = Professional.objects.select_related("person").get(person__last_name="Tzschoppe")
    now = timezone.localtime(timezone.now(), ZoneInfo("Europe/Berlin"))
    monday = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=7 - now.weekday())
    for meeting_type in full.meeting_types.select_related("host__person"):
        assert not availability.open_starts(meeting_type, monday, monday + timedelta(days=7))
    assert full.bookings.filter(starts_at__gte=monday, starts_at__lt=monday + timedelta(days=7)).count() > 10


def test_portraits_are_small_squares_and_some_are_missing():
    hosts = Professional.objects.filter(status=Listed)
    assert 2 <= hosts.filter(portrait="").count() <= 8
    folder = Path(load.__file__).parent / "portraits"
    files = list(folder.glob("*.webp"))
    assert sum(file.stat().st_size for file in files) < 1_500_000
    for file in files:
        assert file.stat().st_size < 25_000
        assert Image.open(file).size == (640, 640)
    for host in hosts.exclude(portrait=""):
        assert host.portrait.storage.exists(host.portrait.name)


@pytest.mark.parametrize("login", DEMO_LOGINS, ids=lambda login: login[0])
def test_the_logins_work(login, rf):
    _role, host, email, password = login
    user = authenticate(rf.get("/"), username=email, password=password)
    assert user is not None
    assert user.emailaddress_set.get().verified
    if not user.is_staff:
        assert user.people.get().brand == brands()[host]


def test_the_members_on_their_way_in():
    assert Professional.objects.get(person__last_name="Brinkhoff").status == "draft"
    waiting = Professional.objects.get(person__last_name="Achterberg")
    assert waiting.status == "submitted"
    assert waiting.submitted_at


def test_a_second_run_keeps_everything():
    before = counts()
    booking = Booking.objects.filter(status="confirmed").first()
    Brand.objects.filter(slug="fuerspruch").update(headline_de="Geändert")
    run()
    assert counts() == before
    assert Booking.objects.filter(pk=booking.pk).exists()
    assert Brand.objects.get(slug="fuerspruch").headline_de == "Geändert"


def test_removing_takes_the_demo_brands_only():
    other = factories.make_professional(factories.make_brand(slug="mine"))
    load.remove()
    assert list(Brand.objects.values_list("slug", flat=True)) == ["mine"]
    assert list(Professional.objects.all()) == [other]
    assert not Booking.objects.exists()


def test_public_passwords_stay_out_of_production(settings):
    settings.DEVELOPMENT = False
    with pytest.raises(CommandError, match="DEVELOPMENT"):
        call_command("demo", verbosity=0)
