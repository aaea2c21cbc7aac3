"""LiveMinutes: video rooms with a personal link for everybody. No list, no update, no reasons: `resultcode` 1 or 0."""

from base64 import b64encode
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from integrations.contract import Option, Provider
from integrations.providers.liveminutes.client import NEARLY, Client, OperationFailed, QuotaExceeded
from integrations.providers.liveminutes.meetings import Conference

__all__ = ["LiveMinutes", "OperationFailed", "QuotaExceeded"]


class LiveMinutes(Provider):
    slug = "liveminutes"
    label = "LiveMinutes"
    # The vendor documents no https.
    base_url = "http://api.liveminutes.com"
    plain_http = True
    secrets = ("account_sid", "auth_token")
    # None is stated.
    rate = ((5, 1.0),)
    options = (
        Option("body_style", "form", "How parameters are sent.", ("form", "json", "query"), inferred=True),
        Option("time_zone", "UTC", "Zone in which LiveMinutes reads a start (IANA).", inferred=True),
        Option(
            "duration_unit",
            "none",
            "Unit of the duration; none: not sent.",
            ("none", "minutes", "hours"),
            inferred=True,
        ),
        Option("send_language", True, "Send the language as a two-letter code.", inferred=True),
        Option("auth_probe_key", "", "Key of a meeting that exists: tells wrong credentials from other failures."),
        Option("session_limit", 10_000, "Meetings that the account may have in all."),
        Option("user_limit", 1_000, "People that the account may have in all."),
        Option("rate", None, "Calls and seconds, [[5, 1.0]]."),
    )
    resources = {"conference": Conference}

    def headers(self, credentials: Mapping[str, str]) -> dict[str, str]:
        pair = f"{credentials.get('account_sid', '')}:{credentials.get('auth_token', '')}"
        return {"Authorization": f"Basic {b64encode(pair.encode()).decode()}"}

    @property
    def client(self) -> Client:
        return Client(self.http, self.option, self.memory)

    def warnings(self) -> list[str]:
        found = []
        if self.http.base_url.startswith("http://") and not self.http.base_url.startswith(
            ("http://127.", "http://localhost")
        ):
            found.append(_("Credentials and links travel unencrypted: the address begins with http://."))
        return found + [words for words, share in self._counted() if share >= NEARLY]

    def allowances(self) -> list[str]:
        return [words for words, _share in self._counted()]

    def _counted(self) -> Iterator[tuple[str, float]]:
        """In words, and as a share of what is allowed."""
        for kind, allowed, words in (
            ("session", "session_limit", _("%(used)d of %(limit)d meetings of the account are used.")),
            ("user", "user_limit", _("%(used)d of %(limit)d people of the account are used.")),
        ):
            used, limit = self.memory.count(kind), int(self.option[allowed])
            yield words % {"used": used, "limit": limit}, used / limit if limit else 1.0

    def check(self) -> str:
        """Asks for a meeting: the probe where there is one; else an unknown key shows only that somebody answers."""
        probe = str(self.option["auth_probe_key"])
        if probe:
            self.client.call("getMeetingStatus", meetingKey=probe)
            return " ".join([_("LiveMinutes answers and accepts the credentials."), *self.warnings()])
        self.client.ask("getMeetingStatus", meetingKey="0" * 32)
        proof = (
            _("The credentials have worked lately.")
            if self.memory.proven()
            else _("Whether the credentials are right shows with the first meeting, or with the option auth_probe_key.")
        )
        return " ".join([_("LiveMinutes answers."), proof, *self.warnings()])
