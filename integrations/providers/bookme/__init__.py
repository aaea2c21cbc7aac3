"""&money BookMe: a bank's employees, topics and rooms; free times, holds of five minutes, meetings, calendar files."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from integrations.contract import Option, Provider
from integrations.errors import ProviderError
from integrations.http import Answer
from integrations.providers.bookme import answers, wire
from integrations.providers.bookme.client import Client
from integrations.providers.bookme.engine import Calendar
from integrations.providers.bookme.mapping import Employee, Topic
from integrations.providers.bookme.meetings import Meeting

__all__ = ["BookMe"]


class BookMe(Provider):
    """`tenant_id`, `client_id`, `client_secret`, `scope`: an application of Microsoft Entra; the vendor hands them over."""

    slug = "bookme"
    label = "&money BookMe"
    # The vendor prints two addresses for production: the right one is entered, with its version.
    base_url = ""
    secrets = ("tenant_id", "client_id", "client_secret", "scope", "subscription_key")
    optional_secrets = ("subscription_key",)
    # They allow 100 a minute and 1,000 an hour.
    rate = ((95, 60.0), (950, 3600.0))
    resources = {"user": Employee, "meeting_type": Topic, "booking": Meeting}
    engine = Calendar
    options = (
        Option("api_version", "auto", "Version of the API; auto: as the address ends.", ("auto", *wire.VERSIONS)),
        Option("authority", "https://login.microsoftonline.com", "Where tokens are asked for."),
        Option("dialect", "guide", "Names of fields: as the guide, as the machine specification, or both.", wire.DIALECTS),
        Option("list_style", "repeat", "Lists in a query: repeated names, or commas.", wire.LIST_STYLES, inferred=True),
        Option("enum_case", "lower", "How types are written: physical, or Physical.", wire.CASES),
        Option("booked_by", "customer", "Who books, as BookMe shows it: customer, employee; V2 also portalcustomer."),
        Option("promote_before_create", False, "Book the reserved slot before its meeting is made.", inferred=True),
        Option("move_by", "change", "A meeting moves: by a change of it, or as another meeting for which it goes.", wire.MOVES, inferred=True),
        Option("move_path", "/timeSlotId", "What a change replaces by the new slot.", inferred=True),
        Option("customer_rules", True, "BookMe's own rules for customers hold: notice, working hours."),
        Option("on_site_type", "physical", "Type of meetings in the office.", ("physical", "offsite")),
        Option("require_room", False, "Meetings in the office need a room of BookMe."),
        Option("ignore_notice", False, "BookMe's minimum notice does not hold; its bank has to allow that.", inferred=True),
        Option("best_time_slots", False, "BookMe offers only the times that it thinks best.", inferred=True),
        Option("customer_location", "", "Where clients are; BookMe takes it for the place of the meeting."),
        Option("meeting_location", "", "Only rooms and people of this location; empty: everywhere."),
        Option("language", "", "V3: language of topics, such as da-DK; empty: as stored."),
        Option("salesforce_id", "", "V2 and V3: what is sent as salesforceId; empty: our own id of the booking."),
        Option("send_title", True, "Send a title with a meeting, where the dialect knows one."),
        Option("send_contact", True, "The description begins with the client's name, e-mail address and phone number."),
        Option("compare_calendar", True, "Compare BookMe's calendar file with ours when verifying."),
        Option("customer_type", "", "Customer type of all meeting types without one of their own."),
        Option("employees", {}, "Assignments: professional → employee."),
        Option("topics", {}, "Assignments: meeting type → topic."),
        Option("customer_types", {}, "Assignments: meeting type → customer type."),
        Option("customer_types_new", {}, "Assignments: meeting type → customer type of clients who come for the first time."),
        Option("customer_types_known", {}, "Assignments: meeting type → customer type of clients who have been here before."),
        Option("rooms", {}, "Assignments: room → room."),
        Option("rate", [], "Pace instead of ours: [[calls, seconds], …]."),
    )  # fmt: skip

    def headers(self, credentials: Mapping[str, str]) -> dict[str, str]:
        """None: the token is the client's business."""
        return {}

    @classmethod
    def classify(cls, answer: Answer) -> ProviderError | None:
        return answers.classify(answer)

    @property
    def client(self) -> Client:
        return Client(self)

    @property
    def version(self) -> str:
        return wire.version_of(self.http.base_url, str(self.option["api_version"]))

    def check(self) -> str:
        """Raises the six errors."""
        client = self.client
        counts = {
            name: len(client.known(name, fresh=True)) for name in ("employees", "topics", "customer_types", "rooms")
        }
        return _(
            "BookMe %(version)s answers: %(employees)d employees, %(topics)d topics, %(customer_types)d customer types, "
            "%(rooms)d rooms."
        ) % {"version": self.version, **counts}
