"""The audit log: read, filtered, exported, never changed."""

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import action, display

from directory import audit
from directory.admin.filters import DayRangeFilter, WordsFilter
from directory.admin.verbs import short
from directory.models import AuditEvent

EXPORTED = 50_000


def model_of(event: AuditEvent) -> type[Model] | None:
    try:
        return apps.get_model(event.subject_type)
    except LookupError:
        return None


def in_words(event: AuditEvent) -> list[str]:
    """What changed, a sentence for each column."""
    model, said = model_of(event), []
    for name, (old, new) in event.changes.items():
        try:
            label = str(model._meta.get_field(name).verbose_name) if model else name  # type: ignore[union-attr]
        except (FieldDoesNotExist, AttributeError):
            label = name
        if old is None and new is None:
            text = _("%(what)s: changed, the values are private") % {"what": capfirst(label)}
        elif isinstance(new, list):
            text = _("%(what)s: added %(rows)s") % {"what": capfirst(label), "rows": _rows(new)}
        elif isinstance(old, list):
            text = _("%(what)s: removed %(rows)s") % {"what": capfirst(label), "rows": _rows(old)}
        else:
            text = _("%(what)s: %(old)s → %(new)s") % {
                "what": capfirst(label),
                "old": _value(model, name, old),
                "new": _value(model, name, new),
            }
        said.append(text)
    return said


def _rows(keys: list[Any]) -> str:
    return ", ".join(f"#{key}" for key in keys)


def _value(model: type[Model] | None, name: str, value: Any) -> str:
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if value in (None, ""):
        return str(_("empty"))
    try:
        choices = dict(model._meta.get_field(name).flatchoices) if model else {}  # type: ignore[union-attr]
    except (FieldDoesNotExist, AttributeError):
        choices = {}
    return f"“{choices.get(value, value)}”"


def name_subjects(events: Iterable[AuditEvent]) -> None:
    """Say which row each event is about, by the name that the row has now: one query for each kind."""
    kinds: dict[str, list[AuditEvent]] = defaultdict(list)
    for event in events:
        kinds[event.subject_type].append(event)
    for found in kinds.values():
        model = model_of(found[0])
        rows: dict[str, Model] = {}
        if model is not None:
            manager = model._base_manager
            names = {field.name for field in model._meta.get_fields() if field.many_to_one or field.one_to_one}
            query = manager.select_related(*({"person", "host", "brand"} & names))
            rows = {str(row.pk): row for row in query.filter(pk__in={event.subject_id for event in found})}
        for event in found:
            kind = capfirst(str(model._meta.verbose_name)) if model else event.subject_type
            row = rows.get(event.subject_id)
            event.subject_words = f"{kind} {row}" if row else f"{kind} #{event.subject_id}"  # type: ignore[attr-defined]
            event.subject_there = row is not None  # type: ignore[attr-defined]


@admin.register(AuditEvent)
class AuditEventAdmin(ModelAdmin):
    list_display = ["moment", "who", "what", "subject", "what_changed", "brand", "source"]
    list_display_links = ["moment"]
    list_select_related = ["brand", "actor"]
    list_filter = [
        ("brand", RelatedDropdownFilter),
        WordsFilter,
        ("source", ChoicesDropdownFilter),
        ("at", DayRangeFilter),
        ("actor", AutocompleteSelectFilter),
    ]
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["=subject_id", "actor_text", "=verb"]
    search_help_text = gettext_lazy("Number of a row, or the e-mail of who did it")
    actions_list = ["export"]
    fields = ["moment", "who", "what", "subject", "what_changed", "note", "brand", "source"]
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        return super().get_queryset(request).select_related("brand", "actor")

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        listed = getattr(response, "context_data", {}).get("cl")
        if listed is not None:
            listed.result_list = list(listed.result_list)
            name_subjects(listed.result_list)
            for link in response.context_data["actions_list"]:  # type: ignore[attr-defined]
                link["path"] = f"{link['path']}?{request.GET.urlencode()}"
        return response

    @display(description=gettext_lazy("at"), ordering="at")
    def moment(self, obj: AuditEvent) -> str:
        return short(obj.at)

    @display(description=gettext_lazy("by"))
    def who(self, obj: AuditEvent) -> str:
        if obj.actor_text:
            return obj.actor_text
        if obj.actor_id:
            return str(_("Log-in #%(number)d") % {"number": obj.actor_id})
        return str(_("System") if obj.source == AuditEvent.Source.SYSTEM else _("Visitor"))

    @display(description=gettext_lazy("what"))
    def what(self, obj: AuditEvent) -> str:
        return str(audit.WORDS.get(obj.verb, obj.verb))

    @display(description=gettext_lazy("row"))
    def subject(self, obj: AuditEvent) -> str | SafeString:
        if not hasattr(obj, "subject_words"):
            name_subjects([obj])
        words: str = obj.subject_words  # type: ignore[attr-defined]
        if not obj.subject_there:  # type: ignore[attr-defined]
            return words
        try:
            url = reverse(f"admin:{obj.subject_type.replace('.', '_')}_change", args=[obj.subject_id])
        except NoReverseMatch:
            return words
        return format_html('<a class="look-link" href="{}">{}</a>', url, words)

    @display(description=gettext_lazy("changes"))
    def what_changed(self, obj: AuditEvent) -> SafeString | str:
        said = in_words(obj)
        return SafeString("<br>").join(format_html("{}", line) for line in said) if said else "–"

    @action(description=gettext_lazy("Export"), url_path="export", permissions=["view"], icon="download")
    def export(self, request: HttpRequest) -> StreamingHttpResponse:
        """The list as it is filtered, as CSV, newest first."""
        rows = self.get_changelist_instance(request).get_queryset(request).order_by("-at", "-id")[:EXPORTED]
        audit.record("exported", request.user, note="audit log")  # type: ignore[arg-type]
        response = StreamingHttpResponse(_lines(self, rows), content_type="text/csv; charset=utf-8")
        name = f"audit-{timezone.now():%Y-%m-%d}.csv"
        return _attached(response, name)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        return lookup in ("subject_type", "subject_id") or super().lookup_allowed(lookup, value, request)


def _attached(response: StreamingHttpResponse, name: str) -> StreamingHttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class _Echo:
    def write(self, value: str) -> str:
        return value


def safe_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _lines(page: AuditEventAdmin, rows: QuerySet[AuditEvent]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(["at", "by", "verb", "kind", "row", "brand", "where", "changes", "note"])
    for event in rows.iterator(chunk_size=500):
        cells = [event.at.isoformat(), page.who(event), event.verb, event.subject_type, event.subject_id]
        cells += [event.brand or "", event.source, "; ".join(in_words(event)), event.note]
        yield writer.writerow([safe_cell(cell) for cell in cells])
