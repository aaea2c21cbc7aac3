"""Parity of one object: mark, claim, reconcile. The mirror protocol of docs/architecture.md, and nothing else.

No transaction is open during HTTP. Every write to a row after a call is conditional on the lease we hold, and `due_at` is
cleared only if it is still the value that was claimed: an edit that came in meanwhile stays due. The whole protocol is
read in one module.
"""

import hashlib
import json
import logging
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db import connection as db
from django.db.models import Q, QuerySet
from django.utils import timezone

from directory.secrets import CannotUnseal
from integrations import desired, outcomes
from integrations.contract import CannotFind, Remote, Resource
from integrations.desired import Desired
from integrations.errors import (
    Conflict,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Transient,
    Unauthorised,
    Unsupported,
)
from integrations.models import Connection, Mirror
from scheduling import background

logger = logging.getLogger(__name__)
# Longer than every call of one reconciliation together can take (four calls, their time-outs and waits).
LEASE = timedelta(minutes=5)
REST = timedelta(minutes=5)
CAP = 3600.0
OWNER_WAIT = timedelta(seconds=3)
# A parent that waits for a person keeps its children waiting; asking every three seconds would not help.
PARKED_WAIT = timedelta(minutes=5)
# How often a provider is asked about what it has not decided yet; its webhook is usually faster.
PENDING_WAIT = timedelta(minutes=10)
# Tries of a child that the provider does not find a place for, before a person is asked.
DOUBTS = 6
# What others write while a row waits for its worker.
STATE = [
    field.name
    for field in Mirror._meta.concrete_fields
    if not (field.primary_key or field.is_relation or field.name == "secrets")
]


def mark(connection: Connection, kind: str, uid: str, *, owner_uid: str = "") -> None:
    """Say that an object has to be looked at. One upsert in the caller's transaction; ten edits coalesce."""
    mark_all(connection, kind, [uid], owner_uid=owner_uid)


def mark_all(connection: Connection, kind: str, uids: Iterable[str], *, owner_uid: str = "") -> None:
    """As `mark`, for many."""
    if kind not in connection.provider_class.resources:
        return
    now = timezone.now()
    Mirror.objects.bulk_create(
        [Mirror(connection=connection, kind=kind, local_uid=uid, owner_uid=owner_uid, due_at=now) for uid in uids],
        batch_size=500,
        update_conflicts=True,
        unique_fields=["connection", "kind", "local_uid"],
        update_fields=["due_at"],
    )
    nudge()


def nudge() -> None:
    """After the commit, wake a worker; once per transaction. A lost message costs the seconds to the next beat."""
    if not any(entry[1] is _wake_worker for entry in db.run_on_commit):
        transaction.on_commit(_wake_worker)


def _wake_worker() -> None:
    background.send("integrations.tasks.work")


def digest(payload: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(payload, sort_keys=True, default=str).encode()).hexdigest()


def applied_digest(resource: Resource, payload: dict[str, Any]) -> str:
    """What an applied payload is recognised by."""
    return digest({name: value for name, value in payload.items() if name not in resource.create_only})


# --- the worker -------------------------------------------------------------------------------------------------------


def work(*, limit: int = 200, should_stop: Callable[[], bool] = lambda: False) -> int:
    """Reconcile due rows, parents before children, until none is left or `limit` is reached; returns how many."""
    done = 0
    seen: set[int] = set()
    while done < limit and not should_stop():
        row = (
            Mirror.objects.due(timezone.now())
            .exclude(pk__in=seen)
            .order_by("due_at")
            .select_related("connection__brand")
            .first()
        )
        if row is None:
            break
        seen.add(row.pk)
        if claim(row):
            reconcile(row)
            done += 1
    return done


def claim(mirror: Mirror) -> bool:
    """Take the lease by a conditional update; the row count tells whether we have it. Then read the row anew.

    The update itself has no join: Django makes a subquery of one, PostgreSQL does not ask it again after waiting for
    another worker's update, and both would have the lease.
    """
    now = timezone.now()
    if not Mirror.objects.due(now).filter(pk=mirror.pk).exists():
        return False
    free = Mirror.objects.filter(Q(leased_until=None) | Q(leased_until__lte=now), pk=mirror.pk, due_at=mirror.due_at)
    if not free.update(leased_until=now + LEASE):
        return False
    mirror.refresh_from_db(fields=STATE)
    return True


def reconcile(mirror: Mirror) -> None:
    """Bring one remote object to what is desired now. The caller holds the lease."""
    connection, wanted = mirror.connection, None
    try:
        wanted = desired.of(connection, mirror.kind, mirror.local_uid)
        if wanted is None:
            _remove(mirror)
        else:
            _apply(mirror, wanted)
        connection.succeeded()
    except Wait as wait:
        _release(mirror, due_at=timezone.now() + wait.delay)
    except Unauthorised as error:
        # The row stays due; the connection rests, so that one wrong key makes one alarm and not a thousand calls.
        connection.failed(error, rest=REST)
        logger.error("Connection %s: %s", connection, error)
        _release(mirror, last_error=str(error))
    except (Transient, OutcomeUnknown) as error:
        connection.failed(error)
        _again_later(mirror, error)
    except NotFound as error:
        if wanted is not None and mirror.attempts < DOUBTS and _doubt_owner(mirror, wanted.owner_uid):
            _again_later(mirror, error)
        else:
            _refused(mirror, error)
    except (Rejected, Conflict, CannotFind, CannotUnseal) as error:
        _refused(mirror, error)
    except Exception as error:  # noqa: BLE001  whatever goes wrong, this row is tried again and the others go on
        logger.exception("%s", mirror)
        _again_later(mirror, error)


def _again_later(mirror: Mirror, error: Exception) -> None:
    due_at = timezone.now() + backoff(mirror.attempts, getattr(error, "retry_after", None))
    _release(mirror, due_at=due_at, attempts=mirror.attempts + 1, last_error=str(error)[:2000])


def _refused(mirror: Mirror, error: Exception) -> None:
    outcomes.refused(mirror, error)
    _park(mirror, str(error))


def _doubt_owner(mirror: Mirror, owner_uid: str) -> bool:
    """What cannot even be created may have lost its owner at the provider: look at that one again. False: no owner."""
    kind = mirror.connection.provider_class.resources[mirror.kind].owner_kind
    owner = Mirror.objects.filter(connection=mirror.connection, kind=kind or "", local_uid=owner_uid)
    return bool(owner.update(applied_digest="", due_at=timezone.now()))


class Wait(Exception):  # noqa: N818  (not an error)
    """Something else has to happen first."""

    def __init__(self, delay: timedelta) -> None:
        self.delay = delay


def backoff(attempts: int, retry_after: float | None = None) -> timedelta:
    """2ⁿ seconds with jitter, capped at an hour; what the provider asks for wins."""
    if retry_after is not None:
        return timedelta(seconds=min(CAP, retry_after) + random.uniform(0, 1))  # noqa: S311
    return timedelta(seconds=min(CAP, 2.0 ** min(attempts, 12)) * random.uniform(0.5, 1.5))  # noqa: S311


def resource_of(mirror: Mirror, owner_uid: str) -> Resource:
    """The adapter for this row, with the mirrored parent it belongs to. Waits for a parent that is not there yet."""
    cls = mirror.connection.provider_class.resources[mirror.kind]
    owner = None
    if cls.owner_kind:
        parent = Mirror.objects.filter(connection=mirror.connection, kind=cls.owner_kind, local_uid=owner_uid).first()
        if parent is None:
            mark(mirror.connection, cls.owner_kind, owner_uid)
        if parent is None or not parent.remote_id:
            raise Wait(PARKED_WAIT if parent is not None and parent.state == "parked" else OWNER_WAIT)
        owner = parent.remote
    resource = mirror.connection.open().resource(mirror.kind, owner)
    if resource.keeps_secrets:
        resource.secrets = dict(Mirror.objects.only("secrets").get(pk=mirror.pk).secrets)
    return resource


def _apply(mirror: Mirror, wanted: Desired) -> None:
    resource = resource_of(mirror, wanted.owner_uid)
    payload = resource.payload(wanted.facts)
    wanted_digest = applied_digest(resource, payload)
    if mirror.remote_id and mirror.applied_digest == wanted_digest and not _is_pending(mirror.data):
        _finish(mirror, wanted, mirror.remote, wanted_digest, resource)
        return
    remote = None
    if mirror.remote_id:
        try:
            remote = resource.update(Remote(mirror.remote_id, mirror.data), payload)
        except NotFound:
            mirror.remote_id, mirror.data = "", {}
    if remote is None:
        remote = _create(mirror, wanted, resource, payload)
    _finish(mirror, wanted, remote, wanted_digest, resource)


def _is_pending(data: Mapping[str, Any]) -> bool:
    return data.get("state") == "pending"


def _create(mirror: Mirror, wanted: Desired, resource: Resource, payload: dict[str, Any]) -> Remote:
    """Look before creating, from the second attempt on (or always, where creating the parent made one)."""
    ref = mirror.local_uid
    if mirror.attempted_at or resource.find_first:
        # By what was sent first: an e-mail address, say, may have changed since.
        sent = mirror.data.get("sent") or payload
        found = resource.find(ref, sent)
        if found is None and sent != payload:
            found = resource.find(ref, payload)
        if found is not None:
            return _adopted(mirror, resource, found, payload)
    mirror.attempted_at = mirror.attempted_at or timezone.now()
    resource.draw(payload)
    _reserve(mirror, wanted, resource, payload)
    if not resource.can_find:
        return _create_blindly(mirror, resource, payload)
    try:
        return resource.create(ref, payload)
    except Conflict:
        found = resource.find(ref, payload)
        if found is None:
            raise
        return _adopted(mirror, resource, found, payload)


def _create_blindly(mirror: Mirror, resource: Resource, payload: dict[str, Any]) -> Remote:
    """Nobody can look whether a lost create has made something: then a person decides. A clear refusal is none."""
    try:
        return resource.create(mirror.local_uid, payload)
    except OutcomeUnknown as error:
        raise CannotFind(f"Nobody knows whether it was made: {error}") from error
    except ProviderError:
        _write(mirror, attempted_at=None)
        raise


def _adopted(mirror: Mirror, resource: Resource, found: Remote, payload: dict[str, Any]) -> Remote:
    """Take over what is there, unless another local object owns it, and bring it to what we want.

    The id is committed first: the update may change what the object could be found by, and its answer be lost.
    """
    try:
        with transaction.atomic():
            if not _write(mirror, remote_id=found.id, data=dict(found.data), applied_digest=""):
                raise Wait(OWNER_WAIT)
    except IntegrityError:
        raise Rejected(f"{found.id} belongs to another local object already.") from None
    mirror.remote_id, mirror.data, mirror.applied_digest = found.id, dict(found.data), ""
    _bring_children(mirror)
    return resource.update(found, payload)


def _kept(resource: Resource) -> dict[str, Any]:
    return {"secrets": resource.secrets} if resource.keeps_secrets else {}


def _reserve(mirror: Mirror, wanted: Desired, resource: Resource, payload: dict[str, Any]) -> None:
    """Commit `attempted_at` before the call, and what is sent, so that it can be found when the answer is lost and the
    local object gone. One person is never user and customer at once: the other role goes first."""
    mirror.data = {"sent": payload}
    for may_change in (True, False):
        try:
            with transaction.atomic():
                kept = _write(
                    mirror,
                    attempted_at=mirror.attempted_at,
                    person_uid=wanted.person_uid,
                    owner_uid=wanted.owner_uid,
                    remote_id="",
                    applied_digest="",
                    data=mirror.data,
                    **_kept(resource),
                )
        except IntegrityError:
            if not may_change:
                raise Wait(OWNER_WAIT) from None
            _end_other_role(mirror, wanted.person_uid)
        else:
            if not kept:
                raise Wait(OWNER_WAIT)  # our lease is over: somebody else creates it
            return


def _end_other_role(mirror: Mirror, person_uid: str) -> None:
    """Reconcile this person's other row here and now, so that one run ends the old role and begins the new one."""
    others = Mirror.objects.filter(connection=mirror.connection, person_uid=person_uid).exclude(pk=mirror.pk)
    others.filter(due_at=None).update(due_at=timezone.now())
    other = others.select_related("connection__brand").first()
    if other is not None and claim(other):
        reconcile(other)


def _remove(mirror: Mirror) -> None:
    """Desired is nothing: delete remotely, then drop the row. Children that live on their own go first."""
    connection = mirror.connection
    cls = connection.provider_class.resources[mirror.kind]
    for children in _survivors(connection, mirror.kind, [mirror.local_uid]):
        if children.exists():
            children.filter(due_at=None, last_error="").update(due_at=timezone.now())
            raise Wait(OWNER_WAIT)
    if mirror.remote_id or mirror.attempted_at or cls.find_first:
        if cls.dies_with_owner and desired.of(connection, cls.owner_kind or "", mirror.owner_uid) is None:
            owner = Mirror.objects.filter(connection=connection, kind=cls.owner_kind or "", local_uid=mirror.owner_uid)
            if owner.exists():
                raise Wait(OWNER_WAIT)  # she may change her mind, and then this would be left behind
            logger.info("%s went with its owner.", mirror)
        else:
            _delete_there(mirror)
    dropped = Mirror.objects.filter(pk=mirror.pk, due_at=mirror.due_at, leased_until=mirror.leased_until)
    if not dropped.delete()[0]:
        _write(mirror, remote_id="", data={}, secrets={}, applied_digest="", attempted_at=None, leased_until=None)
    outcomes.removed(mirror)


def descendants(connection: Connection, kind: str, uids: list[str]) -> Iterator[QuerySet[Mirror]]:
    """Everything mirrored that hangs on `uids`, generation by generation."""
    for child_kind, child in connection.provider_class.resources.items():
        if child.owner_kind == kind:
            children = Mirror.objects.filter(connection=connection, kind=child_kind, owner_uid__in=uids)
            yield from descendants(connection, child_kind, list(children.values_list("local_uid", flat=True)))
            yield children


def _survivors(connection: Connection, kind: str, uids: list[str]) -> Iterator[QuerySet[Mirror]]:
    """What would stay behind at the provider if `uids` went: descendants that do not die with their owner."""
    for child_kind, child in connection.provider_class.resources.items():
        if child.owner_kind == kind:
            children = Mirror.objects.filter(connection=connection, kind=child_kind, owner_uid__in=uids)
            if child.dies_with_owner:
                yield from _survivors(connection, child_kind, list(children.values_list("local_uid", flat=True)))
            else:
                yield children


def _delete_there(mirror: Mirror) -> None:
    """404 is success. A create whose answer was lost is looked for first, where the API can look."""
    try:
        resource = resource_of(mirror, mirror.owner_uid)
    except Wait:
        return  # without its parent the object is gone as well
    remote = mirror.remote
    if remote is None:
        remote = resource.find(mirror.local_uid, mirror.data.get("sent", {}))
        others = Mirror.objects.filter(connection=mirror.connection, kind=mirror.kind).exclude(pk=mirror.pk)
        if remote is not None and others.filter(remote_id=remote.id).exists():
            return  # what is found by our old data is somebody else's by now
    if remote is not None:
        try:
            resource.delete(remote)
        except NotFound:
            logger.info("%s was gone already.", mirror)
        except Unsupported:
            if not resource.dies_with_owner:
                raise
            logger.info("%s stays until its owner goes.", mirror)


def _finish(mirror: Mirror, wanted: Desired, remote: Remote | None, applied: str, resource: Resource) -> None:
    """Save ids and digest, release, and clear `due_at` if nothing came in meanwhile."""
    assert remote is not None
    is_new = remote.id != mirror.remote_id
    changed = is_new or dict(remote.data) != mirror.data or applied != mirror.applied_digest
    mirror.remote_id, mirror.data, mirror.applied_digest = remote.id, dict(remote.data), applied
    saved = _write(
        mirror,
        remote_id=remote.id,
        data=mirror.data,
        **_kept(resource),
        applied_digest=applied,
        owner_uid=wanted.owner_uid,
        person_uid=wanted.person_uid,
        attempted_at=mirror.attempted_at or timezone.now(),
        attempts=0,
        last_error="",
        drift=dict(remote.data.get("gaps", {})),
        proven_at=timezone.now() if changed else mirror.proven_at,
    )
    if saved and is_new:
        _bring_children(mirror)
    if saved:
        outcomes.applied(mirror, changed=changed)
    wait = timedelta(seconds=remote.data["again"]) if "again" in remote.data else PENDING_WAIT
    _release(mirror, due_at=timezone.now() + wait if _is_pending(remote.data) else None)


def _bring_children(mirror: Mirror) -> None:
    """Who waited for this object can go on; what hung on a former one has to be made again."""
    connection = mirror.connection
    for kind, child in connection.provider_class.resources.items():
        if child.owner_kind == mirror.kind:
            children = Mirror.objects.filter(connection=connection, kind=kind, owner_uid=mirror.local_uid)
            children.update(applied_digest="", due_at=timezone.now())


def _write(mirror: Mirror, **fields: Any) -> int:
    """Conditional on our lease: a worker that lost it must not overwrite what the next one wrote."""
    return Mirror.objects.filter(pk=mirror.pk, leased_until=mirror.leased_until).update(
        updated_at=timezone.now(), **fields
    )


def _release(mirror: Mirror, **fields: Any) -> None:
    """Give the lease back. A new due time only replaces the one that was claimed."""
    held = Mirror.objects.filter(pk=mirror.pk, leased_until=mirror.leased_until)
    if "due_at" in fields:
        held.filter(due_at=mirror.due_at).update(due_at=fields.pop("due_at"))
    held.update(leased_until=None, **fields)


def _park(mirror: Mirror, words: str) -> None:
    """Not due any more; the reason stays, in the provider's own words. The next change or "sync now" wakes it."""
    _release(mirror, due_at=None, last_error=words[:2000], attempts=mirror.attempts + 1)
