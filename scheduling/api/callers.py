"""Who calls: nobody, a professional with a token of her own, a program with OAuth, or whoever holds a booking's token.

`request.auth` is always a Caller. Tokens belong to one brand; under another host they are worth nothing.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission

from directory import audit
from directory.models import Brand, Professional
from scheduling.api.problems import Problem
from scheduling.models import ApiClient, PersonalToken
from scheduling.models.api import OWN_SCOPES

PREFIX = "pat_"
# A use is written down at most as often as this, so that reading costs no write.
NOTED = timedelta(minutes=5)

audit.WORDS["token.made"] = _("API token made")
audit.WORDS["token.withdrawn"] = _("API token withdrawn")


@dataclass(frozen=True, slots=True)
class Caller:
    """`key` names her for limits and idempotency. `professional`: whose things are “mine”; None for an operator's
    program, which sees the whole brand, and for nobody. `program`: by which she acts, if it is not her own token."""

    key: str
    scopes: frozenset[str] = frozenset()
    professional: Professional | None = None
    is_known: bool = False
    program: ApiClient | None = None

    def require(self, scope: str) -> None:
        """Raises Problem 401 or 403."""
        if not self.is_known:
            raise Problem("unauthorised")
        if scope not in self.scopes:
            raise Problem("forbidden-scope", scope=scope)

    def require_professional(self) -> Professional:
        if self.professional is None:
            raise Problem("not-found")
        return self.professional


def digest(token: str) -> str:
    """Tokens have 256 bits; a plain hash of them is as good as a slow one."""
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def new_token(
    professional: Professional, *, name: str, scopes: Iterable[str], expires_at: datetime
) -> tuple[PersonalToken, str]:
    """The row, and the token, which is never seen again."""
    scopes = sorted(scopes)
    token = PREFIX + secrets.token_urlsafe(32)
    row = PersonalToken.objects.create(
        brand_id=professional.brand_id,
        professional=professional,
        name=name,
        scopes=scopes,
        expires_at=expires_at,
        digest=digest(token),
        hint=token[:8],
    )
    audit.record("token.made", row, note=" ".join(scopes))
    return row, token


@transaction.atomic
def withdraw(row: PersonalToken) -> None:
    """It is worth nothing from now on; once is enough."""
    if PersonalToken.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record("token.withdrawn", row)


class TokenAuthentication(BaseAuthentication):
    """Authorization: Bearer pat_…"""

    def authenticate(self, request: Any) -> tuple[Any, Caller] | None:
        token = bearer(request)
        if token is None or not token.startswith(PREFIX):
            return None
        now = timezone.now()
        row = (
            PersonalToken.objects.filter(digest=digest(token), brand=brand_of(request))
            .select_related("professional__person__user", "professional__brand")
            .first()
        )
        if row is None or not row.is_good(now) or not may_act(row.professional):
            raise AuthenticationFailed
        if row.last_used_at is None or row.last_used_at < now - NOTED:
            PersonalToken.objects.filter(pk=row.pk).update(last_used_at=now)
        scopes = frozenset(row.scopes) & frozenset(OWN_SCOPES)
        caller = Caller(f"token-{row.pk}", scopes, row.professional, is_known=True)
        return row.professional.person.user, caller

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


def may_act(professional: Professional) -> bool:
    """Her account is open and so is her log-in."""
    user = professional.person.user
    return professional.status != Professional.Status.CLOSED and user is not None and user.is_active


def bearer(request: Any) -> str | None:
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def brand_of(request: Any) -> Brand:
    """The brand of the host, as everywhere."""
    inner: HttpRequest = getattr(request, "_request", request)
    return inner.brand  # type: ignore[attr-defined,no-any-return]


class AnyCaller(BasePermission):
    """Endpoints ask for scopes themselves (`base.Endpoint.scopes`)."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return True
