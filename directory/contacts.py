"""Who of the staff sees which brands, and whose contact data."""

from typing import Any

from directory import audit

# Columns, of any model, by which a person can be reached or that hold what she wrote.
COLUMNS = frozenset(["email", "phone", "client_email", "client_phone", "client_note", "recipient", "user"])
SEE, REVEAL = "directory.see_contacts", "directory.reveal_contacts"


def brands_of(user: Any) -> list[int] | None:
    """The keys of the brands that a member of staff looks after; None: all. Asked once for each request."""
    if user.is_superuser:
        return None
    if not hasattr(user, "_brand_keys"):
        user._brand_keys = list(user.brands.values_list("pk", flat=True)) if user.pk else []
    return user._brand_keys  # type: ignore[no-any-return]


def may_see(user: Any) -> bool:
    return bool(user.has_perm(SEE))


def may_reveal(user: Any) -> bool:
    return bool(user.has_perm(REVEAL) or user.has_perm(SEE))


def mask(value: str) -> str:
    """anna@kanzlei.example → a•••@k•••.example; +49 30 1234567 → +49•••67; a text → •••."""
    if not value:
        return ""
    name, at, domain = value.partition("@")
    if at and " " not in value:
        host, dot, end = domain.rpartition(".")
        return f"{name[:1]}•••@{host[:1]}•••{dot}{end}"
    digits = [character for character in value if character.isdigit()]
    if len(digits) >= 6 and len(value) <= 40:
        return f"{value[:3]}•••{value[-2:]}"
    return "•••"


def shown(value: str) -> str:
    """`value` as the reader of the page that is being made may see it: masked for staff without the permission."""
    request = audit.REQUEST.get()
    if request is None or getattr(request, "user", None) is None or may_see(request.user):
        return value
    return mask(value)
