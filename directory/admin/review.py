"""One page for a decision: what the member shows, the documents, the checklist, and both answers."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django import forms
from django.contrib.admin.utils import label_for_field
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from directory import accounts, contacts, reviews
from directory.models import CheckItem, Evidence, Professional, TraderRecord


class DateInput(UnfoldAdminTextInputWidget):
    input_type = "date"


class ReviewForm(forms.Form):
    checks = forms.ModelMultipleChoiceField(
        CheckItem.objects.none(),
        required=False,
        label=gettext_lazy("Checklist"),
        widget=forms.CheckboxSelectMultiple,
    )
    recheck_on = forms.DateField(
        required=False, label=gettext_lazy("Re-check on"), widget=DateInput, help_text=gettext_lazy("If approved.")
    )
    reason = forms.CharField(
        required=False,
        max_length=500,
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("If refused: the member gets it by e-mail."),
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
    )

    def __init__(self, *args: Any, professional: Professional, **kwargs: Any) -> None:
        months = professional.brand.recheck_months
        day = timezone.localdate() + timedelta(days=round(months * 30.44)) if months else None
        kwargs["initial"] = {"recheck_on": day.isoformat() if day else ""}
        super().__init__(*args, **kwargs)
        self.fields["checks"].queryset = CheckItem.objects.filter(brand=professional.brand_id)  # type: ignore[attr-defined]


class EvidenceForm(forms.Form):
    title = forms.CharField(max_length=120, label=gettext_lazy("What it shows"), widget=UnfoldAdminTextInputWidget)
    file = forms.FileField(label=gettext_lazy("Document"), help_text=gettext_lazy("PDF, PNG or JPEG, up to 3 MB."))


class RecheckFilter(DropdownFilter):
    title = gettext_lazy("re-check")
    parameter_name = "recheck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("due", pgettext_lazy("re-check", "Due"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(recheck_on__lte=timezone.localdate()) if self.value() == "due" else queryset


class ReviewMixin:
    """Adds the page to the admin of professionals."""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view  # type: ignore[attr-defined]
        return [
            path("<path:object_id>/review/", view(self.review), name="directory_professional_review"),
            path(
                "<path:object_id>/evidence/<int:number>/", view(self.document), name="directory_professional_evidence"
            ),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def document(self, request: HttpRequest, object_id: str, number: int) -> HttpResponse:
        """A document of evidence, for those who see contact data or decide."""
        row = self.find(request, object_id)  # type: ignore[attr-defined]
        evidence = Evidence.objects.filter(professional=row, pk=number).first()
        if evidence is None:
            raise Http404
        response = HttpResponse(reviews.content_of(evidence), content_type=evidence.content_type)
        response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "no-store"
        return response

    def review(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row: Professional = self.find(request, object_id)  # type: ignore[attr-defined]
        if not self.has_act_permission(request, row):  # type: ignore[attr-defined]
            raise PermissionDenied
        user: Any = request.user
        form, documents, status = ReviewForm(professional=row), EvidenceForm(), 200
        if request.method == "POST":
            answer = request.POST.get("answer", "")
            if answer in ("claim", "release"):
                if answer == "release":
                    reviews.release(row, user)
                elif not reviews.claim(row, user):
                    self.message_user(request, _("A colleague has this profile, or it is decided."), "ERROR")  # type: ignore[attr-defined]
                return HttpResponseRedirect(request.path)
            if answer == "document":
                documents, status = EvidenceForm(request.POST, request.FILES), 422
                if documents.is_valid() and self._keep(documents, row, user):
                    return HttpResponseRedirect(request.path)
            else:
                form, status = ReviewForm(request.POST, professional=row), 422
                if form.is_valid() and self._decide(form, row, user, answer):
                    text = _("Approved: %(count)d.") if answer == "approve" else _("Refused: %(count)d.")
                    self.message_user(request, text % {"count": 1})  # type: ignore[attr-defined]
                    following = reviews.next_waiting(contacts.brands_of(user), row)
                    name = "review" if following else "change"
                    return HttpResponseRedirect(
                        reverse(f"admin:directory_professional_{name}", args=[(following or row).pk])
                    )
        return TemplateResponse(
            request, "directory/admin/review.html", self._context(request, row, form, documents), status=status
        )

    def _keep(self, form: EvidenceForm, row: Professional, user: Any) -> bool:
        try:
            reviews.add_evidence(row, form.cleaned_data["file"], title=form.cleaned_data["title"], by=user)
        except ValidationError as error:
            form.add_error("file", error)
            return False
        return True

    def _decide(self, form: ReviewForm, row: Professional, user: Any, answer: str) -> bool:
        checks = [item.pk for item in form.cleaned_data["checks"]]
        try:
            if answer == "approve":
                reviews.approve(row, by=user, checks=checks, recheck_on=form.cleaned_data["recheck_on"])
            elif answer == "refuse":
                reviews.refuse(row, by=user, checks=checks, reason=form.cleaned_data["reason"])
            else:
                return False
        except (ValidationError, accounts.NotAllowed) as error:
            form.add_error(None, error if isinstance(error, ValidationError) else str(error))
            return False
        return True

    def _context(self, request: HttpRequest, row: Professional, form: ReviewForm, documents: EvidenceForm) -> Any:
        now, trader = timezone.now(), getattr(row, "trader_record", None)
        register = row.brand.register_url.replace("{number}", quote(row.registration)) if row.registration else ""
        return {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": _("Review"),
            "original": row,
            "evidence": self.evidence_of(row),  # type: ignore[attr-defined]
            "documents": list(row.evidence.defer("content")),
            "decisions": list(row.decisions.select_related("by")[:20]),
            "trader": trader,
            "trader_facts": _facts(trader) if trader else [],
            "framed": row.brand == getattr(request, "brand", None),
            "register": register,
            "preview": row.get_absolute_url()
            if row.brand == getattr(request, "brand", None)
            else row.brand.url(row.get_absolute_url()),
            "other": reviews.claimed_by_other(row, request.user, now),  # type: ignore[arg-type]
            "mine": row.claimed_by_id == request.user.pk,
            "waits": row.status == Professional.Status.SUBMITTED,
            "form": form,
            "document_form": documents,
        }


def _facts(trader: TraderRecord) -> list[tuple[str, str]]:
    """The record's contents with their labels, those by which she can be reached as the reader may see them."""
    facts = {name: getattr(trader, name) for name in ("legal_name", "address", "email", "phone", "register")}
    facts |= {name: contacts.shown(value) for name, value in facts.items() if name in contacts.COLUMNS}
    facts["certified_on"] = date_format(trader.certified_on, "SHORT_DATE_FORMAT") if trader.certified_on else ""
    facts["identity_checked"] = _("yes") if trader.identity_checked else _("no")
    return [(capfirst(str(label_for_field(name, TraderRecord))), value or "–") for name, value in facts.items()]
