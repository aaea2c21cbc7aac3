"""Members as CSV: read, checked without writing (dry run), written row by row as a job, and written out again.

One row is one member with one office. A row that names a known member changes her; columns that the file does not have,
and cells that are empty, stay as they are. Several values in a cell are separated by “|”. The API sends the same rows
(`scheduling.api.members`).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from directory import accounts, contacts, jobs, profiles
from directory.languages import NAMES
from directory.models import Brand, Job, Office, Person, Professional, Specialty, User
from directory.models.brands import zone_keys
from directory.search import fold
from directory.specialties import words_of

MOST = 20_000  # rows of one file
LARGEST = 10 * 1024 * 1024
PERSON = ["prefix", "first_name", "last_name", "phone", "language", "time_zone"]
PROFILE = ["title", "about", "fees", "registration"]
OFFICE = ["office", "street", "postcode", "city", "country"]
COLUMNS = ["reference", "email", *PERSON, *PROFILE, "specialties", "languages", *OFFICE]
SEPARATOR = "|"


def read(text: str, key: str) -> list[dict[str, str]]:
    """The rows, each with `COLUMNS` that the file has. Raises ValidationError where it is no such file."""
    text = text.removeprefix("\ufeff").replace("\0", "")
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    found = [(name or "").strip().lower() for name in reader.fieldnames or []]
    unknown = [name for name in found if name not in COLUMNS]
    if key not in found:
        raise ValidationError(_("The file has no column “%(name)s”.") % {"name": key})
    if unknown or len(found) != len(set(found)):
        raise ValidationError(
            _("Unknown or doubled columns: %(names)s.") % {"names": ", ".join(unknown) or ", ".join(sorted(found))}
        )
    rows: list[dict[str, str]] = []
    try:
        for values in csv.reader(io.StringIO(text[len(first) + 1 :], newline=""), delimiter=delimiter):
            if any(value.strip() for value in values):
                cells = (value.strip().removeprefix("'") for value in values)
                rows.append(dict(zip(found, cells, strict=False)))
            if len(rows) > MOST:
                raise ValidationError(_("At most %(count)d rows at once.") % {"count": MOST})
    except csv.Error as error:
        raise ValidationError(_("The file cannot be read as CSV.")) from error
    if not rows:
        raise ValidationError(_("The file has no rows."))
    return rows


@dataclass
class Plan:
    """What an import would do: counts, and for the rows that cannot be taken the line and why."""

    new: int = 0
    known: int = 0
    faults: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: in which column, in one word for programs, and in a sentence for people."""

    column: str
    code: str
    words: str


def refusal(faults: Iterable[Fault]) -> ValidationError:
    """One error for all of them, by column."""
    found: dict[str, list[ValidationError]] = {}
    for fault in faults:
        found.setdefault(fault.column, []).append(ValidationError(fault.words, code=fault.code))
    return ValidationError(found)


class Checker:
    """Reads once what rows are checked against, then says for each row what is wrong with it."""

    def __init__(self, brand: Brand, key: str) -> None:
        self.brand, self.key = brand, key
        self.specialties: dict[str, Specialty] = {}
        for specialty in Specialty.objects.filter(brand=brand):
            for word in {specialty.slug, *words_of(specialty)}:
                self.specialties.setdefault(word, specialty)
        self.seen: set[str] = set()

    def known(self, row: Mapping[str, str]) -> Professional | None:
        """The member that a row means, by the key of the import."""
        rows = Professional.objects.filter(brand=self.brand).select_related("person", "brand")
        value = row.get(self.key, "")
        if self.key == "reference":
            return rows.filter(reference=value).first()
        return rows.filter(person__email__iexact=value).first()

    def faults(self, row: Mapping[str, str], *, is_new: bool) -> list[Fault]:
        said = []
        value = row.get(self.key, "").lower()
        if not value:
            said.append(_empty(self.key))
        elif value in self.seen:
            said.append(Fault(self.key, "twice", _("“%(value)s” stands here twice.") % {"value": value}))
        self.seen.add(value)
        if row.get("email"):
            try:
                validate_email(row["email"])
            except ValidationError:
                words = _("“%(value)s” is no e-mail address.") % {"value": row["email"]}
                said.append(Fault("email", "invalid", words))
        if is_new:
            missing = [name for name in ("email", "first_name", "last_name") if not row.get(name)]
            said += [_empty(name) for name in missing if name != self.key]
        for name in _many(row, "specialties"):
            if fold(name) not in self.specialties and name not in self.specialties:
                words = _("There is no specialty “%(value)s”.") % {"value": name}
                said.append(Fault("specialties", "unknown", words))
        for code in _many(row, "languages"):
            if code not in NAMES:
                words = _("There is no language “%(value)s”.") % {"value": code}
                said.append(Fault("languages", "unknown", words))
        if row.get("time_zone") and row["time_zone"] not in zone_keys():
            words = _("“%(value)s” is not a time zone.") % {"value": row["time_zone"]}
            said.append(Fault("time_zone", "unknown", words))
        if any(row.get(name) for name in OFFICE[1:4]) and not all(row.get(name) for name in OFFICE[1:4]):
            said.append(Fault("street", "incomplete", _("An office needs street, postcode and city.")))
        return said + self._lengths(row)

    def _lengths(self, row: Mapping[str, str]) -> list[Fault]:
        """Also of the name of the office, which the table of columns calls otherwise."""
        models = [(Person, [*PERSON, "email"]), (Professional, [*PROFILE, "reference"]), (Office, OFFICE)]
        said = []
        for model, names in models:
            for name in names:
                column: Any = model._meta.get_field("name" if name == "office" else name)
                if column.max_length and len(row.get(name, "")) > column.max_length:
                    text = _("“%(name)s” is longer than %(count)d characters.")
                    said.append(Fault(name, "max_length", text % {"name": name, "count": column.max_length}))
                elif row.get(name) and column.choices and row[name] not in dict(column.flatchoices):
                    words = _("“%(value)s” is no value for “%(name)s”.") % {"value": row[name], "name": name}
                    said.append(Fault(name, "invalid_choice", words))
        return said


def _empty(name: str) -> Fault:
    return Fault(name, "required", _("“%(name)s” is empty.") % {"name": name})


def _many(row: Mapping[str, str], name: str) -> list[str]:
    return [part.strip() for part in row.get(name, "").split(SEPARATOR) if part.strip()]


def plan(brand: Brand, rows: Iterable[Mapping[str, str]], key: str) -> Plan:
    """The dry run: two queries for the members there are, nothing is written."""
    checker, found = Checker(brand, key), Plan()
    members = Professional.objects.filter(brand=brand)
    column = "reference" if key == "reference" else "person__email"
    known = {value.lower() for value in members.values_list(column, flat=True) if value}
    for number, row in enumerate(rows, 2):  # the first line has the names
        is_new = row.get(key, "").lower() not in known
        faults = checker.faults(row, is_new=is_new)
        if faults:
            found.faults.append((number, " ".join(fault.words for fault in faults)))
        elif is_new:
            found.new += 1
        else:
            found.known += 1
    return found


@transaction.atomic
def take(checker: Checker, row: Mapping[str, str]) -> Professional:
    """Make or change the member of one row. Raises ValidationError with what is wrong, by column."""
    member = checker.known(row)
    faults = checker.faults(row, is_new=member is None)
    if faults:
        raise refusal(faults)
    if member is not None and member.status == Professional.Status.CLOSED:
        raise refusal([Fault(checker.key, "closed", _("This member has left."))])
    if member is None:
        member = _create(checker.brand, row)
    given = {name: row[name] for name in PERSON if row.get(name)}
    if row.get("email") and row["email"].lower() != member.person.email:
        if member.person.user_id:
            words = _("Her e-mail is that of her log-in; only she can change it.")
            raise refusal([Fault("email", "log_in", words)])
        given["email"] = row["email"].lower()
    offices = list(member.offices.all())
    if row.get("street"):
        office = offices[0] if offices else Office()
        office.name = row.get("office") or office.name
        office.street, office.postcode, office.city = row["street"], row["postcode"], row["city"]
        office.country = row.get("country") or checker.brand.country
        offices = [office, *offices[1:]]
    names = _many(row, "specialties")
    chosen = [checker.specialties.get(name) or checker.specialties[fold(name)] for name in names]
    codes = _many(row, "languages") or list(member.languages.values_list("code", flat=True))
    profile = {name: row[name] for name in [*PROFILE, "reference"] if row.get(name)}
    return profiles.edit(
        member,
        person=given,
        profile=profile,
        specialties=chosen or list(member.specialties.all()),
        languages=codes,
        offices=offices,
    )


def _create(brand: Brand, row: Mapping[str, str]) -> Professional:
    """A draft without a log-in: she signs up with this e-mail and finds it."""
    person = Person.objects.filter(brand=brand, email__iexact=row["email"]).first()
    if person is None:
        person = Person(brand=brand, email=row["email"].lower(), time_zone=brand.time_zone, language=brand.language)
    elif hasattr(person, "professional"):
        words = _("“%(value)s” is another member.") % {"value": row["email"]}
        raise refusal([Fault("email", "taken", words)])
    person.first_name, person.last_name = row["first_name"], row["last_name"]
    person.save()
    return accounts.create_professional(person, brand)


def write(checker: Checker, row: Mapping[str, str], *, submit: bool) -> Professional:
    """One row as a whole or not at all; `submit`: a draft is also handed in. Raises ValidationError."""
    try:
        with transaction.atomic():
            member = take(checker, row)
            if submit and member.status == Professional.Status.DRAFT:
                member = accounts.submit(member)
            return member
    except accounts.NotAllowed as error:
        raise ValidationError(str(error), code="not_allowed") from error
    except IntegrityError as error:
        words = _("Another member has this e-mail or reference.")
        raise refusal([Fault(checker.key, "taken", words)]) from error


def run(job: Job) -> Iterator[str | None]:
    """The work of an import (directory/jobs.py): each row is its own transaction; a faulty one is left out and said."""
    key, submit = job.options["key"], job.options.get("submit", False)
    rows, checker = read(job.data, key), Checker(job.brand, key)
    behind = job.done + job.failed
    checker.seen.update(row.get(key, "").lower() for row in rows[:behind])
    for number, row in enumerate(rows[behind:], behind + 2):
        try:
            write(checker, row, submit=submit)
        except ValidationError as error:
            yield _("Line %(number)d: %(words)s") % {"number": number, "words": " ".join(error.messages)}
        else:
            yield None


def lines(members: QuerySet[Professional]) -> Iterator[str]:
    """The members as a file that can be read again; contact data as the reader of the page may see it."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(COLUMNS)
    found = members.select_related("person").prefetch_related("specialties", "languages", "offices")
    for member in found.iterator(chunk_size=200):
        person, office = member.person, member.main_office or Office()
        values: list[Any] = [member.reference, contacts.shown(person.email)]
        values += [person.prefix, person.first_name, person.last_name, contacts.shown(person.phone)]
        values += [person.language, person.time_zone, *(getattr(member, name) for name in PROFILE)]
        values += [SEPARATOR.join(row.slug for row in member.specialties.all())]
        values += [SEPARATOR.join(row.code for row in member.languages.all())]
        values += [office.name, office.street, office.postcode, office.city, office.country if office.pk else ""]
        writer.writerow([safe_cell(value) for value in values])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue()


def safe_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula; `read` takes the mark off again."""
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def start(brand: Brand, text: str, *, key: str, submit: bool, by: User) -> Job:
    count = len(read(text, key))
    title = _("Import of %(count)d members") % {"count": count}
    options = {"key": key, "submit": submit}
    return jobs.start("import members", title=title, brand=brand, by=by, total=count, data=text, options=options)
