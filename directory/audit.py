"""The audit log's one writer.

`record` writes a line in the caller's transaction. `follow` makes every save of a model write one, with what changed;
bulk writes send no signals and so leave no line. Who acts is known from the request that is being answered.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_save
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from directory.models import AuditEvent, Brand, User

REQUEST: ContextVar[HttpRequest | None] = ContextVar("audited request", default=None)
_forgetting: ContextVar[bool] = ContextVar("the audit log may forget", default=False)
LONGEST = 200  # of a value in the log
Changes = dict[str, list[Any]]

# What the log says, in words; apps above add theirs.
WORDS: dict[str, Any] = {
    "added": _("added"),
    "changed": _("changed"),
    "deleted": _("deleted"),
    "logged_in": _("logged in"),
    "exported": _("exported"),
    "imported": _("imported"),
    "member.submitted": _("submitted for approval"),
    "member.approved": _("approved"),
    "member.refused": _("refused"),
    "member.suspended": _("suspended"),
    "member.closed": _("account closed"),
    "member.erased": _("personal data erased"),
}


def record(
    verb: str,
    subject: Model,
    *,
    actor: User | None = None,
    brand: Brand | int | None = None,
    changes: Changes | None = None,
    note: str = "",
    request: HttpRequest | None = None,
) -> AuditEvent:
    """Write down that `actor` did `verb` to `subject`. What is not given comes from the request being answered.

    Put no names or addresses of people into `note` or `changes`: the line stays when they are erased.
    """
    request = request or REQUEST.get()
    if actor is None and request is not None and getattr(request, "user", None) is not None:
        actor = request.user if request.user.is_authenticated else None  # type: ignore[assignment]
    return AuditEvent.objects.create(
        verb=verb,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        brand_id=_brand_id(subject, brand, request),
        actor_id=actor.pk if actor else None,
        # Staff answer for what they do, also when their log-in is gone; a member's address must remain erasable.
        actor_text=actor.email if actor and actor.is_staff else "",
        source=_source(request),
        changes=changes or {},
        note=note[:500],
    )


def _brand_id(subject: Model, brand: Brand | int | None, request: HttpRequest | None) -> int | None:
    if isinstance(brand, Brand):
        return brand.pk
    if brand is not None:
        return brand
    if isinstance(subject, Brand):
        return subject.pk
    found: int | None = getattr(subject, "brand_id", None)
    if found is None:
        owner = getattr(subject, "professional", None) or getattr(subject, "host", None)
        found = getattr(owner, "brand_id", None)
    if found is None and request is not None and not request.path.startswith("/admin/"):
        found = getattr(getattr(request, "brand", None), "pk", None)
    return found


def _source(request: HttpRequest | None) -> str:
    if request is None:
        return AuditEvent.Source.SYSTEM
    return AuditEvent.Source.ADMIN if request.path.startswith("/admin/") else AuditEvent.Source.SITE


# --- following models -------------------------------------------------------------------------------------------------


def follow(
    model: type[Model],
    *,
    private: Iterable[str] = (),
    ignore: Iterable[str] = (),
    many: Iterable[str] = (),
    only: Callable[[Any], bool] = lambda row: True,
) -> None:
    """Record each save and deletion of a row for which `only` is true.

    private: columns of which only the fact of a change is kept. many: many-to-many columns to follow.
    """
    skipped, hidden = set(ignore), set(private)
    columns = [f.attname for f in model._meta.concrete_fields if f.name not in skipped and not f.primary_key]

    def before(instance: Any, raw: bool = False, update_fields: Any = None, **_kwargs: Any) -> None:
        instance._audited_before = None
        names = {f.name: f.attname for f in model._meta.concrete_fields}
        touched = columns if update_fields is None else {names.get(name, name) for name in update_fields} & {*columns}
        if not raw and not instance._state.adding and touched and only(instance):
            instance._audited_before = model._base_manager.filter(pk=instance.pk).values(*columns).first()

    def after(instance: Any, created: bool, raw: bool = False, **_kwargs: Any) -> None:
        if raw or not only(instance):
            return
        if created:
            record("added", instance)
            return
        old, new = instance._audited_before or {}, instance.__dict__
        # What is not loaded is not changed, and a sealed secret stays sealed here.
        pairs = {name: _pair(name, old[name], new[name], hidden) for name in old if name in new}
        changes = {name: pair for name, pair in pairs.items() if pair is not None}
        if changes:
            record("changed", instance, changes=changes)

    def gone(instance: Any, **_kwargs: Any) -> None:
        if only(instance):
            record("deleted", instance)

    def related(instance: Any, action: str, pk_set: set[Any] | None, reverse: bool, name: str, **_kwargs: Any) -> None:
        if reverse or action not in ("post_add", "post_remove", "pre_clear") or not only(instance):
            return
        keys = sorted(getattr(instance, name).values_list("pk", flat=True) if pk_set is None else pk_set)
        if keys:
            pair = [None, keys] if action == "post_add" else [keys, None]
            record("changed", instance, changes={name: pair})

    label = model._meta.label_lower
    pre_save.connect(before, sender=model, weak=False, dispatch_uid=f"audit before {label}")
    post_save.connect(after, sender=model, weak=False, dispatch_uid=f"audit after {label}")
    post_delete.connect(gone, sender=model, weak=False, dispatch_uid=f"audit gone {label}")
    for name in many:
        m2m_changed.connect(
            lambda name=name, **kwargs: related(name=name, **kwargs),
            sender=getattr(model, name).through,
            weak=False,
            dispatch_uid=f"audit {label} {name}",
        )


def _pair(name: str, old: Any, new: Any, hidden: set[str]) -> list[Any] | None:
    """[old, new] as the log keeps it; None where nothing changed."""
    if str(old or "") == str(new or "") and bool(old) == bool(new):
        return None
    return [None, None] if name in hidden else [_plain(old), _plain(new)]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return (value.isoformat() if isinstance(value, datetime) else str(value))[:LONGEST]


# --- forgetting -------------------------------------------------------------------------------------------------------


@contextmanager
def forgetting() -> Iterator[None]:
    """Inside, this thread may delete lines of the log, and of the consent log: for retention, for a brand that goes, and
    for tests that empty tables. On PostgreSQL call it in a transaction."""
    token = _forgetting.set(True)
    try:
        _tell_postgresql("on")
        yield
        _tell_postgresql("off")
    finally:
        _forgetting.reset(token)


def _tell_postgresql(switch: str) -> None:
    """Lasts until the end of the transaction at most; a rollback takes it back."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL marketplace.audit_may_forget = '{switch}'")


def may_forget() -> int:
    """What the trigger of SQLite asks; on PostgreSQL it is a setting of the transaction."""
    return int(_forgetting.get())


@transaction.atomic
def forget(before: datetime) -> int:
    """Delete lines older than `before`; returns how many."""
    with forgetting():
        count = AuditEvent.objects.filter(at__lt=before)._raw_delete(AuditEvent.objects.db)
    return int(count)


def know_the_trigger(connection: Any) -> None:
    """The function that SQLite's trigger calls; a client that lacks it cannot delete at all."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("audit_may_forget", 0, may_forget)
