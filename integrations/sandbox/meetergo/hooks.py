"""Webhooks: registration and sending. Unsigned, as the original."""

import json

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from integrations.sandbox.core import Sandbox
from integrations.sandbox.meetergo.auth import Caller
from integrations.sandbox.meetergo.shapes import NAME, error, everything, new_id, put, stamp
from integrations.sandbox.meetergo.validate import Required, clean, list_of, one_of, text
from integrations.sandbox.store import Body

EVENTS = (
    "booking_created", "booking_cancelled", "booking_rescheduled", "new_employee", "form_submission",
    "credential_error", "review_submitted", "review_published", "signature_completed",
)  # fmt: skip
MOST = 6
FIELDS = {"endpoint": Required(text(1)), "eventTypes": Required(list_of(one_of(*EVENTS), low=1)), "description": text()}


def check_endpoint(caller: Caller, endpoint: str) -> None:
    try:
        URLValidator(schemes=["http", "https"])(endpoint)
    except ValidationError:
        # A host without dots is fine for the original's syntax check, and for tests.
        if not endpoint.startswith(("http://", "https://")) or " " in endpoint:
            raise error(400, ["endpoint must be a URL address"]) from None
    if caller.switch("https_endpoints") == "required" and not endpoint.startswith("https://"):
        raise error(400, ["endpoint must use https"])


def of_company(sandbox: Sandbox, company_id: str) -> list[Body]:
    return everything(sandbox, "webhook", company_id)


def index(caller: Caller) -> list[Body]:
    caller.need_admin()
    return of_company(caller.sandbox, caller.company_id)


def create(caller: Caller) -> tuple[int, Body]:
    caller.need_admin()
    sandbox = caller.sandbox
    facts = clean(sandbox, caller.body, FIELDS)
    check_endpoint(caller, facts["endpoint"])
    with sandbox.store.transaction():
        if len(of_company(sandbox, caller.company_id)) >= MOST:
            raise error(406, f"Maximum number of webhooks ({MOST}) reached")
        made = {
            "id": new_id(),
            "endpoint": facts["endpoint"],
            "description": facts.get("description") or "",
            "eventTypes": facts["eventTypes"],
            "companyId": caller.company_id,
            "createdAt": stamp(sandbox),
        }
        return 201, put(sandbox, "webhook", made, key=caller.company_id)


def update(caller: Caller, uid: str) -> Body:
    caller.need_admin()
    changes = clean(caller.sandbox, caller.body, FIELDS, partial=True)
    if "endpoint" in changes:
        check_endpoint(caller, changes["endpoint"])
    with caller.sandbox.store.transaction():
        found = caller.own("webhook", uid, "Webhook")
        return put(caller.sandbox, "webhook", {**found, **changes})


def delete(caller: Caller, uid: str) -> tuple[int, None]:
    caller.need_admin()
    found = caller.own("webhook", uid, "Webhook")
    caller.sandbox.store.delete(NAME, "webhook", found["id"])
    return caller.switch("delete_status"), None


def announce(sandbox: Sandbox, company_id: str, event: str, data: Body) -> None:
    """Send `data` to whoever wants this event; after the store's transaction."""
    old = sandbox.switch(NAME, "envelope") == "old"
    payload = json.dumps({"event": event, "data": data} if old else {"webhookType": event, **data}).encode()
    retries = [1.0] * int(sandbox.switch(NAME, "webhook_retries"))
    for webhook in of_company(sandbox, company_id):
        if event in webhook["eventTypes"]:
            sandbox.deliveries.send(NAME, event, webhook["endpoint"], payload, retries=retries)
