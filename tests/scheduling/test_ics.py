"""Calendar files: RFC 5545, 5546, 6868, 7986 as assertions, golden files, two independent parsers.

The rules of one file format in one module.
"""

import os
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import vobject
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from scheduling import ics, links
from scheduling.ics import Event, Party, render
from scheduling.models import MeetingType, Message
from scheduling.models.bookings import Status
from tests import factories
from tests.scheduling.rows import END, MADE, STAMP, START, UID, make_booking

GOLDEN = Path(__file__).parent.parent / "golden"
CLIENT, HOST = Message.Audience.CLIENT, Message.Audience.HOST
Channel = MeetingType.Channel


@pytest.fixture(autouse=True)
def _fixed_links(settings):
    settings.SECRET_KEY = "fixed for golden files"
    settings.SECRET_KEY_FALLBACKS = []
    settings.PUBLIC_SCHEME, settings.PUBLIC_PORT = "https", ""


def an_event(**fields) -> Event:
    values = {
        "uid": str(UID),
        "sequence": 2,
        "starts_at": START,
        "ends_at": END,
        "created_at": MADE,
        "updated_at": MADE,
        "summary": "First talk with Alice Ahrens",
        "description": "Please ring.",
        "location": "Hauptstraße 1, 10115 Berlin",
        "url": "https://kanzlei.localhost/b/x/",
        "organizer": Party("Alice Ahrens", "alice@example.org"),
        "sent_by": "termine@kanzlei.example",
        "attendees": (Party("Bob Berg", "bob@example.org"),),
        "alarm_minutes": 60,
    }
    return Event(**(values | fields))


def lines(file: bytes) -> list[str]:
    """Content lines, unfolded."""
    return file.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def values_of(file: bytes, name: str) -> list[str]:
    """Everything after the property's name: parameters and value."""
    return [line[len(name) :] for line in lines(file) if re.match(rf"{name}[;:]", line)]


# --- golden files ------------------------------------------------------------------------------------------

GOLDENS = {
    "confirmed-client-de-on-site": (CLIENT, "de", Channel.ON_SITE, "REQUEST", {}),
    "confirmed-host-de-on-site": (HOST, "de", Channel.ON_SITE, "REQUEST", {}),
    "confirmed-client-en-video": (CLIENT, "en", Channel.VIDEO, "REQUEST", {}),
    "confirmed-host-en-video": (HOST, "en", Channel.VIDEO, "REQUEST", {}),
    "confirmed-client-en-phone": (CLIENT, "en", Channel.PHONE, "REQUEST", {}),
    "confirmed-host-de-phone-without-client-address": (HOST, "de", Channel.PHONE, "REQUEST", {"client_email": ""}),
    "confirmed-client-de-sensitive": (CLIENT, "de", Channel.ON_SITE, "REQUEST", {"sensitive": True}),
    "confirmed-host-en-sensitive-video": (HOST, "en", Channel.VIDEO, "REQUEST", {"sensitive": True}),
    "download-client-en-video": (CLIENT, "en", Channel.VIDEO, "PUBLISH", {}),
    "moved-client-en-on-site": (CLIENT, "en", Channel.ON_SITE, "REQUEST", {"version": 1}),
    "moved-host-de-video": (HOST, "de", Channel.VIDEO, "REQUEST", {"version": 1}),
    "cancelled-client-de-video": (CLIENT, "de", Channel.VIDEO, "CANCEL", {"version": 2}),
    "cancelled-host-en-on-site": (HOST, "en", Channel.ON_SITE, "CANCEL", {"version": 2}),
}


def golden_file(name: str) -> bytes:
    audience, language, channel, method, fields = GOLDENS[name]
    fields = dict(fields)
    brand = factories.make_brand(
        slug="kanzlei",
        name="Kanzleifinder",
        sender_address="termine@kanzlei.example",
        sensitive=fields.pop("sensitive", False),
    )
    if method == "CANCEL":
        fields["status"] = Status.CANCELLED
    booking = make_booking(brand, channel=channel, **fields)
    return render(ics.event_for(booking, audience=audience, language=language), method=method, stamp=STAMP)


@pytest.mark.django_db
@pytest.mark.parametrize("name", GOLDENS)
def test_golden(name):
    """REWRITE_GOLDEN=1 writes the files anew; read the difference before committing it."""
    path = GOLDEN / f"{name}.ics"
    file = golden_file(name)
    if os.environ.get("REWRITE_GOLDEN"):
        path.write_bytes(file)
    assert file == path.read_bytes()


# --- RFC 5545: the stream ----------------------------------------------------------------------------------

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@given(summary=texts, description=texts, name=texts, location=texts)
def test_lines_end_with_crlf_and_fold_at_75_octets_between_characters(summary, description, name, location):
    event = an_event(
        summary=f"x{summary}", description=description, location=location, organizer=Party(name, "alice@example.org")
    )
    file = render(event, method="REQUEST", stamp=STAMP)
    assert file.endswith(b"END:VCALENDAR\r\n")
    for line in file[:-2].split(b"\r\n"):
        assert len(line) <= 75
        assert b"\n" not in line
        assert b"\r" not in line
        line.decode()  # a fold inside a UTF-8 sequence would fail here
        assert not any(byte < 32 and byte != 9 for byte in line)


def plain(text: str) -> str:
    """What may come back: line ends as \\n, no control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(letter for letter in text if letter in "\n\t" or (letter >= " " and letter != "\x7f"))


@given(summary=texts, description=texts)
def test_texts_survive_the_round_trip_through_icalendar(summary, description):
    file = render(an_event(summary=f"x{summary}", description=description), method="PUBLISH", stamp=STAMP)
    event = Calendar.from_ical(file).events[0]
    assert event["SUMMARY"] == plain(f"x{summary}")
    assert event.get("DESCRIPTION", "") == plain(description)


@given(text=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200))
def test_texts_survive_the_round_trip_through_vobject(text):
    event = vobject.readOne(
        render(an_event(summary=f"x{text}", description=f"{text};\n,"), method="PUBLISH", stamp=STAMP).decode()
    ).vevent
    assert event.summary.value == f"x{text}"
    assert event.description.value == f"{text};\n,"


def test_special_letters_are_escaped_in_texts():
    file = render(an_event(summary="a,b;c\\d\ne"), method="PUBLISH", stamp=STAMP)
    assert values_of(file, "SUMMARY") == [r":a\,b\;c\\d\ne"]


@given(name=texts)
def test_names_survive_as_parameters(name):
    """RFC 6868; a parameter value is one line, so white space collapses."""
    file = render(an_event(attendees=(Party(name, "bob@example.org"),)), method="REQUEST", stamp=STAMP)
    attendee = Calendar.from_ical(file).events[0]["ATTENDEE"]
    assert attendee == "mailto:bob@example.org"
    assert attendee.params["CN"] == " ".join(plain(name).replace("\\", "/").split())


def test_a_name_cannot_break_out_of_its_parameter():
    evil = 'Eve":mailto:x@y.example\r\nATTENDEE:mailto:z@y.example;"'
    file = render(an_event(attendees=(Party(evil, "eve@example.org"),)), method="REQUEST", stamp=STAMP)
    assert len(values_of(file, "ATTENDEE")) == 1
    assert values_of(file, "ATTENDEE")[0].endswith(":mailto:eve@example.org")


def test_an_address_cannot_carry_mailto_fields():
    file = render(an_event(attendees=(Party("Eve", "eve?bcc=all%40x@example.org"),)), method="REQUEST", stamp=STAMP)
    assert values_of(file, "ATTENDEE")[0].endswith(":mailto:eve%3Fbcc=all%2540x@example.org")


def test_head():
    file = render(an_event(), method="PUBLISH", stamp=STAMP)
    head = lines(file)[: lines(file).index("BEGIN:VEVENT")]
    assert head == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{ics.PRODID}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ]


@pytest.mark.parametrize("zone", [UTC, timezone(timedelta(hours=-9, minutes=-30))])
def test_instants_are_utc_with_whole_seconds(zone):
    start = START.astimezone(zone) + timedelta(microseconds=7)
    file = render(an_event(starts_at=start), method="PUBLISH", stamp=STAMP.astimezone(zone))
    assert values_of(file, "DTSTART") == [":20270322T090000Z"]
    assert values_of(file, "DTSTAMP") == [":20270301T080005Z"]
    assert values_of(file, "CREATED") == [":20270301T080000Z"]
    assert values_of(file, "LAST-MODIFIED") == [":20270301T080000Z"]
    assert b"VTIMEZONE" not in file
    assert b"X-WR-" not in file


def test_impossible_events_are_refused():
    with pytest.raises(ValueError, match="ends after"):
        render(an_event(ends_at=START), method="PUBLISH", stamp=STAMP)
    with pytest.raises(ValueError, match="aware"):
        render(an_event(), method="PUBLISH", stamp=datetime(2027, 1, 1))  # noqa: DTZ001
    for method in ("REQUEST", "CANCEL"):
        with pytest.raises(ValueError, match="attendee"):
            render(an_event(attendees=()), method=method, stamp=STAMP)


# --- RFC 5546: who may say what ----------------------------------------------------------------------------


def test_publish_has_an_organizer_and_no_attendee():
    file = render(an_event(), method="PUBLISH", stamp=STAMP)
    assert not values_of(file, "ATTENDEE")
    assert len(values_of(file, "ORGANIZER")) == 1
    for name in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "SEQUENCE"):
        assert len(values_of(file, name)) == 1, name


def test_request_names_everybody_and_who_sends():
    file = render(an_event(), method="REQUEST", stamp=STAMP)
    assert values_of(file, "ATTENDEE") == [
        ';CN="Bob Berg";CUTYPE=INDIVIDUAL;PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT;RSVP=FALSE:mailto:bob@example.org'
    ]
    assert values_of(file, "ORGANIZER") == [
        ';CN="Alice Ahrens";SENT-BY="mailto:termine@kanzlei.example":mailto:alice@example.org'
    ]
    assert values_of(file, "STATUS") == [":CONFIRMED"]
    assert values_of(file, "TRANSP") == [":OPAQUE"]


def test_the_alarm_displays_an_hour_before():
    file = render(an_event(), method="REQUEST", stamp=STAMP)
    alarm = lines(file)[lines(file).index("BEGIN:VALARM") : lines(file).index("END:VALARM")]
    assert set(alarm) == {
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "DESCRIPTION:First talk with Alice Ahrens",
        "TRIGGER:-PT1H",
    }


def test_cancel_ends_the_event_without_alarm_and_keeps_what_identifies_it():
    event = an_event(conference_url="https://kanzlei.localhost/join/x/")
    before, after = (
        render(event, method="REQUEST", stamp=STAMP),
        render(replace(event, sequence=3, status="CANCELLED"), method="CANCEL", stamp=STAMP),
    )
    assert values_of(after, "STATUS") == [":CANCELLED"]
    assert values_of(after, "SEQUENCE") == [":3"]
    assert b"VALARM" not in after
    assert not values_of(after, "CONFERENCE")
    for name in ("UID", "DTSTART", "DTEND", "SUMMARY", "ORGANIZER", "ATTENDEE"):
        assert values_of(after, name) == values_of(before, name), name


def test_a_cancelled_event_stays_cancelled_in_a_download():
    file = render(an_event(status="CANCELLED"), method="PUBLISH", stamp=STAMP)
    assert values_of(file, "STATUS") == [":CANCELLED"]
    assert b"VALARM" not in file


@given(versions=st.lists(st.integers(0, 2**31 - 1), min_size=2, max_size=6, unique=True))
def test_sequence_is_the_version(versions):
    files = [render(an_event(sequence=version), method="REQUEST", stamp=STAMP) for version in sorted(versions)]
    sequences = [int(values_of(file, "SEQUENCE")[0][1:]) for file in files]
    assert sequences == sorted(versions)
    assert len({values_of(file, "UID")[0] for file in files}) == 1


# --- RFC 7986 ----------------------------------------------------------------------------------------------


def test_conference():
    file = render(
        an_event(conference_url="https://kanzlei.localhost/join/x/", conference_label="Join: now"),
        method="PUBLISH",
        stamp=STAMP,
    )
    assert values_of(file, "CONFERENCE") == [
        ';FEATURE=VIDEO,AUDIO;LABEL="Join: now";VALUE=URI:https://kanzlei.localhost/join/x/'
    ]


# --- bookings ----------------------------------------------------------------------------------------------


@pytest.fixture
def video(db):
    return make_booking(channel=Channel.VIDEO)


def test_the_uid_is_the_bookings_random_uid_and_names_nobody(video):
    for audience in (CLIENT, HOST):
        event = ics.event_for(video, audience=audience, language="en")
        assert event.uid == str(UID)
        assert event.sequence == video.version


def test_each_side_reads_the_other(video):
    assert ics.event_for(video, audience=CLIENT, language="en").summary == "First talk with Alice Ahrens"
    assert ics.event_for(video, audience=HOST, language="en").summary == "First talk: Bob Berg"


def test_video_happens_behind_our_own_link_which_differs_by_side(video):
    video.join_url = "https://video.example/secret-room"
    video.save()
    found = set()
    for audience in (CLIENT, HOST):
        event = ics.event_for(video, audience=audience, language="en")
        assert event.location == event.conference_url == links.join_url(video, audience)
        assert event.location.startswith("https://kanzlei.localhost/join/")
        file = render(event, method="REQUEST", stamp=STAMP)
        assert b"secret-room" not in file
        found.add(event.location)
    assert len(found) == 2


def test_only_the_client_gets_the_manage_link_and_the_alarm(video):
    client, host = (ics.event_for(video, audience=audience, language="en") for audience in (CLIENT, HOST))
    assert links.manage_url(video) in client.description
    assert client.url == links.manage_url(video)
    assert client.alarm_minutes == 60
    assert links.manage_token(video) not in repr(host)
    assert host.alarm_minutes is None


@pytest.mark.django_db
@pytest.mark.parametrize("channel", Channel.values)
def test_the_description_holds_nothing_personal_of_the_other_side(channel):
    booking = make_booking(channel=channel)
    for audience in (CLIENT, HOST):
        description = ics.event_for(booking, audience=audience, language="en").description
        assert booking.reference in description
        for secret in ("Nora", "1234567", "bob@example.org", "alice@example.org"):
            assert secret not in description


@pytest.mark.django_db
def test_places():
    booking = make_booking()
    assert ics.event_for(booking, audience=CLIENT, language="en").location == "Hauptstraße 1, 10115 Berlin"
    booking.location = ""
    assert "10115 Berlin" in ics.event_for(booking, audience=CLIENT, language="en").location
    booking.channel = Channel.PHONE
    assert ics.event_for(booking, audience=HOST, language="en").location == "By phone: +49 30 1234567"
    booking.client_phone = ""
    assert ics.event_for(booking, audience=HOST, language="en").location == "By phone"


@pytest.mark.django_db
def test_sensitive_brands_say_only_when_and_where():
    booking = make_booking(factories.make_brand(sensitive=True))
    for audience in (CLIENT, HOST):
        event = ics.event_for(booking, audience=audience, language="en")
        file = render(event, method="REQUEST", stamp=STAMP)
        assert values_of(file, "CLASS") == [":PRIVATE"]
        for telling in ("First talk", "contract", "Bob", "Alice"):
            assert telling not in event.summary + event.description
    assert ics.event_for(booking, audience=HOST, language="en").summary.endswith(booking.reference)


@pytest.mark.django_db
def test_the_professionals_own_file_is_an_invitation_even_without_a_clients_address():
    booking = make_booking(client_email="")
    event = ics.event_for(booking, audience=HOST, language="en")
    assert event.attendees == (Party("Alice Ahrens", "alice@example.org", "CHAIR"),)
    render(event, method="REQUEST", stamp=STAMP)


@pytest.mark.django_db
def test_when_her_data_is_erased_the_brand_organises():
    booking = make_booking()
    person = booking.host.person
    person.email = person.first_name = person.last_name = ""
    file = render(ics.event_for(booking, audience=CLIENT, language="en"), method="PUBLISH", stamp=STAMP)
    assert values_of(file, "ORGANIZER") == [";CN=Kanzleifinder:mailto:termine@kanzlei.example"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (Status.HELD, "TENTATIVE"),
        (Status.PENDING, "TENTATIVE"),
        (Status.CONFIRMED, "CONFIRMED"),
        (Status.COMPLETED, "CONFIRMED"),
        (Status.NO_SHOW, "CONFIRMED"),
        (Status.CANCELLED, "CANCELLED"),
        (Status.DECLINED, "CANCELLED"),
        (Status.EXPIRED, "CANCELLED"),
    ],
)
def test_status(status, expected):
    booking = make_booking()
    booking.status = status
    assert ics.event_for(booking, audience=CLIENT, language="en").status == expected


# --- round trip --------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("name", GOLDENS)
def test_two_parsers_read_the_same_facts(name):
    file = golden_file(name)
    _audience, _language, _channel, method, _fields = GOLDENS[name]
    ours, theirs = Calendar.from_ical(file), vobject.readOne(file.decode())
    assert ours["METHOD"] == theirs.method.value == method
    first, second = ours.events[0], theirs.vevent
    assert not first.errors
    assert first["UID"] == second.uid.value == str(UID)
    assert first.decoded("DTSTART") == second.dtstart.value == START
    assert first.decoded("DTEND") == second.dtend.value == END
    assert int(first["SEQUENCE"]) == int(second.sequence.value)
    for key in ("SUMMARY", "DESCRIPTION", "LOCATION", "STATUS", "CLASS"):
        assert str(first[key]) == getattr(second, key.lower()).value
    assert first["ORGANIZER"] == second.organizer.value
    assert ours.to_ical() == file


# --- links and names ---------------------------------------------------------------------------------------


def test_links_of_web_calendars():
    event = an_event(summary="A & B + C", description="x" * 5000)
    google, outlook, office = ics.calendar_links(event)
    query = parse_qs(urlsplit(google.url).query)
    assert query["action"] == ["TEMPLATE"]
    assert query["dates"] == ["20270322T090000Z/20270322T093000Z"]
    assert query["text"] == ["A & B + C"]
    assert query["location"] == ["Hauptstraße 1, 10115 Berlin"]
    for link, host in ((outlook, "outlook.live.com"), (office, "outlook.office.com")):
        assert urlsplit(link.url).hostname == host
        assert "+" not in link.url
        query = parse_qs(urlsplit(link.url).query)
        assert query["rru"] == ["addevent"]
        assert query["subject"] == ["A & B + C"]
        assert query["startdt"] == ["2027-03-22T09:00:00Z"]
        assert query["enddt"] == ["2027-03-22T09:30:00Z"]
    assert all(len(link.url) < 2000 for link in (google, outlook, office))


@pytest.mark.django_db
def test_the_file_is_named_by_the_clients_date():
    booking = make_booking(channel=Channel.VIDEO, client_time_zone="Pacific/Auckland")
    booking.starts_at = datetime(2027, 3, 22, 20, 0, tzinfo=UTC)
    with translation.override("en"):
        assert ics.file_name(booking) == "appointment-2027-03-23.ics"
    booking.channel = Channel.ON_SITE
    with translation.override("en"):
        assert ics.file_name(booking) == "appointment-2027-03-22.ics"
