"""Brands and specialties."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from modeltranslation.admin import TranslationAdmin, TranslationStackedInline
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import PaginationFormSetMixin
from unfold.widgets import UnfoldAdminColorInputWidget, UnfoldAdminSelectWidget

from directory import colours, specialties
from directory.admin.forms import WholeRowForm, ZoneMixin, secure_column
from directory.admin.verbs import Question, TypedNameForm, VerbAdmin
from directory.models import Brand, CheckItem, Domain, LegalPage, Professional, Specialty
from directory.uploads import validate_artwork


class BrandForm(ZoneMixin):
    class Meta:
        model = Brand
        fields = "__all__"
        formfield_callback = secure_column
        widgets = {"accent": UnfoldAdminColorInputWidget}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hold = self.fields.get("hold_minutes")
        if hold:
            hold.widget.attrs.update({"min": 5, "max": 60})

    def clean_accent(self) -> str:
        return self.cleaned_data["accent"].lower()

    def clean_logo(self) -> Any:
        return self._artwork("logo")

    def clean_favicon(self) -> Any:
        return self._artwork("favicon")

    def _artwork(self, name: str) -> Any:
        """Checked when it is new: what is stored has been."""
        file = self.cleaned_data[name]
        if file and name in self.changed_data:
            validate_artwork(file)
        return file

    def clean_country(self) -> str:
        country = self.cleaned_data["country"].upper()
        if len(country) != 2 or not country.isalpha():
            raise forms.ValidationError(_("Two letters, for example DE."))
        return country

    def clean_hold_minutes(self) -> int:
        minutes = self.cleaned_data["hold_minutes"]
        if not 5 <= minutes <= 60:
            raise forms.ValidationError(_("Between 5 and 60 minutes."))
        return minutes

    def clean_is_default(self) -> bool:
        wanted = self.cleaned_data["is_default"]
        other = Brand.objects.filter(is_default=True).exclude(pk=self.instance.pk).first()
        if wanted and other:
            raise forms.ValidationError(
                _("%(brand)s is shown on unknown local hosts now; switch it off there first.") % {"brand": other}
            )
        return wanted


class DomainForm(forms.ModelForm):
    def _get_validation_exclusions(self) -> set[str]:
        # "one primary" is a matter of all rows together: the formset sees to it.
        return super()._get_validation_exclusions() | {"brand"}  # type: ignore[misc,no-any-return]

    def clean_host(self) -> str:
        return self.cleaned_data["host"].strip().lower()


class DomainFormSet(PaginationFormSetMixin, BaseInlineFormSet):
    def clean(self) -> None:
        super().clean()
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        hosts = [data["host"] for data in kept if data.get("host")]
        if len(hosts) != len(set(hosts)):
            raise forms.ValidationError(_("A host name stands here twice."))
        if sum(bool(data.get("is_primary")) for data in kept if data.get("host")) > 1:
            raise forms.ValidationError(_("A brand has one primary domain."))

    def save(self, commit: bool = True) -> Any:
        if commit and self.instance.pk:
            # The old primary steps down before the new one is written; the constraint looks after every row.
            primary = [form.instance.pk for form in self.forms if form.cleaned_data.get("is_primary")]
            self.instance.domains.filter(is_primary=True).exclude(pk__in=[pk for pk in primary if pk]).update(
                is_primary=False
            )
        return super().save(commit)


class DomainInline(TabularInline):
    model = Domain
    form = DomainForm
    formset = DomainFormSet
    extra = 0
    tab = True


class CheckItemInline(TabularInline):
    model = CheckItem
    extra = 0
    tab = True


class LegalPageInline(StackedInline, TranslationStackedInline):
    model = LegalPage
    extra = 0
    tab = True
    fields = ["kind", "title", "body"]


@admin.register(Brand)
class BrandAdmin(ModelAdmin, TranslationAdmin):
    form = BrandForm
    inlines = [DomainInline, CheckItemInline, LegalPageInline]
    list_display = ["brand_name", "primary_domain", "language", "time_zone", "members", "waiting", "colour"]
    list_per_page = 50
    search_fields = ["name", "slug", "domains__host"]
    readonly_fields = ["contrast_result", "created_at"]
    prepopulated_fields = {"slug": ["name"]}
    warn_unsaved_form = True
    fieldsets = [
        (None, {"fields": [("name", "slug"), ("profile_type", "country"), ("language", "time_zone"), "is_default"]}),
        (_("Texts"), {"classes": ["tab"], "fields": ["headline", "intro", "noun", "nouns", "footer_note"]}),
        (
            _("Look"),
            {
                "classes": ["tab"],
                "fields": ["accent", "contrast_result", ("typeface", "corners"), "logo", "favicon"],
            },
        ),
        (
            _("Contact and mail"),
            {
                "classes": ["tab"],
                "fields": [("support_email", "support_phone"), "support_hours", ("sender_name", "sender_address")],
            },
        ),
        (_("Consents"), {"classes": ["tab"], "fields": ["care_text", "marketing_text"]}),
        (
            _("Rules"),
            {
                "classes": ["tab"],
                "fields": [
                    "approval_required",
                    ("register_url", "recheck_months"),
                    "trader_record_required",
                    "sensitive",
                    "hold_minutes",
                    ("remind_week", "remind_day", "remind_hours"),
                    ("paused", "pause_note"),
                    "created_at",
                ],
            },
        ),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Brand]:
        members = Q(professionals__status=Professional.Status.LISTED)
        waiting = Q(professionals__status=Professional.Status.SUBMITTED)
        return (
            super()
            .get_queryset(request)
            .prefetch_related("domains")
            .annotate(
                member_count=Count("professionals", filter=members, distinct=True),
                waiting_count=Count("professionals", filter=waiting, distinct=True),
            )
        )

    def has_delete_permission(self, request: HttpRequest, obj: Brand | None = None) -> bool:
        """A brand with people keeps its rows; only an empty one can go."""
        return super().has_delete_permission(request, obj) and obj is not None and not obj.people.exists()

    def get_readonly_fields(self, request: HttpRequest, obj: Brand | None = None) -> list[str]:
        return [*self.readonly_fields, "slug"] if obj else self.readonly_fields

    def get_prepopulated_fields(self, request: HttpRequest, obj: Brand | None = None) -> dict[str, Any]:
        return {} if obj else self.prepopulated_fields

    def view_on_site(self, obj: Brand) -> str:
        return obj.url()

    @display(description=_("name"), ordering="name", header=True)
    def brand_name(self, obj: Brand) -> list[Any]:
        logo = {"path": obj.logo.url, "squared": True, "width": 32, "height": 32} if obj.logo else {}
        return [obj.name, obj.slug, obj.name[:2], logo]

    @display(description=_("primary domain"))
    def primary_domain(self, obj: Brand) -> SafeString:
        return format_html('<a class="look-link" href="{}">{}</a>', obj.url(), obj.host)

    @display(description=_("listed"), ordering="member_count")
    def members(self, obj: Brand) -> int:
        return obj.member_count  # type: ignore[attr-defined]

    @display(description=_("waiting for approval"), ordering="waiting_count")
    def waiting(self, obj: Brand) -> int:
        return obj.waiting_count  # type: ignore[attr-defined]

    @display(description=_("brand colour"))
    def colour(self, obj: Brand) -> SafeString:
        return format_html('<span class="swatch" style="background:{}"></span> <code>{}</code>', obj.accent, obj.accent)

    @display(description=_("Contrast"))
    def contrast_result(self, obj: Brand) -> str | SafeString:
        """What the saved colour gives, with the shade computed for dark pages."""
        if not obj.pk:
            return str(_("Shown after saving."))
        palette = obj.palette
        rows = [
            (_("Links on white"), palette["accent"], colours.LIGHT_SURFACE),
            (_("Text on buttons"), palette["on_accent"], palette["accent"]),
            (_("Links on dark pages"), palette["accent_dark"], colours.DARK_SURFACE),
            (_("Text on buttons of dark pages"), palette["on_accent_dark"], palette["accent_dark"]),
        ]
        parts = [
            format_html(
                '<li><span class="sample" style="color:{};background:{}">Aa</span> {}: {}:1</li>',
                text,
                surface,
                label,
                number_format(colours.contrast(text, surface), 1),
            )
            for label, text, surface in rows
        ]
        return format_html('<ul class="samples">{}</ul>', SafeString("".join(parts)))


class MergeForm(forms.Form):
    into: Any = forms.ModelChoiceField(Specialty.objects.none(), label=_("Into which"), widget=UnfoldAdminSelectWidget)

    def __init__(self, *args: Any, others: QuerySet[Specialty], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = others  # type: ignore[attr-defined]


class SpecialtyForm(WholeRowForm):
    whole = ("brand",)

    class Meta:
        model = Specialty
        fields = "__all__"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        brand = data.get("brand") or (self.instance.brand if self.instance.brand_id else None)
        parent = data.get("parent")
        if parent and brand and parent.brand_id != brand.pk:
            self.add_error("parent", _("This specialty belongs to another brand."))
        seen: set[int] = set()
        while parent is not None and parent.pk not in seen:
            seen.add(parent.pk)
            parent = parent.parent
        if self.instance.pk in seen:
            self.add_error("parent", _("A specialty cannot belong to itself."))
        return data


@admin.register(Specialty)
class SpecialtyAdmin(VerbAdmin, TranslationAdmin):
    actions_detail = ["merge_one"]
    form = SpecialtyForm
    list_display = ["name", "brand", "parent", "slug", "sensitive", "position", "members"]
    list_select_related = ["brand", "parent"]
    list_filter = [("brand", RelatedDropdownFilter)]
    list_filter_submit = True
    list_per_page = 100  # type: ignore[misc]
    show_full_result_count = False  # type: ignore[misc]
    search_fields = ["name_en", "name_de", "slug", "synonyms"]
    autocomplete_fields = ["parent"]
    ordering = ["brand", "position", "pk"]
    prepopulated_fields = {"slug": ["name"]}
    fields = ["brand", "name", "slug", "synonyms", "schema_type", "parent", "sensitive", "position"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Specialty]:
        listed = Q(professionals__status=Professional.Status.LISTED)
        return super().get_queryset(request).annotate(member_count=Count("professionals", filter=listed))

    def get_readonly_fields(self, request: HttpRequest, obj: Specialty | None = None) -> list[str]:
        return ["brand"] if obj else []

    @display(description=_("listed members"), ordering="member_count")
    def members(self, obj: Specialty) -> int:
        return obj.member_count  # type: ignore[attr-defined]

    @action(
        description=_("Merge"), permissions=["delete"], url_path="merge", icon="merge", variant=ActionVariant.DANGER
    )
    def merge_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """First into which, then what that would do, then the name typed."""
        row: Specialty = self.find(request, object_id)
        others = Specialty.objects.filter(brand=row.brand_id).exclude(pk=row.pk)
        form = MergeForm(request.GET if "into" in request.GET else None, others=others)
        if not form.is_valid():
            context = {**self.admin_site.each_context(request), "opts": self.opts, "title": _("Merge"), "row": row}
            back = reverse("admin:directory_specialty_change", args=[row.pk])
            return TemplateResponse(request, "directory/admin/merge.html", {**context, "form": form, "back": back})
        into = form.cleaned_data["into"]
        what = specialties.preview(row, into)
        question = Question(
            title=gettext("Merge “%(source)s” into “%(into)s”") % {"source": row, "into": into},
            explanation=[
                ngettext("%(count)d professional moves.", "%(count)d professionals move.", what.moving)
                % {"count": what.moving},
                ngettext(
                    "%(count)d professional has both already.",
                    "%(count)d professionals have both already.",
                    what.have_both,
                )
                % {"count": what.have_both},
                ngettext("%(count)d specialty below moves.", "%(count)d specialties below move.", what.children)
                % {"count": what.children},
                gettext(
                    "“%(source)s” becomes a synonym, and its old address leads to the new one. It cannot be undone."
                )
                % {"source": row},
            ],
            button=gettext("Merge"),
            run=lambda source, data: specialties.merge(source, into),
            done=gettext("Merged: %(count)d."),
            form=lambda *args: TypedNameForm(*args, name=row.slug),
            danger=True,
        )
        back = reverse("admin:directory_specialty_change", args=[into.pk])
        return self._ask(request, [row], question, back=back)
