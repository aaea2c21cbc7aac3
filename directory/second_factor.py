"""Second factors: secrets sealed at rest, passkeys of the brand's host, and the administration behind them."""

from collections.abc import Callable
from typing import Any

from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.forms import AuthenticationForm as AdminAuthenticationForm

from directory import audit
from directory.models import Brand, User
from directory.secrets import seal, unseal

audit.WORDS |= {
    "second_factor.added": gettext_lazy("second factor added"),
    "second_factor.removed": gettext_lazy("second factor removed"),
}


class MFAAdapter(DefaultMFAAdapter):
    """django-allauth's second factors in the brand's name. A passkey belongs to the host on which it was made."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("This code is not right. Take the one that is shown now."),
        "unverified_email": gettext_lazy(
            "First confirm your e-mail addresses, or remove those that are not confirmed."
        ),
        "add_email_blocked": gettext_lazy("While a second factor is on, no further e-mail address can be added."),
    }

    def encrypt(self, text: str) -> str:
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text)

    def _get_site_name(self) -> str:
        brand = getattr(context.request, "brand", None)
        return brand.name if brand else context.request.get_host()

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(number)s") % {"number": number}


def is_proven(request: HttpRequest) -> bool:
    """Whether this session has seen the second factor."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def remember_proof(request: HttpRequest, user: User, authenticator: Authenticator) -> None:
    """Setting up a factor shows that one has it."""
    audit.record("second_factor.added", user, note=authenticator.type)
    if request.user.is_authenticated and request.user.pk == user.pk:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


def note_removal(user: User, authenticator: Authenticator) -> None:
    audit.record("second_factor.removed", user, note=authenticator.type)


def one_log_in(django_view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The administration is entered through the brand's own log-in, which knows second factors and limits guessing.

    Under a host of no brand (a new installation) there is no such page; Django's form serves, without second factors.
    """

    def view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if getattr(request, "brand", None) is None:
            return django_view(request, *args, **kwargs)
        if not request.user.is_authenticated:
            return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
        if not (request.user.is_staff and request.user.is_active):
            raise PermissionDenied
        return redirect("admin:index")

    return view


class PasswordOnlyForm(AdminAuthenticationForm):
    """Django's own log-in form: for staff who have no second factor, while none is asked for."""

    def confirm_login_allowed(self, user: User) -> None:  # type: ignore[override]
        AuthenticationForm.confirm_login_allowed(self, user)
        super().confirm_login_allowed(user)
        if is_mfa_enabled(user) or (settings.STAFF_SECOND_FACTOR and Brand.objects.exists()):
            raise ValidationError(
                gettext_lazy(
                    "This log-in needs its second factor. Open the administration under the host name of a brand."
                )
            )


class StaffMiddleware:
    """With STAFF_SECOND_FACTOR the administration opens only to sessions that have seen a second factor."""

    prefix = "/admin/"

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.STAFF_SECOND_FACTOR and request.path_info.startswith(self.prefix):
            answer = self.ask(request)
            if answer is not None:
                return answer
        return self.get_response(request)

    @staticmethod
    def ask(request: HttpRequest) -> HttpResponse | None:
        at_a_brand = getattr(request, "brand", None) is not None
        user = request.user
        leaving = request.path_info == reverse("admin:logout")
        if not at_a_brand or leaving or not (user.is_authenticated and user.is_staff) or is_proven(request):
            return None
        if is_mfa_enabled(user, [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]):
            types = Authenticator.objects.filter(user=user).values_list("type", flat=True)
            name = "mfa_reauthenticate" if Authenticator.Type.TOTP in types else "mfa_reauthenticate_webauthn"
            next_page = request.get_full_path() if request.method == "GET" else reverse("admin:index")
            return redirect(f"{reverse(name)}?{urlencode({'next': next_page})}")
        messages.warning(request, _("The administration needs a second factor. Set one up here, then go on."))
        return redirect("mfa_index")
