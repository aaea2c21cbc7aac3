"""What the sandbox knows about LiveMinutes' copy."""

import os
from typing import Any

from django.http import HttpRequest, HttpResponse

from integrations.sandbox.core import Provider, Sandbox, Switch
from integrations.sandbox.liveminutes import api, pages
from integrations.sandbox.liveminutes.api import NAME

SWITCHES = [
    Switch("auth_failure", "code0", "Wrong credentials: code 0, or HTTP 401.", ("code0", "401")),
    Switch("body_styles", "all", "How parameters may come.", ("all", "form", "json", "query")),
    Switch("duplicate_key", "fail", "A key that exists.", ("fail", "return_existing")),
    Switch("duplicate_puid", "same_url", "A participant who exists.", ("same_url", "fail")),
    Switch("cancel_again", "fail", "Cancelling what is cancelled or over.", ("fail", "ok")),
    Switch("cancelled_status", "fail", "Status of a cancelled meeting.", ("fail", "12")),
    Switch("host_as_participant", True, "The host's id also gives a participant's link.", (True, False)),
    Switch("status_as", "text", "Type of a status.", ("text", "number")),
    Switch("session_limit", 10_000, "Meetings of an account."),
    Switch("user_limit", 1_000, "People of an account."),
    Switch("reasons", True, "Say in the header X-Sandbox-Reason why the answer is 0.", (True, False)),
]


def account_sid() -> str:
    return os.environ.get("SANDBOX_LIVEMINUTES_SID") or "trw-sandbox"


def auth_token() -> str:
    return os.environ.get("SANDBOX_LIVEMINUTES_TOKEN") or "sandbox-live-token"


def seed(sandbox: Sandbox) -> None:
    """One account, and a meeting that always exists: a key to prove credentials with."""
    sandbox.store.put(NAME, "account", account_sid(), {"id": account_sid(), "token": auth_token()})
    probe = {
        "id": "probe",
        "hostid": "sandbox",
        "title": "Probe",
        "status": "1",
        "code": "PROBE1",
        "host_code": "LIVEPROBE",
    }
    sandbox.store.put(NAME, "meeting", "probe", probe, "PROBE1")


def facts(sandbox: Sandbox, base: str) -> list[tuple[str, str]]:
    return [
        ("base URL", f"{base}/{NAME}"),
        ("AccountSid, AuthToken", f"{account_sid()} / {auth_token()}"),
        ("a key that exists", "probe"),
    ]


def set_status(sandbox: Sandbox, key: str, status: str, puid: str = "") -> Any:
    """Staff or a visitor: a meeting's, or with `puid` a participant's, state."""
    kind, uid = ("participant", f"{key}|{puid}") if puid else ("meeting", key)
    return api.change(sandbox, kind, uid, status=str(status))


def fill_quota(sandbox: Sandbox, sessions: int = 0, users: int = 0) -> dict[str, int]:
    """As if so many meetings and people had been made before."""
    return sandbox.store.put(NAME, "quota", "quota", {"id": "quota", "sessions": sessions, "users": users})


def fail(request: HttpRequest, status: int) -> HttpResponse:
    return HttpResponse("<html><body><h1>LiveMinutes</h1></body></html>", status=status)


PROVIDER = Provider(
    name=NAME,
    title="LiveMinutes",
    urls="integrations.sandbox.liveminutes.urls",
    seed=seed,
    switches=SWITCHES,
    actions={"set_status": set_status, "fill_quota": fill_quota, "enter": pages.enter, "leave": pages.leave},
    facts=facts,
    fail=fail,
)
