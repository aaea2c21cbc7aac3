"""Booking pages inside other people's sites: who may show them, what the frame knows, and the snippet.

A frame needs no cookie, because browsers withhold them there. What cookies would say is said by the signed address of its
pages, /embed/v1/f/<frame>/…: whose pages, for which site, in which language and zone, and a number by which our own cache
keeps the rest (`scheduling.middleware`).
"""

import base64
import hashlib
import re
import secrets
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.core import signing
from django.core.cache import cache as store
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import translation
from django.utils.crypto import salted_hmac
from django.utils.html import format_html
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from directory.models import Professional
from scheduling.models import Booking, BookingSource, EmbedSite

SALT = "scheduling.embed"
PREFIX = "/embed/v1/f/"
LIFE = 24 * 3600  # seconds; as long as a form may be open
LOADER = "1.1.0"  # the version that new snippets name; older files stay where they are
CAMPAIGN = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")
CAMPAIGN_KEY = "campaign"  # of the session
MOST_SITES = 20
HEIGHT, HEIGHTS = 720, (320, 2000)  # CSS pixels
THEMES = ("light", "dark", "auto")  # auto: as the visitor's system; the first where nothing is said


@dataclass(frozen=True, slots=True)
class Frame:
    """What a frame's address says. `origin`: the site around it; `id`: which of its frames, for messages; `theme`: of THEMES."""

    brand: int
    host: int
    slug: str
    origin: str
    id: str
    language: str
    zone: str
    number: str
    theme: str = THEMES[0]  # the site around it is light more often than its visitors' systems are

    @property
    def token(self) -> str:
        return signing.dumps(list(asdict(self).values()), salt=SALT, compress=True)

    @property
    def prefix(self) -> str:
        return f"{PREFIX}{self.token}/"

    @property
    def form_secret(self) -> str:
        """What the forms of this frame must prove to know: stands in for the CSRF cookie (32 characters, as Django's)."""
        return salted_hmac(f"{SALT}.form", self.number, algorithm="sha256").hexdigest()[:32]

    @property
    def jar(self) -> str:
        """Under which key the cache keeps what this frame's cookies would say."""
        return f"embed:{salted_hmac(f'{SALT}.jar', self.number, algorithm='sha256').hexdigest()[:40]}"


def new_frame(
    host: Professional,
    origin: str,
    *,
    id: str = "",  # noqa: A002
    language: str = "",
    zone: str = "",
    theme: str = THEMES[0],
) -> Frame:
    number = secrets.token_urlsafe(12)
    return Frame(host.brand_id, host.pk, host.slug, origin, id, language, zone, number, theme)


def renewed(frame: Frame) -> Frame:
    """The same for another day; its forms begin anew."""
    return replace(frame, number=secrets.token_urlsafe(12))


def read_frame(token: str) -> tuple[Frame | None, bool]:
    """(frame, whether its time is up). None for what we did not sign."""
    for age in (LIFE, None):
        try:
            return Frame(*signing.loads(token, salt=SALT, max_age=age)), age is None
        except signing.SignatureExpired:
            continue
        except (signing.BadSignature, TypeError, ValueError):
            break
    return None, False


def clean_origin(text: str) -> str:
    """“Example.com/contact” → “https://example.com”. Raises ValidationError for what is no site of its own."""
    text = text.strip()
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
        name, port = (parts.hostname or "").encode("idna").decode().lower().rstrip("."), parts.port
    except ValueError:
        name, port, parts = "", None, urlsplit("")
    local = name == "localhost" or name.endswith(".localhost") or name == "127.0.0.1"
    label = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    fits = bool(re.fullmatch(rf"{label}(?:\.{label})+", name)) or local
    schemes = ("https", "http") if local else ("https",)
    if not fits or len(name) > 253 or parts.scheme not in schemes or parts.username is not None:
        raise ValidationError(
            _("“%(text)s” is not the address of a website, like https://www.example.com.") % {"text": text[:100]}
        )
    standard = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{name}" + (f":{port}" if port and port != standard else "")


def sites_of(host_id: int) -> list[str]:
    return list(EmbedSite.objects.filter(host=host_id).values_list("origin", flat=True))


def allow(host: Professional, origins: list[str]) -> None:
    """Exactly these sites may show her booking pages. The audit log follows each row."""
    with transaction.atomic():
        host.embed_sites.exclude(origin__in=origins).delete()
        for one in origins:
            EmbedSite.objects.get_or_create(host=host, origin=one)


def prepare(frame: Frame, typed: str, campaign: dict[str, str], typed_key: str) -> None:
    """Keep for this frame what its address was opened with: `typed` is sealed."""
    if not typed and not campaign:
        return
    session: SessionBase = import_string(f"{settings.SESSION_ENGINE}.SessionStore")()
    if typed:
        session[typed_key] = typed
    if campaign:
        session[CAMPAIGN_KEY] = campaign
    session.set_expiry(LIFE)
    session.save()
    store.set(frame.jar, {settings.SESSION_COOKIE_NAME: session.session_key}, LIFE)


def campaign_of(query: dict[str, str]) -> dict[str, str]:
    return {key: query[key][:100] for key in CAMPAIGN if query.get(key)}


def note_source(booking: Booking, frame: Frame | None, campaign: object) -> None:
    """In the transaction that books."""
    origin = frame.origin if frame else ""
    known = campaign if isinstance(campaign, dict) else {}
    if origin or known:
        BookingSource.objects.update_or_create(booking=booking, defaults={"origin": origin, "campaign": known})


# --- the snippet --------------------------------------------------------------------------------------------------


def loader_file(version: str) -> Path:
    return Path(settings.BASE_DIR) / "static" / "embed" / f"loader-{version}.js"


@cache
def loader_source(version: str) -> bytes | None:
    """The script of that version, or None. Published versions never change: pages out there name their digest."""
    path = loader_file(version)
    return path.read_bytes() if re.fullmatch(r"\d+\.\d+\.\d+", version) and path.is_file() else None


def integrity(version: str = LOADER) -> str:
    """Subresource integrity of a loader."""
    return "sha384-" + base64.b64encode(hashlib.sha384(loader_source(version) or b"").digest()).decode()


def loader_path(version: str = LOADER) -> str:
    return f"/embed/v1/loader-{version}.js"


def link(host: Professional, *, type_slug: str = "", language: str = "") -> str:
    """Where the snippet's link leads without our script: the ordinary page."""
    query = urlencode({key: value for key, value in (("type", type_slug), ("lang", language)) if value})
    return host.brand.url(host.get_absolute_url()) + (f"?{query}" if query else "")


def snippet(
    host: Professional,
    *,
    mode: str,
    text: str,
    type_slug: str = "",
    language: str = "",
    height: int = HEIGHT,
    theme: str = THEMES[0],
) -> str:
    """What she copies into her site: a link that works by itself, and the script that makes more of it."""
    with translation.override(language or translation.get_language()):
        close = _("Close")
    style = {
        "inline": f"display:block;min-height:{height}px",
        "button": "position:fixed;right:16px;bottom:16px;z-index:1000",
    }.get(mode, "")
    return format_html(
        '<a href="{href}" data-wlsm="{mode}"{height}{theme}{colour}{close}{style}>{text}</a>\n'
        '<script async src="{src}" integrity="{integrity}" crossorigin="anonymous"></script>',
        href=link(host, type_slug=type_slug, language=language),
        mode=mode,
        height=format_html(' data-height="{}"', height) if mode == "inline" else "",
        theme=format_html(' data-theme="{}"', theme) if theme != THEMES[0] else "",
        colour=format_html(' data-color="{}"', host.brand.accent) if mode == "button" else "",
        close=format_html(' data-label-close="{}"', close) if mode != "inline" and close != "Close" else "",
        style=format_html(' style="{}"', style) if style else "",
        text=text,
        src=host.brand.url(loader_path()),
        integrity=integrity(),
    )
