"""What a fresh copy holds: a company, its administrator, an API key and a personal token."""

import os
from datetime import timedelta
from typing import Any

from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetergo import availability, users
from integrations.sandbox.meetergo.shapes import NAME, iso, put, stamp
from integrations.sandbox.store import Body

COMPANY_ID = "33333333-3333-4333-8333-333333333333"
ADMIN_ID = "22222222-2222-4222-8222-222222222222"
KEY = "ak_live:11111111-1111-4111-8111-111111111111:sandbox-secret"
TOKEN = "rgo-sandboxsandboxsandboxsandboxsand"  # noqa: S105  (opens nothing but the sandbox)
KEY_DAYS = 90


def api_key() -> str:
    return os.environ.get("SANDBOX_MEETERGO_KEY") or KEY


def personal_token() -> str:
    return os.environ.get("SANDBOX_MEETERGO_TOKEN") or TOKEN


def make_credential(sandbox: Sandbox, value: str, **more: Any) -> Body:
    """Fields one may edit: active, revoked, expiresAt, scopes (None: all)."""
    is_key = value.startswith("ak_live:")
    credential = {
        "id": value.split(":")[1] if is_key else "token-" + value[-6:],
        "kind": "key" if is_key else "pat",
        "secretValue": value,
        "companyId": COMPANY_ID,
        "userId": None if is_key else ADMIN_ID,
        "active": True,
        "revoked": False,
        "expiresAt": iso(sandbox.clock.now() + timedelta(days=KEY_DAYS)) if is_key else None,
        "scopes": None,
        "createdAt": stamp(sandbox),
        **more,
    }
    return put(sandbox, "credential", credential)


def seed(sandbox: Sandbox) -> None:
    company = {
        "id": COMPANY_ID,
        "name": "Sandbox GmbH",
        "slug": "sandbox",
        "tier": "api-platform",
        "effectiveTier": "api-platform",
        "isInTrial": False,
        "featureAccess": {"webhooks": True, "apiPlatform": True},
        "ownerId": ADMIN_ID,
        "doubleOptIn": "disabled",
        "requireHostConfirmation": "disabled",
    }
    put(sandbox, "company", company)
    facts = {
        "givenName": "Petra",
        "familyName": "Plattform",
        "email": "platform@sandbox.example",
        "slug": "sandbox-platform",
        "timezone": "Europe/Berlin",
    }
    admin = users.make_user(sandbox, COMPANY_ID, facts, id=ADMIN_ID, isAdmin=True, userType="standard")
    plan = availability.make(sandbox, admin, {}, is_default=True)
    put(sandbox, "user", {**admin, "defaultAvailabilityId": plan["id"]})
    for value in (api_key(), personal_token()):
        make_credential(sandbox, value)


def facts(sandbox: Sandbox, base: str) -> list[tuple[str, str]]:
    return [
        ("base URL", f"{base}/{NAME}/v4"),
        ("API key", api_key()),
        ("acting administrator", ADMIN_ID),
        ("booking pages", f"{base}/{NAME}/{{userSlug}}/{{typeSlug}}?embed=true"),
    ]
