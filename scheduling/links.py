"""Links that carry their own right: the manage link of a booking and the join link of a video meeting.

Both hold 128 bits derived from the booking's uid with the installation's secret, so that a worker can write the same
link into every mail although only its hash is stored. A link made under a retired secret keeps working (its hash is
stored); put that secret into SECRET_KEY_FALLBACKS so that new mails repeat the link people already have.
"""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Iterator

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from directory.models import Brand
from scheduling.models import Booking, Message

ROLES = {Message.Audience.CLIENT: b"c", Message.Audience.HOST: b"h"}


def _secrets() -> Iterator[str]:
    yield settings.SECRET_KEY
    yield from settings.SECRET_KEY_FALLBACKS


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(token: str) -> bytes:
    """Empty for what is no such text."""
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return b""


def _mac(purpose: str, message: bytes, secret: str) -> bytes:
    """128 bits."""
    key = salted_hmac(f"scheduling.links.{purpose}", message.hex(), secret=secret, algorithm="sha256")
    return key.digest()[:16]


def digest(token: str) -> str:
    """What the database keeps of a manage token."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_manage_token(uid: uuid.UUID) -> str:
    """22 URL-safe characters, 128 bits."""
    return _text(_mac("manage", uid.bytes, settings.SECRET_KEY))


def manage_token(booking: Booking) -> str:
    """The token whose hash the booking stores. If its secret is lost, the booking gets a new one."""
    for secret in _secrets():
        token = _text(_mac("manage", booking.uid.bytes, secret))
        if hmac.compare_digest(digest(token), booking.manage_hash):
            return token
    token = new_manage_token(booking.uid)
    booking.manage_hash = digest(token)
    Booking.objects.filter(pk=booking.pk).update(manage_hash=booking.manage_hash)
    return token


def manage_path(booking: Booking) -> str:
    return f"/b/{manage_token(booking)}/"


def manage_url(booking: Booking) -> str:
    return booking.host.brand.url(manage_path(booking))


def host_url(booking: Booking) -> str:
    """The booking among the professional's own pages; opens after logging in."""
    return booking.host.brand.url(f"/my/bookings/{booking.uid}/")


def find(brand: Brand, token: str) -> Booking | None:
    """The booking of this brand that a manage token opens."""
    bookings = Booking.objects.of_brand(brand).select_related(
        "host__person", "host__brand", "meeting_type__office", "client"
    )
    return bookings.filter(manage_hash=digest(token)).first()


def _proof_body(booking: Booking) -> bytes:
    return booking.uid.bytes + booking.client_email.encode()


def proof_url(booking: Booking) -> str:
    """The link in the mail that asks to confirm: its secret is nowhere but in that mail, and only for that address."""
    token = _text(booking.uid.bytes + _mac("proof", _proof_body(booking), settings.SECRET_KEY))
    return booking.host.brand.url(f"/confirm/{token}/")


def find_by_proof(brand: Brand, token: str) -> Booking | None:
    """The booking of this brand whose address this link proves."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    if len(raw) != 32:
        return None
    rows = Booking.objects.of_brand(brand).select_related(
        "host__person", "host__brand", "meeting_type__office", "client"
    )
    booking = rows.filter(pk=uuid.UUID(bytes=raw[:16])).exclude(mail_asked_at=None).first()
    if booking is None:
        return None
    body = _proof_body(booking)
    fits = any(constant_time_compare(_mac("proof", body, secret), raw[16:]) for secret in _secrets())
    return booking if fits else None


def join_token(booking: Booking, audience: Message.Audience) -> str:
    body = booking.uid.bytes + ROLES[audience]
    return _text(body + _mac("join", body, settings.SECRET_KEY))


def join_url(booking: Booking, audience: Message.Audience) -> str:
    """The link that stands in calendars: ours, different for host and client, whatever room is behind it."""
    return booking.host.brand.url(f"/join/{join_token(booking, audience)}/")


def answer_token(booking: Booking) -> str:
    return _text(booking.uid.bytes + _mac("answer", booking.uid.bytes, settings.SECRET_KEY))


def answer_url(booking: Booking) -> str:
    """Where the professional answers a request from her mail, without logging in."""
    return booking.host.brand.url(f"/answer/{answer_token(booking)}/")


def read_answer_token(token: str) -> uuid.UUID | None:
    """Booking uid, or None for anything that we did not sign."""
    raw = _bytes(token)
    if len(raw) != 32 or not any(constant_time_compare(_mac("answer", raw[:16], key), raw[16:]) for key in _secrets()):
        return None
    return uuid.UUID(bytes=raw[:16])


def read_join_token(token: str) -> tuple[uuid.UUID, Message.Audience] | None:
    """Booking uid and side, or None for anything that we did not sign."""
    raw = _bytes(token)
    body, mac = raw[:17], raw[17:]
    sides = {letter: audience for audience, letter in ROLES.items()}
    if len(raw) != 33 or body[16:] not in sides:
        return None
    if not any(constant_time_compare(_mac("join", body, secret), mac) for secret in _secrets()):
        return None
    return uuid.UUID(bytes=body[:16]), sides[body[16:]]
