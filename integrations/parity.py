"""The whole of a connection: plan, sweep, verify, and what a person may say of one object.

`sync` works on one row at a time; here all that should be there is held against all that is mirrored, and against what the
provider shows.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from integrations import desired, inbound, sync
from integrations.errors import NotFound, Rejected
from integrations.models import Connection, Mirror

# The brake of a sweep: more than this share, and more than this number, is a bug or a decision for a person.
BRAKE_SHARE, BRAKE_COUNT = 0.2, 10
# The old account goes before the new one comes: addresses are unique over there.
AFTER_RETIREMENT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Step:
    """What a sweep would do with one object: create, update, delete or nothing. `due`: a worker is about to anyway."""

    kind: str
    uid: str
    action: str
    remote_id: str = ""
    due: bool = False


def plan(connection: Connection) -> Iterator[Step]:
    """The difference between what is desired and what was applied; reads only local rows."""
    cls = connection.provider_class
    for kind, resource_class in cls.resources.items():
        mirrored = {row.local_uid: row for row in Mirror.objects.filter(connection=connection, kind=kind)}
        resource = resource_class.__new__(resource_class)
        resource.provider, resource.owner = connection.open(), None
        for uid in dict.fromkeys([*desired.uids(connection, kind), *mirrored]):
            row = mirrored.get(uid)
            wanted = desired.of(connection, kind, uid)
            if wanted is None:
                if row is not None:
                    yield Step(kind, uid, "delete", row.remote_id, row.due_at is not None)
                continue
            try:
                same = (
                    row is not None
                    and row.remote_id
                    and row.applied_digest == sync.applied_digest(resource, resource.payload(wanted.facts))
                )
            except Rejected:
                same = False
            yield Step(
                kind,
                uid,
                "nothing" if same else "update" if row and row.remote_id else "create",
                row.remote_id if row else "",
            )


class BrakeError(Exception):
    """A sweep would delete too much; nothing was marked."""


def sweep(connection: Connection, *, force: bool = False) -> int:
    """Mark all that differs; returns how many. `force` overrides the brake, which does not count what is due already:
    somebody decided that, for one by one or when members were moved."""
    steps = list(plan(connection))
    there = sum(1 for step in steps if step.remote_id)
    gone = sum(1 for step in steps if step.action == "delete" and step.remote_id and not step.due)
    if not force and gone > BRAKE_COUNT and gone > BRAKE_SHARE * there:
        note = _("Stopped: %(gone)d of %(there)d objects would be deleted.") % {"gone": gone, "there": there}
        Connection.objects.filter(pk=connection.pk).update(swept_at=timezone.now(), sweep_note=note)
        raise BrakeError(note)
    parked = set(Mirror.objects.filter(connection=connection).parked().values_list("kind", "local_uid"))
    due = [step for step in steps if step.action != "nothing" and (step.kind, step.uid) not in parked]
    for step in due:
        sync.mark(connection, step.kind, step.uid)
    counts = {"objects": len(steps), "due": len(due), "parked": len(parked)}
    with translation.override(connection.brand.language):  # the note is for the brand's people
        note = _("%(objects)d objects, %(due)d of them due, %(parked)d waiting for a person.") % counts
    Connection.objects.filter(pk=connection.pk).update(swept_at=timezone.now(), sweep_note=note)
    return len(due)


def sync_now(mirrors) -> int:  # type: ignore[no-untyped-def]
    """A person says: try again, whatever was wrong. Forgets the digest, so that it is written in any case."""
    count = mirrors.update(due_at=timezone.now(), attempts=0, last_error="", applied_digest="")
    sync.nudge()
    return int(count)


def create_again(mirror: Mirror) -> None:
    """A person says: what is there is lost or wrong; make a new one. What is there is deleted first, and everything that
    belonged to it is made anew with it."""
    now = timezone.now()
    fresh: dict[str, Any] = {
        "remote_id": "",
        "data": {},
        "secrets": {},
        "applied_digest": "",
        "attempted_at": None,
        "attempts": 0,
        "last_error": "",
    }
    with transaction.atomic():
        Mirror.objects.filter(pk=mirror.pk).update(**fresh, drift={}, due_at=now + AFTER_RETIREMENT)
        for children in sync.descendants(mirror.connection, mirror.kind, [mirror.local_uid]):
            children.update(**fresh, due_at=now + AFTER_RETIREMENT)
        if mirror.remote_id:
            Mirror.objects.create(
                connection=mirror.connection,
                kind=mirror.kind,
                local_uid=f"{desired.RETIRED}{mirror.remote_id}"[:64],
                owner_uid=mirror.owner_uid,
                remote_id=mirror.remote_id,
                data=mirror.data,
                secrets=mirror.__dict__["secrets"],  # as it is stored: nobody reads it here
                attempted_at=now,
                due_at=now,
            )
    sync.nudge()


def adopt(mirror: Mirror, remote_id: str) -> None:
    """A person says: this remote object is it. Raises Rejected if another local object owns it, if nothing of ours is
    wanted there any more, or if this person is there in her other role still."""
    wanted = desired.of(mirror.connection, mirror.kind, mirror.local_uid)
    if wanted is None:
        raise Rejected("Nothing of ours is wanted there any more; it would be deleted at once.")
    other = Mirror.objects.filter(connection=mirror.connection, person_uid=wanted.person_uid).exclude(pk=mirror.pk)
    if wanted.person_uid and other.exists():
        raise Rejected("This person is there in another role; let that one be deleted first.")
    try:
        with transaction.atomic():
            Mirror.objects.filter(pk=mirror.pk).update(
                remote_id=remote_id,
                person_uid=wanted.person_uid,
                owner_uid=wanted.owner_uid,
                attempted_at=timezone.now(),
                applied_digest="",
                last_error="",
                due_at=timezone.now(),
            )
    except IntegrityError as error:
        raise Rejected(f"{remote_id} belongs to another local object already.") from error
    sync.nudge()


def room_exists(mirror: Mirror, link: str) -> None:
    """A person says: the video room was made, here is its address. Passcodes were kept before the call.

    Raises Rejected if another local object owns it.
    """
    code = urlsplit(link).path.rstrip("/").rpartition("/")[2] or link
    try:
        with transaction.atomic():
            Mirror.objects.filter(pk=mirror.pk).update(
                remote_id=code[:255],
                data={"join_url": link},
                attempted_at=timezone.now(),
                attempts=0,
                applied_digest="",
                last_error="",
                due_at=timezone.now(),
            )
    except IntegrityError as error:
        raise Rejected(_("%(code)s belongs to another appointment already.") % {"code": code}) from error
    sync.nudge()


@dataclass(slots=True)
class Verdict:
    """What `verify` found at a connection."""

    checked: int = 0
    edited: int = 0
    missing: int = 0
    unknown: int = 0


def verify(connection: Connection, *, repair: bool = True, kinds: list[str] | None = None) -> Verdict:
    """Re-read the remote side. Edits and deletions made there are noted as drift and, with `repair`, mended by us.

    Bookings are the other way round: what people did there with an appointment is followed here.
    """
    verdict = Verdict()
    provider = connection.open()
    for kind in kinds or list(provider.resources):
        rows = Mirror.objects.filter(connection=connection, kind=kind, leased_until=None).exclude(remote_id="")
        follows = kind == "booking" and provider.engine is not None and repair
        for row in rows.select_related("connection__brand").iterator(chunk_size=200):
            if follows:
                follow_one(row, verdict)
            else:
                verify_one(row, verdict, repair=repair)
        if provider.resources[kind].owner_kind is None:
            known = set(Mirror.objects.filter(connection=connection, kind=kind).values_list("remote_id", flat=True))
            verdict.unknown += sum(1 for remote in provider.resource(kind).list() if remote.id not in known)
    if repair:
        sync.nudge()
    return verdict


def follow_one(row: Mirror, verdict: Verdict) -> None:
    """Re-read one booking and follow it; what is gone there without a word is left to a person."""
    if row.due_at is not None or row.last_error or desired.of(row.connection, row.kind, row.local_uid) is None:
        return
    try:
        said = inbound.read(row.connection, row.remote_id.partition(":")[0])
    except inbound.Later:
        return
    verdict.checked += 1
    verdict.missing += said == inbound.GONE
    verdict.edited += said.startswith(("moved", "cancelled"))
    Mirror.objects.filter(pk=row.pk, leased_until=None).update(proven_at=timezone.now())


def verify_one(row: Mirror, verdict: Verdict, *, repair: bool = True) -> None:
    """Re-read one object and hold it against what we want; what the API cannot read back stays unproven."""
    wanted = desired.of(row.connection, row.kind, row.local_uid)
    remote = row.remote
    if wanted is None or remote is None:
        return
    try:
        resource = sync.resource_of(row, wanted.owner_uid)
        payload = resource.payload(wanted.facts)
        drift = {
            name: [str(ours), str(theirs)]
            for name, (ours, theirs) in resource.differences(payload, resource.read(remote)).items()
        }
        missing = False
    except (sync.Wait, Rejected):
        return
    except NotFound:
        drift, missing = {"object": ["there", "gone"]}, True
    # What the provider cannot express stays on show; it is no edit, and no reason to write again.
    known = {} if missing else row.data.get("gaps", {})
    drift = {name: values for name, values in drift.items() if name not in known}
    verdict.checked += 1
    verdict.missing += missing
    verdict.edited += bool(drift) and not missing
    changes: dict[str, Any] = {"drift": known | drift, "proven_at": timezone.now()}
    if drift and repair:
        changes |= {"due_at": timezone.now(), "applied_digest": ""}
        if missing:
            changes |= {"remote_id": "", "data": {}}
    Mirror.objects.filter(pk=row.pk, leased_until=None, remote_id=row.remote_id).update(**changes)
