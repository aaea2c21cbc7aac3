"""Professionals are BookMe's employees, meeting types its topics: they exist there already and are only pointed to.

An administrator's choice (options of the connection) wins; without one, the same e-mail address or exactly the same
name does. Nothing is made, changed or deleted there.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext as _

from integrations.contract import MeetingTypeFacts, Payload, Remote, Resource, UserFacts
from integrations.errors import NotFound, Unsupported
from integrations.providers.bookme import wire

if TYPE_CHECKING:
    from integrations.providers.bookme import BookMe

Row = Mapping[str, Any]


def same(one: Any, other: Any) -> bool:
    return bool(one) and " ".join(str(one).split()).casefold() == " ".join(str(other).split()).casefold()


def employee_name(row: Row) -> str:
    return str(row.get("displayName") or f"{row.get('firstName', '')} {row.get('lastName', '')}".strip() or row["id"])


class Pointed(Resource):
    """What is only found. `list_name`: where; nothing there is ever touched."""

    provider: "BookMe"
    find_first: ClassVar[bool] = True
    list_name: ClassVar[str]

    def update(self, remote: Remote, payload: Payload) -> Remote:
        return self.find("", payload) or self.read(remote)

    def delete(self, remote: Remote) -> None:
        """It stays as it is; we only stop pointing to it."""

    def _row(self, uid: str) -> Row:
        row = self.provider.client.one(self.list_name, uid)
        if row is None:
            raise NotFound(f"BookMe has no {self.list_name} {uid}.")
        return row


class Employee(Pointed):
    list_name = "employees"

    def payload(self, facts: UserFacts) -> Payload:
        return {
            "email": facts.email.lower(),
            "name": f"{facts.first_name} {facts.last_name}".strip(),
            "employee_id": str(self.provider.option["employees"].get(facts.ref) or ""),
        }

    def find(self, ref: str, payload: Payload) -> Remote | None:
        chosen = payload.get("employee_id")
        if chosen:
            return self._remote(self._row(chosen), payload)
        for fresh in (False, True):
            for row in self.provider.client.known("employees", fresh=fresh):
                if same(row.get("email"), payload.get("email")):
                    return self._remote(row, payload)
        return None

    def create(self, ref: str, payload: Payload) -> Remote:
        raise Unsupported(
            _(
                "No employee at BookMe has the e-mail address of this professional. Choose one on the page “Assignments”."
            )
        )

    def read(self, remote: Remote) -> Remote:
        row = self._row(remote.id)
        return Remote(remote.id, {"email": str(row.get("email") or "").lower(), "name": employee_name(row)})

    def differences(self, payload: Payload, observed: Remote) -> dict[str, tuple[Any, Any]]:
        there = observed.data["email"]
        return {} if there == payload["email"] else {"email": (payload["email"], there)}

    def _remote(self, row: Row, payload: Payload) -> Remote:
        data: Payload = {"email": str(row.get("email") or "").lower(), "name": employee_name(row)}
        if data["email"] != payload["email"]:
            words = _("BookMe has another address; it is changed there only")
            data["gaps"] = {"email": [payload["email"], f"{data['email']} ({words})"]}
        return Remote(str(row["id"]), data)


class Topic(Pointed):
    """A topic with our length and channel. Several meeting types may share one, so the id says whose it is."""

    owner_kind: ClassVar[str | None] = "user"
    list_name = "topics"

    def payload(self, facts: MeetingTypeFacts) -> Payload:
        if facts.seats > 1:
            raise Unsupported(_("BookMe books one client at a time; group meetings stay with the built-in engine."))
        option, channel = self.provider.option, {"video": "online", "phone": "telephone"}.get(facts.channel)
        kind = channel or str(option["on_site_type"])
        rooms = [str(option["rooms"].get(room) or "") for room in facts.rooms]
        return {
            "ref": facts.ref,
            "title": facts.title,
            "duration": facts.duration,
            "type": kind,
            "topic_id": str(option["topics"].get(facts.ref) or ""),
            "customer_type_id": str(option["customer_types"].get(facts.ref) or option["customer_type"]),
            "customer_types": {
                one: str(option[f"customer_types_{one}"][facts.ref])
                for one in wire.CATEGORIES
                if option[f"customer_types_{one}"].get(facts.ref)
            },
            "rooms": [room for room in rooms if room],
            "require_room": bool(facts.rooms) or (kind == "physical" and bool(option["require_room"])),
            "location": facts.location if kind == "offsite" else "",
            "enabled": facts.enabled,
        }

    def find(self, ref: str, payload: Payload) -> Remote | None:
        chosen = payload.get("topic_id")
        if chosen:
            return self._remote(self._row(chosen), payload)
        for fresh in (False, True):
            for row in self.provider.client.known("topics", fresh=fresh):
                if same(row.get("name"), payload.get("title")):
                    return self._remote(row, payload)
        return None

    def create(self, ref: str, payload: Payload) -> Remote:
        raise Unsupported(
            _("No topic at BookMe has the name of this meeting type. Choose one on the page “Assignments”.")
        )

    def read(self, remote: Remote) -> Remote:
        self._row(str(remote.data.get("topicId") or remote.id.partition(":")[0]))
        return remote

    def _remote(self, row: Row, payload: Payload) -> Remote:
        needs = wire.VERSIONS[self.provider.version].required
        if "customer_type" in needs and not payload["customer_type_id"]:
            raise Unsupported(
                _("BookMe wants a customer type with every meeting. Choose one on the page “Assignments”.")
            )
        return Remote(
            f"{row['id']}:{payload['ref']}",
            {
                "topicId": str(row["id"]),
                "topic": str(row.get("name") or ""),
                "title": payload["title"],
                "duration": payload["duration"],
                "type": payload["type"],
                "customerTypeId": payload["customer_type_id"],
                "customerTypes": payload["customer_types"],
                "rooms": payload["rooms"],
                "requireRoom": payload["require_room"],
                "location": payload["location"],
                "employeeId": self.owner.id if self.owner else "",
            },
        )
