"""Actions that ask first: a page says what will happen, a POST does it by calling one verb for each chosen row."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from directory.admin import bulk

# More rows than this at once are a job with a page of its own; more than that should be looked at first.
INLINE = 20
MOST = 5000
SHOWN = 20
Build = Callable[[HttpRequest, list[Any]], "Question"]


def badge(text: object, colour: str) -> SafeString:
    """A status in words and colour, for read-only fields of a change page (lists have unfold's own labels)."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})


def short(moment: datetime | None) -> str:
    """Day and time for a narrow column, on the clock of the page; a dash for nothing."""
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT") if moment else "–"


def more(*actions: str) -> dict[str, Any]:
    """A menu of the rarer actions of a page, for `actions_detail`: its bar is not wide enough for many, least of all in
    German."""
    return {"title": gettext_lazy("More"), "icon": "more_horiz", "items": list(actions)}


class VerbForm(forms.Form):
    """The base of every question; a form without fields only asks for a yes."""

    confirmed = forms.BooleanField(widget=forms.HiddenInput, initial=True)


class ReasonForm(VerbForm):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=500, widget=UnfoldAdminTextareaWidget({"rows": 4})
    )


class TypedNameForm(VerbForm):
    """For what cannot be undone. `name` is what has to be typed."""

    def __init__(self, *args: Any, name: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name = name
        self.fields["typed"] = forms.CharField(
            label=_("Type “%(name)s” to go on") % {"name": name},
            widget=UnfoldAdminTextInputWidget({"autocomplete": "off"}),
        )

    def clean_typed(self) -> str:
        if self.cleaned_data["typed"].strip() != self.name:
            raise ValidationError(_("This is not the name."))
        return self.name


@dataclass(frozen=True)
class Question:
    """What the page says and what a yes does.

    `run(row, cleaned_data)` calls the verb; `done` is the sentence about one or several rows (gets %(count)d).
    `errors`: what the verb raises for people to read.
    """

    title: str
    explanation: list[str]
    button: str
    run: Callable[[Any, dict[str, Any]], Any]
    done: str
    form: Callable[..., forms.Form] = VerbForm
    errors: tuple[type[Exception], ...] = ()
    danger: bool = False
    template: str = "directory/admin/verb.html"
    context: dict[str, Any] = field(default_factory=dict)


class VerbAdmin(ModelAdmin):
    """A ModelAdmin whose actions, on the list and on one row, are questions.

    `@action` methods for one row call `ask_about`; those for the list call `ask`.
    """

    list_per_page = 50
    list_max_show_all = 200
    show_full_result_count = False

    def find(self, request: HttpRequest, object_id: str) -> Any:
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        if not self.has_act_permission(request, row):
            raise PermissionDenied
        return row

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """May use the verbs: whoever may change such rows, also where the form itself changes nothing."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")

    def ask_about(self, request: HttpRequest, row: Any, question: Question, *, back: str = "") -> HttpResponse:
        """The question about one row; afterwards back to its page, or to `back`."""
        back = back or reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
        return self._ask(request, [row], question, back=back)

    def chosen(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows that were chosen: those of the question's page, once it has been shown."""
        if "rows" not in request.POST:
            return rows
        return rows.filter(pk__in=bulk.keys(self.model, request.POST["rows"]))

    def ask(self, request: HttpRequest, rows: QuerySet[Any], build: Build) -> HttpResponse | None:
        """The question about the rows chosen in a list; afterwards back to the list, or to the job where they are many.

        `build` is a method of this admin: the worker calls it by its name.
        """
        chosen = list(self.chosen(request, rows)[: MOST + 1])
        if not chosen:
            self.message_user(request, _("None of these rows is there any more."), messages.ERROR)
            return None
        if len(chosen) > MOST:
            text = _("Choose at most %(count)d rows at once.") % {"count": MOST}
            self.message_user(request, text, messages.ERROR)
            return None
        question = build(request, chosen)
        back, action = request.get_full_path(), request.POST["action"]
        name = build.__name__ if len(chosen) > INLINE else ""
        return self._ask(request, chosen, question, back=back, action=action, job=name)

    def _ask(
        self,
        request: HttpRequest,
        rows: list[Any],
        question: Question,
        *,
        back: str,
        action: str = "",
        job: str = "",
    ) -> HttpResponse:
        """`job`: the method that makes the question, where a worker is to do it."""
        asked = request.method == "POST" and "confirmed" in request.POST
        form = question.form(request.POST) if asked else question.form()
        status = 422 if asked else 200
        if asked and form.is_valid() and job:
            begun = bulk.start(self, request, rows, build=job, title=question.title)
            return HttpResponseRedirect(reverse("admin:directory_job_change", args=[begun.pk]))
        if asked and form.is_valid():
            refused = self._run(request, rows, question, form.cleaned_data)
            if len(rows) != 1 or not refused:
                for row, text in refused:
                    self.message_user(request, f"{row}: {text}", messages.ERROR)
                return HttpResponseRedirect(back)
            # One row: the page again, with the reason and what was typed.
            form.add_error(None, refused[0][1])
            status = 409
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": question.title,
            "question": question,
            "form": form,
            "rows": rows[:SHOWN],
            "row": rows[0] if len(rows) == 1 else None,
            "more": max(0, len(rows) - SHOWN),
            "as_job": bool(job),
            "action": action,
            "chosen": ",".join(str(row.pk) for row in rows) if action else "",
            "first": rows[0].pk,
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "back": back,
            "media": self.media + form.media,
            **question.context,
        }
        return TemplateResponse(request, question.template, context, status=status)

    def _run(
        self, request: HttpRequest, rows: list[Any], question: Question, data: dict[str, Any]
    ) -> list[tuple[Any, str]]:
        """Answer for each row; returns what was refused, with the reason."""
        answers = [(row, self.answer(request, row, question, data)) for row in rows]
        refused = [(row, words) for row, words in answers if words]
        done = len(rows) - len(refused)
        if done:
            self.message_user(request, question.done % {"count": done}, messages.SUCCESS)
        return refused

    def answer(self, request: HttpRequest, row: Any, question: Question, data: dict[str, Any]) -> str:
        """Call the verb for one row, in its own transaction; empty, or why it was refused."""
        try:
            question.run(row, data)
        except (ValidationError, *question.errors) as error:  # type: ignore[misc]
            return " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
        self.log_change(request, row, question.title)
        return ""
