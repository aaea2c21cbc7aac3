"""People, log-ins and permission groups."""

from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from directory import contacts
from directory.admin.forms import WholeRowForm, ZoneMixin
from directory.models import Person, User

admin.site.unregister([EmailAddress, Group])


class LogInCreationForm(UserCreationForm):
    class Meta:
        model = User
        fields = ["email"]

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].lower()
        if User.objects.filter(email=email).exists():
            raise forms.ValidationError(_("There is a log-in with this e-mail."))
        return email


class LogInChangeForm(UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class EmailAddressInline(TabularInline):
    """The addresses of a log-in. They change by the log-in's own verified way; staff may only vouch for them."""

    model = EmailAddress
    extra = 0
    fields = ["email", "primary", "verified"]
    readonly_fields = ["email", "primary"]
    verbose_name_plural = _("e-mail addresses")

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return request.user.has_perm("directory.change_user")

    def has_view_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return request.user.has_perm("directory.view_user") or self.has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


class PersonInline(TabularInline):
    """Who this log-in is, at which brand."""

    model = Person
    extra = 0
    fields = ["brand", "first_name", "last_name", "email"]
    readonly_fields = fields
    show_change_link = True
    verbose_name_plural = _("is, at each brand")

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ModelAdmin):
    brand_path = "people__brand"
    form = LogInChangeForm
    add_form = LogInCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "is_staff", "is_superuser", "is_active", "last_login", "date_joined"]
    list_filter = [("is_staff", BooleanRadioFilter), ("is_active", BooleanRadioFilter)]
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["email"]
    ordering = ["email"]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = ["brands", "groups", "user_permissions"]
    inlines = [EmailAddressInline, PersonInline]
    fieldsets = [
        (None, {"fields": ["email", "password", "is_active"]}),
        (_("Permissions"), {"fields": [("is_staff", "is_superuser"), "brands", "groups", "user_permissions"]}),
        (_("Dates"), {"fields": [("last_login", "date_joined")]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "usable_password", "password1", "password2"]})]

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        return self.inlines if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        fields = list(self.readonly_fields)
        if obj:
            fields.append("email")
        if not request.user.is_superuser:
            # Who may edit log-ins must not be able to make one, or herself, more powerful.
            fields += ["is_staff", "is_superuser", "brands", "groups", "user_permissions"]
        return fields

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_change_permission(request, obj)
        return allowed and (obj is None or not obj.is_superuser or request.user.is_superuser)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        allowed = super().has_delete_permission(request, obj)
        if obj is None:
            return allowed
        return allowed and obj != request.user and (not obj.is_superuser or request.user.is_superuser)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Deleting many at once would pass over the question above."""
        actions = super().get_actions(request)
        if not request.user.is_superuser:
            actions.pop("delete_selected", None)
        return actions

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        user = form.instance
        if not EmailAddress.objects.filter(user=user).exists():
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    pass


class PersonForm(WholeRowForm, ZoneMixin):
    whole = ("brand",)

    class Meta:
        model = Person
        fields = "__all__"

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


@admin.register(Person)
class PersonAdmin(ModelAdmin):
    form = PersonForm
    list_display = ["person_name", "email", "brand", "role", "language", "time_zone", "created_at"]
    list_select_related = ["brand", "professional", "user"]
    list_filter = [("brand", RelatedDropdownFilter), ("language", ChoicesDropdownFilter)]
    list_filter_submit = True
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["first_name", "last_name", "email"]
    autocomplete_fields = ["user"]
    readonly_fields = ["created_at", "erased_at"]
    fieldsets = [
        (None, {"fields": ["brand", ("prefix", "first_name", "last_name"), ("email", "phone")]}),
        (_("Settings"), {"fields": [("language", "time_zone"), "user"]}),
        (_("Dates"), {"fields": [("created_at", "erased_at")]}),
    ]

    def get_readonly_fields(self, request: HttpRequest, obj: Person | None = None) -> list[str]:
        return [*self.readonly_fields, "brand"] if obj else self.readonly_fields

    @display(description=_("name"), ordering="last_name")
    def person_name(self, obj: Person) -> str:
        return obj.full_name or contacts.shown(str(obj))

    @display(description=_("role"), label={"member": "primary", "client": "info"})
    def role(self, obj: Person) -> tuple[str, Any]:
        return ("member", _("Member")) if hasattr(obj, "professional") else ("client", _("Client"))
