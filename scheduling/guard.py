"""Whether a visitor may book online: limits, a hidden field, the age of the form, rules of the spam desk. No puzzles.

Plain functions that pages and the API share. Each answers by returning, or raises `Limited` (come back later), `Stale`
(send the form once more) or `Refused` (no reason is given to who may be a machine). High risk is no refusal:
`may_confirm` then returns MAIL, and the booking waits for a click in a mail (`scheduling.proof`).
"""

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from disposable_email_domains import blocklist
from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from directory import visitors
from directory.models import Brand, Professional, User
from directory.velocity import DAY, HOUR, Limit, forget, spend, used
from scheduling.models import BlockedAttempt, Booking, SpamRule
from scheduling.models.bookings import Status

Action, Reason, Outcome = BlockedAttempt.Action, BlockedAttempt.Reason, BlockedAttempt.Outcome
Effect, Kind = SpamRule.Effect, SpamRule.Kind

# Generous: many people may share an address. What is wanted is that a flood costs, not that a family is stopped.
HOLDS = (Limit(20, 600), Limit(120, DAY))
HELD_AT_ONCE = 6
CONFIRMS = (Limit(10, HOUR), Limit(40, DAY))
CONFIRMS_OF_EMAIL = (Limit(6, HOUR), Limit(20, DAY))
MISSED_LINKS = (Limit(30, 600),)
CHANGES = (Limit(6, HOUR),)
# From here on a booking must be confirmed by mail: per address, per e-mail and per professional, each in an hour.
RISKY_ADDRESS, RISKY_EMAIL, RISKY_HOST = 4, 3, 20
FASTEST = timedelta(seconds=3)  # name, address and a tick, with everything filled in by the browser
LONGEST = timedelta(hours=24)
KEEP_ATTEMPTS = timedelta(days=30)

FINE, MAIL = "fine", "mail"
DECOY = "homepage"  # the name of the hidden field


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, as far as it can be told. `address` as `directory.visitors.address` gives it."""

    brand: Brand
    address: str = ""

    @property
    def key(self) -> str:
        return visitors.fingerprint(self.address) if self.address else ""


class Limited(Exception):
    """Too often. `seconds` until it may be tried again; the text says so for people."""

    def __init__(self, seconds: int, text: str = "") -> None:
        self.seconds = seconds
        wait = _("To protect our members, please wait %(wait)s and try again.") % {"wait": words(seconds)}
        super().__init__(text or wait)


class Stale(Exception):
    """The form carries no mark of ours, or an old one."""

    def __init__(self) -> None:
        super().__init__(_("This form has been open for very long. Please send it once more."))


class Refused(Exception):
    """`code`: what a person who was refused by mistake can name to the support."""

    def __init__(self, attempt: BlockedAttempt) -> None:
        super().__init__(_("This booking cannot be made online."))
        self.code = f"S-{attempt.pk}"


def words(seconds: int) -> str:
    """“40 seconds”, “5 minutes”, “2 hours”."""
    if seconds < 60:
        return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
    if seconds < 2 * HOUR:
        minutes = -(-seconds // 60)
        return ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
    hours = -(-seconds // HOUR)
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}


def visitor(request: HttpRequest) -> Visitor:
    return Visitor(request.brand, visitors.address(request))  # type: ignore[attr-defined]


# --- holds ------------------------------------------------------------------------------------------------------


def may_hold(who: Visitor, host: Professional, *, now: datetime | None = None) -> None:
    """Before a time is kept: how often, how many at once, and the rules about networks."""
    now = now or timezone.now()
    rule = _rule(who, "", now)
    if rule and rule.effect == Effect.REFUSE:
        raise Refused(_note(who, Action.HOLD, Reason.RULE, Outcome.REFUSED, host=host, rule=rule))
    if rule and rule.effect == Effect.ALLOW:
        return
    if wait := spend("hold", who.key, *HOLDS, now=now.timestamp()):
        _note(who, Action.HOLD, Reason.ADDRESS, Outcome.LIMITED, host=host)
        raise Limited(wait)
    held = _held(who, now)
    if settings.VISITOR_LIMITS and len(held) >= HELD_AT_ONCE * settings.VISITOR_LIMITS:
        _note(who, Action.HOLD, Reason.ADDRESS, Outcome.LIMITED, host=host)
        first = min(hold.hold_expires_at for hold in held if hold.hold_expires_at)
        seconds = max(1, round((first - now).total_seconds()))
        text = _("Several times are being kept for you already. Please book one of them, or wait %(wait)s.")
        raise Limited(seconds, text % {"wait": words(seconds)})


def held(who: Visitor, booking: Booking) -> None:
    """Remember that this address holds a time."""
    if who.key and settings.VISITOR_LIMITS:
        known = cache.get(f"holds:{who.key}") or []
        cache.set(f"holds:{who.key}", [*known[-30:], str(booking.pk)], HOUR)


def _held(who: Visitor, now: datetime) -> list[Booking]:
    """What this address holds at this moment; the database says what has become of it."""
    known = cache.get(f"holds:{who.key}") if who.key else None
    if not known:
        return []
    return list(Booking.objects.filter(pk__in=known, status=Status.HELD, hold_expires_at__gt=now))


# --- bookings ---------------------------------------------------------------------------------------------------


def stamp(booking: Booking) -> str:
    """The mark of a form: that we showed it, when, and for which hold."""
    return signing.TimestampSigner(salt="scheduling.guard").sign(str(booking.pk))


def _age(booking: Booking, mark: str) -> timedelta:
    """How long the form was open. Raises Stale."""
    signer = signing.TimestampSigner(salt="scheduling.guard")
    try:
        shown = signer.unsign(mark, max_age=LONGEST)
        since = signing.b62_decode(mark.split(signer.sep)[1])
    except signing.BadSignature as error:
        raise Stale from error
    if shown != str(booking.pk):
        raise Stale
    return timezone.now() - datetime.fromtimestamp(since, tz=UTC)


def may_confirm(
    who: Visitor,
    booking: Booking,
    *,
    email: str,
    mark: str | None = None,
    decoy: str = "",
    now: datetime | None = None,
) -> str:
    """FINE, or MAIL where a click in a mail must prove the address. `mark`: of the form; None: there was no form.

    Raises Limited, Stale, Refused. Ask outside a transaction: what it notes must stay.
    """
    now = now or timezone.now()
    email, host = visitors.plain_email(email), booking.host
    rule = _rule(who, email, now)
    if rule and rule.effect == Effect.ALLOW:
        return FINE
    about: dict[str, Any] = {"host": host, "booking": booking, "email": email}
    if rule and rule.effect == Effect.REFUSE:
        raise Refused(_note(who, Action.CONFIRM, Reason.RULE, Outcome.REFUSED, rule=rule, **about))
    if decoy.strip():
        raise Refused(_note(who, Action.CONFIRM, Reason.DECOY, Outcome.REFUSED, **about))
    age = _age(booking, mark) if mark is not None and settings.VISITOR_LIMITS else None
    key, at = visitors.fingerprint(email), now.timestamp()
    for scope, whose, limits, reason in (
        ("confirm", who.key, CONFIRMS, Reason.ADDRESS),
        ("confirm-email", key, CONFIRMS_OF_EMAIL, Reason.EMAIL),
    ):
        if wait := spend(scope, whose, *limits, now=at):
            _note(who, Action.CONFIRM, reason, Outcome.LIMITED, **about)
            raise Limited(wait)
    spend("confirm-host", str(host.pk), Limit(10_000, HOUR), now=at)
    risk = _risk(who, key, email, host, age, at)
    if risk or rule:
        _note(who, Action.CONFIRM, risk or Reason.RULE, Outcome.MAIL, rule=rule, **about)
        return MAIL
    return FINE


def _risk(who: Visitor, key: str, email: str, host: Professional, age: timedelta | None, at: float) -> str:
    """Why a booking had better be confirmed by mail; "" for no reason."""
    factor = settings.VISITOR_LIMITS
    if not factor:
        return ""
    if age is not None and age < FASTEST:
        return Reason.FAST
    if any(domain in blocklist for domain in _domains(email)):
        return Reason.DISPOSABLE
    for scope, whose, most, reason in (
        ("confirm", who.key, RISKY_ADDRESS, Reason.ADDRESS),
        ("confirm-email", key, RISKY_EMAIL, Reason.EMAIL),
        ("confirm-host", str(host.pk), RISKY_HOST, Reason.HOST),
    ):
        if used(scope, whose, HOUR, at) > most * factor:
            return reason
    return ""


# --- secret links -----------------------------------------------------------------------------------------------


def may_open(who: Visitor) -> None:
    """Before a secret link is looked up. Who tried many wrong ones waits."""
    if settings.VISITOR_LIMITS and used("link", who.key, 600) >= MISSED_LINKS[0].count * settings.VISITOR_LIMITS:
        raise Limited(600)


def missed(who: Visitor) -> None:
    """A secret link that opens nothing was tried."""
    if spend("link", who.key, *MISSED_LINKS):
        _note(who, Action.LINK, Reason.ADDRESS, Outcome.LIMITED)


def may_change(who: Visitor, booking: Booking) -> None:
    """Before a client moves a booking: each move writes mails to two people."""
    if wait := spend("change", str(booking.pk), *CHANGES):
        _note(who, Action.CHANGE, Reason.ADDRESS, Outcome.LIMITED, host=booking.host, booking=booking)
        raise Limited(wait)


# --- the desk ---------------------------------------------------------------------------------------------------


def undo(attempt: BlockedAttempt, *, user: User | None, now: datetime | None = None) -> SpamRule | None:
    """It was no spam: this visitor may book for a month, whatever the rules say. Returns that rule; None where nothing
    is known by which to know her again. Counting begins anew."""
    now = now or timezone.now()
    value = attempt.email_hash or attempt.address_hash
    rule = None
    if value:
        rule, _created = SpamRule.objects.update_or_create(
            brand=attempt.brand,
            kind=Kind.FINGERPRINT,
            value=value,
            defaults={"effect": Effect.ALLOW, "until": now + KEEP_ATTEMPTS, "note": attempt.email or attempt.network},
        )
    for scope in ("hold", "confirm", "link"):
        for seconds in (600, HOUR, DAY):
            forget(scope, attempt.address_hash, seconds)
    for seconds in (HOUR, DAY):
        forget("confirm-email", attempt.email_hash, seconds)
    attempt.undone_at, attempt.undone_by = now, user
    attempt.save(update_fields=["undone_at", "undone_by"])
    return rule


def forget_attempts(now: datetime | None = None) -> int:
    """What was stopped longer than a month ago, and rules that ran out then."""
    before = (now or timezone.now()) - KEEP_ATTEMPTS
    SpamRule.objects.filter(until__lt=before).delete()
    return BlockedAttempt.objects.filter(at__lt=before).delete()[0]


def _domains(email: str) -> list[str]:
    """example.co.uk → itself and every domain above it that has a dot."""
    labels = email.rpartition("@")[2].split(".")
    return [".".join(labels[first:]) for first in range(len(labels) - 1)]


def _rule(who: Visitor, email: str, now: datetime) -> SpamRule | None:
    """The rule that counts for this sender."""
    values: dict[str, Iterable[str]] = {
        Kind.EMAIL: [email],
        Kind.DOMAIN: _domains(email),
        Kind.FINGERPRINT: [who.key, visitors.fingerprint(email)] if email else [who.key],
    }
    found = [
        rule
        for rule in SpamRule.objects.in_force(who.brand, now)
        if (rule.value in values[rule.kind] if rule.kind in values else _within(who.address, rule.value))
    ]
    order = [Effect.ALLOW, Effect.REFUSE, Effect.MAIL]
    return min(found, key=lambda rule: order.index(Effect(rule.effect)), default=None)


def _within(address: str, network: str) -> bool:
    """Whether an address, or its /64, lies in a range (or, for a narrower range of IPv6, around it)."""
    if not address:
        return False
    mine, theirs = ipaddress.ip_network(address), ipaddress.ip_network(network)
    return mine.version == theirs.version and mine.overlaps(theirs)


def _note(
    who: Visitor,
    action: str,
    reason: str,
    outcome: str,
    *,
    email: str = "",
    host: Professional | None = None,
    booking: Booking | None = None,
    rule: SpamRule | None = None,
) -> BlockedAttempt:
    """For the desk. A flood of one visitor is one line in ten minutes, or the log would be the damage."""
    attempt = BlockedAttempt(
        brand=who.brand,
        host=host,
        booking=booking,
        rule=rule,
        action=action,
        reason=reason,
        outcome=outcome,
        network=visitors.coarse(who.address),
        address_hash=who.key,
        email=visitors.masked(email)[:254],
        email_hash=visitors.fingerprint(email) if email else "",
    )
    same = f"attempt:{who.brand.pk}:{action}:{reason}:{outcome}:{who.key}:{attempt.email_hash}"
    noted = cache.get(same) if outcome != Outcome.MAIL else None
    if noted:
        attempt.pk = noted
        return attempt
    attempt.save()
    cache.set(same, attempt.pk, 600)
    return attempt
