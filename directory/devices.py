"""Which browser logs in: a new one is announced by mail; and when a session was last used."""

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Callable

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory import audit, mail_log
from directory.letterhead import letter
from directory.models import Brand, Device, Person, User
from directory.signals import device_is_new

audit.WORDS |= {"device.new": gettext_lazy("logged in from a new device")}
COOKIE = "device"
REMEMBERED = dt.timedelta(days=365)
# How exactly the list of sessions knows when one was last used.
SEEN_EVERY = 600

# In this order: a browser names those that it wants to be taken for after itself.
BROWSERS = [
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox|FxiOS", "Firefox"),
    ("Chrome|CriOS", "Chrome"),
    ("Safari", "Safari"),
]
SYSTEMS = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X|Macintosh", "macOS"),
    ("Linux", "Linux"),
]


def name_of(user_agent: str) -> str:
    """“Firefox, Windows”, in words for people; never more than 80 letters of what a browser claims."""
    browser = next((name for pattern, name in BROWSERS if re.search(pattern, user_agent)), "")
    system = next((name for pattern, name in SYSTEMS if re.search(pattern, user_agent)), "")
    return ", ".join(filter(None, (browser, system))) or _("Unknown device")


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def recognise(request: HttpRequest, user: User, response: HttpResponse) -> Device | None:
    """Note the browser of a log-in that succeeded. A further one of this log-in is announced by mail; the first is not."""
    brand = getattr(request, "brand", None)
    if brand is None:
        return None
    now = timezone.now()
    value = request.COOKIES.get(COOKIE, "")
    seen = {
        "name": name_of(request.META.get("HTTP_USER_AGENT", "")),
        "ip": get_adapter().get_client_ip(request),
        "last_seen_at": now,
    }
    if value and Device.objects.filter(user=user, digest=_digest(value)).update(**seen):
        device = None
    else:
        value = secrets.token_urlsafe(32) if not re.fullmatch(r"[\w-]{43}", value) else value
        device = _add(user, brand, _digest(value), seen)
    response.set_cookie(
        COOKIE,
        value,
        max_age=int(REMEMBERED.total_seconds()),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
        path="/accounts/",
    )
    return device


def _add(user: User, brand: Brand, digest: str, seen: dict) -> Device | None:
    try:
        with transaction.atomic():
            # Two first log-ins at once would each take the other for the first; the row of the log-in is their queue.
            User.objects.select_for_update().get(pk=user.pk)
            first = not Device.objects.filter(user=user).exists()
            now = seen["last_seen_at"]
            device = Device.objects.create(
                user=user, brand=brand, digest=digest, first_seen_at=now, alert_due_at=None if first else now, **seen
            )
            if not first:
                audit.record("device.new", user, actor=user, brand=brand, note=device.name)
                device_is_new.send(sender=Device, device=device)
            return device
    except IntegrityError:
        return None  # the same browser, in another tab at the same moment


def send_alerts() -> int:
    """Mail what is due, each once; forget browsers unseen for a year. A mail that fails is tried at the next call.

    Raises what the mail backend raises.
    """
    Device.objects.filter(last_seen_at__lt=timezone.now() - REMEMBERED).delete()
    count = 0
    for device in Device.objects.filter(alert_due_at__isnull=False).select_related("user", "brand")[:100]:
        due = device.alert_due_at
        if not Device.objects.filter(pk=device.pk, alert_due_at=due).update(alert_due_at=None):
            continue
        try:
            mail_log.send(compose(device), brand=device.brand, kind=mail_log.Kind.DEVICE)
        except OSError:  # SMTPException is one
            Device.objects.filter(pk=device.pk).update(alert_due_at=due)
            raise
        count += 1
    return count


def compose(device: Device) -> EmailMultiAlternatives:
    """The mail about a log-in from a new device, in the language and zone of who this log-in is at the brand."""
    brand, user = device.brand, device.user
    person = Person.objects.filter(brand=brand, user=user).first()
    language, zone = (person.language, person.time_zone) if person else (brand.language, brand.time_zone)
    context = {
        "device": device,
        "zone": zone,
        "sessions_url": brand.url("/accounts/sessions/"),
        "reset_url": brand.url("/accounts/password/reset/"),
    }
    with translation.override(language), timezone.override(zone):
        subject = _("New log-in at %(brand)s") % {"brand": brand.name}
        return letter(brand, "directory/email/new_device", context, subject=subject, to=user.email)


class LastSeenMiddleware:
    """When and from where a session was last used, written at most every ten minutes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session = getattr(request, "session", None)
        # Not merely every visitor's session: only who has logged in has one in the list.
        if session is not None and session.accessed and AUTHENTICATION_METHODS_SESSION_KEY in session:
            key = session.session_key
            if key and cache.add(f"seen-{_digest(key)}", 1, SEEN_EVERY):
                ip = get_adapter().get_client_ip(request)
                UserSession.objects.filter(session_key=key).update(last_seen_at=timezone.now(), ip=ip)
        return response
