"""Professionals as MeetBit Users, clients as Customers. Never both for one person: the mirror's constraint holds that."""

import logging
import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from integrations.contract import CannotFind, CustomerFacts, Payload, Remote, Resource, UserFacts
from integrations.errors import Conflict, ProviderError, Rejected, Unsupported
from integrations.providers.meetbit.client import Client, Row
from integrations.providers.meetbit.endpoints import field_table

logger = logging.getLogger(__name__)
LONGEST = 255
E164 = re.compile(r"\+[1-9]\d{6,14}")
NO_ADDRESS = dict.fromkeys(
    ("line_1", "line_2", "city", "region", "region_code", "country", "country_code", "postal_code")
)


class MeetBitResource(Resource):
    """What all kinds share: a client for calls by operation id."""

    @cached_property
    def api(self) -> Client:
        return Client(self.http, self.provider.option)


class Person(MeetBitResource):
    """What Users and Customers have in common: their calls differ in name only, and both are found by e-mail."""

    plural: ClassVar[str]
    id_name: ClassVar[str]

    def find(self, ref: str, payload: Payload) -> Remote | None:
        email = str(payload.get("email") or "")
        if not email:
            raise CannotFind(
                _("MeetBit finds people by their e-mail address only, and this one is not known any more.")
            )
        row = self._by_email(email)
        return self._remote(row) if row else None

    def _by_email(self, email: str, *, trashed: bool = False) -> Row | None:
        """The filter is asked for and not relied on: its name on the wire is INFERRED."""
        for row in self.api.pages(f"{self.plural}.list", where=("email", email), trashed=trashed):
            if str(row.get("email") or "").lower() == email.lower() and bool(row.get("deleted_at")) == trashed:
                return row
        return None

    def create(self, ref: str, payload: Payload) -> Remote:
        try:
            row = self.api.create(f"{self.plural}.create", {**payload, **self._only_when_new()})
        except Conflict:
            restored = self._restored(payload)
            if restored is None:
                raise
            return restored
        return self._remote(row)

    def _only_when_new(self) -> Payload:
        return {}

    def _restored(self, payload: Payload) -> Remote | None:
        """An e-mail address that only a deleted account holds: bring that one back, where the operator allows it."""
        if not self.api.may(f"{self.plural}.restore") or self._by_email(payload["email"]):
            return None
        row = self._by_email(payload["email"], trashed=True)
        if row is None:
            return None
        self.api.call(f"{self.plural}.restore", {self.id_name: row["id"]})
        return self.update(self._remote(row), payload)

    def update(self, remote: Remote, payload: Payload) -> Remote:
        row = self.api.call(f"{self.plural}.update", {self.id_name: remote.id}, body=payload)
        return self._remote({**(row if isinstance(row, dict) else {}), "id": remote.id}, remote.data)

    def delete(self, remote: Remote) -> None:
        self.api.call(f"{self.plural}.delete", {self.id_name: remote.id})

    def read(self, remote: Remote) -> Remote:
        row = self.api.get(f"{self.plural}.get", {self.id_name: remote.id})
        return Remote(str(row.get("id", remote.id)), row)

    def differences(self, payload: Payload, observed: Remote) -> dict[str, tuple[Any, Any]]:
        """Only what the answer shows is compared: an absent field proves nothing."""
        return {
            name: (wanted, observed.data[name])
            for name, wanted in payload.items()
            if name in observed.data and not _same(wanted, observed.data[name])
        }

    def list(self) -> Iterator[Remote]:
        for row in self.api.pages(f"{self.plural}.list"):
            yield Remote(str(row.get("id")), row)

    def _remote(self, row: Row, known: Mapping[str, Any] | None = None) -> Remote:
        """What is kept: no personal data, they are here already."""
        return Remote(str(row["id"]), dict(known or {}))


class User(Person):
    """A professional. MeetBit's own account at "MeetBit Rooms" is looked up, for her video rooms."""

    plural, id_name = "users", "user_id"

    def payload(self, facts: UserFacts) -> Payload:
        option = self.provider.option
        if option["department_id"] in (None, ""):
            raise Unsupported(_("Enter the option department_id: at MeetBit every user belongs to a department."))
        values = {
            "first_name": facts.first_name[:LONGEST],
            "last_name": facts.last_name[:LONGEST],
            "email": facts.email,
            "time_zone": facts.hours.time_zone,
            "phone": international(facts.phone),
            "department": int(option["department_id"]),
            "role": int(option["role_id"]) if option["role_id"] not in (None, "") else None,
        }
        names = field_table(option, "user")
        wanted = {names[name]: value for name, value in values.items() if names.get(name)}
        if values["role"] is None:
            wanted.pop(names.get("role", ""), None)
        return wanted if option["send_all_keys"] else _filled(wanted)

    def find(self, ref: str, payload: Payload) -> Remote | None:
        found = super().find(ref, payload)
        return self._with_account(found) if found else None

    def create(self, ref: str, payload: Payload) -> Remote:
        return self._with_account(super().create(ref, payload))

    def update(self, remote: Remote, payload: Payload) -> Remote:
        return self._with_account(super().update(remote, payload))

    def _only_when_new(self) -> Payload:
        option = self.provider.option
        if option["is_silent"] and not option["activate"]:
            raise Rejected(_("At MeetBit the option is_silent needs the option activate as well."))
        # The documented default is false: what is not wanted is not sent, so no further permission is needed.
        return {name: True for name in ("activate", "is_silent") if option[name]}

    def _with_account(self, remote: Remote) -> Remote:
        """Never in the way of the account itself: a room that is not found is said when a room is needed."""
        if remote.data.get("online_conference_account_id"):
            return remote
        try:
            account = room_account(self.api, remote.id)
        except ProviderError as error:
            logger.info("No room account of user %s: %s", remote.id, error)
            account = None
        return Remote(remote.id, {**remote.data, "online_conference_account_id": account}) if account else remote


class Customer(Person):
    """A client. Every key is sent, null where unknown: the schema lists all of them as required yet nullable."""

    plural, id_name = "customers", "customer_id"

    def payload(self, facts: CustomerFacts) -> Payload:
        wanted = {
            "first_name": facts.first_name[:LONGEST] or None,
            "middle_name": None,
            "last_name": facts.last_name[:LONGEST] or None,
            "email": facts.email or None,
            "contact_number": international(facts.phone),
            "address": dict(NO_ADDRESS),
        }
        return wanted if self.provider.option["send_all_keys"] else _filled(wanted)


def room_account(api: Client, user_id: str) -> int | None:
    """Id of a user's account at the provider "MeetBit Rooms", or None."""
    provider_id, names = int(api.options["rooms_provider_id"]), field_table(api.options, "account")
    for row in api.pages("online_conference_accounts.list", where=(names["user"], user_id)):
        if str(row.get(names["user"])) == str(user_id) and row.get(names["provider"]) in (provider_id, None):
            return int(row["id"])
    return None


def international(phone: str) -> str | None:
    """E.164, which MeetBit demands; None for a number without its country, which cannot be told from here."""
    number = re.sub(r"[\s()./-]", "", phone)
    number = f"+{number[2:]}" if number.startswith("00") else number
    return number if E164.fullmatch(number) else None


def _filled(payload: Payload) -> Payload:
    return {name: value for name, value in payload.items() if value is not None}


def _same(wanted: Any, observed: Any) -> bool:
    """Null, the empty text and absent parts of an address mean the same."""
    if isinstance(wanted, dict) and isinstance(observed, dict):
        return all(_same(value, observed.get(name)) for name, value in wanted.items())
    if isinstance(wanted, str) and isinstance(observed, str):
        return wanted.casefold() == observed.casefold() if "@" in wanted else wanted == observed
    return (wanted or None) == (observed or None)
