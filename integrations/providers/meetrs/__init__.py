"""Meet.rs: video rooms with passcodes, log-ins or guests; add-on configurations; feedback and usage reports."""

from collections.abc import Mapping

from django.core.cache import cache
from django.utils.translation import gettext as _

from integrations.contract import Option, Provider
from integrations.errors import OutcomeUnknown, ProviderError
from integrations.http import Answer
from integrations.providers.meetrs.client import Client
from integrations.providers.meetrs.configurations import Configuration, Configurations
from integrations.providers.meetrs.meetings import Conference
from integrations.providers.meetrs.participants import PATTERNS, ROLES
from integrations.providers.meetrs.reports import MeetRsReports

__all__ = ["Configuration", "Configurations", "MeetRs", "MeetRsReports"]
HOUR = 3600
ROOM_OPTIONS = (
    Option("addon_configuration_id", "", "Add-on configuration (a GUID); empty: the default one of the account."),
    Option(
        "clients",
        "named",
        "How clients get in; open: anybody who has the link, without a list; quick: the same, and all as Meet.rs has it.",
        PATTERNS,
    ),
    Option("host_role", "PowerUser", "Role of the professional.", ROLES),
    Option("client_role", "User", "Role of clients who are named.", ROLES),
    Option(
        "host_access", ["Passcode"], "Ways in for the professional: Passcode, Google, Microsoft, LinkedIn, Facebook."
    ),
    Option("client_access", ["Passcode"], "Ways in for clients: Passcode, Google, Microsoft, LinkedIn, Facebook."),
)


class MeetRs(Provider):
    slug = "meetrs"
    label = "Meet.rs"
    base_url = "https://api.meet.rs"
    secrets = ("client_key", "client_secret")
    # None is documented.
    rate = ((5, 1.0),)
    room_options = ROOM_OPTIONS
    options = (
        *ROOM_OPTIONS,
        Option("identities", {}, "Addresses by which log-ins know people: {“a@b.example”: {“Google”: “a@gmail.com”}}."),
        Option("omit_equal_conditions", True, "Leave out the condition of a log-in that equals the e-mail address."),
        Option("tenant_codes", [], "Codes of the tenants whose reports are fetched one by one; empty: all together."),
        Option("dry_run", False, "Make no Meet: every one mails its participants."),
        Option("auth_scheme", "bearer", "The word before the token, in lower case in the vendor's samples."),
        Option("expires_unit", "auto", "Unit of expires_at.", ("auto", "seconds", "milliseconds"), inferred=True),
        Option("enabled_optional", [], "Calls the documents only hint at, such as meetings.delete, meetings.update."),
        Option("endpoints", {}, "Corrections by operation id: {“meetings.update”: [“PATCH”, “/v1/meetings/{code}”]}."),
        Option("rate", None, "Calls and seconds, [[5, 1.0]]."),
    )
    resources = {"conference": Conference}
    reports = MeetRsReports

    def headers(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """None: the token is fetched when it is needed (client.py)."""
        return {}

    @classmethod
    def classify(cls, answer: Answer) -> ProviderError | None:
        """Behind a 5xx something may have been made, and mailed; elsewhere a look would tell."""
        if answer.method == "POST" and answer.status >= 500:
            return OutcomeUnknown(f"{answer.status}: {answer.text.strip()[:200]}", status=answer.status)
        return None

    def configurations(self, *, fresh: bool = False) -> list[Configuration]:
        """The account's add-on configurations, remembered for an hour."""
        key = f"meetrs-configurations:{self.memory.key}"
        known = None if fresh or not self.memory.key else cache.get(key)
        if known is None:
            known = Configurations(Client(self)).list()
            cache.set(key, known, timeout=HOUR)
        return list(known)

    def check(self) -> str:
        """Reads the add-on configurations: proves the key and makes nothing."""
        found = self.configurations(fresh=True)
        return _("Meet.rs answers and accepts the key; it has %(count)d add-on configurations.") % {"count": len(found)}
