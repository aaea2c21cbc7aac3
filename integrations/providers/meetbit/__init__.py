"""MeetBit: Professionals as Users, clients as Customers, video bookings as Online Conferences, signed webhooks.

It has no free times that could be asked for: slots and bookings are those of the built-in engine. Professionals with a
Meeting Link of their own may show that page instead (`embed_url`).
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _

from integrations.contract import Option, Provider
from integrations.errors import ProviderError
from integrations.http import Answer
from integrations.providers.meetbit.client import Client, classify
from integrations.providers.meetbit.conferences import Conference
from integrations.providers.meetbit.endpoints import assumptions, endpoint_table
from integrations.providers.meetbit.events import Events
from integrations.providers.meetbit.people import Customer, User
from integrations.providers.meetbit.webhook import MeetBitWebhook

__all__ = ["MeetBit", "assumptions", "embed_url", "endpoint_table"]
LONGEST = 255


class MeetBit(Provider):
    slug = "meetbit"
    label = "MeetBit"
    # Every tenant has a domain of its own: https://{domain}/api/public/v2.0
    base_url = ""
    secrets = ("key_id", "key_secret")
    # Documented: 5 calls a second for a client, 10 for a tenant. Refused calls count, and trying too soon lengthens the
    # block step by step. Five in a little more than a second, and not all at once, keeps
    # to that however the seconds are counted there.
    rate = ((1, 0.15), (5, 1.04))
    options = (
        Option("department_id", None, "Department of every new user (a number from MeetBit's administration)."),
        Option("role_id", None, "Role of every new user; empty: MeetBit's default.", inferred=True),
        Option("activate", False, "Make new users active at once; the key needs the permission users.lock.*."),
        Option("is_silent", False, "Let MeetBit send no invitation to new users; needs “activate” as well."),
        Option("rooms_provider_id", 2, "Number of the provider “MeetBit Rooms” in the administration, usually 2."),
        Option(
            "online_conference_account_id",
            None,
            "A common account at MeetBit Rooms for users who have none of their own.",
        ),
        Option(
            "room_url_template",
            "{site}/rooms/{public_id}",
            "Address of a video room: {site}, {public_id}.",
            inferred=True,
        ),
        Option(
            "meeting_links",
            {},
            "Public ids of Meeting Links by the e-mail address of their professional, for all her meeting types or by "
            "their short name: {“anna@example.org”: “k3x9”} or {“anna@example.org”: {“first-meeting”: “k3x9”}}.",
        ),
        Option("meeting_link_url_template", "{site}/meetings/{public_id}", "Address of a Meeting Link."),
        Option(
            "page_mails",
            "provider",
            "Who writes to clients that book by a Meeting Link: provider (it does so by itself; we write to the host), "
            "or both.",
            ("provider", "both"),
        ),
        Option("list_page_size", 100, "Rows asked for at once.", inferred=True),
        Option("filter_equals", "=", "How a filter says “equal”.", inferred=True),
        Option("send_all_keys", True, "Send every field, null where unknown.", inferred=True),
        Option("enabled_optional", [], "Optional operations that may be called, such as users.restore."),
        Option("endpoints", {}, "Corrections by operation id: {“users.update”: [“PUT”, “/users/{user_id}”]}."),
        Option("parameters", {}, "Corrections of names of query parameters."),
        Option("fields", {}, "Corrections of names of fields: {“user”: {“role”: “role”}}; empty: not sent."),
        Option(
            "rate", None, "Calls and seconds, [[1, 0.15], [5, 1.04]]; keep it below what MeetBit allows the client."
        ),
    )
    resources = {"user": User, "customer": Customer, "conference": Conference}
    reader = Events
    webhook = MeetBitWebhook

    def member_page(self, email: str, type_slug: str, *, name: str = "", visitor: str = "") -> str:
        return embed_url(self, email, type_slug, name=name, email=visitor)

    def headers(self, credentials: Mapping[str, str]) -> dict[str, str]:
        return {
            "X-Access-Key-Id": credentials.get("key_id", ""),
            "X-Access-Key-Secret": credentials.get("key_secret", ""),
        }

    @classmethod
    def classify(cls, answer: Answer) -> ProviderError | None:
        return classify(answer)

    def check(self) -> str:
        """Reads one user: proves the key, the permission users.read.* and the address."""
        api = Client(self.http, {**self.option, "list_page_size": 1})
        first = next(api.pages("users.list"), None)
        open_questions = sum(1 for line in assumptions(self.option) if line.inferred and not line.overridden)
        found = _("MeetBit answers and accepts the key.") if first else _("MeetBit answers; it has no users yet.")
        return " ".join(
            [
                found,
                _("%(count)d settings rest on assumptions: “manage.py meetbit_endpoints” lists them.")
                % {"count": open_questions},
                *self._missing(),
            ]
        )

    def _missing(self) -> list[str]:
        if self.option["department_id"] in (None, ""):
            return [_("Enter the option department_id before members join.")]
        return []


def embed_url(
    provider: Provider,
    professional_email: str,
    type_slug: str = "",
    *,
    name: str = "",
    email: str = "",
    phone: str = "",
) -> str:
    """A professional's Meeting Link with the visitor's data filled in; "" where she has none.

    MeetBit fills in only what the link allows.
    """
    public = {key.lower(): value for key, value in provider.option["meeting_links"].items()}.get(
        professional_email.lower()
    )
    if isinstance(public, dict):
        public = public.get(type_slug)
    if not public:
        return ""
    site = Client(provider.http, provider.option).site
    url = str(provider.option["meeting_link_url_template"]).format(site=site, public_id=quote(str(public), safe=""))
    known = {"name": name, "email": email, "contact": phone}
    filled = {key: value[:LONGEST] for key, value in known.items() if value}
    return f"{url}?{urlencode(filled)}" if filled else url
