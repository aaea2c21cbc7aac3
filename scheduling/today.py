"""What the first page of a professional says: what is next, what needs her, when she is free."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.apps import apps
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from directory import accounts
from directory.models import Professional
from scheduling import hours
from scheduling.models import AvailabilityOverride, AvailabilityRule, Booking, MeetingType, Message

Status = Professional.Status
TONES = ("danger", "warning", "info", "success")


@dataclass(frozen=True, slots=True)
class Note:
    """Something that needs her, with the one thing to do about it; or, without one, something she should know.

    `tone`: danger, warning, info or success.
    """

    tone: str
    text: str
    action: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the way to a public page. `key`: profile, hours, meeting_type or submit."""

    key: str
    text: str
    done: bool
    action: str
    url: str


@dataclass(frozen=True, slots=True)
class Overview:
    """`notes` have an action, the worst first; `news` are only to be known."""

    next: Booking | None
    today: list[Booking]
    requests: list[Booking]
    news: list[Note]
    notes: list[Note]
    steps: list[Step]


def overview(professional: Professional, *, now: datetime | None = None) -> Overview:
    """Everything for the page; a bounded number of queries, whatever the number of bookings."""
    now = now or timezone.now()
    start = timezone.localtime(now, ZoneInfo(professional.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    end = start + timedelta(days=1)
    news = _news(professional)
    mine = Booking.objects.filter(host=professional).select_related("meeting_type")
    missing = accounts.missing_for_submission(professional)
    has_hours, has_types = _has_hours(professional, start.date()), _has_types(professional)
    return Overview(
        next=mine.upcoming(now).filter(awaits="").order_by("starts_at").first(),
        requests=list(mine.requests().filter(answer_by__gt=now).order_by("answer_by")[:20]),
        today=list(
            mine.real()
            .exclude(status__in=["cancelled", "declined"])
            .filter(starts_at__lt=end, ends_at__gt=start)
            .order_by("starts_at")[:100]
        ),
        news=[note for note in news if not note.url],
        notes=sorted(
            [
                *_notes(professional, missing, has_hours=has_hours, has_types=has_types, now=now),
                *(note for note in news if note.url),
            ],
            key=lambda note: TONES.index(note.tone),
        ),
        steps=_steps(professional, missing, has_hours=has_hours, has_types=has_types),
    )


def _has_hours(professional: Professional, today: date) -> bool:
    """Weekly hours, or open dates ahead."""
    ahead = AvailabilityOverride.objects.filter(host=professional, last_date__gte=today).exclude(windows=[])
    return AvailabilityRule.objects.filter(host=professional).exists() or ahead.exists()


def _has_types(professional: Professional) -> bool:
    return MeetingType.objects.public().filter(host=professional).exists()


def _news(professional: Professional) -> list[Note]:
    """What the apps above have to say (settings.MEMBER_NOTICES)."""
    paths = [path for path in settings.MEMBER_NOTICES if apps.is_installed(path.split(".")[0])]
    return [note for path in paths for note in import_string(path)(professional)]


def _steps(professional: Professional, missing: list[str], *, has_hours: bool, has_types: bool) -> list[Step]:
    """The way to a public page; empty once it is reached."""
    if professional.status not in (Status.DRAFT, Status.SUBMITTED):
        return []
    return _all_steps(professional, missing, has_hours=has_hours, has_types=has_types)


def steps_of(professional: Professional, missing: list[str]) -> list[Step]:
    """The same steps at any time, also when they are all done."""
    today = timezone.localdate(timezone=ZoneInfo(professional.time_zone))
    return _all_steps(
        professional, missing, has_hours=_has_hours(professional, today), has_types=_has_types(professional)
    )


def _all_steps(professional: Professional, missing: list[str], *, has_hours: bool, has_types: bool) -> list[Step]:
    submitted = professional.status != Status.DRAFT
    profile = reverse("my_profile")
    return [
        Step(
            "profile",
            _("Describe yourself: title, text, specialties, languages, office"),
            not missing,
            _("Fill in"),
            profile,
        ),
        Step("hours", _("Say when you are open"), has_hours, _("Set hours"), reverse("my_hours")),
        Step(
            "meeting_type", _("Say what can be booked"), has_types, _("Add a meeting type"), reverse("my_meeting_types")
        ),
        Step("submit", _("Send your profile for approval"), submitted, _("Submit"), f"{profile}#submit"),
    ]


def _notes(
    professional: Professional, missing: list[str], *, has_hours: bool, has_types: bool, now: datetime
) -> list[Note]:
    """What needs her, the worst first."""
    notes = []
    profile, hours_page = reverse("my_profile"), reverse("my_hours")
    listed = professional.status == Status.LISTED
    if professional.status == Status.SUSPENDED:
        text = _("Your profile is suspended and not public. Booked appointments stay.")
        notes.append(Note("danger", text, _("Write to us"), f"mailto:{professional.brand.support_email}"))
    elif professional.status == Status.DRAFT and professional.refusal_reason:
        text = _("Your profile was not approved: %(reason)s") % {"reason": professional.refusal_reason}
        notes.append(Note("danger", text, _("Mend the profile"), profile))
    elif professional.status == Status.SUBMITTED:
        text = _("Your profile is waiting for approval. We write to you as soon as it is checked.")
        notes.append(Note("info", text, _("See the profile"), profile))
    if professional.is_paused:
        own = professional.paused
        text = _("New bookings are paused.") if own else _("The directory has paused new bookings.")
        notes.append(Note("warning", text, _("Change it") if own else _("See the rules"), reverse("my_rules")))
    if listed and missing:
        text = _("Your profile is incomplete: %(what)s.") % {"what": ", ".join(missing)}
        notes.append(Note("warning", text, _("Complete it"), profile))
    if listed and not has_hours:
        notes.append(Note("danger", _("Nobody can book: you have no hours."), _("Set hours"), hours_page))
    if listed and not has_types:
        text = _("Nobody can book: no meeting type is shown on your profile.")
        notes.append(Note("danger", text, _("Add or show one"), reverse("my_meeting_types")))
    if listed and has_hours and has_types and professional.next_free_at is None and not professional.is_paused:
        text = _("Nothing is free in the time ahead that can be booked.")
        notes.append(Note("warning", text, _("Look at your hours"), hours_page))
    return [*notes, *_about_bookings(professional, now)]


def _about_bookings(professional: Professional, now: datetime) -> list[Note]:
    notes = []
    stuck = (
        Message.objects.filter(
            booking__host=professional, status=Message.Status.FAILED, created_at__gte=now - timedelta(days=14)
        )
        .filter(audience=Message.Audience.CLIENT, booking__ends_at__gt=now)
        .select_related("booking")
        .first()
    )
    if stuck:
        text = _("A mail to %(name)s could not be delivered. Perhaps call.") % {"name": stuck.booking.client_name}
        notes.append(Note("danger", text, _("See the appointment"), reverse("my_booking", args=[stuck.booking_id])))
    outside = len(hours.outside(professional, now=now))
    if outside:
        text = ngettext(
            "%(count)s booked appointment lies outside your hours.",
            "%(count)s booked appointments lie outside your hours.",
            outside,
        ) % {"count": outside}
        notes.append(Note("info", text, _("Show"), f"{reverse('my_hours')}#outside"))
    return notes
