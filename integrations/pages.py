"""A professional's own booking page at a provider whose free times we do not ask for (settings.MEMBER_PAGES)."""

from urllib.parse import urlsplit

from django.conf import settings

from directory.secrets import CannotUnseal
from integrations.desired import connection_of
from integrations.models import Connection
from scheduling.engine import Embed
from scheduling.models import MeetingType


def page_of(meeting_type: MeetingType, *, name: str = "", email: str = "") -> Embed | None:
    """Her page for this meeting type, with the visitor's data filled in. One query where the brand has none."""
    host = meeting_type.host
    offered = Connection.objects.filter(brand=host.brand_id, booking=Connection.Booking.EMBED, is_active=True)
    if not any(one.provider_class.engine is None for one in offered):
        return None
    connection = connection_of(host)
    if connection is None or connection not in offered or connection.provider_class.engine is not None:
        return None
    try:
        url = connection.open().member_page(host.person.email, meeting_type.slug, name=name, visitor=email)
    except CannotUnseal:
        return None
    return framed(connection, url)


def framed(connection: Connection, url: str) -> Embed | None:
    """A provider's page as what may be shown in a frame; None for an address that no frame of ours may hold."""
    parts = urlsplit(url)
    allowed = ("https",) if settings.PUBLIC_SCHEME == "https" else ("https", "http")
    if parts.scheme not in allowed or not parts.netloc:
        return None
    return Embed(url, f"{parts.scheme}://{parts.netloc}", connection.ask_before_embed)
