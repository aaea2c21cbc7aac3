"""Members: the approval queue, what they show, and what may be done with them."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.admin import StackedInline, TabularInline
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesDropdownFilter,
    RelatedDropdownFilter,
)
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminSelect2MultipleWidget, UnfoldAdminSelectWidget

from directory import accounts, contacts, view_as
from directory.admin.forms import WholeRowForm
from directory.admin.review import RecheckFilter, ReviewMixin
from directory.admin.transfer import TransferMixin
from directory.admin.verbs import Question, ReasonForm, TypedNameForm, VerbAdmin, badge, more, short
from directory.languages import NAMES, choices, name
from directory.models import Office, Person, Professional, Specialty, SpokenLanguage, TraderRecord
from directory.portraits import square

Status = Professional.Status
COLOURS = {
    Status.DRAFT: "info",
    Status.SUBMITTED: "warning",
    Status.LISTED: "success",
    Status.SUSPENDED: "danger",
    Status.CLOSED: "default",
}
# Which questions make sense in which state.
OFFERED = {
    Status.DRAFT: ["view_as_one", "submit_one", "close_one"],
    Status.SUBMITTED: ["review_one", "view_as_one", "approve_one", "refuse_one", "close_one"],
    Status.LISTED: ["view_as_one", "suspend_one", "close_one"],
    Status.SUSPENDED: ["view_as_one", "approve_one", "close_one"],
    Status.CLOSED: [],
}


class ProfessionalForm(WholeRowForm):
    whole = ("brand",)

    class Meta:
        model = Professional
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        specialties = self.fields.get("specialties")
        if isinstance(specialties, forms.ModelMultipleChoiceField) and self.instance.brand_id:
            specialties.queryset = Specialty.objects.filter(brand=self.instance.brand_id)

    def clean_person(self) -> Person:
        """A new member belongs to the brand of the person; set before the row's constraints are looked at."""
        person: Person = self.cleaned_data["person"]
        self.instance.brand = person.brand
        return person

    def clean_portrait(self) -> Any:
        portrait = self.cleaned_data["portrait"]
        return square(portrait) if portrait and "portrait" in self.changed_data else portrait


def _spoken() -> list[tuple[str, str]]:
    return choices(set(NAMES))


class SpokenLanguageForm(forms.ModelForm):
    code = forms.ChoiceField(label=gettext_lazy("language"), choices=_spoken, widget=UnfoldAdminSelectWidget)


class OfficeInline(StackedInline):
    model = Office
    extra = 0
    tab = True
    fields = [
        "name",
        ("street", "postcode"),
        ("city", "country"),
        ("latitude", "longitude"),
        "access_notes",
        "position",
    ]


class TraderRecordInline(StackedInline):
    model = TraderRecord
    extra = 0
    tab = True
    fields = ["legal_name", "address", ("email", "phone"), "register", ("identity_checked", "certified_on")]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and contacts.may_see(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and contacts.may_see(request.user)


class SpokenLanguageInline(TabularInline):
    model = SpokenLanguage
    form = SpokenLanguageForm
    extra = 0
    tab = True


@admin.register(Professional)
class ProfessionalAdmin(TransferMixin, ReviewMixin, VerbAdmin):
    form = ProfessionalForm
    inlines = [OfficeInline, SpokenLanguageInline, TraderRecordInline]
    list_display = ["member", "brand", "status_label", "bookable", "next_free", "submitted"]
    list_select_related = ["person", "brand"]
    list_filter = [
        ("brand", RelatedDropdownFilter),
        ("status", ChoicesDropdownFilter),
        ("bookable", BooleanRadioFilter),
        RecheckFilter,
        ("specialties", AutocompleteSelectFilter),
    ]
    list_filter_submit = True
    search_fields = ["person__first_name", "person__last_name", "person__email", "offices__city", "slug"]
    autocomplete_fields = ["person"]
    change_form_outer_before_template = "directory/admin/evidence.html"
    warn_unsaved_form = True
    actions = ["approve_chosen", "refuse_chosen", "suspend_chosen"]
    actions_list = ["import_members", "export_members"]
    actions_detail = [
        "review_one",
        "approve_one",
        "refuse_one",
        "submit_one",
        "suspend_one",
        more("view_as_one", "close_one"),
    ]
    always_offered: ClassVar[list[str]] = []  # questions of the apps above
    readonly_fields = [
        "status_badge",
        "brand",
        "submitted_at",
        "decided_at",
        "decided_by",
        "refusal_reason",
        "bookable",
        "next_free",
        "created_at",
        "updated_at",
    ]
    add_fieldsets = [(None, {"fields": ["person", "slug", "title"]})]
    fieldsets = [
        (None, {"fields": [("person", "brand"), ("title", "slug"), "reference", "about", "fees", "registration"]}),
        (None, {"fields": ["portrait", "specialties", "accepts_new_clients", ("paused", "pause_note")]}),
        (
            gettext_lazy("Approval"),
            {
                "classes": ["tab"],
                "fields": [
                    "status_badge",
                    ("submitted_at", "decided_at"),
                    "decided_by",
                    "refusal_reason",
                    "recheck_on",
                    ("bookable", "next_free"),
                    ("created_at", "updated_at"),
                ],
            },
        ),
    ]

    # --- the form -----------------------------------------------------------------------------------------------

    def get_readonly_fields(self, request: HttpRequest, obj: Professional | None = None) -> list[str]:
        return [*self.readonly_fields, "person"] if obj else self.readonly_fields

    def get_inlines(self, request: HttpRequest, obj: Professional | None) -> list[Any]:
        return self.inlines if obj else []

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "specialties":
            kwargs["widget"] = UnfoldAdminSelect2MultipleWidget()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Professional]:
        return super().get_queryset(request).select_related("person__brand", "brand", "decided_by")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Members leave by closing the account: bookings are cancelled, clients told, data erased."""
        return False

    def view_on_site(self, obj: Professional) -> str | None:
        return obj.brand.url(obj.get_absolute_url()) if obj.is_public else None

    def evidence_of(self, obj: Professional) -> dict[str, Any]:
        return {
            "missing": accounts.missing_for_submission(obj) if obj.status != Status.CLOSED else [],
            "specialties": [specialty.name for specialty in obj.specialties.all()],
            "languages": [name(language.code) for language in obj.languages.all()],
            "offices": list(obj.offices.all()),
            "status": self.status_badge(obj),
            "email": contacts.shown(obj.person.email),
            "public_url": self.view_on_site(obj),
        }

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        if obj:
            context["evidence"] = self.evidence_of(obj)
        return super().render_change_form(request, context, *args, **kwargs)

    # --- the list -----------------------------------------------------------------------------------------------

    @display(description=gettext_lazy("professional"), ordering="person__last_name", header=True)
    def member(self, obj: Professional) -> list[Any]:
        initials = f"{obj.person.first_name[:1]}{obj.person.last_name[:1]}" or "–"
        portrait = {"path": obj.portrait.url, "width": 32, "height": 32} if obj.portrait else {}
        return [str(obj), obj.title or obj.slug, initials, portrait]

    @display(description=gettext_lazy("status"), ordering="status", label=COLOURS)
    def status_label(self, obj: Professional) -> tuple[str, str]:
        return obj.status, obj.get_status_display()

    @display(description=gettext_lazy("status"))
    def status_badge(self, obj: Professional) -> SafeString:
        return badge(obj.get_status_display(), COLOURS[Status(obj.status)])

    @display(description=gettext_lazy("next free"), ordering="next_free_at")
    def next_free(self, obj: Professional) -> str:
        return short(obj.next_free_at)

    @display(description=gettext_lazy("submitted"), ordering="submitted_at")
    def submitted(self, obj: Professional) -> str:
        return short(obj.submitted_at)

    # --- what may be done ---------------------------------------------------------------------------------------

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        obj = self.get_object(request, str(object_id))
        offered = [*OFFERED[Status(obj.status)], *self.always_offered] if obj else []
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        return [
            each
            for each in super().get_actions_detail(request, object_id)
            if each.action_name.removeprefix(prefix) in offered
        ]

    def _approval(self, request: HttpRequest, rows: list[Any]) -> Question:
        by: Any = request.user
        count = len(rows)
        return Question(
            title=ngettext("Approve the profile", "Approve %(count)d profiles", count) % {"count": count},
            explanation=[
                _("The profile is listed: it can be found and read as soon as there is something to book."),
                _("The member is told by e-mail. The profile can be suspended again at any time."),
            ],
            button=_("Approve"),
            run=lambda row, data: accounts.approve(row, by=by),
            done=_("Approved: %(count)d."),
            errors=(accounts.NotAllowed,),
        )

    def _refusal(self, request: HttpRequest, rows: list[Any]) -> Question:
        by: Any = request.user
        count = len(rows)
        return Question(
            title=ngettext("Refuse the profile", "Refuse %(count)d profiles", count) % {"count": count},
            explanation=[
                _(
                    "The profile becomes a draft again. The member gets your reason by e-mail, can mend it and submit anew."
                ),
            ],
            button=_("Refuse"),
            run=lambda row, data: accounts.refuse(row, by=by, reason=data["reason"]),
            done=_("Refused: %(count)d."),
            form=ReasonForm,
            errors=(accounts.NotAllowed,),
            danger=True,
        )

    def _suspension(self, request: HttpRequest, rows: list[Any]) -> Question:
        by: Any = request.user
        count = len(rows)
        return Question(
            title=ngettext("Suspend the profile", "Suspend %(count)d profiles", count) % {"count": count},
            explanation=[
                _("The profile is no longer public and takes no new bookings. Booked appointments stay."),
                _("The member gets your reason by e-mail."),
            ],
            button=_("Suspend"),
            run=lambda row, data: accounts.suspend(row, by=by, reason=data["reason"]),
            done=_("Suspended: %(count)d."),
            form=ReasonForm,
            errors=(accounts.NotAllowed,),
            danger=True,
        )

    def has_view_as_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(view_as.PERMISSION) and contacts.may_see(request.user)

    @action(description=gettext_lazy("See her pages"), permissions=["view_as"], url_path="view-as", icon="visibility")
    def view_as_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        if row.brand != request.brand:  # type: ignore[attr-defined]
            there = row.brand.url(reverse("admin:directory_professional_view_as_one", args=[row.pk]))
            text = _("Open the administration at %(address)s for that: sessions belong to one host.")
            self.message_user(request, text % {"address": there}, "WARNING")
            return HttpResponseRedirect(reverse("admin:directory_professional_change", args=[row.pk]))
        question = Question(
            title=_("See the pages of this member"),
            explanation=[
                _("You see what she sees, with a notice on each page. You can only look; nothing can be changed."),
                _("It ends after half an hour. Beginning and end are written to the audit log."),
            ],
            button=_("Begin"),
            run=lambda row, data: view_as.start(request, row),
            done=_("You are looking at the pages of a member."),
        )
        response = self.ask_about(request, row, question)
        return HttpResponseRedirect("/my/") if response.status_code == 302 else response

    @action(description=gettext_lazy("Review"), permissions=["act"], url_path="look", icon="fact_check")
    def review_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:directory_professional_review", args=[object_id]))

    @action(description=gettext_lazy("Approve"), permissions=["act"], url_path="approve", icon="check")
    def approve_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.ask_about(request, row, self._approval(request, [row]))

    @action(description=gettext_lazy("Refuse"), permissions=["act"], url_path="refuse", icon="undo")
    def refuse_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.ask_about(request, row, self._refusal(request, [row]))

    @action(description=gettext_lazy("Suspend"), permissions=["act"], url_path="suspend", icon="visibility_off")
    def suspend_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        return self.ask_about(request, row, self._suspension(request, [row]))

    @action(description=gettext_lazy("Submit for approval"), permissions=["act"], url_path="submit", icon="send")
    def submit_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        question = Question(
            title=_("Submit the profile"),
            explanation=[
                _("As if the member had submitted it; it then waits for approval, where the brand asks for it.")
            ],
            button=_("Submit"),
            run=lambda row, data: accounts.submit(row),
            done=_("Submitted: %(count)d."),
            errors=(accounts.NotAllowed,),
        )
        return self.ask_about(request, self.find(request, object_id), question)

    @action(
        description=gettext_lazy("Close account"),
        permissions=["act"],
        url_path="close",
        icon="person_off",
        variant=ActionVariant.DANGER,
    )
    def close_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        question = Question(
            title=_("Close the account"),
            explanation=[
                _("Future bookings are cancelled and their clients told by e-mail."),
                _("The profile and the log-in at this brand go; personal data is erased once the e-mails are out."),
                _("This cannot be undone."),
            ],
            button=_("Close account"),
            run=lambda row, data: accounts.close_account(row),
            done=_("Closed: %(count)d."),
            form=lambda *args: TypedNameForm(*args, name=row.slug),
            danger=True,
        )
        return self.ask_about(request, row, question)

    @admin.action(description=gettext_lazy("Approve"), permissions=["act"])
    def approve_chosen(self, request: HttpRequest, queryset: QuerySet[Professional]) -> HttpResponse | None:
        return self.ask(request, queryset, self._approval)

    @admin.action(description=gettext_lazy("Refuse, with a reason"), permissions=["act"])
    def refuse_chosen(self, request: HttpRequest, queryset: QuerySet[Professional]) -> HttpResponse | None:
        return self.ask(request, queryset, self._refusal)

    @admin.action(description=gettext_lazy("Suspend, with a reason"), permissions=["act"])
    def suspend_chosen(self, request: HttpRequest, queryset: QuerySet[Professional]) -> HttpResponse | None:
        return self.ask(request, queryset, self._suspension)
