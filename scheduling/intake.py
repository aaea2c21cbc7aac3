"""Questions of a meeting type and the answers of a booking: what applies, what is kept, what is read.

A sealed file is read as a whole: it is small, and nobody may guess it from its length on disk alone.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from PIL import Image, UnidentifiedImageError

from directory.secrets import seal_bytes, unseal_bytes
from scheduling.models import Answer, Booking, MeetingType, Question

Kind = Question.Kind
MOST = 20
LARGEST = 5 * 1024 * 1024
PICTURES = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG", ".webp": "WEBP"}
CONTENT_TYPES = {
    ".pdf": "application/pdf",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".odt": "application/vnd.oasis.opendocument.text",
    ".txt": "text/plain; charset=utf-8",
}


# --- which questions apply --------------------------------------------------------------------------------------


def applies(question: Question, raw: Mapping[int, Any], shown: Mapping[int, bool]) -> bool:
    """Whether a question is asked, given the raw answers and which of the earlier questions are asked themselves."""
    if question.depends_on_id is None:
        return True
    if not shown.get(question.depends_on_id, False):
        return False
    value = raw.get(question.depends_on_id)
    if not question.depends_value:
        return value not in (None, "", [], False)
    return question.depends_value in value if isinstance(value, list) else str(value) == question.depends_value


def asked(questions: Iterable[Question], raw: Mapping[int, Any]) -> set[int]:
    """Ids of the questions that apply to these raw answers."""
    shown: dict[int, bool] = {}
    for question in questions:
        shown[question.pk] = applies(question, raw, shown)
    return {pk for pk, is_shown in shown.items() if is_shown}


# --- answers ----------------------------------------------------------------------------------------------------


@transaction.atomic
def record(booking: Booking, given: Mapping[Question, Any]) -> None:
    """Keep the answers of a booking: what is given (raw values, or an uploaded file) replaces what was there, an empty
    value takes it away. A file that is not given again stays. Call it in the transaction of the booking's verb."""
    now = timezone.now()
    for question, raw in given.items():
        if question.kind == Kind.FILE and raw is None:
            continue
        if raw in (None, "", [], False):
            _drop(booking.answers.filter(question=question))
            continue
        answer = booking.answers.filter(question=question).first() or Answer(booking=booking, question=question)
        answer.kind, answer.label, answer.sensitive = question.kind, question.label, question.sensitive
        answer.position, answer.answered_at = question.position, now
        answer.value = _readable(question, raw)
        if question.kind == Kind.FILE:
            _discard(answer)
            raw.seek(0)
            answer.file.save("answer", ContentFile(seal_bytes(raw.read())), save=False)
            answer.raw = ""
        else:
            answer.raw = raw if isinstance(raw, list) else str(raw)
        answer.save()


def _readable(question: Question, raw: Any) -> Any:
    options = question.option_list
    match question.kind:
        case Kind.CHOICE:
            return options[int(raw)]
        case Kind.CHOICES:
            return [options[int(one)] for one in raw]
        case Kind.YES_NO:
            return _("Yes") if raw == "yes" else _("No")
        case Kind.NUMBER:
            return number_format(raw.normalize() if raw else raw)
        case Kind.DATE:
            return date_format(raw, "DATE_FORMAT")
        case Kind.FILE:
            return PurePath(raw.name).name[-120:]
    return raw


def name_attendee(booking: Booking, *, name: str, email: str = "", phone: str = "") -> None:
    """For whom it is booked, if not for the client. Call it in the transaction of the booking's verb."""
    given = {"attendee_name": name.strip(), "attendee_email": email.strip().lower(), "attendee_phone": phone.strip()}
    Booking.objects.filter(pk=booking.pk).update(**given)
    for column, value in given.items():
        setattr(booking, column, value)


def raw_answers(booking: Booking) -> dict[int, Any]:
    """Question id → raw value, as forms take it."""
    return {answer.question_id: answer.raw for answer in booking.answers.all() if answer.question_id}


def for_mail(booking: Booking) -> list[Answer]:
    """What may stand in a mail to the professional."""
    if booking.host.is_sensitive:
        return []
    return [answer for answer in booking.answers.all() if not answer.sensitive and answer.kind != Kind.FILE]


def forget(bookings: Any) -> None:
    """Answers of bookings that never came about, with their files."""
    _drop(Answer.objects.filter(booking__in=bookings))


def _drop(answers: Any) -> None:
    for answer in answers:
        _discard(answer)
        answer.delete()


def _discard(answer: Answer) -> None:
    """Remove the file once the transaction is sure."""
    if answer.file:
        name, storage = str(answer.file.name), answer.file.storage
        transaction.on_commit(lambda: storage.delete(name))


# --- files ------------------------------------------------------------------------------------------------------


def read_file(answer: Answer) -> tuple[bytes, str, str]:
    """Content, type and name of an uploaded file."""
    with answer.file.open("rb") as file:
        content = unseal_bytes(file.read())
    return content, CONTENT_TYPES.get(answer.suffix, "application/octet-stream"), answer.text


def validate_file(file: File) -> None:
    """Refuse what is too large or is not what its name says. Raises ValidationError."""
    if file.size > LARGEST:
        raise ValidationError(_("The file is larger than 5 MB."), code="too_large")
    suffix = PurePath(file.name or "").suffix.lower()
    if suffix not in CONTENT_TYPES:
        raise ValidationError(_("Possible are PDF, pictures, text and Word or OpenDocument files."), code="type")
    file.seek(0)
    content = file.read()
    file.seek(0)
    if not _is_what_it_says(content, suffix):
        raise ValidationError(_("The file's content does not match its name."), code="mismatch")


def _is_what_it_says(content: bytes, suffix: str) -> bool:
    if suffix in PICTURES:
        try:
            with Image.open(io.BytesIO(content)) as image:
                image.verify()
                return image.format == PICTURES[suffix]
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
            return False
    if suffix in (".docx", ".odt"):
        try:
            names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return False
        return ("word/document.xml" if suffix == ".docx" else "content.xml") in names
    if suffix == ".pdf":
        return content[:1024].lstrip().startswith(b"%PDF-")
    try:
        return "\0" not in content.decode("utf-8")
    except UnicodeDecodeError:
        return False


# --- the editor -------------------------------------------------------------------------------------------------


@transaction.atomic
def save_question(question: Question) -> Question:
    """New ones come last. What depended on an answer that no longer exists is asked always."""
    if question.pk is None:
        last = question.meeting_type.questions.aggregate(last=Max("position"))["last"]
        question.position = 0 if last is None else last + 1
    question.save()
    for other in Question.objects.filter(depends_on=question).exclude(depends_value=""):
        if other.depends_value not in conditions(question):
            other.depends_on, other.depends_value = None, ""
            other.save()
    return question


@transaction.atomic
def move_question(question: Question, *, up: bool) -> None:
    """One place up or down. A question that would come before the one it depends on is asked always."""
    rows = list(Question.objects.filter(meeting_type=question.meeting_type))
    here = [row.pk for row in rows].index(question.pk)
    there = here - 1 if up else here + 1
    if 0 <= there < len(rows):
        rows[here], rows[there] = rows[there], rows[here]
    before: set[int] = set()
    for position, row in enumerate(rows):
        row.position = position
        if row.depends_on_id is not None and row.depends_on_id not in before:
            row.depends_on, row.depends_value = None, ""
        before.add(row.pk)
        row.save()


def conditions(question: Question) -> dict[str, str]:
    """What another question may depend on: value → words. Only choices have answers that can be foreseen."""
    if question.kind == Kind.YES_NO:
        return {"yes": _("Yes"), "no": _("No")}
    if question.kind in (Kind.CHOICE, Kind.CHOICES):
        return {str(number): option for number, option in enumerate(question.option_list)}
    return {}


def questions_of(meeting_type: MeetingType) -> list[Question]:
    """In order, each with the question it depends on."""
    return list(meeting_type.questions.select_related("depends_on"))
