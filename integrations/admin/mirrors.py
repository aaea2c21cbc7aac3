"""What we are responsible for at providers: state, proof, drift, and what may be done about it."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from directory.admin.verbs import Question, ReasonForm, badge, short
from directory.models import Professional, User
from directory.secrets import CannotUnseal
from integrations import parity
from integrations.admin.forms import AdoptForm, RoomLinkForm
from integrations.admin.subjects import name_rows
from integrations.desired import RETIRED
from integrations.errors import ProviderError, Rejected
from integrations.models import Mirror
from integrations.progress import of_state
from integrations.room_models import RoomWatch
from integrations.words import KINDS, by_reason, kind_name
from scheduling import bookings
from scheduling.admin.messages import ReadOnlyRows
from scheduling.models import Booking
from scheduling.progress import State

COLOURS = {"working": "info", "waiting": "info", "parked": "danger", "drifted": "warning", "done": "success"}
STATES = {name: (colour, State(name).label) for name, colour in COLOURS.items()}
PEOPLE = {
    "invited": pgettext_lazy("somebody in a video room", "invited"),
    "accepted": pgettext_lazy("somebody in a video room", "has accepted"),
    "declined": pgettext_lazy("somebody in a video room", "has declined"),
    "inside": pgettext_lazy("somebody in a video room", "inside"),
    "left": pgettext_lazy("somebody in a video room", "has left"),
    "unknown": pgettext_lazy("somebody in a video room", "unknown"),
}
ERRORS = (ProviderError, CannotUnseal)


def next_action(row: Mirror) -> str:
    """What happens next by itself, or what a person should do."""
    state = row.state
    if state == "waiting" and row.connection.is_resting:
        return _("waits until calls may go out again")
    if state == "waiting" and row.due_at and row.due_at > timezone.now():
        return _("tried again at %(time)s") % {"time": short(row.due_at)}
    if state == "parked" and unknown_room(row):
        return _("“It exists” or “Create again”")
    if state == "parked":
        return _("mend the cause, then “Sync now”")
    if state == "drifted":
        return _("“Sync now” writes ours over it, as far as the provider can")
    return {"waiting": _("is done within seconds"), "working": _("being done")}.get(state, "–")


def unknown_room(row: Mirror) -> bool:
    """A video room of which nobody knows whether it was made, at a provider where it cannot be looked up."""
    made = row.connection.provider_class.resources.get("conference")
    tried = row.attempted_at is not None and not row.remote_id
    return row.kind == "conference" and tried and made is not None and not made.can_find


class NamedRows(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        name_rows(self.result_list)


class StateFilter(DropdownFilter):
    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(state, words) for state, (_colour, words) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Mirror]) -> QuerySet[Mirror]:
        return queryset.filter(of_state(State(self.value()))) if self.value() in COLOURS else queryset


class KindFilter(DropdownFilter):
    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(KINDS.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Mirror]) -> QuerySet[Mirror]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Mirror)
class MirrorAdmin(ReadOnlyRows):
    list_display = ["what", "connection", "there", "state_label", "proof", "drifted", "next"]
    list_select_related = ["connection__brand"]
    list_filter = [("connection", RelatedDropdownFilter), KindFilter, StateFilter]
    list_filter_submit = True
    search_fields = ["remote_id", "local_uid", "last_error"]
    search_help_text = gettext_lazy("Name of the member, id there, or words of the error")
    actions = ["sync_chosen", "verify_chosen", "create_chosen_again"]
    actions_detail = ["sync_one", "verify_one", "create_again_one", "adopt_one", "cancel_here", "room_exists"]
    fieldsets = [
        (None, {"fields": ["connection", ("kind_words", "subject_words"), "remote_id", ("state_badge", "next")]}),
        (
            gettext_lazy("Proof"),
            {
                "fields": [
                    ("proven_at", "attempted_at"),
                    "drift_words",
                    ("due_at", "leased_until"),
                    "attempts",
                    "last_error",
                ]
            },
        ),
        (gettext_lazy("What is known of it"), {"classes": ["tab"], "fields": ["data_words", "local_uid", "owner_uid"]}),
    ]
    readonly_fields = ["kind_words", "subject_words", "state_badge", "next", "drift_words", "data_words"]
    readonly_fields += ["room_bookings", "room_link", "room_standing"]

    def get_fieldsets(self, request: HttpRequest, obj: Mirror | None = None) -> Any:
        """A video room says first whose it is, where it is and how the call stands."""
        found = list(super().get_fieldsets(request, obj))
        if obj is not None and obj.kind == "conference":
            found.insert(1, (_("Video room"), {"fields": ["room_bookings", "room_link", "room_standing"]}))
        return found

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return NamedRows

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        """Names are not in these rows: members whose name matches are looked up first."""
        found, distinct = super().get_search_results(request, queryset, search_term)
        words = search_term.split()
        if words:
            named = Professional.objects.all()
            for word in words[:4]:
                named = named.filter(Q(person__first_name__icontains=word) | Q(person__last_name__icontains=word))
            uids = [str(pk) for pk in named.values_list("pk", flat=True)[:200]]
            found = found | queryset.filter(Q(kind="user", local_uid__in=uids) | Q(owner_uid__in=uids))
        return found, distinct

    # --- columns ------------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("object"), ordering="kind", header=True)
    def what(self, obj: Mirror) -> list[str]:
        return [getattr(obj, "subject", "") or obj.local_uid, kind_name(obj.kind)]

    @display(description=gettext_lazy("id there"), ordering="remote_id")
    def there(self, obj: Mirror) -> str:
        return Truncator(obj.remote_id).chars(20) or "–"

    @display(
        description=gettext_lazy("state"),
        label={"success": "success", "warning": "warning", "danger": "danger", "info": "info"},
    )
    def state_label(self, obj: Mirror) -> tuple[str, str]:
        return STATES[obj.state][0], str(STATES[obj.state][1])

    @display(description=gettext_lazy("last proof"), ordering="proven_at")
    def proof(self, obj: Mirror) -> str:
        return short(obj.proven_at)

    @display(description=gettext_lazy("differs in"))
    def drifted(self, obj: Mirror) -> str:
        return ", ".join(obj.drift) or "–"

    @display(description=gettext_lazy("next"))
    def next(self, obj: Mirror) -> str:
        return next_action(obj)

    @display(description=gettext_lazy("kind"))
    def kind_words(self, obj: Mirror) -> str:
        return kind_name(obj.kind)

    @display(description=gettext_lazy("about"))
    def subject_words(self, obj: Mirror) -> str:
        name_rows([obj])
        return getattr(obj, "subject", "") or "–"

    @display(description=gettext_lazy("state"))
    def state_badge(self, obj: Mirror) -> SafeString:
        return badge(STATES[obj.state][1], STATES[obj.state][0])

    @display(description=gettext_lazy("differences"))
    def drift_words(self, obj: Mirror) -> str:
        lines = []
        for why, differences in by_reason(obj.drift):
            for name, ours, theirs in differences:
                words = {"field": name, "ours": ours, "theirs": theirs}
                lines.append(_("%(field)s: ours “%(ours)s”, there “%(theirs)s”") % words)
            lines += [why] if why else []
        return "\n".join(lines) or "–"

    @display(description=gettext_lazy("what is known of it"))
    def data_words(self, obj: Mirror) -> str:
        return "\n".join(f"{name}: {value}" for name, value in obj.data.items()) or "–"

    @display(description=gettext_lazy("appointments"))
    def room_bookings(self, obj: Mirror) -> str:
        rows = (
            Booking.objects.filter(session=obj.local_uid).exclude(status__in=["held", "expired"]).order_by("created_at")
        )
        lines = [
            (
                reverse("admin:scheduling_booking_change", args=[row.pk]),
                row.reference,
                short(row.starts_at),
                row.get_status_display(),
            )
            for row in rows
        ]
        return format_html_join(mark_safe("<br>"), '<a class="look-link" href="{}">{}</a> {}, {}', lines) or "–"

    @display(description=gettext_lazy("address"))
    def room_link(self, obj: Mirror) -> str:
        return str(obj.data.get("join_url") or "–")

    @display(description=gettext_lazy("how the call stands"))
    def room_standing(self, obj: Mirror) -> str:
        seen: RoomWatch | None = getattr(obj, "watch", None)
        if seen is None or seen.asked_at is None:
            return _("not asked yet") if seen is not None else _("the provider does not say")
        states = dict(PEOPLE)
        names = {str(row.pk): row.reference for row in Booking.objects.filter(session=obj.local_uid)}
        host = _("Professional")
        people = [
            f"{names.get(row.ref) or host}: {states.get(row.state, row.state)}"
            for row in obj.people.exclude(state="").order_by("ref")
        ]
        return "\n".join([f"{seen.get_state_display()} ({short(seen.asked_at)})", *people])

    # --- verbs --------------------------------------------------------------------------------------------------

    def _sync(self, request: HttpRequest, rows: list[Any]) -> Question:
        count = len(rows)
        return Question(
            title=ngettext("Sync now", "Sync %(count)d objects now", count) % {"count": count},
            explanation=[
                _("A worker writes our state to the provider within seconds: one call, two where it has to look first.")
            ],
            button=_("Sync now"),
            run=lambda row, data: parity.sync_now(Mirror.objects.filter(pk=row.pk)),
            done=_("Due now: %(count)d."),
            errors=ERRORS,
        )

    def _verify(self, request: HttpRequest, rows: list[Any]) -> Question:
        count = len(rows)
        return Question(
            title=ngettext("Verify", "Verify %(count)d objects", count) % {"count": count},
            explanation=[
                _("Each is read at the provider now, one call each. Nothing is written; differences are shown here.")
            ],
            button=_("Verify"),
            run=_verify_row,
            done=_("Read again: %(count)d."),
            errors=ERRORS,
        )

    def _create_again(self, request: HttpRequest, rows: list[Any]) -> Question:
        count = len(rows)
        return Question(
            title=ngettext("Create again", "Create %(count)d objects again", count) % {"count": count},
            explanation=[
                _(
                    "What is there is deleted first, then a new one is made, and everything that belonged to it with it."
                ),
                _("Ids and addresses at the provider change; ours stay, and so do booked appointments here."),
            ],
            button=_("Create again"),
            run=lambda row, data: parity.create_again(row),
            done=_("Made anew: %(count)d."),
            errors=ERRORS,
            danger=True,
        )

    @action(description=gettext_lazy("Sync now"), permissions=["act"], url_path="sync-now", icon="sync")
    def sync_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.ask_about(request, row, self._sync(request, [row]))

    @action(description=gettext_lazy("Verify"), permissions=["act"], url_path="verify", icon="fact_check")
    def verify_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.ask_about(request, row, self._verify(request, [row]))

    @action(description=gettext_lazy("Create again"), permissions=["act"], url_path="create-again", icon="add_circle")
    def create_again_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.ask_about(request, row, self._create_again(request, [row]))

    @action(description=gettext_lazy("Adopt"), permissions=["act"], url_path="adopt", icon="link")
    def adopt_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        question = Question(
            title=_("Adopt an object there"),
            explanation=[
                _("The object with this id is taken for ours; the next call writes our state over it."),
                _("An object that belongs to another row of ours is refused."),
            ],
            button=_("Adopt"),
            run=lambda row, data: parity.adopt(row, data["remote_id"].strip()),
            done=_("Adopted; our state is written to it now."),
            form=AdoptForm,
            errors=ERRORS,
        )
        return self.ask_about(request, self.find(request, object_id), question)

    @action(description=gettext_lazy("Cancel here"), permissions=["act"], url_path="cancel-here", icon="event_busy")
    def cancel_here(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """For an appointment that is gone there: the other way out than making it again."""
        row = self.find(request, object_id)
        booking = (
            Booking.objects.filter(pk=row.local_uid).first()
            if row.kind == "booking" and RETIRED not in row.local_uid
            else None
        )
        if booking is None:
            raise Http404
        question = Question(
            title=_("Cancel the appointment here"),
            explanation=[
                _("Client and professional get an e-mail with the reason, and the time becomes free."),
                _("If the appointment should take place, use “Create again” instead."),
            ],
            button=_("Cancel appointment"),
            run=lambda row, data: _cancel_here(request, booking, data["reason"]),
            done=_("The appointment is cancelled."),
            form=ReasonForm,
            errors=(bookings.BookingError,),
            danger=True,
        )
        return self.ask_about(request, row, question)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """“Cancel here” belongs to appointments, “It exists” to video rooms that are not known."""
        found = super().get_actions_detail(request, object_id)
        row = self.get_object(request, str(object_id))
        hidden = {"cancel_here", "room_exists"}
        if row is not None and row.kind == "booking" and not row.local_uid.startswith(RETIRED):
            hidden.discard("cancel_here")
        if row is not None and row.kind == "conference" and not row.remote_id:
            hidden.discard("room_exists")
        return [one for one in found if not str(one.action_name).endswith(tuple(hidden))]

    @action(description=gettext_lazy("It exists"), permissions=["act"], url_path="it-exists", icon="video_call")
    def room_exists(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """For a video room of which nobody knows whether it was made."""
        question = Question(
            title=_("It exists, here is the link"),
            explanation=[
                _("Nothing is made and nobody is mailed: both sides are led to this room from now on."),
                _("Passcodes that were drawn for it are shown to those they belong to."),
            ],
            button=_("Use this room"),
            run=lambda row, data: parity.room_exists(row, data["link"]),
            done=_("The room is in use."),
            form=RoomLinkForm,
            errors=ERRORS,
        )
        return self.ask_about(request, self.find(request, object_id), question)

    @admin.action(description=gettext_lazy("Sync now"), permissions=["act"])
    def sync_chosen(self, request: HttpRequest, queryset: QuerySet[Mirror]) -> HttpResponse | None:
        return self.ask(request, queryset, self._sync)

    @admin.action(description=gettext_lazy("Verify"), permissions=["act"])
    def verify_chosen(self, request: HttpRequest, queryset: QuerySet[Mirror]) -> HttpResponse | None:
        return self.ask(request, queryset, self._verify)

    @admin.action(description=gettext_lazy("Create again"), permissions=["act"])
    def create_chosen_again(self, request: HttpRequest, queryset: QuerySet[Mirror]) -> HttpResponse | None:
        return self.ask(request, queryset, self._create_again)


def _verify_row(row: Mirror, _data: dict[str, Any]) -> None:
    if not row.remote_id:
        raise Rejected(_("It does not exist there yet."))
    verdict = parity.Verdict()
    parity.verify_one(row, verdict, repair=False)
    if not verdict.checked:
        raise Rejected(_("The provider offers no way to read it back, or it waits for another object."))


def _cancel_here(request: HttpRequest, booking: Booking, reason: str) -> None:
    assert isinstance(request.user, User)
    bookings.cancel(booking, actor=Booking.Actor.ADMIN, user=request.user, reason=reason)
