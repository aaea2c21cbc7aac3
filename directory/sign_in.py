"""Sign-in with Google, Microsoft or any provider of OpenID Connect, as far as it is configured (config/sign_in.py).

What a provider says is believed where it counts only: its own id of the user, and an e-mail address it has verified.
Nobody becomes staff from outside, and no log-in of staff is opened by an address.
"""

import logging
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.openid_connect import views
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from directory.models import User

log = logging.getLogger(__name__)


def leave(request: HttpRequest, provider_id: str) -> HttpResponse:
    """To the provider; a page of ours where it is silent, which django-allauth lets through as an error."""
    try:
        return views.login(request, provider_id)
    except OSError:  # RequestException is one
        log.warning("Sign-in provider %s does not answer.", provider_id, exc_info=True)
        return render(request, "socialaccount/authentication_error.html", status=503)


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "email_taken": _(
            "There is an account with this e-mail address. Log in to it first, then connect %s in the settings."
        ),
        "no_password": _("First choose a password, or you could no longer log in."),
    }

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Those of the configuration that this brand offers; rows of the database would hold their secrets in the clear."""
        from allauth.socialaccount.adapter import _build_apps_from_settings

        brand = getattr(request, "brand", None)
        configured = _build_apps_from_settings(provider=provider, client_id=client_id)
        found = [app for group in configured.values() for app in group]
        return [app for app in found if brand and (not app.settings["brands"] or brand.slug in app.settings["brands"])]

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        """The member whose proven address the provider has proven too; never staff."""
        if not sociallogin.provider.app.settings["link_by_email"]:
            return None
        for address in self._believed(sociallogin):
            own = EmailAddress.objects.filter(email__iexact=address.email, verified=True).select_related("user").first()
            if own and own.user.is_active and not (own.user.is_staff or own.user.is_superuser):
                return own.user, own.email
        return None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        believed = self._believed(sociallogin)
        for address in sociallogin.email_addresses:
            address.verified = address in believed

    @staticmethod
    def _believed(sociallogin: SocialLogin) -> list[EmailAddress]:
        """Only where the provider says true: some say nothing, some write the word “false”."""
        return [address for address in sociallogin.email_addresses if address.verified is True]

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """Nothing but the address; names are asked for on our form, rights come from us alone."""
        user: User = sociallogin.user
        user.email = (data.get("email") or "").lower()
        return user

    def get_signup_form_initial_data(self, sociallogin: SocialLogin) -> dict[str, Any]:
        data = sociallogin.provider.extract_common_fields(sociallogin.account.extra_data)
        return {
            "email": data.get("email") or "",
            "first_name": (data.get("first_name") or "")[:60],
            "last_name": (data.get("last_name") or "")[:60],
        }
