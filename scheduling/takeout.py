"""Everything of a professional in one file: JSON for machines, CSV for spreadsheets, ICS for calendars, her portrait.

Made by a job, because it may be long; kept sealed in the job's row for a day, for her alone. Which rows are hers is read
from the models, so that a new one is not forgotten; addresses and digests that open something stay out.
"""

import base64
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ObjectDoesNotExist
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from icalendar import Calendar

from directory import audit, jobs
from directory.models import Brand, Job, Professional, User
from directory.secrets import CannotUnseal, seal, unseal
from scheduling import agenda, ics
from scheduling.models import Booking, MeetingType, Message

KIND = "takeout"
KEPT = timedelta(hours=24)
APPS = ("directory", "scheduling")
SECRET = {"manage_hash", "digest", "raw", "client_secret"}
# About her, but written by staff or machines for themselves.
OTHERS = {"auditevent", "blockedattempt", "job"}

audit.WORDS["takeout.read"] = translation.gettext_lazy("data downloaded")


def start(professional: Professional, *, by: User) -> Job:
    """Queue the work; one that is still open is taken instead of a second."""
    brand = professional.brand
    running = of(by, brand).filter(status__in=Job.OPEN, options__professional=professional.pk).first()
    if running:
        return running
    total = len(_parts(professional)) + 2
    options = {"professional": professional.pk}
    return jobs.start(KIND, title=_("Export of all data"), brand=brand, by=by, total=total, options=options)


def of(user: User, brand: Brand) -> QuerySet[Job]:
    """Her exports at this brand, newest first."""
    return Job.objects.filter(kind=KIND, by=user, brand=brand)


def is_ready(job: Job, now: datetime) -> bool:
    return bool(job.status == Job.Status.DONE and job.result and job.ended_at and job.ended_at > now - KEPT)


def read(job: Job) -> bytes | None:
    """The file; None if its key is gone."""
    try:
        content = base64.b64decode(unseal(job.result))
    except CannotUnseal:
        return None
    audit.record("takeout.read", job)
    return content


def forget(now: datetime) -> int:
    """Drop files after a day; the line about the job stays."""
    return Job.objects.filter(kind=KIND, ended_at__lte=now - KEPT).exclude(result="").update(result="")


def work(job: Job) -> Iterator[str | None]:
    """settings.JOB_KINDS: the whole file at once, so that it is of one moment; done again from the start if it broke off."""
    host = Professional.objects.select_related("person", "brand").get(pk=job.options["professional"])
    skip, seen = job.done + job.failed, 0
    buffer, everything = io.BytesIO(), {}
    with (
        timezone.override(ZoneInfo(host.person.time_zone)),
        translation.override(host.person.language),
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name, rows in _parts(host).items():
            everything[name] = [_values(row) for row in rows.iterator(chunk_size=500)]
        archive.writestr("data.json", json.dumps(everything, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1))
        table = agenda.table(Booking.objects.filter(host=host).real().order_by("starts_at"), delimiter=",")
        archive.writestr("bookings.csv", "".join(table))
        archive.writestr("bookings.ics", _calendar(host))
        if host.portrait and host.portrait.name:
            archive.writestr(f"portrait.{host.portrait.name.rsplit('.', 1)[-1]}", host.portrait.read())
        archive.writestr("README.txt", _about(host))
    job.result = seal(base64.b64encode(buffer.getvalue()).decode())
    while seen < job.total - skip:
        seen += 1
        yield None


def _parts(host: Professional) -> dict[str, QuerySet[Any]]:
    """Name → rows that are hers: herself, what points to her, and what points to her meeting types and bookings."""
    found: dict[str, QuerySet[Any]] = {
        "person": type(host.person).objects.filter(pk=host.person_id),
        "professional": Professional.objects.filter(pk=host.pk),
    }
    for model, path in ((Professional, ""), (MeetingType, "host"), (Booking, "host")):
        for relation in model._meta.related_objects:
            related = relation.related_model
            name = related._meta.model_name
            if related._meta.app_label not in APPS or name in OTHERS or relation.many_to_many:  # type: ignore[union-attr]
                continue
            column = relation.field.name + (f"__{path}" if path else "")
            found.setdefault(str(name), related._default_manager.filter(**{column: host}))  # type: ignore[union-attr]
    return found


def _values(row: Model) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for field in row._meta.concrete_fields:
        if field.name in SECRET:
            continue
        try:
            value = getattr(row, field.attname)
        except (CannotUnseal, ObjectDoesNotExist):
            value = None
        values[field.name] = str(value) if hasattr(value, "storage") else value
    for many in row._meta.many_to_many:
        values[many.name] = [str(other) for other in getattr(row, many.name).all()]
    return values


def _calendar(host: Professional) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", ics.PRODID)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    bookings = Booking.objects.filter(host=host).real().select_related("meeting_type__office").order_by("starts_at")
    for booking in bookings.iterator(chunk_size=500):
        booking.host = booking.meeting_type.host = host
        event = ics.event_for(booking, audience=Message.Audience.HOST, language=host.person.language)
        one = Calendar.from_ical(ics.render(event, method="PUBLISH", stamp=booking.updated_at))
        for part in one.walk("VEVENT"):
            calendar.add_component(part)
    return bytes(calendar.to_ical())


def _about(host: Professional) -> str:
    text = _(
        "All data of %(name)s at %(brand)s. data.json holds every row, bookings.csv opens in a spreadsheet, bookings.ics in a calendar."
    )
    return text % {"name": host, "brand": host.brand.name} + "\n"
