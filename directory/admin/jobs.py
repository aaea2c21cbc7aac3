"""Long work: how far it is, what went wrong, and the button that stops it."""

import csv
import io
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from directory import jobs
from directory.admin import bulk
from directory.admin.verbs import Question, VerbAdmin, badge, short
from directory.imports import safe_cell
from directory.models import Job

COLOURS = {
    Job.Status.WAITING: "info",
    Job.Status.RUNNING: "info",
    Job.Status.DONE: "success",
    Job.Status.STOPPED: "warning",
    Job.Status.BROKEN: "danger",
}


@admin.register(Job)
class JobAdmin(VerbAdmin):
    list_display = ["title", "status_label", "progress", "failed", "brand", "by", "begun", "over"]
    list_select_related = ["brand", "by"]
    list_filter = [("brand", RelatedDropdownFilter), ("status", ChoicesDropdownFilter)]
    list_filter_submit = True
    search_fields = ["title"]
    actions_detail = ["result", "resume", "stop"]
    change_form_outer_before_template = "directory/admin/job.html"
    fieldsets = [(None, {"fields": [("title", "brand"), ("status_badge", "by"), ("begun", "over")]})]
    readonly_fields = ["title", "brand", "status_badge", "by", "begun", "over"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Also one's own: whoever may start it may watch it."""
        granted = any(request.user.has_perm(f"directory.{verb}_job") for verb in ("view", "change"))
        return granted or bool(obj and request.user.pk and obj.by_id == request.user.pk)

    def has_act_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if isinstance(obj, str):  # unfold asks with the key
            obj = self.get_object(request, obj)
        return super().has_act_permission(request, obj) or bool(obj and obj.by_id == request.user.pk)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        obj = kwargs.get("obj")
        if obj and obj.kind == bulk.KIND:
            context["outcomes"] = bulk.outcomes(obj, request, bulk.SHOWN)
            context["more"] = max(0, obj.done + obj.failed - bulk.SHOWN)
        response = super().render_change_form(request, context, *args, **kwargs)
        if obj and obj.is_open:
            response["Refresh"] = "3"  # the page shows where things are, also without JavaScript
        return response

    @display(description=gettext_lazy("status"), ordering="status", label=COLOURS)
    def status_label(self, obj: Job) -> tuple[str, str]:
        return obj.status, obj.get_status_display()

    @display(description=gettext_lazy("status"))
    def status_badge(self, obj: Job) -> SafeString:
        return badge(obj.get_status_display(), COLOURS[Job.Status(obj.status)])

    @display(description=gettext_lazy("progress"))
    def progress(self, obj: Job) -> SafeString:
        words = _("%(done)d of %(total)d") % {"done": obj.done + obj.failed, "total": obj.total}
        return format_html(
            '<progress class="bar" max="{}" value="{}">{}</progress>{}',
            max(obj.total, 1),
            obj.done + obj.failed,
            words,
            words,
        )

    @display(description=gettext_lazy("started"), ordering="created_at")
    def begun(self, obj: Job) -> str:
        return short(obj.created_at)

    @display(description=gettext_lazy("ended"), ordering="ended_at")
    def over(self, obj: Job) -> str:
        return short(obj.ended_at)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[UnfoldAction]:
        job = self.get_object(request, str(object_id))
        offered = {
            "stop": bool(job and job.is_open),
            "resume": bool(job and job.can_resume),
            "result": bool(job and job.result),
        }
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        found = super().get_actions_detail(request, object_id)
        return [each for each in found if offered[each.action_name.removeprefix(prefix)]]

    @action(
        description=gettext_lazy("Stop"),
        permissions=["act"],
        url_path="stop",
        icon="stop_circle",
        variant=ActionVariant.DANGER,
    )
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        question = Question(
            title=_("Stop the job"),
            explanation=[
                _("The item at hand is finished, the rest is left as it is. What is done stays done."),
                _("Within a day it can be resumed where it was stopped."),
            ],
            button=_("Stop"),
            run=lambda row, data: jobs.stop(row),
            done=_("Asked to stop."),
            danger=True,
        )
        return self.ask_about(request, self.find(request, object_id), question)

    @action(description=gettext_lazy("Resume"), permissions=["act"], url_path="resume", icon="play_circle")
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        job = self.find(request, object_id)
        question = Question(
            title=_("Resume the job"),
            explanation=[
                ngettext(
                    "It goes on after the last item that was counted; %(count)d is left.",
                    "It goes on after the last item that was counted; %(count)d are left.",
                    job.left,
                )
                % {"count": job.left},
            ],
            button=_("Resume"),
            run=_resume,
            done=_("Resumed."),
            errors=(NotEndedError,),
        )
        return self.ask_about(request, job, question)

    @action(description=gettext_lazy("Download the result"), permissions=["act"], url_path="result", icon="download")
    def result(self, request: HttpRequest, object_id: str) -> HttpResponse:
        job = self.find(request, object_id)
        if not job.result:
            raise Http404
        text = _table(job, request) if job.kind == bulk.KIND else job.result
        response = HttpResponse("\ufeff" + text, content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="job-{job.created_at:%Y-%m-%d}.csv"'
        response["Cache-Control"] = "no-store"
        return response


class NotEndedError(Exception):
    """The job cannot be resumed; the text is for people."""


def _resume(job: Job, _data: dict[str, Any]) -> None:
    if not jobs.resume(job):
        raise NotEndedError(_("It runs already, is done, or was stopped more than a day ago."))


def _table(job: Job, request: HttpRequest) -> str:
    """The outcomes of a list action as CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([_("Row"), _("Outcome")])
    for each in bulk.outcomes(job, request):
        writer.writerow([safe_cell(each.name), safe_cell(each.words or _("done"))])
    return buffer.getvalue()
