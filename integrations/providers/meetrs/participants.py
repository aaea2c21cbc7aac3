"""Who may enter a Meet and how: roles, access providers, and the three guest patterns, checked before anything is sent."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from integrations.contract import Attendee
from integrations.errors import Unsupported

ROLES = ("Admin", "PowerUser", "User", "Guest")
OAUTH = ("Google", "Microsoft", "LinkedIn", "Facebook")
PROVIDERS = ("Passcode", *OAUTH, "Guest")
PATTERNS = ("named", "guest_anonymous", "guest_passcode", "guest_identity", "open", "quick")
SHORTEST, LONGEST = 4, 32
# Stands where a passcode will be filled in; the passcode itself is kept sealed and never in a payload.
PLACE = "passcode_of"


def user(person: Attendee) -> dict[str, str]:
    # "Dr. Ada Example" is no first name "Dr.".
    first, _space, last = person.name.rpartition(" ")
    first, last = (first, last) if first else (last, "")
    return {"firstName": first, "lastName": last, "email": person.email}


def rule(provider: str, *, condition: str = "", passcode_of: str = "") -> dict[str, str]:
    """One way in. The condition of an OAuth provider may be left out where it is the user's own e-mail."""
    found = {"provider": provider}
    if condition:
        found["condition"] = condition
    if passcode_of:
        found[PLACE] = passcode_of
    return found


def participant(
    role: str, *, user: Mapping[str, str] | None = None, rules: Sequence[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """An entry of `participants`. Raises Unsupported for what Meet.rs could not mean."""
    if role not in ROLES:
        raise Unsupported(_("“%(role)s” is no role at Meet.rs.") % {"role": role})
    if not rules and role != "Guest":
        raise Unsupported(_("Only guests may enter without a passcode or a log-in."))
    for one in rules:
        provider, condition = one["provider"], one.get("condition", "")
        if provider == "Passcode" and PLACE not in one and not SHORTEST <= len(condition) <= LONGEST:
            raise Unsupported(_("A passcode has 4 to 32 characters."))
        if provider in OAUTH and not (condition or (user or {}).get("email")):
            raise Unsupported(_("%(provider)s needs an e-mail address to recognise.") % {"provider": provider})
        if provider == "Guest" and role != "Guest":
            raise Unsupported(_("The access “Guest” is for the role Guest only."))
    entry: dict[str, Any] = {"role": role}
    if user:
        entry["user"] = dict(user)
    if rules:
        entry["accessRules"] = [dict(one) for one in rules]
    return entry


def named(
    person: Attendee, role: str, access: Sequence[str], identities: Mapping[str, Any], *, omit_equal: bool
) -> dict[str, Any]:
    """Somebody by name. `identities`: by e-mail, the address by which a provider knows her: {"Google": "x@gmail.com"}."""
    known = identities.get(person.email.lower()) or {}
    rules = []
    for provider in access:
        if provider == "Passcode":
            rules.append(rule(provider, passcode_of=person.ref))
            continue
        address = str(known.get(provider) or person.email)
        same = omit_equal and address.lower() == person.email.lower()
        rules.append(rule(provider, condition="" if same else address))
    return participant(role, user=user(person), rules=rules)


def guests(
    pattern: str, people: Sequence[Attendee], access: Sequence[str], identities: Mapping[str, Any], *, omit_equal: bool
) -> list[dict[str, Any]]:
    """Clients as guests: anybody with the link, anybody with a common passcode, or each by name."""
    if pattern == "guest_anonymous":
        return [participant("Guest")]
    if pattern == "guest_passcode":
        return [participant("Guest", rules=[rule("Passcode", passcode_of="guests")])]
    allowed = [provider for provider in access if provider != "Guest"]
    return [named(person, "Guest", allowed, identities, omit_equal=omit_equal) for person in people]


def filled(entries: Sequence[Mapping[str, Any]], secrets: Mapping[str, str]) -> list[dict[str, Any]]:
    """The entries with their passcodes, ready to be sent."""
    found = []
    for entry in entries:
        entry = dict(entry)
        if "accessRules" in entry:
            entry["accessRules"] = [
                {"provider": one["provider"], "condition": secrets[f"passcode:{one[PLACE]}"]}
                if PLACE in one
                else dict(one)
                for one in entry["accessRules"]
            ]
        found.append(entry)
    return found


def places(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Whose passcodes the entries need."""
    return [one[PLACE] for entry in entries for one in entry.get("accessRules", ()) if PLACE in one]
