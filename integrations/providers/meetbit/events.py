"""Bookings of Meeting Links: Events, which the documents name and do not show. All of this is INFERRED."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property

from django.utils.translation import gettext as _

from integrations.contract import Reader, Remote, RemoteBooking
from integrations.errors import NotFound, Transient, Unsupported
from integrations.providers.meetbit.client import Client, Row
from integrations.providers.meetbit.endpoints import field_table


class Events(Reader):
    """`events.get`, `events.list` and `customers.get`; the first two only where `enabled_optional` names them."""

    @cached_property
    def api(self) -> Client:
        return Client(self.http, self.provider.option)

    def read_booking(self, user: Remote, remote_id: str) -> RemoteBooking:
        if not self.api.may("events.get"):
            raise Unsupported(
                _(
                    "A booking was made, moved or cancelled at MeetBit (event %(id)s). “events.get” is switched off, so it "
                    "is not brought in: look there and enter it by hand, or name events.get in the option "
                    "enabled_optional and apply this message again."
                )
                % {"id": remote_id}
            )
        return self._booking(self.api.get("events.get", {"event_id": remote_id}))

    def bookings(self, user: Remote, start: datetime, end: datetime) -> Iterator[RemoteBooking]:
        if not self.api.may("events.list"):
            return
        names = field_table(self.provider.option, "event")
        for row in self.api.pages("events.list", where=(names["user"], user.id)):
            if str(row.get(names["user"])) == user.id and row.get(names["starts_at"]):
                booking = self._booking(row)
                if start <= booking.starts_at < end:
                    yield booking

    def _booking(self, row: Row) -> RemoteBooking:
        names = field_table(self.provider.option, "event")
        try:
            starts_at, ends_at = (instant(row[names[name]]) for name in ("starts_at", "ends_at"))
        except (KeyError, ValueError) as error:
            raise Transient(f"Event {row.get('id')} cannot be read: {error!r}") from None
        customer = self._customer(str(row.get(names["customer"]) or ""))
        parts = (customer.get("first_name"), customer.get("last_name"))
        return RemoteBooking(
            id=str(row["id"]),
            user_id=str(row.get(names["user"]) or ""),
            meeting_type_id=str(row.get(names["meeting_link"]) or ""),
            starts_at=starts_at,
            ends_at=ends_at,
            cancelled=bool(row.get("deleted_at")),
            client_name=" ".join(str(part) for part in parts if part),
            client_email=str(customer.get("email") or ""),
            client_phone=str(customer.get("contact_number") or ""),
        )

    def _customer(self, customer_id: str) -> Row:
        if not customer_id:
            return {}
        try:
            return self.api.get("customers.get", {"customer_id": customer_id})
        except NotFound:
            return {}


def instant(value: object) -> datetime:
    moment = datetime.fromisoformat(str(value))
    if moment.tzinfo is None:
        raise ValueError(f"{value} has no offset.")
    return moment.astimezone(UTC)
