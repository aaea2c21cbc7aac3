"""The German catalogue is whole and sound, and what German visitors and members see and get is German.

English is the language of the sources. `.ci/translations.py` asks the same of the catalogue before a change is accepted.
"""

import ast
import datetime as dt
import html
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import polib
import pytest
from django.utils import timezone, translation

from directory.cities import zone_city
from directory.models import Professional
from scheduling import availability, bookings, ics, letters
from scheduling.models import Booking, Message
from tests.conftest import client_of

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale/de/LC_MESSAGES/django.po"
SOURCES = ("config", "directory", "scheduling", "integrations", "templates", "locale")
GETTEXT = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
PLACEHOLDER = re.compile(r"%\(\w+\)[\d.]*[sdf]|</?\w+[^>]*>|\{\}")
# Words that no German sentence has. "in", "am", "so", "was", "will" and the like mean something there.
ENGLISH = re.compile(
    r"\b(the|your|you|with|and|of|please|is|are|this|that|not|for|from|book|booking|cancel|save|free|times?|"
    r"appointments?|hours|enter|choose|search|password|field|required|must|next|back|today|tomorrow)\b",
    re.IGNORECASE,
)


def texts(entry: polib.POEntry) -> list[tuple[str, str]]:
    """Pairs of English and German."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    return [(entry.msgid, entry.msgstr_plural[0]), (entry.msgid_plural, entry.msgstr_plural[1])]


@pytest.fixture(scope="module")
def catalogue() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


# --- the catalogue --------------------------------------------------------------------------------------------


def test_nothing_is_missing_or_fuzzy(catalogue):
    assert len(catalogue) > 1000
    assert [entry.msgid for entry in catalogue.untranslated_entries()] == []
    assert [entry.msgid for entry in catalogue.fuzzy_entries()] == []


def test_placeholders_and_markup_are_the_same_on_both_sides(catalogue):
    for entry in catalogue:
        for english, german in texts(entry):
            assert sorted(PLACEHOLDER.findall(german)) == sorted(PLACEHOLDER.findall(english)), english


def test_german_is_set_as_german(catalogue):
    """„…“ and –, no exclamation marks, and no white space at the ends."""
    for entry in catalogue:
        for english, german in texts(entry):
            prose = re.sub(r"<[^>]+>", "", german)
            assert not re.search(r'["”!]|(?<=\w) - (?=\w)', prose), german
            assert prose.count("„") == prose.count("“"), german
            assert (german[0].isspace(), german[-1].isspace()) == (english[0].isspace(), english[-1].isspace()), german


def test_every_string_of_the_sources_is_there(catalogue, tmp_path):
    if not shutil.which("xgettext"):
        pytest.skip("needs gettext")
    for name in SOURCES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
    shutil.copy(ROOT / "manage.py", tmp_path)
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "--locale=de", "--no-obsolete", "--no-location"],
        cwd=tmp_path,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "VAR_DIR": str(tmp_path / "var")},
        check=True,
        capture_output=True,
    )
    fresh = polib.pofile(str(tmp_path / CATALOGUE.relative_to(ROOT)))

    def keys(file):
        return {(entry.msgctxt, entry.msgid, entry.msgid_plural) for entry in file}

    assert keys(fresh) - keys(catalogue) == set(), "run `make messages` and translate"
    assert keys(catalogue) - keys(fresh) == set(), "run `make messages`"


def test_no_string_hides_where_gettext_cannot_see_it():
    """xgettext does not read inside f-strings: what stands there would never be collected."""
    hidden = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for name in SOURCES
        for path in (ROOT / name).rglob("*.py")
        for string in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in GETTEXT
    ]
    assert hidden == []


def test_cities_have_their_german_names():
    with translation.override("de"):
        assert [zone_city(zone) for zone in ("Europe/Vienna", "America/Argentina/Buenos_Aires", "UTC")] == [
            "Wien",
            "Buenos Aires",
            "UTC",
        ]


# --- pages ----------------------------------------------------------------------------------------------------


def visible(response) -> str:
    """What is read or read out: text, labels, the title."""
    page = response.content.decode()
    page = re.sub(
        r"<(script|style|noscript)\b.*?</\1>|<a [^>]*hreflang=\"en\".*?</a>|<!--.*?-->", " ", page, flags=re.S
    )
    spoken = re.findall(r'\b(?:aria-label|placeholder|title|alt|data-[a-z0-9-]+)="([^"]*)"', page)
    described = re.findall(r'<meta name="description" content="([^"]*)"', page)
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page) + " | ".join(["", *spoken, *described])))


def assert_german(response, status: int = 200) -> str:
    assert response.status_code == status, response.content.decode()[:500]
    text = visible(response)
    found = [text[max(0, match.start() - 40) : match.end() + 40] for match in ENGLISH.finditer(text)]
    assert not found, found
    return text


@pytest.fixture
def berlin(brand, alice, meeting_type) -> Professional:
    """alice of a brand that speaks German in all that is data."""
    for field, value in {
        "headline": "Zeit für Sie",
        "intro": "Freie Termine sehen und buchen.",
        "noun": "Anwältin",
        "nouns": "Anwältinnen und Anwälte",
    }.items():
        setattr(brand, f"{field}_de", value)
    brand.save()
    alice.specialties.update(name_de="Familienrecht")
    Professional.objects.filter(pk=alice.pk).update(title="Rechtsanwältin", about="Ich höre zuerst zu.")
    type(alice.person).objects.filter(pk=alice.person_id).update(language="de")
    meeting_type.title, meeting_type.cancel_cutoff, meeting_type.price_text = "Erstgespräch", 1440, "79 €"
    meeting_type.description = "Worum es geht."
    meeting_type.save()
    availability.refresh(alice)
    return Professional.objects.get(pk=alice.pk)


def start_of(berlin: Professional, days: int = 3) -> dt.datetime:
    now = timezone.now()
    (meeting_type,) = berlin.meeting_types.all()
    return availability.open_starts(meeting_type, now + dt.timedelta(days=days), now + dt.timedelta(days=days + 9))[5]


def test_a_visitor_reads_german(berlin):
    (meeting_type,) = berlin.meeting_types.all()
    visitor = client_of(berlin.brand)
    assert len(ENGLISH.findall(visible(visitor.get("/?lang=en")))) > 20, "the walk sees English where it is"
    assert_german(visitor.get("/?lang=de"))
    profile, times = f"/p/{berlin.slug}/", meeting_type.get_absolute_url()
    for address in (
        "/search/",
        "/search/?what=nichts&where=Nirgends&speaks=ja",
        profile,
        times,
        "/time-zone/?next=/&q=xyz",
        "/accounts/login/",
        "/accounts/signup/",
        "/accounts/password/reset/",
        "/accounts/password/reset/done/",
        "/accounts/confirm-email/",
    ):
        assert_german(visitor.get(address))
    assert_german(visitor.get("/gibt-es-nicht/"), 404)
    assert_german(visitor.post("/accounts/login/", {"login": "x@example.org", "password": "falsch"}))
    assert_german(visitor.post("/accounts/signup/", {"email": "x", "password1": "kurz"}))

    start = start_of(berlin)
    held = visitor.post(f"{times}hold/", {"start": start.isoformat()})
    path = held["Location"].removesuffix("details/")
    assert "reserviert bis" in assert_german(visitor.get(f"{path}details/"))
    assert_german(visitor.post(f"{path}details/", {"email": "nonsens"}), 422)
    typed = {"name": "Bernd Berg", "email": "bernd@example.org", "privacy": "on"}
    assert visitor.post(f"{path}details/", typed).status_code == 303
    text = assert_german(visitor.get(path))
    assert "Ihr Termin ist bestätigt" in text
    assert f"{start.astimezone(ZoneInfo('Europe/Berlin')):%H:%M}–" in text
    assert_german(visitor.post(f"{times}hold/", {"start": start.isoformat()}), 409)
    new = start_of(berlin, 6)
    for page in ("move/", f"move/?start={new.isoformat().replace('+', '%2B')}", "cancel/"):
        assert_german(visitor.get(path + page))
    visitor.post(f"{path}cancel/", {"reason": "Krank"})
    assert "abgesagt" in assert_german(visitor.get(path))


def test_a_member_reads_german(berlin):
    (meeting_type,) = berlin.meeting_types.all()
    booking = bookings.enter(meeting_type, start_of(berlin), name="Bernd Berg", email="bernd@example.org")
    member = client_of(berlin.brand, berlin.person.user)
    member.get("/?lang=de")
    override = berlin.availability_overrides.create(
        first_date=timezone.localdate(), last_date=timezone.localdate(), windows=[]
    )
    for address in (
        "/my/",
        "/my/bookings/",
        "/my/bookings/?tab=past",
        "/my/bookings/?q=niemand",
        "/my/bookings/new/",
        f"/my/bookings/{booking.pk}/",
        f"/my/bookings/{booking.pk}/move/",
        "/my/hours/",
        "/my/hours/dates/new/",
        f"/my/hours/dates/{override.pk}/",
        "/my/meeting-types/",
        "/my/meeting-types/new/",
        f"/my/meeting-types/{meeting_type.pk}/",
        "/my/profile/",
        "/my/settings/",
        "/my/settings/leave/",
        "/accounts/email/",
        "/accounts/password/change/",
        "/accounts/logout/",
    ):
        assert_german(member.get(address))
    answer = member.post(f"/my/bookings/{booking.pk}/cancel/", {"reason": "Krank"}, follow=True)
    assert "Eine E-Mail mit Ihrer Begründung ist unterwegs." in assert_german(answer)
    Professional.objects.filter(pk=berlin.pk).update(status="draft", refusal_reason="Der Text fehlt.")
    assert_german(member.get("/my/"))
    assert_german(member.get("/my/profile/"))


def test_an_administrator_reads_german(berlin, admin_user):
    admin = client_of(berlin.brand, admin_user)
    text = visible(admin.get("/admin/?lang=de"))
    assert "Wartet auf Freigabe" in text
    assert "Terminarten" in text
    text = visible(admin.get("/admin/scheduling/booking/"))
    assert "Besondere Tage" in text
    assert "Bereiche durchsuchen" in text, "unfold brings no German of its own"


# --- mails and calendar files ---------------------------------------------------------------------------------


@pytest.fixture
def booking(berlin) -> Booking:
    (meeting_type,) = berlin.meeting_types.all()
    held = bookings.hold(meeting_type, start_of(berlin))
    return bookings.confirm(held, name="Bernd Berg", email="bernd@example.org", language="de")


@pytest.mark.parametrize("audience", Message.Audience)
@pytest.mark.parametrize("kind", ["confirmed", "moved", "cancelled"])
def test_mails_are_german(booking, kind, audience):
    if kind == "moved":
        booking = bookings.reschedule(booking, start_of(booking.host, 6), actor=Booking.Actor.CLIENT)
    elif kind == "cancelled":
        booking = bookings.cancel(booking, actor=Booking.Actor.CLIENT, reason="Krank")
    row = Message.objects.filter(booking=booking, kind=kind, audience=audience).last()
    mail = letters.compose(row, now=timezone.now())
    page = next(part for part, kind in mail.alternatives if kind == "text/html")
    for text in (mail.subject, mail.body, re.sub(r"<style.*?</style>|<[^>]+>", " ", page, flags=re.S)):
        prose = re.sub(r"https?://\S+|\S+@\S+|invite\.ics", " ", html.unescape(text))
        assert not ENGLISH.search(prose), prose
    assert "Uhr" in mail.subject
    assert "Ortszeit Berlin" in mail.body


def test_calendar_entries_are_german(booking):
    entry = ics.event_for(booking, audience=Message.Audience.CLIENT, language="de")
    assert entry.summary == "Erstgespräch mit Alice Ahrens"
    assert "verschieben oder absagen" in entry.description
    assert f"Buchungsnummer: {booking.reference}" in entry.description
    with translation.override("de"):
        assert ics.file_name(booking).startswith("termin-")
