"""A brand's own words in mails: checked placeholders, preview, a test to oneself, back to ours."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action

from directory.admin.verbs import Question, VerbAdmin
from scheduling import texts
from scheduling.models import MailText


class MailTextForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = MailText
        fields = ("brand", "kind", "audience", "language", "subject", "opening", "closing")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        names = texts.allowed(data.get("audience", ""))
        brand = data.get("brand") or (self.instance.brand if self.instance.pk else None)
        for field in ("subject", "opening", "closing"):
            neutral = field == "subject" and brand is not None and brand.sensitive
            try:
                texts.check(data.get(field) or "", texts.NEUTRAL if neutral else names)
            except ValidationError as error:
                self.add_error(field, error)
        return data


@admin.register(MailText)
class MailTextAdmin(VerbAdmin):
    form = MailTextForm
    list_display = ["kind", "audience", "language", "brand", "subject", "updated_at"]
    list_filter = [
        ("brand", RelatedDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ("audience", ChoicesDropdownFilter),
        ("language", ChoicesDropdownFilter),
    ]
    list_select_related = ["brand"]
    actions_detail = ["preview", "reset"]
    fieldsets = [
        (None, {"fields": ["brand", ("kind", "audience", "language")]}),
        (
            gettext_lazy("Words"),
            {
                "description": gettext_lazy(
                    "Empty: ours. Placeholders: {when}, {title}, {professional}, {brand}, {reference}; in mails to"
                    " professionals also {client}."
                ),
                "fields": ["subject", "opening", "closing"],
            },
        ),
    ]

    @action(description=gettext_lazy("Preview and test"), permissions=["act"], url_path="preview", icon="visibility")
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.find(request, object_id)
        address = request.user.email  # type: ignore[union-attr]
        mail = texts.sample(row, address)
        question = Question(
            title=_("Preview: %(subject)s") % {"subject": mail.subject},
            explanation=[line for line in str(mail.body).splitlines() if line.strip()],
            button=_("Send it to %(address)s") % {"address": address},
            run=lambda chosen, data: texts.sample(chosen, address).send(),
            done=_("Test mails sent: %(count)d."),
            errors=(OSError,),
        )
        return self.ask_about(request, row, question)

    @action(description=gettext_lazy("Back to our words"), permissions=["act"], url_path="reset", icon="undo")
    def reset(self, request: HttpRequest, object_id: str) -> HttpResponse:
        question = Question(
            title=_("Back to our words"),
            explanation=[
                _("Subject, opening and closing of this mail become empty; the mail is again as we wrote it.")
            ],
            button=_("Empty them"),
            run=lambda row, data: MailText.objects.filter(pk=row.pk).update(subject="", opening="", closing=""),
            done=_("Reset: %(count)d."),
        )
        return self.ask_about(request, self.find(request, object_id), question)
