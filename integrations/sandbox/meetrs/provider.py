"""What the sandbox knows about Meet.rs' copy."""

import uuid
from datetime import timedelta
from random import Random

from integrations.sandbox.core import Provider, Sandbox, Switch
from integrations.sandbox.meetrs import pages, reports
from integrations.sandbox.meetrs.wire import CHILD, NAME, OTHER, PARENT, client_key, client_secret, fail, stamp
from integrations.sandbox.store import Body

SWITCHES = [
    Switch("token_seconds", 3600, "How long a token lasts."),
    Switch(
        "expires_at",
        "seconds",
        "How the end of a token is told.",
        ("seconds", "milliseconds", "iso", "text", "missing"),
    ),
    Switch("names", "map", "Names of configurations: a map by language, or a text.", ("map", "text")),
    Switch(
        "optional",
        [],
        "Calls the documents only hint at that exist: meetings.get, meetings.delete, configurations.create …",
    ),
]
TEXTS = ["", "Good picture and sound.", "The sound was late now and then.", "Worked in the browser at once.", ""]


def seed(sandbox: Sandbox) -> None:
    """A tenant with two below it, two configurations, and three months of reports."""
    for code, name, parent in ((PARENT, "Marketplace", ""), (CHILD, "Lawyers", PARENT), (OTHER, "Doctors", PARENT)):
        keys = {"client_key": client_key(), "client_secret": client_secret()} if not parent else {}
        row = {
            "client_key": "",
            "client_secret": "",
            "id": str(uuid.uuid4()),
            "code": code,
            "name": name,
            "parent": parent,
        }
        sandbox.store.put(NAME, "tenant", code, {**row, **keys})
    for name, items, default in (
        ("Conversation", ("roster", "orpheus", "twilio"), True),
        ("Interview with code", ("monaco", "rnto", "roster", "twilio"), False),
    ):
        uid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"meetrs {name}"))
        configuration: Body = {
            "id": uid,
            "partitionKey": (sandbox.store.get(NAME, "tenant", PARENT) or {})["id"],
            "name": {"en": name, "de": "Gespräch" if default else "Interview mit Code"},
            "description": {"en": ", ".join(items)},
            "isDefault": default,
            "type": 1,
            "items": [
                {"identifier": one, "configuration": '[{"key":"lang","value":"python"}]' if one == "monaco" else "[]"}
                for one in items
            ],  # fmt: skip
            "tenant": PARENT,
        }
        sandbox.store.put(NAME, "configuration", uid, configuration, PARENT)
    chance, now = Random(8), sandbox.clock.now()  # noqa: S311  (nothing secret)
    for days in range(1, 90, 2):
        at = stamp(sandbox, now - timedelta(days=days, minutes=days * 7))
        code, tenant = f"seed{days:04d}", (CHILD, OTHER)[days % 4 // 2]
        billable = chance.choice((600, 1500, 1800, 2700))
        reports.note_usage(
            sandbox, tenant, code, total=billable + 120, billable=billable, covered=days % 5 != 0, at=at
        )  # fmt: skip
        if days % 3:
            reports.give_feedback(sandbox, tenant, code, chance.choice((6, 7, 8, 9, 9, 10)), chance.choice(TEXTS), at)


def add_tenant(sandbox: Sandbox, code: str, name: str, key: str, secret: str) -> Body:
    """Somebody else's company, outside the tree."""
    row = {
        "id": str(uuid.uuid4()),
        "code": code,
        "name": name,
        "parent": "",
        "client_key": key,
        "client_secret": secret,
    }
    return sandbox.store.put(NAME, "tenant", code, row)


def revoke_tokens(sandbox: Sandbox) -> dict[str, int]:
    """No token that was given so far is accepted any more."""
    last = int((sandbox.store.get(NAME, "_number", "token") or {"last": 0})["last"])
    for number in range(1, last + 1):
        sandbox.store.put(NAME, "revoked", str(number), {"id": number})
    return {"revoked": last}


def facts(sandbox: Sandbox, base: str) -> list[tuple[str, str]]:
    return [
        ("base URL", f"{base}/{NAME}"),
        ("client_key, client_secret", f"{client_key()} / {client_secret()}"),
        ("tenants", f"{PARENT} with {CHILD} and {OTHER}"),
    ]


PROVIDER = Provider(
    name=NAME,
    title="Meet.rs",
    urls="integrations.sandbox.meetrs.urls",
    seed=seed,
    switches=SWITCHES,
    actions={
        "join": pages.join,
        "leave": pages.leave,
        "give_feedback": reports.give_feedback,
        "note_usage": reports.note_usage,
        "add_tenant": add_tenant,
        "revoke_tokens": revoke_tokens,
    },
    facts=facts,
    fail=fail,
)
