"""What is sent to whom, when: rows in the booking's transaction, mail by the worker."""

from collections.abc import Iterable

from scheduling.models import Booking, Message

BOTH = (Message.Audience.CLIENT, Message.Audience.HOST)


def queue(booking: Booking, kind: str, *, audiences: Iterable[str] = BOTH) -> None:
    """Write the rows of one change; a row that exists already stays."""
    Message.objects.bulk_create(
        [Message(booking=booking, version=booking.version, kind=kind, audience=side) for side in audiences],
        ignore_conflicts=True,
    )
