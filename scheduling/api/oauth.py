"""OAuth 2 by django-oauth-toolkit, per brand: its hooks, and the tokens as callers of the API.

    client credentials            a program acts for one professional or, without one, for the whole brand
    authorization code with PKCE  a professional allows a program to act for her (scheduling.api.consent)

A client belongs to a brand, and so do its codes and tokens: under another host they are unknown.
"""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import AccessToken, Grant, RefreshToken, clear_expired
from oauth2_provider.oauth2_backends import OAuthLibCore
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauth2_provider.scopes import BaseScopes
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from directory import audit
from directory.access import professional_of
from directory.models import Brand, User
from scheduling.api.callers import NOTED, PREFIX, Caller, bearer, brand_of, digest, may_act
from scheduling.models import ApiClient, Scope
from scheduling.models.api import BRAND_KEY, OWN_SCOPES

audit.WORDS["program.allowed"] = _("access allowed to a program")
audit.WORDS["program.withdrawn"] = _("access withdrawn from a program")


class Core(OAuthLibCore):
    """Tells the library's hooks which brand is asked."""

    def extract_headers(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().extract_headers(request), BRAND_KEY: brand_of(request).pk}


class Scopes(BaseScopes):
    def get_all_scopes(self) -> dict[str, str]:
        return {one.value: str(one.label) for one in Scope}

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        return application.allowed_scopes if application is not None else list(Scope.values)

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        """Who asks for nothing in particular gets all that the client may have."""
        return self.get_available_scopes(application, request)


class Validator(OAuth2Validator):
    def validate_code(self, client_id: str, code: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        """A code of a professional who left, or whose log-in is locked, is worth nothing."""
        found = super().validate_code(client_id, code, client, request, *args, **kwargs)
        return bool(found and _still_there(request.user, client.brand))

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Any, *args: Any, **kwargs: Any) -> bool:
        found = super().validate_refresh_token(refresh_token, client, request, *args, **kwargs)
        return bool(found and _still_there(request.user, client.brand))


def _still_there(user: User, brand: Brand) -> bool:
    professional = professional_of(user, brand)
    return professional is not None and may_act(professional)


class OAuthAuthentication(BaseAuthentication):
    """Authorization: Bearer with an access token."""

    def authenticate(self, request: Any) -> tuple[Any, Caller] | None:
        token = bearer(request)
        if token is None or token.startswith(PREFIX):
            return None
        now, brand = timezone.now(), brand_of(request)
        row = (
            AccessToken.objects.filter(token_checksum=digest(token), application__brand=brand)
            .select_related("user", "application__professional__person__user", "application__professional__brand")
            .first()
        )
        if row is None or row.expires <= now or not row.application.is_active:
            raise AuthenticationFailed
        client: ApiClient = row.application
        if client.last_used_at is None or client.last_used_at < now - NOTED:
            ApiClient.objects.filter(pk=client.pk).update(last_used_at=now)
        if row.user_id and row.updated < now - NOTED:  # nothing else changes a token: its last use
            AccessToken.objects.filter(pk=row.pk).update(updated=now)
        return self._caller(row, client, brand)

    def _caller(self, row: AccessToken, client: ApiClient, brand: Brand) -> tuple[Any, Caller]:
        scopes = frozenset(row.scope.split()) & frozenset(client.allowed_scopes)
        key = f"client-{client.pk}"
        if row.user is None and client.professional is None:
            return AnonymousUser(), Caller(key, scopes, is_known=True, program=client)
        professional = client.professional if row.user is None else professional_of(row.user, brand)
        if professional is None or not may_act(professional):
            raise AuthenticationFailed
        scopes &= frozenset(OWN_SCOPES)
        caller = Caller(f"{key}-{professional.pk}", scopes, professional, is_known=True, program=client)
        return professional.person.user, caller

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


def allowed_by(user: User, brand: Brand) -> list[ApiClient]:
    """Programs that act for her at this brand at the moment, or may ask for a new token to do so.

    Each with `used_at`: when it last acted for her, or took a token to do so.
    """
    now = timezone.now()
    refreshing = RefreshToken.objects.filter(user=user, revoked=None, created__gt=now - timedelta(days=90))
    running = AccessToken.objects.filter(user=user, expires__gt=now)
    used: dict[int, datetime] = {}
    for key, when in (
        *refreshing.values_list("application", "created"),
        *running.values_list("application", "updated"),
    ):
        used[key] = max(when, used.get(key, when))
    clients = list(ApiClient.objects.filter(brand=brand, pk__in=used).order_by("name", "pk"))
    for client in clients:
        client.used_at = used[client.pk]  # type: ignore[attr-defined]
    return clients


def withdraw(user: User, client: ApiClient) -> None:
    """The program can do nothing for her any more, at once."""
    for model in (Grant, AccessToken, RefreshToken):
        model.objects.filter(user=user, application=client).delete()
    audit.record("program.withdrawn", client, actor=user)


def forget_old() -> None:
    """Codes and tokens that are over."""
    clear_expired()
