"""Questions and answers: what is asked, what must be answered, who reads it, what lies on the disk."""

import datetime as dt
import io
import re
import zipfile
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone, translation
from PIL import Image

from scheduling import availability, bookings, intake, links, tasks
from scheduling.forms.intake import AnswersForm
from scheduling.models import Answer, Booking, Question
from scheduling.models.bookings import Status
from tests.scheduling.test_visitor import TYPED, take, text

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj\n"


@pytest.fixture
def starts(meeting_type):
    now = timezone.now()
    return availability.open_starts(meeting_type, now + dt.timedelta(days=3), now + dt.timedelta(days=20))


def ask(meeting_type, label: str, **fields) -> Question:
    values = {"kind": "text", "label_en": label, "position": meeting_type.questions.count()}
    return Question.objects.create(meeting_type=meeting_type, **(values | fields))


@pytest.fixture
def booking(meeting_type, starts) -> Booking:
    return bookings.confirm(bookings.hold(meeting_type, starts[0]), name="Bob Berg", email="bob@example.org")


def form(questions, data: dict[str, object], kept=(), files=None) -> AnswersForm:
    return AnswersForm(data, files or {}, questions=questions, kept=set(kept))


# --- the form ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "good", "shown", "bad"),
    [
        ("text", " A lease ", "A lease", "x" * 301),
        ("long", "One\nTwo", "One\nTwo", "x" * 3001),
        ("choice", "1", "Blue", "7"),
        ("choices", ["0", "1"], "Red, Blue", ["0", "9"]),
        ("yes_no", "yes", "Yes", "maybe"),
        ("number", "12.50", "12.5", "twelve"),
        ("date", "2027-02-28", "28 February 2027", "2027-02-30"),
        ("phone", "+49 221 123456", "+49 221 123456", "call me"),
    ],
)
def test_every_kind_of_answer(meeting_type, booking, kind, good, shown, bad):
    question = ask(meeting_type, "Which?", kind=kind, options_en="Red\nBlue", required=True)
    good_form = form([question], {question.key: good})
    assert good_form.is_valid(), good_form.errors
    intake.record(booking, good_form.answers())
    assert booking.answers.get().text == shown
    again = form([question], {question.key: intake.raw_answers(booking)[question.pk]})
    assert again.is_valid(), "what is kept fits into the form again"
    for wrong in (bad, [] if kind == "choices" else ""):
        refused = form([question], {question.key: wrong})
        assert not refused.is_valid()
        assert question.key in refused.errors


def test_what_depends_is_asked_only_then(meeting_type):
    first = ask(meeting_type, "Insured?", kind="yes_no", required=True)
    second = ask(meeting_type, "Which company?", required=True, depends_on=first, depends_value="yes")
    third = ask(meeting_type, "Which number?", required=True, depends_on=second)
    questions = [first, second, third]
    no = form(questions, {first.key: "no", second.key: "Typed before she said no"})
    assert no.is_valid(), no.errors
    assert no.answers() == {first: "no", second: "", third: ""}
    yes = form(questions, {first.key: "yes"})
    assert set(yes.errors) == {second.key}, "the third waits for an answer to the second"
    both = form(questions, {first.key: "yes", second.key: "Ace"})
    assert set(both.errors) == {third.key}
    assert set(form(questions, {}).errors) == {first.key}


def test_several_chosen_open_what_depends_on_one_of_them(meeting_type):
    first = ask(meeting_type, "Topics", kind="choices", options_en="Rent\nWork\nOther")
    second = ask(meeting_type, "Which other?", required=True, depends_on=first, depends_value="2")
    assert form([first, second], {first.key: ["0", "1"]}).is_valid()
    assert not form([first, second], {first.key: ["0", "2"]}).is_valid()


# --- booking -----------------------------------------------------------------------------------------------


def test_answers_are_given_with_the_booking(client, alice_client, meeting_type, starts, mailoutbox):
    lease = ask(meeting_type, "Since when?", kind="date", required=True)
    health = ask(meeting_type, "Which illness?", sensitive=True)
    paper = ask(meeting_type, "The lease", kind="file")
    path = take(client, meeting_type, starts[0])
    page = text(client.get(f"{path}details/"))
    for words in ("Since when?", "Which illness?", "multipart/form-data", "Only the professional reads"):
        assert words in page
    refused = client.post(f"{path}details/", TYPED | {health.key: "Flu"})
    assert refused.status_code == 422
    assert 'value="Flu"' in text(refused)
    assert Booking.objects.get().status == Status.HELD
    file = SimpleUploadedFile("../lease.pdf", PDF, content_type="text/html")
    data = TYPED | {lease.key: "2026-05-01", health.key: "Flu", paper.key: file}
    assert client.post(f"{path}details/", data).status_code == 303
    booking = Booking.objects.get()
    assert [answer.text for answer in booking.answers.all()] == ["1 May 2026", "Flu", "lease.pdf"]

    with connection.cursor() as cursor:
        cursor.execute("SELECT value, raw FROM scheduling_answer")
        assert "Flu" not in str(cursor.fetchall())
    answer = booking.answers.get(kind="file")
    assert PDF not in Path(answer.file.path).read_bytes()

    tasks.send_due_messages()
    host_mail = next(mail for mail in mailoutbox if mail.to == ["alice@example.org"])
    assert "Since when?: 1 May 2026" in host_mail.body
    everything = "".join(mail.message().as_string() + mail.body for mail in mailoutbox)
    assert "Flu" not in everything
    assert "illness" not in everything

    hers = text(alice_client.get(f"/my/bookings/{booking.pk}/"))
    assert "Flu" in hers
    for reader, url in (
        (client, f"{path}files/{answer.pk}/"),
        (alice_client, f"/my/bookings/{booking.pk}/files/{answer.pk}/"),
    ):
        response = reader.get(url)
        assert response.content == PDF
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"] == 'attachment; filename="lease.pdf"'
        assert response["X-Content-Type-Options"] == "nosniff"


def test_staff_see_that_there_is_a_sensitive_answer_but_not_what(admin_client, meeting_type, booking):
    intake.record(booking, {ask(meeting_type, "Illness", sensitive=True): "Flu", ask(meeting_type, "Topic"): "Rent"})
    page = text(admin_client.get(f"/admin/scheduling/booking/{booking.pk}/change/"))
    assert "Flu" not in page
    assert "•••" in page
    assert "Rent" in page


def test_files_are_for_the_two_of_them(client, charlie_client, meeting_type, starts, booking):
    intake.record(booking, {ask(meeting_type, "Paper", kind="file"): SimpleUploadedFile("a.pdf", PDF)})
    pk = booking.answers.get().pk
    assert charlie_client.get(f"/my/bookings/{booking.pk}/files/{pk}/").status_code == 404
    assert client.get(f"/my/bookings/{booking.pk}/files/{pk}/").status_code == 302
    assert client.get(f"/b/AAAAAAAAAAAAAAAAAAAAAA/files/{pk}/").status_code == 404
    other = bookings.confirm(bookings.hold(meeting_type, starts[1]), name="Eve", email="eve@example.org")
    assert client.get(f"{links.manage_path(other)}files/{pk}/").status_code == 404
    assert client.get(f"/media/{booking.answers.get().file.name}").status_code == 404


def test_answers_change_until_the_start(client, meeting_type, booking):
    topic = ask(meeting_type, "Topic", required=True)
    paper = ask(meeting_type, "Paper", kind="file", required=True)
    path = links.manage_path(booking)
    assert "Answer the questions" in text(client.get(path)), "entered by phone, nothing was asked"
    url = f"{path}answers/"
    assert client.post(url, {topic.key: ""}).status_code == 422
    first = SimpleUploadedFile("a.pdf", PDF)
    assert client.post(url, {topic.key: "Rent", paper.key: first}).status_code == 302
    old = Path(booking.answers.get(kind="file").file.path)
    assert old.exists()
    assert client.post(url, {topic.key: "Work"}).status_code == 302, "the file stays"
    assert [answer.text for answer in booking.answers.all()] == ["Work", "a.pdf"]
    assert 'value="Work"' in text(client.get(url))
    begun = timezone.now() - dt.timedelta(minutes=1)
    Booking.objects.update(starts_at=begun, blocked_from=begun)
    assert client.post(url, {topic.key: "Late"}).status_code == 302
    assert booking.answers.first().text == "Work"


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_replaced_leaves_the_disk(meeting_type, booking):
    paper = ask(meeting_type, "Paper", kind="file")
    intake.record(booking, {paper: SimpleUploadedFile("a.pdf", PDF)})
    old = Path(booking.answers.get().file.path)
    intake.record(booking, {paper: SimpleUploadedFile("b.txt", b"text")})
    assert not old.exists()
    new = Path(booking.answers.get().file.path)
    intake.record(booking, {paper: ""})
    assert not new.exists()
    assert not Answer.objects.exists()


def picture(kind: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, kind)
    return file.getvalue()


def office(name: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "<x/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.pdf", PDF, ""),
        ("a.JPG", picture("JPEG"), ""),
        ("a.webp", picture("WEBP"), ""),
        ("a.txt", "ä".encode(), ""),
        ("a.docx", office("word/document.xml"), ""),
        ("a.odt", office("content.xml"), ""),
        ("a.pdf", b"<html>", "mismatch"),
        ("a.png", picture("JPEG"), "mismatch"),
        ("a.docx", office("evil.exe"), "mismatch"),
        ("a.odt", b"PK", "mismatch"),
        ("a.txt", b"\xff\x00", "mismatch"),
        ("a.html", b"<p>", "type"),
        ("a.svg", b"<svg>", "type"),
        ("a", b"", "type"),
        ("a.pdf", PDF + b" " * intake.LARGEST, "too_large"),
    ],
)
def test_files_are_what_they_say(name, content, code):
    file = SimpleUploadedFile(name, content)
    if not code:
        intake.validate_file(file)
        return
    with pytest.raises(ValidationError) as caught:
        intake.validate_file(file)
    assert caught.value.code == code


def test_the_question_is_kept_as_it_was_read(client, meeting_type, starts):
    topic = ask(
        meeting_type, "Topic", label_de="Thema", kind="choice", options_en="Rent\nWork", options_de="Miete\nArbeit"
    )
    path = take(client, meeting_type, starts[0])
    assert "Thema" in text(client.get(f"{path}details/?lang=de"))
    client.post(f"{path}details/?lang=de", TYPED | {topic.key: "1"})
    with translation.override("de"):
        Question.objects.filter(pk=topic.pk).update(label_de="Anderes")
        assert (Answer.objects.get().label, Answer.objects.get().text) == ("Thema", "Arbeit")
    topic.delete()
    assert Answer.objects.get().label == "Thema"


# --- the editor --------------------------------------------------------------------------------------------

NEW = {"kind": "yes_no", "label_en": "Insured?", "condition": ""}


def test_writing_ordering_and_deleting_questions(alice_client, meeting_type):
    base = f"/my/meeting-types/{meeting_type.pk}/questions/"
    assert "Nothing is asked yet" in text(alice_client.get(base))
    assert alice_client.post(f"{base}new/", NEW).status_code == 302
    first = Question.objects.get()
    depends = {"kind": "text", "label_en": "Which company?", "condition": f"{first.pk}:yes", "required": "on"}
    assert alice_client.post(f"{base}new/", depends).status_code == 302
    second = Question.objects.last()
    assert (second.depends_on, second.depends_value, second.position) == (first, "yes", 1)
    assert "“Insured?” is answered with “Yes”" in text(alice_client.get(base))
    wrong = alice_client.post(f"{base}new/", {"kind": "choice", "label_en": "", "options_en": "One"})
    assert wrong.status_code == 422
    assert {"label_en", "options_en"} <= set(wrong.context["form"].errors)
    alice_client.post(f"{base}{second.pk}/move/", {"up": "1"})
    assert list(Question.objects.values_list("label_en", flat=True)) == ["Which company?", "Insured?"]
    second.refresh_from_db()
    assert second.depends_on is None, "it can no longer depend on what comes later"
    alice_client.post(f"{base}{first.pk}/remove/")
    assert Question.objects.get() == second


def test_an_option_that_goes_takes_its_condition_along(alice_client, meeting_type):
    first = ask(meeting_type, "Topic", kind="choice", options_en="Rent\nWork\nOther")
    second = ask(meeting_type, "Which other?", depends_on=first, depends_value="2")
    data = {"kind": "choice", "label_en": "Topic", "options_en": "Rent\nWork", "condition": ""}
    alice_client.post(f"/my/meeting-types/{meeting_type.pk}/questions/{first.pk}/", data)
    second.refresh_from_db()
    assert (second.depends_on, second.depends_value) == (None, "")


def test_questions_of_others(charlie_client, meeting_type):
    question = ask(meeting_type, "Topic")
    base = f"/my/meeting-types/{meeting_type.pk}/questions/"
    for url in (base, f"{base}new/", f"{base}{question.pk}/"):
        assert charlie_client.get(url).status_code == 404
    assert charlie_client.post(f"{base}{question.pk}/remove/").status_code == 404
    assert Question.objects.exists()


def test_what_a_professional_writes_beside_a_question_is_text(client, meeting_type, starts):
    ask(meeting_type, "<b>Which</b>?", help_text_en='<form action="https://evil.example">')
    page = client.get(f"{take(client, meeting_type, starts[0])}details/").content.decode()
    assert "&lt;b&gt;Which" in page
    assert "&lt;form action=" in page
    assert '<form action="https://evil.example">' not in page


def test_the_details_page_asks_the_database_once_for_all_questions(client, meeting_type, starts, at_most_queries):
    path = take(client, meeting_type, starts[0])
    with at_most_queries(12) as without:
        client.get(f"{path}details/")
    for number in range(8):
        ask(meeting_type, f"Question {number}")
    with at_most_queries(len(without)):
        page = client.get(f"{path}details/")
    assert len(re.findall(r'name="q\d+"', text(page))) == 8


def test_what_is_kept_while_another_time_is_chosen_is_sealed(client, meeting_type, starts):
    health = ask(meeting_type, "Illness", sensitive=True)
    path = take(client, meeting_type, starts[0])
    client.post(f"{path}release/", TYPED | {health.key: "Flu"})
    assert "Flu" not in str(dict(client.session))
    path = take(client, meeting_type, starts[1])
    assert 'value="Flu"' in text(client.get(f"{path}details/"))
