"""The administration: every page shows the brands of who is logged in, and contact data to whom it is granted.

What is registered gets both, so that a page nobody thought of is safe as well.
"""

from collections import deque
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Field, Model, QuerySet, URLField
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import display
from unfold.sites import UnfoldAdminSite
from unfold.views import ChangeList

from directory import audit, contacts

DEEPEST = 4  # foreign keys from a row to its brand


def path_to_brand(model: type[Model]) -> str | None:
    """The shortest way over foreign keys from a row to its brand, as a lookup; None for what belongs to no brand."""
    waiting: deque[tuple[type[Model], list[str]]] = deque([(model, [])])
    seen = {model}
    while waiting:
        current, steps = waiting.popleft()
        if current._meta.label == "directory.Brand":
            return "__".join([*steps, "pk"]) if steps else "pk"
        fields = [f for f in current._meta.concrete_fields if f.is_relation and f.many_to_one or f.one_to_one]
        # A row of which the brand may be missing is found by the way that is always there.
        for field in sorted(fields, key=lambda f: f.null):
            target: Any = field.related_model
            if target not in seen and len(steps) < DEEPEST and target._meta.label != "directory.User":
                seen.add(target)
                waiting.append((target, [*steps, field.name]))
    return None


def in_scope(rows: QuerySet[Any], request: HttpRequest, way: str | None) -> QuerySet[Any]:
    """Those rows that belong to a brand of who asks; superusers have all brands."""
    brands = contacts.brands_of(request.user)
    if brands is None or way is None:
        return rows
    found = rows.filter(**{f"{way}__in": brands})
    if way == "people__brand":  # log-ins: also one's own, never those of superusers
        return (found | rows.filter(pk=request.user.pk)).filter(is_superuser=False).distinct()
    return found


class BrandFilter(RelatedDropdownFilter):
    """A filter by something of a brand offers what belongs to the brands of who asks."""

    def field_choices(self, field: Field, request: HttpRequest, model_admin: Any) -> list[tuple[Any, str]]:  # type: ignore[type-arg,override]
        model: Any = field.related_model
        rows = in_scope(model._default_manager.all(), request, path_to_brand(model))
        return [(row.pk, str(row)) for row in rows]


def _masked(name: str) -> Any:
    """A column that shows `name` only to whom it is granted; on a change page with the way to reveal it."""

    def shown(self: Any, obj: Model) -> str | SafeString:
        value = str(getattr(obj, name) or "")
        text = contacts.shown(value)
        request = audit.REQUEST.get()
        if text == value or not value or request is None or not contacts.may_reveal(request.user):
            return text or "–"
        if not request.path.endswith("/change/"):
            return text
        url = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_reveal", args=[obj.pk])
        return format_html('{} <a class="look-link" href="{}">{}</a>', text, url, _("Show"))

    shown.__name__ = f"masked_{name}"
    return shown


class List(ChangeList):
    """Where the total is not counted (`show_full_result_count`), all that is found without a filter is the total."""

    full_result_count: int | None

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        if self.full_result_count is None and not (self.query or self.has_active_filters):
            self.full_result_count = self.result_count


class Guarded:
    """Mixed into every ModelAdmin at registration."""

    brand_path: str | None
    masked: list[str]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return in_scope(super().get_queryset(request), request, self.brand_path)  # type: ignore[misc]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        found: type[ChangeList] = super().get_changelist(request, **kwargs)  # type: ignore[misc]
        return List if found is ChangeList else found

    def _limit(self, db_field: Any, request: HttpRequest, kwargs: dict[str, Any]) -> dict[str, Any]:
        model = db_field.related_model
        if contacts.brands_of(request.user) is None or model._meta.label == "directory.User":
            return kwargs
        rows = kwargs.get("queryset")
        rows = model._default_manager.all() if rows is None else rows
        return kwargs | {"queryset": in_scope(rows, request, path_to_brand(model))}

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs = self._limit(db_field, request, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs = self._limit(db_field, request, kwargs)
        return super().formfield_for_manytomany(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, URLField):
            kwargs.setdefault("assume_scheme", "https")
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        found = super().get_list_filter(request)  # type: ignore[misc]
        return [(e[0], BrandFilter) if isinstance(e, tuple) and e[1] is RelatedDropdownFilter else e for e in found]

    # --- contact data -------------------------------------------------------------------------------------------

    def _hides(self, request: HttpRequest) -> bool:
        return bool(self.masked) and not contacts.may_see(request.user)

    def _mask(self, found: Any) -> Any:
        if isinstance(found, (list, tuple)):
            return type(found)(self._mask(each) for each in found)
        return f"masked_{found}" if found in self.masked else found

    def get_list_display(self, request: HttpRequest) -> Any:
        found = super().get_list_display(request)  # type: ignore[misc]
        return self._mask(list(found)) if self._hides(request) else found

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        found = super().get_fieldsets(request, obj)  # type: ignore[misc]
        if obj is None or not self._hides(request):
            return found
        return [(title, {**options, "fields": self._mask(list(options["fields"]))}) for title, options in found]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        found = list(super().get_readonly_fields(request, obj))  # type: ignore[misc]
        if obj is None or not self._hides(request):
            return found
        return self._mask(found) + [f"masked_{name}" for name in self.masked if name not in found]

    def get_exclude(self, request: HttpRequest, obj: Any = None) -> Any:
        found = super().get_exclude(request, obj)  # type: ignore[misc]
        return [*(found or []), *self.masked] if obj is not None and self._hides(request) else found

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Who may not see an address finds it only by the whole of it: no guessing letter by letter."""
        found = super().get_search_fields(request)  # type: ignore[misc]
        if contacts.may_see(request.user):
            return found
        return [f"={name}" if name.rpartition("__")[2] in contacts.COLUMNS else name for name in found]

    def get_urls(self) -> list[Any]:
        urls = super().get_urls()  # type: ignore[misc]
        if not self.masked:
            return urls
        opts = self.opts  # type: ignore[attr-defined]
        view = self.admin_site.admin_view(self.reveal)  # type: ignore[attr-defined]
        return [path("<path:object_id>/reveal/", view, name=f"{opts.app_label}_{opts.model_name}_reveal"), *urls]

    def reveal(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """GET asks, POST writes a line in the audit log and shows the contact data of one row, once."""
        row = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if row is None:
            raise Http404
        if not contacts.may_reveal(request.user) or not self.has_view_permission(request, row):  # type: ignore[attr-defined]
            raise PermissionDenied
        facts: list[tuple[str, str]] = []
        if request.method == "POST":
            audit.record("contact.revealed", row)
            facts = [(str(row._meta.get_field(name).verbose_name), getattr(row, name)) for name in self.masked]
        opts = self.opts  # type: ignore[attr-defined]
        try:
            back = reverse(f"admin:{opts.app_label}_{opts.model_name}_change", args=[row.pk])
        except NoReverseMatch:
            back = reverse("admin:index")
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "title": _("Contact data"),
            "opts": opts,
            "row": row,
            "revealed": request.method == "POST",
            "facts": [(label, value or "–") for label, value in facts],
            "back": back,
        }
        response = TemplateResponse(request, "directory/admin/reveal.html", context)
        response["Cache-Control"] = "no-store"
        return response


class Site(UnfoldAdminSite):
    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        models: list[Any] = [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        for model in models:
            base = admin_class or ModelAdmin
            if issubclass(base, Guarded):
                super().register(model, base, **options)
                continue
            masked = [f.name for f in model._meta.concrete_fields if f.name in contacts.COLUMNS]
            if model._meta.label == "directory.User":
                masked = []  # staff that may see log-ins works with them
            own: dict[str, Any] = {"masked": masked, "__module__": base.__module__}
            if not hasattr(base, "brand_path"):
                own["brand_path"] = path_to_brand(model)
            for name in masked:
                label = model._meta.get_field(name).verbose_name
                own[f"masked_{name}"] = display(description=label)(_masked(name))
            super().register(model, type(base.__name__, (Guarded, base), own), **options)
