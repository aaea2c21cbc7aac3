"""What the sandbox knows about MeetBit's copy."""

from integrations.sandbox.core import Provider, Sandbox
from integrations.sandbox.limits import Limit
from integrations.sandbox.meetbit import links, people, rooms
from integrations.sandbox.meetbit.switches import SWITCHES
from integrations.sandbox.meetbit.wire import CLIENT, NAME, TENANT, fail, key_id, key_secret, make


def seed(sandbox: Sandbox) -> None:
    """A department, two roles, a client that may do everything and one that may only read users."""
    make(sandbox, "department", {"name": "Members"})
    for name in ("Member", "Administrator"):
        make(sandbox, "role", {"name": name})
    keys = [{"id": key_id(), "secret": key_secret()}]
    make(sandbox, "client", {"name": "Marketplace", "permissions": ["*"], "access_keys": keys})
    keys = [{"id": "MBP-readonly", "secret": "sandbox-secret!"}]
    make(sandbox, "client", {"name": "Reader", "permissions": ["users.read.*"], "access_keys": keys})


def facts(sandbox: Sandbox, base: str) -> list[tuple[str, str]]:
    return [
        ("base URL", f"{base}/{NAME}/api/public/v2.0"),
        ("access key", f"{key_id()} / {key_secret()}"),
        ("department, role", "1, 1"),
        ("Meeting Links", f"{base}/{NAME}/meetings/{{public id}}"),
    ]


PROVIDER = Provider(
    name=NAME,
    title="MeetBit",
    urls="integrations.sandbox.meetbit.urls",
    seed=seed,
    switches=SWITCHES,
    limits={CLIENT: Limit(rate=5, per=1, burst=5), TENANT: Limit(rate=10, per=1, burst=10)},
    actions={
        "delete": people.remove_by_staff,
        "connect_rooms": people.make_account,
        "start_conference": rooms.start,
        "end_conference": rooms.end,
        "add_link": links.add_link,
        "add_destination": links.add_destination,
        "book": links.book_by_somebody,
        "cancel": links.cancel_event,
        "reschedule": links.move_event,
        "reassign": links.reassign_event,
    },
    facts=facts,
    fail=fail,
)
