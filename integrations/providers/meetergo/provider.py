"""The connection to meetergo: credentials, acting user, options, and the table of its parts."""

import hashlib
from collections.abc import Mapping
from typing import Any

from integrations.contract import Option, Provider
from integrations.errors import ProviderError, Unsupported
from integrations.http import Answer
from integrations.providers.meetergo import answers
from integrations.providers.meetergo.bookings import Booking
from integrations.providers.meetergo.engine import Calendar
from integrations.providers.meetergo.hours import Availability
from integrations.providers.meetergo.meeting_types import MeetingType
from integrations.providers.meetergo.users import PersonalPage, User
from integrations.providers.meetergo.webhook import Hook

ACTING = "x-meetergo-api-user-id"
# Who the owner of a credential is does not change: asked once per process.
_owners: dict[str, dict[str, Any]] = {}


class Meetergo(Provider):
    """`api_key`: a platform key (ak_live:…); a personal token (rgo-…) reads and books for its owner only."""

    slug = "meetergo"
    label = "meetergo"
    base_url = "https://api.meetergo.com/v4"
    secrets = ("api_key",)
    # They allow 100 a minute per key; the small second rate spreads what comes at once.
    rate = ((95, 60.0), (15, 1.0))
    resources = {
        "user": User,
        "availability": Availability,
        "personal_page": PersonalPage,
        "meeting_type": MeetingType,
        "booking": Booking,
    }
    engine = Calendar
    webhook = Hook
    options = (
        Option("dialect", "current", "current: the API of today; recipe: exactly the shapes of the white-label document",
               ("current", "recipe")),
        Option("admin_user_id", "", "user id of a company admin who acts for us; empty: the owner of the key"),
        Option("embed_hosts", ["cal.meetergo.com"], "hosts whose booking pages may be shown in a frame"),
        Option("booking_domain", "https://cal.meetergo.com", "start of booking URLs where no answer names one"),
        Option("availability_prefix", "v4", "where schedules are read and changed: below /v4 or at the root",
               ("v4", "root"), inferred=True),
        Option("schedule_name", "Working hours", "name of the schedule of a new user"),
        Option("end_of_day", "23:59", "how a window that ends at midnight is written", ("23:59", "24:00"), inferred=True),
        Option("video_channel", "connect", "channel of video meetings: connect, zoom, google, teamsForBusiness2 …"),
        Option("phone_channel", "phone", "channel of phone meetings", ("phone", "phone-incoming", "whatsapp")),
        Option("provider_mails", False, "meetergo mails attendee and host as well", inferred=False),
        Option("page_mails", "provider", "who writes to clients that book on meetergo's own page: provider (it does so by "
               "itself; we write to the host), or both", ("provider", "both")),
        Option("transfer_to", "", "user id that takes over meeting types and hours of users we delete; empty: nobody"),
        Option("holiday_country", "", "country whose public holidays are closed, such as DE; empty: none"),
        Option("holiday_state", "", "German state of the holidays, such as BY"),
        Option("templates", {}, "meeting-type templates for new users: specialty slug, or * for all → template id"),
        Option("rate", [], "pace instead of ours: [[calls, seconds], …]"),
    )  # fmt: skip

    def headers(self, credentials: Mapping[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {credentials.get('api_key', '')}"}

    @classmethod
    def classify(cls, answer: Answer) -> ProviderError | None:
        return answers.classify(answer)

    # --- who acts -----------------------------------------------------------------------------------------------

    @property
    def by_token(self) -> bool:
        return self.credentials.get("api_key", "").startswith("rgo-")

    @property
    def is_recipe(self) -> bool:
        return bool(self.option["dialect"] == "recipe")

    def need_key(self) -> None:
        """Users are managed with a platform key only."""
        if self.by_token:
            raise Unsupported("A personal token cannot manage users. Enter a platform key (ak_live:…).")

    def me(self) -> dict[str, Any]:
        """The user who acts where nobody in particular does."""
        key = f"{self.http.base_url} {self.option['admin_user_id']} {self.credentials.get('api_key', '')}"
        key = hashlib.sha256(key.encode()).hexdigest()
        if key not in _owners:
            _owners[key] = self._ask_me()
        return _owners[key]

    def _ask_me(self) -> dict[str, Any]:
        named = self.option["admin_user_id"] and not self.by_token
        headers = {ACTING: answers.checked_id(self.option["admin_user_id"])} if named else {}
        body = self.http.request("GET", "/user/me", headers=headers).json()
        return body if isinstance(body, dict) else {}

    @property
    def admin_id(self) -> str:
        named = "" if self.by_token else self.option["admin_user_id"]
        return answers.checked_id(named or answers.id_in(self.me(), "id"))

    def _acting(self, user_id: str) -> dict[str, str]:
        """A key names whom it acts for; a token must not, and acts for its owner only."""
        if self.by_token:
            if user_id and user_id != self.admin_id:
                raise Unsupported("A personal token acts for its owner only. Enter a platform key (ak_live:…).")
            return {}
        if self.is_recipe and not user_id:
            return {}
        return {ACTING: answers.checked_id(user_id) if user_id else self.admin_id}

    # --- calls --------------------------------------------------------------------------------------------------

    def call(
        self,
        method: str,
        path: str,
        *,
        acting: str = "",
        body: Any = None,
        params: list[tuple[str, str]] | None = None,
        at_root: bool = False,
        timeout: float = 20.0,
    ) -> Any:
        """One request on behalf of `acting`, default the admin; the JSON of the answer. `at_root`: not below /v4."""
        base = self.http.base_url.removesuffix("/v4") if at_root else None
        answer = self.http.request(
            method, path, json=body, params=params, base_url=base, headers=self._acting(acting), timeout=timeout
        )
        return answer.json()

    def check(self) -> str:
        """Raises the six errors."""
        key = self.credentials.get("api_key", "")
        if not key.startswith(("ak_live:", "rgo-")):
            raise Unsupported("This is no credential of meetergo: platform keys begin with ak_live:, tokens with rgo-.")
        me = self._ask_me()
        name = " ".join(filter(None, (me.get("givenName"), me.get("familyName")))) or me.get("id", "?")
        company = me.get("company")
        place = f" of {company['name']}" if isinstance(company, dict) and company.get("name") else ""
        if self.by_token:
            return f"Personal token of {name}{place}: it cannot manage users, and books for {name} only."
        if not me.get("isAdmin"):
            return (
                f"Platform key{place}, acting as {name}, who is no admin: users cannot be managed. Set admin_user_id."
            )
        return f"Platform key{place}, acting as {name} (admin)."
