"""The reports page of a connection: feedback and usage by month, as tables, charts and CSV. Numbers from our rows."""

import csv
from datetime import date, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminSingleDateWidget

from integrations import reports
from integrations.models import Connection
from integrations.report_models import ReportMonth
from scheduling import background

# Months that a page shows at most, and without a choice.
MOST, USUAL = 36, 6
SHOWN = 50
WIDTH, HEIGHT, SLOT, BAR = 624, 120, 62, 44
FEEDBACK = ["at", "rating", "text", "code", "tenant", "tenant_id", "app_version", "browser", "system", "screen_width"]
FEEDBACK += ["screen_height", "touch", "remote_id"]
USAGE = ["created_at", "started_at", "ended_at", "code", "title", "description", "participants", "total_seconds"]
USAGE += ["billable_seconds", "is_free", "is_covered", "tenant", "subscription_id", "remote_id"]
# What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class RangeForm(forms.Form):
    first = forms.DateField(label=gettext_lazy("From"), widget=UnfoldAdminSingleDateWidget)
    last = forms.DateField(label=gettext_lazy("To"), widget=UnfoldAdminSingleDateWidget)
    tenant = forms.ChoiceField(label=gettext_lazy("Tenant"), required=False, widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, tenants: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tenant"].choices = [("", _("All tenants")), *((code, code) for code in tenants if code)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and first > last:
            self.add_error("last", _("The end lies before the start."))
        elif first and last and (last - first).days > 31 * MOST:
            self.add_error("first", _("Choose at most three years."))
        return cleaned


def urls(site: AdminSite, find: Any) -> list[Any]:
    """Pages below a connection's; `find(request, pk)` is its admin's."""

    def page(request: HttpRequest, pk: int) -> HttpResponse:
        return _page(request, site, find(request, str(pk)))

    def export(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        return _export(request, find(request, str(pk)), kind)

    return [
        path("<int:pk>/reports/", site.admin_view(page), name="integrations_connection_reports"),
        path("<int:pk>/reports/<slug:kind>.csv", site.admin_view(export), name="integrations_connection_reports_csv"),
    ]


def _form(request: HttpRequest, row: Connection) -> tuple[RangeForm, date, date, str]:
    """The form, and the range that holds: what was asked for, else the last months."""
    today = timezone.localdate()
    first = today
    for _month in range(USUAL - 1):
        first = reports.first_of(first) - timedelta(days=1)
    first = reports.first_of(first)
    known = ReportMonth.objects.filter(connection=row).exclude(tenant="").values_list("tenant", flat=True)
    codes = sorted({*known, *reports.tenants(row)})
    given = request.POST or request.GET
    form = RangeForm(given if "first" in given else None, tenants=codes, initial={"first": first, "last": today})
    if form.is_bound and form.is_valid():
        found = form.cleaned_data
        return form, found["first"], found["last"], found["tenant"]
    return form, first, today, ""


def _page(request: HttpRequest, site: AdminSite, row: Connection) -> HttpResponse:
    if row.provider_class.reports is None:
        raise Http404
    form, first, last, tenant = _form(request, row)
    if request.method == "POST" and not (form.is_bound and not form.is_valid()):
        if not request.user.has_perm("integrations.change_connection"):  # type: ignore[union-attr]
            raise PermissionDenied
        background.send("integrations.tasks.fetch_report_range", row.pk, first.isoformat(), last.isoformat())
        messages.info(request, _("A worker fetches these months now; reload the page in a moment."))
        return HttpResponseRedirect(f"{request.path}?first={first}&last={last}&tenant={tenant}")
    sums = reports.summed(row, first, last, tenant)
    context = {
        **site.each_context(request),
        "title": _("Reports"),
        "connection": row,
        "back": reverse("admin:integrations_connection_change", args=[row.pk]),
        "form": form,
        "query": f"first={first}&last={last}&tenant={tenant}",
        "sums": list(reversed(sums)),
        "bars": bars(sums),
        "chart": {"width": max(WIDTH, SLOT * len(sums)), "height": HEIGHT, "whole": HEIGHT + 62, "text": HEIGHT + 26},
        "feedback": reports.feedback(row, first, last, tenant)[:SHOWN],
        "usage": reports.usage(row, first, last, tenant)[:SHOWN],
        "fetched": ReportMonth.objects.filter(connection=row).exclude(fetched_at=None).order_by("-fetched_at").first(),
        "failed": ReportMonth.objects.filter(connection=row).exclude(last_error="").first(),
    }
    status = 422 if form.is_bound and not form.is_valid() else 200
    return TemplateResponse(request, "integrations/admin/reports.html", context, status=status)


def bars(sums: list[reports.Sum]) -> list[dict[str, Any]]:
    """One bar a month, in the units of the view box: the mean rating of ten, and minutes of the busiest month."""
    most = max((row.minutes for row in sums), default=0) or 1
    slot = max(SLOT, WIDTH // len(sums))
    return [
        {
            "x": number * slot + (slot - BAR) // 2,
            "middle": number * slot + slot // 2,
            "rating_top": HEIGHT * (1 - (row.mean or 0) / 10) - 8,
            "minutes_top": HEIGHT * (1 - row.minutes / most) - 8,
            "row": row,
            "title": date_format(row.month, "YEAR_MONTH_FORMAT"),
            "tick": date_format(row.month, "m/y"),
            "rating": HEIGHT * (row.mean or 0) / 10,
            "minutes": HEIGHT * row.minutes / most,
            "billable": HEIGHT * min(row.billable, row.minutes) / most,
        }
        for number, row in enumerate(sums)
    ]


def _export(request: HttpRequest, row: Connection, kind: str) -> HttpResponse:
    if row.provider_class.reports is None or kind not in ("feedback", "usage"):
        raise Http404
    _form_, first, last, tenant = _form(request, row)
    columns, rows = (FEEDBACK, reports.feedback) if kind == "feedback" else (USAGE, reports.usage)
    name = f"{kind}-{first}-{last}{f'-{tenant}' if tenant else ''}.csv"
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow(columns)
    for values in rows(row, first, last, tenant).values_list(*columns):
        writer.writerow([_cell(value) for value in values])
    return response


def _cell(value: Any) -> Any:
    text = value.isoformat() if hasattr(value, "isoformat") else value
    return f"'{text}" if isinstance(text, str) and text.startswith(FORMULA) else text
