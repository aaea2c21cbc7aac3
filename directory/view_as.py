"""Staff looks at a member's pages as if being her: for half an hour, only looking, and on record.

The mark lies in the session of staff, at the host of the member's brand; every request checks it anew.
"""

from datetime import datetime, timedelta

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory import audit, contacts
from directory.models import Professional

LONGEST = timedelta(minutes=30)
KEY = "view_as"
PERMISSION = "directory.view_as"
# Pages that hand out secrets or everything at once stay the member's own.
CLOSED = (
    "my_feed",
    "my_export",
    "my_bookings_export",
    "my_booking_file",
    "my_webhook",
    "my_leave",
    "my_join",
    "my_record",
)


def allowed(user: object, professional: Professional) -> bool:
    """She has the permission, sees contact data anyway, and looks after the brand."""
    brands = contacts.brands_of(user)
    mine = brands is None or professional.brand_id in brands
    return bool(user.has_perm(PERMISSION) and contacts.may_see(user) and mine)  # type: ignore[attr-defined]


def start(request: HttpRequest, professional: Professional) -> None:
    until = timezone.now() + LONGEST
    request.session[KEY] = {"professional": professional.pk, "until": until.isoformat()}
    audit.record("view_as.started", professional)


def end(request: HttpRequest) -> int | None:
    """Forget the mark; returns the key of the member who was looked at."""
    mark = request.session.pop(KEY, None)
    if mark is None:
        return None
    professional = Professional.objects.filter(pk=mark["professional"]).first()
    if professional is not None:
        audit.record("view_as.ended", professional)
    return int(mark["professional"])


def current(request: HttpRequest) -> Professional | None:
    """The member whose pages are looked at; None without a mark, after its time, or without the right to it."""
    mark = request.session.get(KEY)
    if not mark or timezone.now() >= datetime.fromisoformat(mark["until"]):
        return None
    rows = Professional.objects.of_brand(request.brand).select_related("person", "brand")  # type: ignore[attr-defined]
    professional = rows.filter(pk=mark["professional"]).first()
    return professional if professional is not None and allowed(request.user, professional) else None


def is_closed(request: HttpRequest) -> bool:
    """Whether this request is more than a look at an ordinary page."""
    name = request.resolver_match.url_name or "" if request.resolver_match else ""
    return request.method not in ("GET", "HEAD") or name.startswith(CLOSED)


audit.WORDS["view_as.started"] = _("began to look at the member's pages")
audit.WORDS["view_as.ended"] = _("stopped looking at the member's pages")
